"""The check that a program is well formed. Backends may assume what it tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from etude.errors import EtudeError
from etude.ops import CATALOGUE
from etude.program.lower import body_programs
from etude.program.program import Instruction, Program

__all__ = ["ProgramError", "check"]


class ProgramError(EtudeError, ValueError):
    """A program that no backend may run; the message names the first fault."""


def check(program: Program) -> Program:
    """The program itself; a `ProgramError` names the first fault.

    Slots are written before they are read, types follow from the operators' type rules, every instruction is needed,
    and the columns fit each other.
    """
    for fault in _faults(program):
        raise ProgramError(f"invalid program: {fault}")
    return program


def _faults(program: Program) -> Iterator[str]:
    yield from _column_faults(program)
    yield from _order_faults(program)
    for position in range(len(program)):
        yield from _instruction_faults(program, program[position], position)
    needed = program.last_use
    for position in range(len(program)):
        if needed[program.first + position] < 0:
            yield f"nothing needs {program.line(position)}"


def _column_faults(program: Program) -> Iterator[str]:
    count = len(program.ops)
    if not count == len(program.operands) == len(program.attributes):
        yield f"{count} operators, {len(program.operands)} operands and {len(program.attributes)} attributes"
    if len(program.types) != program.first + count:
        yield f"{len(program.types)} types for {program.first + count} slots"
    for offset, value in enumerate(program.constants):
        kind = program.types[len(program.inputs) + offset]
        if np.shape(value) != kind.shape or np.asarray(value).dtype != kind.dtype:
            yield f"constant {value!r} is not of type {kind}"


def _order_faults(program: Program) -> Iterator[str]:
    for position, (op, operands) in enumerate(zip(program.ops, program.operands, strict=True)):
        if CATALOGUE.get(op.name) is not op:
            yield f"{op!r} of instruction {position} is no operator of the catalogue"
        for slot in operands:
            if not 0 <= slot < program.first + position:
                yield f"instruction {position} ({op}) reads %{slot} before it is written"
    for slot in program.outputs:
        if not 0 <= slot < len(program.types):
            yield f"output %{slot} is no slot"


def _instruction_faults(program: Program, row: Instruction, position: int) -> Iterator[str]:
    attributes, kind = row.op.type_of(tuple([program.types[slot] for slot in row.inputs]), row.attributes)
    if attributes != row.attributes or kind is not row.type:
        yield f"{program.line(position)} should have type {kind} and attributes {attributes}"
    elif "binder" in row.op.properties:
        for body in body_programs(row.op, row.attributes, tuple([program.types[slot] for slot in row.inputs])):
            yield from (f"in a body of instruction {position} ({row.op}): {fault}" for fault in _faults(body))
