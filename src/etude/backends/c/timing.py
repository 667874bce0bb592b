"""The time of each kernel of a program: the same C with a clock read after each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from etude.backends.c.codegen import generate
from etude.backends.c.native import load
from etude.backends.profile import ProfileRow
from etude.errors import EtudeError
from etude.program import Program, specialized
from etude.terms import ArrayType

__all__ = ["profile_kernels"]


def profile_kernels(program: Program, values: Sequence[Any], threads: int, repeat: int) -> tuple[ProfileRow, ...]:
    """A row for each kernel with the best of `repeat` times. Raises EtudeError where C cannot answer on these values."""
    arrays = [np.asarray(value) for value in values]
    kinds = [ArrayType(kind.dtype, array.shape) for kind, array in zip(program.types, arrays, strict=False)]
    source = generate(specialized(program, kinds), timed=True)
    native = load(source, kinds, False, threads)
    best = np.full(len(source.kernels), np.inf)
    for _ in range(max(1, repeat)):
        found = native.run(*arrays)
        if found is None:
            raise EtudeError("C has no answer for these values; NumPy says why")
        best = np.minimum(best, found[-1])
    rows = [row for row in zip(source.kernels, best.tolist(), strict=True) if row[0].bytes_written or row[0].flops]
    return tuple(
        [
            ProfileRow(f"{info.name} {info.text}", "kernel", seconds, info.bytes_read + info.bytes_written, info.flops)
            for info, seconds in rows
        ]
    )
