"""The BLAS that products of matrices call: its own threads, and whether it computes rows alike in whole and in part."""

from __future__ import annotations

import ctypes
from functools import cache
from itertools import pairwise, product, starmap
from typing import Any

import numpy as np

from etude.backends.c.special import exporter, pointer_of

__all__ = ["GEMM", "TILE", "column_parts", "limits", "row_ends", "row_parts", "rows_alike"]

GEMM = "scipy.linalg.cython_blas:{}gemm"
TILE = 24  # rows: a multiple of what BLAS computes together; elsewhere the last columns may be summed otherwise
_FEWEST, _MOST = 128, 64  # rows (columns) of a part, parts; for each part BLAS looks through the other matrix anew
_WORK = 2_000_000  # multiplications of a part; OpenBLAS sums otherwise where there are less than a million
_Matrix = np.ndarray[Any, Any]
_TRIED = ((515, 150, 270), (275, 131, 267), (389, 520, 133))  # rows, terms of a sum, columns


def row_parts(m: int, n: int, k: int) -> int:
    """In how many parts of about as many rows threads share a product of m x k by k x n, at most."""
    parts = 1 if n == 1 else min(m // _FEWEST, m * n * k // _WORK, _MOST)
    return parts if parts > 1 and rows_alike() else 1


def column_parts(m: int, n: int, k: int) -> int:
    """In how many parts of its columns a product is computed that has too few rows, by however many threads: the bits of a
    column depend on those that are computed with it.
    """
    return 1 if row_parts(m, n, k) > 1 else max(1, min(n // _FEWEST, m * n * k // _WORK, _MOST))


def row_ends(m: int, parts: int) -> list[int]:
    """Where parts of rows begin, and the last one's end."""
    tiles = -(-m // TILE)
    return [min(TILE * (tiles * number // parts), m) for number in range(parts + 1)]


def limits() -> tuple[int, int] | None:
    """The addresses of OpenBLAS's functions that get and set how many threads it uses; None for another BLAS."""
    library = ctypes.CDLL(exporter(GEMM.partition(":")[0]).__file__)
    for prefix, suffix in product(("scipy_", ""), ("", "64_")):
        try:
            found = [getattr(library, f"{prefix}openblas_{what}_num_threads{suffix}") for what in ("get", "set")]
        except AttributeError:
            continue
        get, put = (ctypes.cast(function, ctypes.c_void_p).value for function in found)
        return (get, put) if get and put else None
    return None


@cache
def rows_alike() -> bool:
    """Whether rows of a product are the same bits when computed apart from the others, as tried once.

    They are where each element is summed in the same order, whatever rows are computed with it.
    """
    found = limits()
    if found is None:
        return all(starmap(_alike, product(_TRIED, "sd")))
    count, change = ctypes.CFUNCTYPE(ctypes.c_int)(found[0]), ctypes.CFUNCTYPE(None, ctypes.c_int)(found[1])
    before = count()
    change(1)
    try:
        return all(starmap(_alike, product(_TRIED, "sd")))
    finally:
        change(before)


def _alike(sizes: tuple[int, int, int], letter: str) -> bool:
    (m, k, n), draw, dtype = sizes, np.random.default_rng(0), np.dtype("f" if letter == "s" else "d")
    whole, parts = np.empty((m, n), dtype), np.empty((m, n), dtype)
    for first, second in product("NT", repeat=2):
        a = draw.random((m, k) if first == "N" else (k, m), dtype)
        b = draw.random((k, n) if second == "N" else (n, k), dtype)
        _multiply(letter, (first, second), a, b, whole, 0, m)
        for low, high in pairwise(row_ends(m, m // _FEWEST)):
            _multiply(letter, (first, second), a, b, parts, low, high)
        if whole.tobytes() != parts.tobytes():
            return False
    return True


def _multiply(letter: str, order: tuple[str, str], a: _Matrix, b: _Matrix, out: _Matrix, low: int, high: int) -> None:
    """Rows `low` to `high` of a product written to `out`; `order` says which operands are given transposed."""
    number = ctypes.c_float if letter == "s" else ctypes.c_double
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 13)(pointer_of(GEMM.format(letter)))
    m, n, k = (ctypes.c_int(size) for size in (high - low, out.shape[1], a.shape[order[0] == "N"]))
    lead = [ctypes.c_int(matrix.shape[1]) for matrix in (b, a, out)]
    one, zero = number(1), number(0)
    first = a.ctypes.data + low * a.strides[order[0] == "T"]
    texts = [ctypes.create_string_buffer(letter.encode()) for letter in (order[1], order[0])]
    refs = [ctypes.byref(value) for value in (n, m, k, one, lead[0], lead[1], zero, lead[2])]
    call(*texts, *refs[:4], b.ctypes.data, refs[4], first, refs[5], refs[6], out[low:].ctypes.data, refs[7])
