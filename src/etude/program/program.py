"""A program: plain data, one column for each property of its instructions, so that a million of them fit."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from etude.ops import Op
from etude.terms import ArrayType, TupleType

__all__ = ["Instruction", "Program"]

SHOWN = 400


class Instruction(NamedTuple):
    """`output = op(inputs, attributes)`; slots are numbers, `frees` are the inputs read here for the last time."""

    op: Op
    inputs: tuple[int, ...]
    attributes: tuple[Any, ...]
    output: int
    type: ArrayType | TupleType
    frees: tuple[int, ...]


@dataclass(slots=True)
class Program:
    """Instructions over numbered slots: first the inputs, then the constants, then one for each instruction.

    `types` has one entry for each slot; `ops`, `operands` and `attributes` one for each instruction.
    """

    inputs: tuple[str, ...]
    constants: tuple[Any, ...]
    ops: list[Op]
    operands: list[tuple[int, ...]]
    attributes: list[tuple[Any, ...]]
    types: list[Any]
    outputs: tuple[int, ...]
    _last_use: array[int] | None = field(default=None, repr=False, compare=False)

    @property
    def first(self) -> int:
        """The slot of the first instruction's result."""
        return len(self.inputs) + len(self.constants)

    @property
    def last_use(self) -> array[int]:
        """For each slot the instruction that reads it last; -1 if none does, the number of instructions for outputs."""
        if self._last_use is None:
            last = array("q", [-1]) * len(self.types)
            for position, operands in enumerate(self.operands):
                for slot in operands:
                    last[slot] = position
            for slot in self.outputs:
                last[slot] = len(self.ops)
            self._last_use = last
        return self._last_use

    def __len__(self) -> int:
        return len(self.ops)

    def __getitem__(self, position: int) -> Instruction:
        position = range(len(self.ops))[position]
        operands, last = self.operands[position], self.last_use
        frees = tuple(dict.fromkeys(slot for slot in operands if last[slot] == position))
        slot = self.first + position
        return Instruction(self.ops[position], operands, self.attributes[position], slot, self.types[slot], frees)

    def __iter__(self) -> Iterator[Instruction]:
        return (self[position] for position in range(len(self.ops)))

    def name(self, slot: int) -> str:
        """How a slot is shown: an input by its name, a number as itself, everything else as `%slot`."""
        if slot < len(self.inputs):
            return self.inputs[slot]
        if slot < self.first and self.types[slot].ndim == 0:
            return repr(np.asarray(self.constants[slot - len(self.inputs)]).item())
        return f"%{slot}"

    def line(self, position: int) -> str:
        """One instruction as text."""
        row = self[position]
        named = [f"{key}={value!r}" for key, value in zip(row.op.attributes, row.attributes, strict=True)]
        call = f"%{row.output} = {row.op.name}({', '.join([*map(self.name, row.inputs), *named])})"
        frees = [self.name(slot) for slot in row.frees if slot >= self.first]
        return f"{call}: {row.type}" + (f"  # frees {', '.join(frees)}" if frees else "")

    def text(self, limit: int = SHOWN) -> str:
        """The program, a line for each instruction; of more than `limit` the middle ones are left out."""
        given = [f"{name}: {kind}" for name, kind in zip(self.inputs, self.types, strict=False)]
        tables = range(len(self.inputs), self.first)
        lines = [f"  %{slot} = constant {self.types[slot]}" for slot in tables if self.types[slot].ndim]
        half = limit // 2
        for position in _shown(len(self), half):
            if position is None:
                lines.append(f"  ... {len(self) - 2 * half} more ...")
            else:
                lines.append(f"  {self.line(position)}")
        lines.append(f"  return {', '.join(map(self.name, self.outputs))}".rstrip())
        return "\n".join([f"program({', '.join(given)})", *lines])

    def __str__(self) -> str:
        return self.text()


def _shown(count: int, half: int) -> Sequence[int | None]:
    if count <= 2 * half:
        return range(count)
    return [*range(half), None, *range(count - half, count)]
