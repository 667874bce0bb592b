"""What this machine can do, measured once: memory traffic and arithmetic, against which programs are held."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Machine", "machine"]

_COPIED = 2**25  # bytes: more than caches hold
_ORDER = 512
_TIMES = 5


class Machine(NamedTuple):
    """Bytes a second that NumPy reads and writes when it copies a large array, and floating-point operations a second
    of its product of two large float64 matrices (which uses as many threads as BLAS is set to).
    """

    bandwidth: float
    peak: float


@cache
def machine() -> Machine:
    """What is measured, at the first call, in some 50 milliseconds."""
    given, copy = np.ones(_COPIED // 8), np.zeros(_COPIED // 8)
    matrix, product = np.ones((_ORDER, _ORDER)), np.zeros((_ORDER, _ORDER))
    copying = _best(lambda: np.copyto(copy, given))
    return Machine(2 * _COPIED / copying, 2 * _ORDER**3 / _best(lambda: np.matmul(matrix, matrix, out=product)))


def _best(run: Callable[[], Any]) -> float:
    times = []
    for _ in range(_TIMES):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)
