"""From terms to a program. Nothing here recurses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from etude.errors import TermTypeError
from etude.ops import Op
from etude.ops.binders import Body, parameter
from etude.ops.loops import parameter_types
from etude.program.loops import has_loops, joined_loops
from etude.program.meaning import binary_ufunc
from etude.program.program import Program
from etude.terms import CONSTANT, SYMBOL, ArrayType, Term, bulk, constant_value, is_symbol, symbol_name

__all__ = ["body_programs", "lower"]


@bulk()
def lower(outputs: Sequence[Term], inputs: Sequence[Term] = ()) -> tuple[Program, list[Term]]:
    """The program that computes `outputs` from the values of `inputs`, and the symbols it needs besides.

    Any term may be an input: what is below it is not computed. Symbols that are no input become further inputs, in
    the order met, and are returned. Distinct terms are computed once; a sum or product of many operands is split in
    two at a time, from the left.
    """
    slots = {term: slot for slot, term in enumerate(inputs)}
    assert len(slots) == len(inputs), "inputs are distinct"
    work, symbols, constants = _collect(outputs, set(inputs))
    if has_loops(work):
        outputs = joined_loops(outputs, work)
        work, symbols, constants = _collect(outputs, set(inputs))
    for leaf in (*symbols, *constants):
        slots[leaf] = len(slots)
    program = Program(
        inputs=tuple(_input_name(term) for term in (*inputs, *symbols)),
        constants=tuple(map(constant_value, constants)),
        ops=[],
        operands=[],
        attributes=[],
        types=[term.type for term in (*inputs, *symbols, *constants)],
        outputs=(),
    )
    _emit(program, work, slots)
    program.outputs = tuple([slots[term] for term in outputs])
    return program, symbols


def _input_name(term: Term) -> str:
    return symbol_name(term) if is_symbol(term) else str(term)


def _collect(outputs: Sequence[Term], done: set[Term]) -> tuple[list[Term], list[Term], list[Term]]:
    """The applications below `outputs`, operands first, and the symbols and constants met."""
    work: list[Term] = []
    symbols: list[Term] = []
    constants: list[Term] = []
    stack: list[Any] = list(reversed(outputs))
    while stack:
        term = stack.pop()
        if term is None:
            work.append(stack.pop())
            continue
        if term in done:
            continue
        done.add(term)
        parts = term._tuple
        head = parts[0]
        if head is CONSTANT:
            constants.append(term)
        elif head is SYMBOL:
            symbols.append(term)
        else:
            if not isinstance(head, Op) or term.type is None:
                raise TermTypeError(f"{term} has no array type, so it cannot be computed; build it from et operators")
            stack.append(term)
            stack.append(None)
            stack += parts[len(parts) - head.attribute_count - 1 : 0 : -1]
    return work, symbols, constants


def _emit(program: Program, work: Sequence[Term], slots: dict[Term, int]) -> None:
    ops, operands, attributes, types = program.ops, program.operands, program.attributes, program.types
    split: dict[tuple[Op, int, int], int] = {}
    for term in work:
        parts = term._tuple
        op = parts[0]
        end = len(parts) - op.attribute_count
        places = tuple([slots[part] for part in parts[1:end]])
        if len(places) > 2 and binary_ufunc(op):
            places = _fold(program, op, places, split)
        ops.append(op)
        operands.append(places)
        attributes.append(parts[end:])
        slots[term] = len(types)
        types.append(term.type)


def _fold(program: Program, op: Op, places: tuple[int, ...], split: dict[Any, int]) -> tuple[int, ...]:
    """All but the last step of a sum or product of many; equal beginnings are shared."""
    left = places[0]
    for right in places[1:-1]:
        key = (op, left, right)
        found = split.get(key)
        if found is None:
            found = split[key] = len(program.types)
            kinds = (program.types[left], program.types[right])
            program.ops.append(op)
            program.operands.append((left, right))
            program.attributes.append(())
            program.types.append(op.type_of(kinds, ())[1])
        left = found
    return left, places[-1]


@lru_cache(1024)
def body_programs(op: Op, attributes: tuple[Any, ...], types: tuple[ArrayType, ...]) -> tuple[Program, ...]:
    """The programs of the bodies that an instruction holds among its attributes, in their order there.

    `types` are those of the instruction's operands. A body's program has an input for each operand: of `scan` first the
    carries, then an item of each sequence, then what stays the same; its outputs are the next carries, what is stacked,
    and (where `stops`) whether the loop ends here. A condition is tested before each step. Nested loops are
    instructions of a body's program, with bodies of their own.
    """
    kinds = parameter_types(op, attributes, types)
    inputs = [parameter(place, kind) for place, kind in enumerate(kinds)]
    return tuple([lower(value.results, inputs)[0] for value in attributes if isinstance(value, Body)])
