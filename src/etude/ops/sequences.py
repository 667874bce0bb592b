"""Polynomials, convolution, interpolation and covariance, as NumPy has them, composed of operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.arithmetic import add, clip, conj, divide, greater, less, multiply, real, sqrt, subtract, where
from etude.ops.arranging import along, taken
from etude.ops.compositions import COMPOSITIONS, term_of
from etude.ops.joining import concatenate, pad
from etude.ops.layout import expand_dims, matrix_transpose, reshape
from etude.ops.likes import element_count, ones_like, zeros_like
from etude.ops.linear_algebra import pinv
from etude.ops.matrices import diagonal
from etude.ops.products import matmul
from etude.ops.reductions import mean
from etude.ops.shapes import size
from etude.ops.sorting import searchsorted
from etude.terms import Term

__all__ = ["SEQUENCES"]

_functions: dict[str, Callable[..., Any]] = {}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    _functions[function.__name__] = function
    return function


def _length(x: Term, function: str) -> int:
    """The known size of a vector."""
    if x.type.ndim != 1 or not isinstance(x.type.shape[0], int):
        raise ShapeError(f"{function}: a vector of known size is needed, not {x.type}")
    return int(x.type.shape[0])


# ---------------------------------------------------------------- polynomials


@_named
def polyval(p: Any, x: Any) -> Term:
    """The polynomial with coefficients p, highest first, at x, by Horner's scheme."""
    coefficients, point = term_of(p), term_of(x)
    found = zeros_like(point)
    for k in range(_length(coefficients, "polyval")):
        found = add(multiply(found, point), taken(coefficients, k))
    return found


@_named
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Term:
    """The matrix whose columns are the powers of a vector, highest first or last."""
    term = term_of(x)
    count = _length(term, "vander") if N is None else int(N)
    powers = [ones_like(term)]
    for _ in range(count - 1):
        powers.append(multiply(powers[-1], term))
    chosen = powers if increasing else powers[::-1]
    made: Term = COMPOSITIONS["stack"](chosen, 1)
    return along(made, 1, slice(0, count)) if count < len(chosen) else made


@_named
def polyfit(x: Any, y: Any, deg: int) -> Term:
    """The coefficients, highest first, of the polynomial that is nearest to y at x in the least squares."""
    return matmul(pinv(vander(x, int(deg) + 1)), term_of(y))


# ---------------------------------------------------------------- convolution


@_named
def convolve(a: Any, v: Any, mode: str = "full") -> Term:
    """The sums over j of a[k - j] v[j], for every k, for those in the middle ("same"), or where all terms are ("valid")."""
    left, right = term_of(a), term_of(v)
    n, m = _length(left, "convolve"), _length(right, "convolve")
    if not n or not m:
        raise ShapeError(f"convolve: vectors of {n} and {m} elements; one at least of each is needed")
    if n < m:
        left, right, n, m = right, left, m, n
    first, count = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}.get(mode, (-1, 0))
    if first < 0:
        raise ValueError(f"convolve: mode is 'full', 'same' or 'valid', not {mode!r}")
    padded = pad(left, pad_width=((m - 1, m - 1),))
    places = first + np.arange(count)[:, None] + m - 1 - np.arange(m)
    return matmul(taken(padded, places), right)


@_named
def correlate(a: Any, v: Any, mode: str = "valid") -> Term:
    """The sums over n of a[n + k] conj(v[n])."""
    left, right = term_of(a), term_of(v)
    turned = along(conj(right) if right.type.dtype.kind == "c" else right, 0, slice(None, None, -1))
    n, m = _length(left, "correlate"), _length(right, "correlate")
    if n < m and mode == "same":
        start = n // 2
        return along(convolve(left, turned, "full"), 0, slice(start, start + m))
    made: Term = convolve(left, turned, mode)
    return made


# ---------------------------------------------------------------- interpolation


@_named
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Term:
    """The piecewise linear function through the points (xp, fp), xp rising, at x; `left` and `right` beyond them."""
    point, knots, values = term_of(x), term_of(xp), term_of(fp)
    last = subtract(size(knots, axis=0), 2)
    place = clip(subtract(searchsorted(knots, point, side="right"), 1), 0, last)
    after = add(place, 1)
    low, high = taken(knots, place), taken(knots, after)
    start, stop = taken(values, place), taken(values, after)
    found = add(start, multiply(divide(subtract(point, low), subtract(high, low)), subtract(stop, start)))
    beyond = where(greater(point, taken(knots, -1)), taken(values, -1) if right is None else right, found)
    return where(less(point, taken(knots, 0)), taken(values, 0) if left is None else left, beyond)


# ---------------------------------------------------------------- covariance


@_named
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Term:
    """The covariances of the rows of a matrix (of the columns without rowvar), over n - ddof, by default n - 1."""
    rows = _variables(m, rowvar)
    if y is not None:
        rows = concatenate(rows, _variables(y, rowvar), axis=0)
    less_ = (0 if bias else 1) if ddof is None else ddof
    centered = subtract(rows, mean(rows, axis=1, keepdims=True))
    other = matrix_transpose(conj(centered) if centered.type.dtype.kind == "c" else centered)
    found = divide(matmul(centered, other), element_count(rows, axis=1, ddof=less_))
    return reshape(found, shape=()) if found.type.shape == (1, 1) else found


def _variables(m: Any, rowvar: bool) -> Term:
    rows = term_of(m)
    if rows.type.ndim > 2:
        raise ShapeError(f"cov: a vector or a matrix is taken, not {rows.type}")
    if rows.type.ndim < 2:
        return expand_dims(reshape(rows, shape=(-1,)), axis=0)
    return rows if rowvar else matrix_transpose(rows)


@_named
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Term:
    """The correlations of the rows of a matrix: covariances over the products of the standard deviations."""
    found = cov(x, y, rowvar)
    if found.type.ndim == 0:
        return divide(found, found)
    spread = sqrt(real(diagonal(found)))
    return divide(divide(found, expand_dims(spread, axis=1)), spread)


SEQUENCES: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
