"""Statistics that pass nan by, quantiles, and comparisons of whole arrays, composed of operators."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.arithmetic import (
    abs_,
    add,
    astype,
    divide,
    equal,
    floor_divide,
    isfinite,
    isnan,
    less_equal,
    logical_and,
    logical_or,
    maximum,
    minimum,
    multiply,
    sqrt,
    square,
    subtract,
    where,
)
from etude.ops.axes import check_axis
from etude.ops.compositions import COMPOSITIONS, term_of
from etude.ops.indexing import getitem, take_along_axis
from etude.ops.layout import expand_dims, reshape, squeeze
from etude.ops.reductions import all_, max_, min_, prod, sum_
from etude.ops.sorting import sort
from etude.ops.subscripts import subscript_of
from etude.terms import Term, shape_text

__all__ = ["STATISTICS"]

_functions: dict[str, Callable[..., Any]] = {}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    _functions[function.__name__] = function
    return function


def _replaced(x: Any, value: float) -> Term:
    term = term_of(x)
    return where(isnan(term), value, term) if term.type.dtype.kind in "fc" else term


def _extreme(op: Any, empty: float) -> Callable[..., Term]:
    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Term:
        found = op(_replaced(x, empty), axis=axis, keepdims=keepdims)
        nothing = all_(isnan(term_of(x)), axis=axis, keepdims=keepdims)
        return where(nothing, math.nan, found) if found.type.dtype.kind == "f" else found

    return call


_functions["nanmax"] = _extreme(max_, -math.inf)
_functions["nanmin"] = _extreme(min_, math.inf)


@_named
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Term:
    """The product of the elements that are not nan."""
    return prod(_replaced(x, 1.0), axis=axis, keepdims=keepdims)


@_named
def nanvar(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Term:
    """The variance of the elements that are not nan."""
    term = term_of(x)
    there = astype(equal(isnan(term), False), dtype=np.float64)
    deviation = subtract(term, COMPOSITIONS["nanmean"](term, axis, True))
    total = sum_(where(isnan(term), 0.0, square(deviation)), axis=axis, keepdims=keepdims)
    return divide(total, subtract(sum_(there, axis=axis, keepdims=keepdims), float(ddof)))


@_named
def nanstd(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Term:
    """The standard deviation of the elements that are not nan."""
    return sqrt(nanvar(x, axis, ddof, keepdims))


@_named
def nanmedian(x: Any, axis: int | None = None, keepdims: bool = False) -> Term:
    """The middle of the sorted elements that are not nan, the mean of both for an even number; nan if there are none."""
    term = term_of(x)
    if axis is None:
        middle = nanmedian(reshape(term, shape=(-1,)), 0)
        return expand_dims(middle, axis=tuple(range(term.type.ndim))) if keepdims else middle
    ranked = sort(term, axis=axis)
    count = sum_(astype(equal(isnan(ranked), False), dtype=np.int64), axis=axis, keepdims=True)
    low = take_along_axis(ranked, maximum(floor_divide(subtract(count, 1), 2), 0), axis=axis)
    high = take_along_axis(ranked, minimum(floor_divide(count, 2), maximum(subtract(count, 1), 0)), axis=axis)
    middle = divide(add(low, high), 2)
    return middle if keepdims else squeeze(middle, axis=axis)


# ---------------------------------------------------------------- quantiles


@_named
def quantile(x: Any, q: Any, axis: int | None = None, keepdims: bool = False) -> Term:
    """The elements, interpolated linearly, below which the given shares of them lie; q is a number or a list of numbers.

    The size along the axis must be known. nan where an element is nan.
    """
    term = term_of(x)
    if axis is None:
        found = quantile(reshape(term, shape=(-1,)), q, 0)
        return _kept(found, tuple(range(term.type.ndim)), np.ndim(q)) if keepdims else found
    place = check_axis(axis, term.type.ndim)
    count = term.type.shape[place]
    if not isinstance(count, int) or count == 0:
        raise ShapeError(f"quantile: the size along axis {axis} of shape {shape_text(term.type.shape)} must be known and not 0")
    shares = np.asarray(q, float)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError(f"quantiles are between 0 and 1, not {q!r}")
    ranked = sort(term, axis=place)
    made = [_between(ranked, place, float(share) * (count - 1)) for share in np.ravel(shares)]
    found = reshape(COMPOSITIONS["stack"](made), shape=(*shares.shape, *made[0].type.shape)) if shares.ndim else made[0]
    return _kept(found, (place,), shares.ndim) if keepdims else found


def _kept(x: Term, axes: tuple[int, ...], lead: int) -> Term:
    return expand_dims(x, axis=tuple([axis + lead for axis in axes]))


def _between(ranked: Term, axis: int, position: float) -> Term:
    low = math.floor(position)
    part = position - low
    first, last = _along(ranked, axis, low), _along(ranked, axis, -1)
    found = first if part == 0 else add(multiply(first, 1 - part), multiply(_along(ranked, axis, low + 1), part))
    found = found if found.type.dtype.kind in "fc" else astype(found, dtype=np.float64)
    return where(isnan(last), math.nan, found) if found.type.dtype.kind == "f" else found


def _along(x: Term, axis: int, place: int) -> Term:
    operands, spec = subscript_of((slice(None),) * axis + (place,))
    return getitem.apply((x, *operands), (spec,))


@_named
def percentile(x: Any, q: Any, axis: int | None = None, keepdims: bool = False) -> Term:
    """As quantile, with q in hundredths."""
    made: Term = quantile(x, np.asarray(q, float) / 100, axis, keepdims)
    return made


# ---------------------------------------------------------------- whole arrays compared


@_named
def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Term:
    """Where |a - b| <= atol + rtol |b|; infinities are close to themselves only."""
    a, b = term_of(a), term_of(b)
    near = less_equal(abs_(subtract(a, b)), add(atol, multiply(rtol, abs_(b))))
    found = logical_or(logical_and(near, isfinite(b)), equal(a, b))
    return logical_or(found, logical_and(isnan(a), isnan(b))) if equal_nan else found


@_named
def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Term:
    """Whether all elements are close."""
    return all_(isclose(a, b, rtol, atol, equal_nan))


@_named
def array_equal(a: Any, b: Any) -> Term:
    """Whether two arrays of the same known number of axes have equal elements; sizes that differ are an error."""
    return all_(equal(term_of(a), term_of(b)))


STATISTICS: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
