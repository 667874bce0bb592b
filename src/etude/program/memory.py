"""Which buffer each result may be written to, what is freed when, and which results are the caller's own."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from etude.ops import CATALOGUE, Op
from etude.ops.indexing import IN_PLACE
from etude.program.meaning import is_ufunc, makes_new
from etude.program.program import Program
from etude.terms import ArrayType

__all__ = ["Ownership", "Plan", "plan_memory"]

_item, _scan = CATALOGUE["item"], CATALOGUE["scan"]


class Ownership(Enum):
    """Whose memory an output is in when the program has run."""

    OWN = "new, and nobody else's"
    VIEW = "perhaps a view of new memory"
    FOREIGN = "perhaps memory of an input, a constant or another output"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to overwrite and what to let go; only arrays are planned for, numbers cost nothing.

    `reuse[i]` is the dead slot whose buffer takes the result of instruction i, `frees[i]` are the slots to let go
    after it.
    """

    reuse: dict[int, int]
    frees: dict[int, tuple[int, ...]]
    ownership: tuple[Ownership, ...]


class _Sharing:
    """Slots that may share memory, as disjoint sets. A set dies with the last of its slots."""

    def __init__(self, program: Program):
        self.parent = list(range(len(program.types)))
        self.last = array("q", program.last_use)
        first = program.first
        for position, (op, operands) in enumerate(zip(program.ops, program.operands, strict=True)):
            if not makes_new(op) and not (op is _item and _is_new(program, operands[0], program.attributes[position][0])):
                for slot in operands:
                    self.join(first + position, slot)

    def find(self, slot: int) -> int:
        parent = self.parent
        while parent[slot] != slot:
            parent[slot] = parent[parent[slot]]
            slot = parent[slot]
        return slot

    def join(self, one: int, other: int) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            one, other = max(one, other), min(one, other)
            self.parent[one] = other
            self.last[other] = max(self.last[one], self.last[other])


def _is_new(program: Program, slot: int, index: int) -> bool:
    """Whether one of several results shares no memory with an operand, nor with the others: what a loop's steps gave, stacked."""
    position = slot - program.first
    if position < 0:
        return False
    op = program.ops[position]
    return makes_new(op) or (op is _scan and index >= program.attributes[position][1])


def plan_memory(program: Program) -> Plan:
    """The plan. A result takes the buffer of a dead temporary of the same dtype and of a size known to be equal."""
    if not any(map(_is_array, program.types)):
        return Plan({}, {}, (Ownership.OWN,) * len(program.outputs))
    sharing = _Sharing(program)
    foreign = {sharing.find(slot) for slot in range(program.first)}
    reuse, freed_at = _reuse(program, sharing, foreign)
    frees: dict[int, list[int]] = {}
    for slot, position in freed_at.items():
        frees.setdefault(position, []).append(slot)
    return Plan(reuse, {key: tuple(row) for key, row in frees.items()}, _ownership(program, sharing, foreign))


def _is_array(kind: Any) -> bool:
    return not isinstance(kind, ArrayType) or bool(kind.shape)


def _reuse(program: Program, sharing: _Sharing, foreign: set[int]) -> tuple[dict[int, int], dict[int, int]]:
    """For instructions the slot to overwrite, and for the other dead slots where each is let go."""
    first, types, last = program.first, program.types, program.last_use
    reuse: dict[int, int] = {}
    freed_at: dict[int, int] = {}
    free: dict[ArrayType, list[int]] = {}
    dying: dict[int, list[int]] = {}
    for position, operands in enumerate(program.operands):
        slot = first + position
        for dead in dying.pop(position, ()):
            free.setdefault(types[dead], []).append(dead)
        kind = types[slot]
        if _is_array(kind) and _fits_itself(kind) and free.get(kind):
            taken = _taken(program.ops[position], free[kind], operands, sharing)
            if taken is not None:
                reuse[position] = taken
                freed_at[taken] = position
        for read in operands:
            if read >= first and last[read] == position and _is_array(types[read]):
                freed_at[read] = position
        if _is_donor(program, sharing, foreign, position):
            dying.setdefault(sharing.last[sharing.find(slot)], []).append(slot)
    return reuse, freed_at


def _taken(op: Op, free: list[int], operands: Sequence[int], sharing: _Sharing) -> int | None:
    """The dead slot, taken out of the free ones, in whose buffer the operator leaves its result."""
    if is_ufunc(op):
        return _choose(free, operands)
    if op not in IN_PLACE or operands[0] not in free:
        return None
    if any(sharing.find(other) == sharing.find(operands[0]) for other in operands[1:]):
        return None
    free.remove(operands[0])
    return operands[0]


def _choose(free: list[int], operands: Sequence[int]) -> int:
    """An operand itself where one dies here, or else the buffer freed last, which is warm."""
    for place in range(len(free) - 1, max(-1, len(free) - 4), -1):
        if free[place] in operands:
            return free.pop(place)
    return free.pop()


def _fits_itself(kind: Any) -> bool:
    """Whether two arrays of this type are known to have the same shape: equal names are equal sizes."""
    return isinstance(kind, ArrayType) and None not in kind.shape


def _is_donor(program: Program, sharing: _Sharing, foreign: set[int], position: int) -> bool:
    """Whether the result is an array in new memory, which others may overwrite once all that share it are dead."""
    slot = program.first + position
    kind = program.types[slot]
    return (
        isinstance(kind, ArrayType)
        and bool(kind.shape)
        and (is_ufunc(program.ops[position]) or program.ops[position] in IN_PLACE)
        and sharing.find(slot) not in foreign
    )


def _ownership(program: Program, sharing: _Sharing, foreign: set[int]) -> tuple[Ownership, ...]:
    taken = set(foreign)
    result: list[Ownership] = []
    for slot in program.outputs:
        root = sharing.find(slot)
        if root in taken:
            result.append(Ownership.FOREIGN)
        else:
            new = makes_new(program.ops[slot - program.first])
            result.append(Ownership.OWN if new else Ownership.VIEW)
        taken.add(root)
    return tuple(result)
