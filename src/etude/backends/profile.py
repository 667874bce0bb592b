"""Where the time of a program goes, instruction by instruction, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from etude.backends.machine import Machine, machine
from etude.backends.namespaces import Namespace
from etude.backends.profile_picture import Bar, page, picture
from etude.ops import Op
from etude.program import Program
from etude.program.meaning import keyword_arguments

__all__ = ["Profile", "ProfileRow", "profile"]

SHOWN = 40


class ProfileRow(NamedTuple):
    """An instruction of NumPy's or a kernel of C's: its text, its operator (`kernel`), its best time in seconds, the
    bytes it reads and writes, and its operations on elements.
    """

    instruction: str
    op: str
    seconds: float
    bytes: int
    flops: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """Rows in the order of the program; `str()` is a table, slowest first, `html(path)` a picture.

    The columns `memory` and `peak` hold a row against what this machine was measured to do: the traffic of copying a
    large array, and the arithmetic of a product of large matrices. Small arrays stay in caches, and may exceed 100%.
    """

    rows: tuple[ProfileRow, ...]
    backend: str = "numpy"

    @property
    def seconds(self) -> float:
        """The time of all rows together."""
        return float(sum(row.seconds for row in self.rows))

    @property
    def machine(self) -> Machine:
        """What this machine was measured to do."""
        return machine()

    def of_bandwidth(self, row: ProfileRow) -> float:
        """The row's bytes a second as a share of the machine's."""
        return row.bytes / max(row.seconds, _TICK) / self.machine.bandwidth

    def of_peak(self, row: ProfileRow) -> float:
        """The row's operations a second as a share of the machine's."""
        return row.flops / max(row.seconds, _TICK) / self.machine.peak

    def __iter__(self) -> Iterator[ProfileRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def _ranked(self) -> list[ProfileRow]:
        return sorted(self.rows, key=lambda row: -row.seconds)

    def _share(self, row: ProfileRow) -> float:
        return row.seconds / (self.seconds or 1.0)

    def __str__(self) -> str:
        lines = [f"{'us':>10} {'share':>6} {'bytes':>10} {'memory':>7} {'flops':>11} {'peak':>6}  {self._kind}"]
        for row in self._ranked()[:SHOWN]:
            shares = self._share(row), self.of_bandwidth(row), self.of_peak(row)
            share, memory, peak = [f"{100 * each:.1f}%" for each in shares]
            numbers = f"{1e6 * row.seconds:10.2f} {share:>6} {row.bytes:10d} {memory:>7} {row.flops:11d} {peak:>6}"
            lines.append(f"{numbers}  {row.instruction}")
        if len(self.rows) > SHOWN:
            lines.append(f"... {len(self.rows) - SHOWN} more ...")
        lines.append(f"{1e6 * self.seconds:10.2f} {'':44}  all {len(self.rows)} {self._kind}s; {_limits(self.machine)}")
        return "\n".join(lines)

    @property
    def _kind(self) -> str:
        return "kernel" if self.backend == "c" else "instruction"

    def svg(self) -> str:
        """The picture as an SVG element, slowest row first."""
        count = f", {SHOWN} slowest of {len(self.rows)}" if len(self.rows) > SHOWN else ""
        title = f"{1e6 * self.seconds:.1f} us in {len(self.rows)} {self._kind}s{count}; {_limits(self.machine)}"
        bars = []
        for row in self._ranked()[:SHOWN]:
            memory, peak = self.of_bandwidth(row), self.of_peak(row)
            rates = f"{100 * memory:.0f}% of the bandwidth, {100 * peak:.0f}% of the peak"
            bars.append(Bar(row.instruction, f"{1e6 * row.seconds:.1f} us, {rates}", self._share(row), memory, peak))
        return picture(title, bars)

    _repr_html_ = svg

    def html(self, path: str | Path) -> None:
        """Write the picture as a page that needs nothing else. Raises OSError where the file cannot be written."""
        Path(path).write_text(page("Profile", self.svg()), encoding="utf-8")


_TICK = 1e-9  # seconds, the least that a clock can tell


def _limits(found: Machine) -> str:
    return f"memory {found.bandwidth / 1e9:.1f} GB/s, peak {found.peak / 1e9:.1f} Gflop/s"


def profile(program: Program, values: Sequence[Any], module: Any = np, repeat: int = 3) -> Profile:
    """The best of `repeat` timed runs of each instruction on these input values."""
    namespace = Namespace(module)
    calls = [(namespace.function(row.op), row.inputs, keyword_arguments(row.op, row.attributes)) for row in program]
    best = [float("inf")] * len(program)
    sizes, work = [0] * len(program), [0] * len(program)
    with np.errstate(all="ignore"):
        for _ in range(max(1, repeat)):
            _measure(program, values, calls, best, sizes, work)
    rows = zip(program, best, sizes, work, strict=True)
    found = [ProfileRow(program.line(i), row[0].op.name, *row[1:]) for i, row in enumerate(rows)]
    return Profile(tuple(found))


def _measure(
    program: Program, values: Sequence[Any], calls: list[Any], best: list[float], sizes: list[int], work: list[int]
) -> None:
    memory: dict[int, Any] = dict(enumerate([*values, *program.constants]))
    last = program.last_use
    for position, (function, operands, named) in enumerate(calls):
        read = [memory[slot] for slot in operands]
        start = perf_counter()
        result = function(*read, **named)
        best[position] = min(best[position], perf_counter() - start)
        memory[program.first + position] = result
        sizes[position] = sum(int(getattr(item, "nbytes", 0)) for item in (*read, result))
        work[position] = _operations(program.ops[position], read, result)
        for slot in operands:
            if last[slot] == position:
                memory.pop(slot, None)


_REDUCTIONS = frozenset("sum prod mean max min all any".split())
_MOVES = frozenset(("astype", "copy"))


def _operations(op: Op, read: Sequence[Any], result: Any) -> int:
    """Operations on elements: one for each that an operator computes or takes in, two for each of a product."""
    if op.name == "matmul":
        return 2 * int(np.size(result)) * int(np.shape(read[0])[-1])
    if op.name in _REDUCTIONS:
        return int(np.size(read[0]))
    return int(np.size(result)) if op.is_elementwise and op.name not in _MOVES else 0
