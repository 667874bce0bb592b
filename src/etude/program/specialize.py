"""A program for other types of its inputs: what is known of sizes decides anew how each operator is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etude.ops import Op
from etude.ops.binders import Body, parameter
from etude.ops.loops import parameter_types
from etude.program.lower import lower
from etude.program.program import Program
from etude.rewriting.chains import in_best_order
from etude.terms import ArrayType, Term, bulk, constant, symbol

__all__ = ["program_terms", "specialized"]


@bulk()
def specialized(program: Program, kinds: Sequence[ArrayType]) -> Program:
    """The program with inputs of `kinds`. Raises ShapeError where these do not fit together."""
    inputs = [
        symbol(name, kind.shape, kind.dtype, identity=("specialized", place))
        for place, (name, kind) in enumerate(zip(program.inputs, kinds, strict=True))
    ]
    return lower(in_best_order(program_terms(program, inputs)), inputs)[0]


def program_terms(program: Program, inputs: Sequence[Term]) -> list[Term]:
    """The program's outputs as terms of other inputs."""
    constants = zip(program.constants, program.types[len(inputs) : program.first], strict=True)
    terms = [*inputs, *[constant(value, kind.dtype) for value, kind in constants]]
    for op, operands, attributes in zip(program.ops, program.operands, program.attributes, strict=True):
        given = tuple([terms[slot] for slot in operands])
        if "binder" in op.properties:
            attributes = _with_bodies(op, attributes, [term.type for term in given])
        terms.append(op.apply(given, attributes))
    return [terms[slot] for slot in program.outputs]


def _with_bodies(op: Op, attributes: tuple[Any, ...], kinds: Sequence[ArrayType]) -> tuple[Any, ...]:
    """The attributes with bodies whose parameters have the types of the operands."""
    wanted = parameter_types(op, attributes, kinds)
    parameters = [parameter(place, kind) for place, kind in enumerate(wanted)]
    found = []
    for value in attributes:
        if isinstance(value, Body):
            used = value.parameters()
            if all(used[place].type is wanted[place] for place in used):
                found.append(value)
                continue
            before = [used.get(place, each) for place, each in enumerate(parameters)]
            value = Body(program_terms(lower(value.results, before)[0], parameters), value.count)
        found.append(value)
    return tuple(found)
