"""Where the time of a program goes, instruction by instruction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from etude.backends.namespaces import Namespace
from etude.program import Program
from etude.program.meaning import keyword_arguments

__all__ = ["Profile", "ProfileRow", "profile"]

SHOWN = 40


class ProfileRow(NamedTuple):
    """One instruction: its text, its operator, its best time in seconds, and the bytes it read and wrote."""

    instruction: str
    op: str
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Rows in the order of the program; `str()` is a table, slowest first."""

    rows: tuple[ProfileRow, ...]

    @property
    def seconds(self) -> float:
        """The time of all instructions together."""
        return float(sum(row.seconds for row in self.rows))

    def __iter__(self) -> Iterator[ProfileRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        total = self.seconds or 1.0
        ranked = sorted(self.rows, key=lambda row: -row.seconds)
        lines = [f"{'us':>10} {'share':>6} {'bytes':>10}  instruction"]
        for row in ranked[:SHOWN]:
            share = f"{100 * row.seconds / total:.1f}%"
            lines.append(f"{1e6 * row.seconds:10.2f} {share:>6} {row.bytes:10d}  {row.instruction}")
        if len(ranked) > SHOWN:
            lines.append(f"... {len(ranked) - SHOWN} more ...")
        lines.append(f"{1e6 * self.seconds:10.2f} {'':6} {'':10}  all {len(self.rows)} instructions")
        return "\n".join(lines)


def profile(program: Program, values: Sequence[Any], module: Any = np, repeat: int = 3) -> Profile:
    """The best of `repeat` timed runs of each instruction on these input values."""
    namespace = Namespace(module)
    calls = [(namespace.function(row.op), row.inputs, keyword_arguments(row.op, row.attributes)) for row in program]
    best = [float("inf")] * len(program)
    sizes = [0] * len(program)
    with np.errstate(all="ignore"):
        for _ in range(max(1, repeat)):
            _measure(program, values, calls, best, sizes)
    rows = [ProfileRow(program.line(i), program.ops[i].name, best[i], sizes[i]) for i in range(len(program))]
    return Profile(tuple(rows))


def _measure(program: Program, values: Sequence[Any], calls: list[Any], best: list[float], sizes: list[int]) -> None:
    memory: dict[int, Any] = dict(enumerate([*values, *program.constants]))
    last = program.last_use
    for position, (function, operands, named) in enumerate(calls):
        read = [memory[slot] for slot in operands]
        start = perf_counter()
        result = function(*read, **named)
        best[position] = min(best[position], perf_counter() - start)
        memory[program.first + position] = result
        sizes[position] = sum(int(getattr(item, "nbytes", 0)) for item in (*read, result))
        for slot in operands:
            if last[slot] == position:
                memory.pop(slot, None)
