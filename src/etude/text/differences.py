"""Differences of neighbors, as NumPy has them: `diff`, `ediff1d` and `gradient`."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops import CATALOGUE
from etude.ops.axes import check_axis
from etude.ops.subscripts import subscript_of
from etude.terms import Term, constant

__all__ = ["diff", "ediff1d", "gradient"]

_add, _subtract, _multiply, _divide = (CATALOGUE[name] for name in ("add", "subtract", "multiply", "divide"))


def _term(x: Any) -> Term:
    return x if isinstance(x, Term) else constant(x)


def _along(term: Term, axis: int, start: int | None, stop: int | None) -> Term:
    """The elements from start to stop along an axis."""
    operands, spec = subscript_of((*[slice(None)] * axis, slice(start, stop)))
    return CATALOGUE["getitem"].apply((term, *operands), (spec,))


def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Term:
    """Differences of neighbors along an axis, n times, of x between what is put before it and behind it."""
    term = _term(x)
    place = check_axis(axis, term.type.ndim)
    ends = [_slab(part, term, place) if _is_given(part) else None for part in (prepend, append)]
    parts = [part for part in (ends[0], term, ends[1]) if part is not None]
    term = CATALOGUE["concatenate"](*parts, axis=place) if len(parts) > 1 else term
    for _ in range(n):
        term = _subtract(_along(term, place, 1, None), _along(term, place, None, -1))
    return term


def _is_given(part: Any) -> bool:
    return part is not None and part is not np._NoValue


def _slab(part: Any, like: Term, axis: int) -> Term:
    """A number as a slab of size 1 along the axis; an array as it is."""
    given = part if isinstance(part, Term) else constant(part, like.type.dtype if np.ndim(part) == 0 else None)
    return given if given.type.ndim else CATALOGUE["broadcast_like"](given, _along(like, axis, 0, 1))


def ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Term:
    """Differences of neighbors of the flattened x, between what is to stand before them and behind."""
    found = diff(CATALOGUE["reshape"](_term(x), shape=(-1,)))
    parts = [CATALOGUE["reshape"](_term(part), shape=(-1,)) if _is_given(part) else None for part in (to_begin, to_end)]
    kept = [part for part in (parts[0], found, parts[1]) if part is not None]
    return CATALOGUE["concatenate"](*kept, axis=0) if len(kept) > 1 else found


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes from samples: central differences, one-sided ones of order `edge_order` at both ends.

    `varargs` are the spacings: none (1), one number for all axes, or for each axis a number or the vector of its
    coordinates. The result has the shape of `f`; for several axes it is a tuple. Source: numpy.gradient; the weights for
    uneven spacing are those of the parabola through three points.
    """
    term = _term(f)
    if term.type.dtype.kind in "biu":
        term = CATALOGUE["astype"](term, dtype=np.dtype("float64"))
    chosen = range(term.type.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [check_axis(one, term.type.ndim) for one in chosen]
    if len(varargs) not in (0, 1, len(axes)):
        raise TermTypeError(f"gradient takes no spacing, one, or one for each of {len(axes)} axes; {len(varargs)} were given")
    if edge_order not in (1, 2):
        raise TermTypeError(f"edge_order is 1 or 2, not {edge_order!r}")
    spacings = varargs if len(varargs) == len(axes) else (varargs or (1.0,)) * len(axes)
    if len(axes) > 1 and len(varargs) == 1 and _term(varargs[0]).type.ndim:
        raise TermTypeError("gradient takes a vector of coordinates for each axis, or one number for all")
    found = [_slopes(term, _term(spacing), place, edge_order) for spacing, place in zip(spacings, axes, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _slopes(f: Term, spacing: Term, axis: int, order: int) -> Term:
    size = f.type.shape[axis]
    if isinstance(size, int) and size <= order:
        raise ShapeError(f"gradient: {size} elements along axis {axis}, at least {order + 1} are needed")
    steps = diff(spacing) if spacing.type.ndim else spacing
    if spacing.type.ndim:
        steps = CATALOGUE["reshape"](steps, shape=(-1, *[1] * (f.type.ndim - axis - 1)))
    slopes = _divide(diff(f, axis=axis), steps)
    if spacing.type.ndim:
        left, right = _along(steps, 0, None, -1), _along(steps, 0, 1, None)
        weighted = _add(_multiply(_along(slopes, axis, None, -1), right), _multiply(_along(slopes, axis, 1, None), left))
        inner = _divide(weighted, _add(left, right))
    else:
        inner = _divide(_subtract(_along(f, axis, 2, None), _along(f, axis, None, -2)), _multiply(2, spacing))
    ends = [_along(slopes, axis, 0, 1), _along(slopes, axis, -1, None)]
    if order == 2:  # the slope of a parabola over an interval's chord is the mean of those at its ends
        beside = [_along(inner, axis, 0, 1), _along(inner, axis, -1, None)]
        ends = [_subtract(_multiply(2, end), next_) for end, next_ in zip(ends, beside, strict=True)]
    return CATALOGUE["concatenate"](ends[0], inner, ends[1], axis=axis)
