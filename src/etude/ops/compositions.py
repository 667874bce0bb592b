"""Array functions that need no operator of their own: functions of terms, under NumPy's names."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.arithmetic import abs_, add, astype, divide, floor_divide, isnan, multiply, not_equal, subtract, where
from etude.ops.axes import check_axis, shape_size
from etude.ops.contraction import einsum as pairwise
from etude.ops.indexing import getitem
from etude.ops.joining import concatenate, pad, roll, tile
from etude.ops.layout import expand_dims, reshape, transpose
from etude.ops.likes import ones_like, zeros_like
from etude.ops.linear_algebra import inv, svd
from etude.ops.matrices import diag, diagonal, trace
from etude.ops.products import matmul
from etude.ops.reductions import max_, min_, norm, p_norm, sum_
from etude.ops.shapes import item, size
from etude.ops.sorting import sort
from etude.ops.subscripts import subscript_of
from etude.terms import Term, constant

__all__ = ["COMPOSITIONS", "norm_of_vectors"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_functions: dict[str, Callable[..., Any]] = {}


def _named(function: _Function) -> _Function:
    _functions[function.__name__.rstrip("_")] = function
    return function


def term_of(x: Any) -> Term:
    """A term as it is, the constant of anything else; a list that holds terms is stacked."""
    if isinstance(x, Term):
        return x
    if isinstance(x, (list, tuple)) and _holds_terms(x):
        return stack([term_of(part) for part in x])
    return constant(x)


def _holds_terms(x: Any) -> bool:
    return isinstance(x, Term) or (isinstance(x, (list, tuple)) and any(map(_holds_terms, x)))


def _taken(x: Term, key: Any) -> Term:
    operands, spec = subscript_of(key)
    return getitem.apply((x, *operands), (spec,))


def _along(x: Term, axis: int, entry: Any) -> Term:
    return _taken(x, (slice(None),) * axis + (entry,))


# ---------------------------------------------------------------- joining and splitting


@_named
def stack(arrays: Sequence[Any], axis: int = 0) -> Term:
    """The arrays one beside the other along a new axis."""
    terms = [term_of(part) for part in arrays]
    if not terms:
        raise ShapeError("stack: one array at least is needed")
    place = check_axis(axis, terms[0].type.ndim + 1)
    return concatenate(*[expand_dims(part, axis=place) for part in terms], axis=place)


def _at_least(x: Any, ndim: int) -> Term:
    part = term_of(x)
    return expand_dims(part, axis=tuple(range(ndim - part.type.ndim))) if part.type.ndim < ndim else part


@_named
def atleast_2d(x: Any) -> Term:
    """X with axes of size 1 in front up to 2 dimensions."""
    return _at_least(x, 2)


@_named
def vstack(arrays: Sequence[Any]) -> Term:
    """The arrays as rows, one under the other."""
    return concatenate(*[_at_least(part, 2) for part in arrays], axis=0)


@_named
def hstack(arrays: Sequence[Any]) -> Term:
    """The arrays side by side: along axis 1, vectors along axis 0."""
    terms = [_at_least(part, 1) for part in arrays]
    return concatenate(*terms, axis=0 if terms[0].type.ndim == 1 else 1)


@_named
def column_stack(arrays: Sequence[Any]) -> Term:
    """Vectors as the columns of a matrix."""
    terms = [term_of(part) for part in arrays]
    return concatenate(*[expand_dims(p, axis=1) if p.type.ndim == 1 else p for p in terms], axis=1)


@_named
def unstack(x: Any, axis: int = 0) -> tuple[Term, ...]:
    """The parts of x along an axis of known size, without it."""
    x = term_of(x)
    place = check_axis(axis, x.type.ndim)
    count = x.type.shape[place]
    if not isinstance(count, int):
        raise ShapeError(f"unstack: the size of axis {place} of {x.type} is not known")
    return tuple([_along(x, place, k) for k in range(count)])


@_named
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Term]:
    """X cut along an axis into equal sections, or at these places."""
    return _split(term_of(x), indices_or_sections, axis, equal=True)


@_named
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Term]:
    """X cut along an axis into sections as equal as may be, or at these places."""
    return _split(term_of(x), indices_or_sections, axis, equal=False)


def _split(x: Term, where_: Any, axis: int, equal: bool) -> list[Term]:
    place = check_axis(axis, x.type.ndim)
    if isinstance(where_, (int, np.integer)):
        total = x.type.shape[place]
        if not isinstance(total, int):
            raise ShapeError(f"split: the size of axis {place} of {x.type} is not known; say at which places to cut")
        each, more = divmod(total, int(where_))
        if more and equal:
            raise ShapeError(f"split: {total} elements along axis {place} do not make {where_} equal sections")
        lengths = [each + 1] * more + [each] * (int(where_) - more)
        where_ = np.cumsum(lengths)[:-1].tolist()
    bounds = [None, *where_, None]
    return [_along(x, place, slice(start, stop)) for start, stop in itertools.pairwise(bounds)]


@_named
def repeat(x: Any, repeats: int, axis: int | None = None) -> Term:
    """Each element `repeats` times in a row along an axis."""
    x = term_of(x)
    if axis is None:
        x, axis = reshape(x, shape=(-1,)), 0
    place = check_axis(axis, x.type.ndim)
    counts = np.asarray(repeats)
    if counts.ndim:
        return _along(x, place, np.repeat(np.arange(len(counts)), counts))
    kind = x.type.shape
    if sum(not isinstance(dim, int) for dim in kind) > 1:
        raise ShapeError(f"repeat: more than one size of {x.type} is not known")
    tiled = tile(expand_dims(x, axis=place + 1), reps=(int(counts), *(1,) * (x.type.ndim - place - 1)))
    shape = [-1 if not isinstance(dim, int) else dim * (int(counts) if i == place else 1) for i, dim in enumerate(kind)]
    return reshape(tiled, shape=tuple(shape))


@_named
def tile_(x: Any, reps: Any) -> Term:
    """X repeated as a block; more repetitions than axes add axes in front."""
    counts = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    return tile(_at_least(x, len(counts)), reps=tuple(map(int, counts)))


@_named
def roll_(x: Any, shift: Any, axis: Any = None) -> Term:
    """X moved along axes; the flattened x without axis."""
    x = term_of(x)
    if axis is not None:
        return roll(x, shift=_plain(shift), axis=_plain(axis))
    flat = reshape(x, shape=(-1,))
    moved = roll(flat, shift=_plain(shift), axis=0)
    return reshape(moved, shape=x.type.shape) if x.type.is_static else moved


def _plain(value: Any) -> Any:
    return tuple(map(int, value)) if isinstance(value, (tuple, list)) else int(value)


@_named
def pad_(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Term:
    """X with a constant around it, or with its own elements by the mode."""
    x = term_of(x)
    pairs = tuple(map(tuple, np.broadcast_to(np.asarray(pad_width, int), (x.type.ndim, 2)).tolist()))
    if mode == "constant":
        padded = pad(x, pad_width=pairs)
        if isinstance(constant_values, (int, float)) and constant_values == 0:
            return padded
        return where(pad(ones_like(x, dtype=np.bool_), pad_width=pairs), padded, constant_values)
    result: Term = x
    spread: Any = np.pad  # its overloads know the modes by name only
    for axis, pair in enumerate(pairs):
        length = x.type.shape[axis]
        if not isinstance(length, int):
            raise ShapeError(f"pad: mode {mode!r} needs the size of axis {axis} of {x.type}")
        result = result if pair == (0, 0) else _along(result, axis, spread(np.arange(length), pair, mode))
    return result


# ---------------------------------------------------------------- reductions


@_named
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Term:
    """The sum of the elements that are not nan."""
    x = term_of(x)
    return sum_(where(isnan(x), 0, x), axis=axis, keepdims=keepdims)


@_named
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Term:
    """The mean of the elements that are not nan."""
    x = term_of(x)
    count = sum_(where(isnan(x), 0.0, 1.0), axis=axis, keepdims=keepdims)
    return divide(nansum(x, axis, keepdims), count)


@_named
def median(x: Any, axis: int | None = None, keepdims: bool = False) -> Term:
    """The middle of the sorted elements, the mean of both for an even number; nan if one is nan."""
    x = term_of(x)
    ndim = x.type.ndim
    if axis is None:
        middle = median(reshape(x, shape=(-1,)), axis=0)
        return expand_dims(middle, axis=tuple(range(ndim))) if keepdims else middle
    place = check_axis(axis, ndim)
    ranked, count = sort(x, axis=place), size(x, axis=place)
    known = shape_size([x.type.shape[place]])
    if known is None:
        places: Any = (floor_divide(subtract(count, 1), 2), floor_divide(count, 2))
    else:
        places = ((known - 1) // 2, known // 2)
    low, high, last = (_along(ranked, place, k) for k in (*places, -1))
    middle = divide(add(low, high), 2)
    if x.type.dtype.kind == "f":
        middle = where(isnan(last), math.nan, middle)
    return expand_dims(middle, axis=place) if keepdims else middle


@_named
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Term:
    """The integral by the trapezoidal rule."""
    y = term_of(y)
    place = check_axis(axis, y.type.ndim)
    means = divide(add(_along(y, place, slice(1, None)), _along(y, place, slice(None, -1))), 2)
    if x is None:
        return sum_(multiply(means, dx), axis=place)
    x = term_of(x)
    along = place if x.type.ndim == y.type.ndim else x.type.ndim - 1
    widths = subtract(_along(x, along, slice(1, None)), _along(x, along, slice(None, -1)))
    if x.type.ndim < y.type.ndim:
        widths = expand_dims(widths, axis=tuple(range(1, y.type.ndim - place)))
    return sum_(multiply(means, widths), axis=place)


# ---------------------------------------------------------------- matrices


def _last(x: Term, axis1: int, axis2: int) -> Term:
    """X with two axes moved to the end."""
    ndim = x.type.ndim
    first, second = check_axis(axis1, ndim), check_axis(axis2, ndim)
    if first == second:
        raise ShapeError(f"diagonal, trace: axes {axis1} and {axis2} are the same")
    return transpose(x, axes=(*[k for k in range(ndim) if k not in (first, second)], first, second))


@_named
def diagonal_(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Term:
    """The elements x[..., i, i + offset] of two axes, as the last axis."""
    return diagonal(_last(term_of(x), axis1, axis2), offset=int(offset))


@_named
def trace_(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Term:
    """The sum of the diagonal of two axes."""
    return trace(_last(term_of(x), axis1, axis2), offset=int(offset))


@_named
def diag_(v: Any, k: int = 0, offset: int = 0) -> Term:
    """A matrix with the vector v on its diagonal; the diagonal of a matrix v."""
    v = term_of(v)
    return diag(v, offset=int(k or offset)) if v.type.ndim == 1 else diagonal(v, offset=int(k or offset))


@_named
def matrix_power(a: Any, n: int) -> Term:
    """A @ a @ ... n times, by squaring; of the inverse for negative n."""
    a = term_of(a)
    if n == 0:
        return add(zeros_like(a), constant(np.eye(int(a.type.shape[-1])), None))
    base, n = (inv(a), -n) if n < 0 else (a, n)
    result: Term | None = None
    while n:
        if n & 1:
            result = base if result is None else matmul(result, base)
        n >>= 1
        base = matmul(base, base) if n else base
    assert result is not None
    return result


@_named
def norm_(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Term:
    """NumPy's vector norms (of one axis, or of a vector) and matrix norms (of two axes, or of a matrix)."""
    x = term_of(x)
    ndim = x.type.ndim
    axes = tuple(range(ndim)) if axis is None else tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    if ord is None or (len(axes) == 2 and ord == "fro") or (len(axes) == 1 and ord == 2):
        return norm(x, axis=axes, keepdims=keepdims)
    if len(axes) == 1:
        return norm_of_vectors(x, ord, axes, keepdims)
    if len(axes) != 2:
        raise ShapeError(f"norm: ord {ord!r} is said of vectors and matrices, not of {len(axes)} axes")
    result = _matrix_norm(_last(x, axes[0], axes[1]), ord)
    return expand_dims(result, axis=tuple(sorted(check_axis(k, ndim) for k in axes))) if keepdims else result


def norm_of_vectors(x: Term, ord: Any, axes: Any, keepdims: bool) -> Term:
    if ord in (math.inf, -math.inf):
        return (max_ if ord > 0 else min_)(abs_(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return sum_(astype(not_equal(x, 0), dtype=np.float64), axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum_(abs_(x), axis=axes, keepdims=keepdims)
    if isinstance(ord, str):
        raise TermTypeError(f"norm: ord {ord!r} is said of matrices")
    return p_norm(abs_(x) if x.type.dtype.kind == "c" else x, float(ord), axis=axes, keepdims=keepdims)


def _matrix_norm(x: Term, ord: Any) -> Term:
    if ord in (1, -1, math.inf, -math.inf):
        sums = sum_(abs_(x), axis=-2 if abs(ord) == 1 else -1)
        return (max_ if ord > 0 else min_)(sums, axis=-1)
    values = item(svd(x), index=1)
    if ord == "nuc":
        return sum_(values, axis=-1)
    if ord in (2, -2):
        return (max_ if ord > 0 else min_)(values, axis=-1)
    raise TermTypeError(f"norm: {ord!r} is no matrix norm; use 'fro', 'nuc', 1, 2, inf or their negatives")


@_named
def kron(a: Any, b: Any) -> Term:
    """The Kronecker product: blocks a[i, j] * b."""
    a, b = term_of(a), term_of(b)
    ndim = max(a.type.ndim, b.type.ndim)
    a, b = _at_least(a, ndim), _at_least(b, ndim)
    blocks = multiply(expand_dims(a, axis=tuple(range(1, 2 * ndim, 2))), expand_dims(b, axis=tuple(range(0, 2 * ndim, 2))))
    if not blocks.type.is_static:
        raise ShapeError(f"kron: the sizes of {a.type} and {b.type} must be known")
    return reshape(blocks, shape=tuple(m * n for m, n in zip(a.type.shape, b.type.shape, strict=True)))


@_named
def cross(a: Any, b: Any, axis: int = -1) -> Term:
    """The cross product of vectors of 3 elements along an axis."""
    a, b = term_of(a), term_of(b)
    place = check_axis(axis, a.type.ndim)
    x, y = ([_along(v, check_axis(axis, v.type.ndim), k) for k in range(3)] for v in (a, b))
    parts = [subtract(multiply(x[i], y[j]), multiply(x[j], y[i])) for i, j in ((1, 2), (2, 0), (0, 1))]
    return stack(parts, axis=place)


# ---------------------------------------------------------------- contractions

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@_named
def tensordot(a: Any, b: Any, axes: Any = 2) -> Term:
    """The sum of products over pairs of axes."""
    a, b = term_of(a), term_of(b)
    if isinstance(axes, (int, np.integer)):
        left, right = list(range(a.type.ndim - int(axes), a.type.ndim)), list(range(int(axes)))
    else:
        left, right = (list(k) if isinstance(k, (tuple, list)) else [k] for k in axes)
    if len(left) != len(right):
        raise ShapeError(f"tensordot: axes {axes} do not pair")
    names = list(_LETTERS[: a.type.ndim])
    others = list(_LETTERS[a.type.ndim : a.type.ndim + b.type.ndim])
    for i, j in zip(left, right, strict=True):
        others[check_axis(j, b.type.ndim)] = names[check_axis(i, a.type.ndim)]
    shared = set(names) & set(others)
    result = "".join(name for name in names + others if name not in shared)
    return einsum(f"{''.join(names)},{''.join(others)}->{result}", a, b)


@_named
def einsum(*operands: Any, subscripts: str | None = None, optimize: Any = False) -> Term:
    """Sums of products by Einstein's convention, as NumPy spells it: "ij,jk->ik"."""
    if subscripts is None:
        subscripts, *rest = operands
        operands = tuple(rest)
    if not isinstance(subscripts, str):
        raise TermTypeError("einsum: subscripts are given as text, as in einsum('ij,jk->ik', a, b)")
    terms = [term_of(part) for part in operands]
    names, result = _indices(subscripts.replace(" ", ""), [part.type.ndim for part in terms])
    pairs = [_without_repeats(part, n) for part, n in zip(terms, names, strict=True)]
    while len(pairs) > 1:
        (a, left), (b, right), *rest = pairs
        kept = set(result).union(*[n for _, n in rest])
        a, left = _summed(a, left, kept | set(right))
        b, right = _summed(b, right, kept | set(left))
        (a, left), (b, right) = _without_units(a, left, b, right), _without_units(b, right, a, left)
        a, left = _summed(a, left, kept | set(right))
        b, right = _summed(b, right, kept | set(left))
        both = "".join(dict.fromkeys(name for name in left + right if name in kept))
        if not rest:
            both = "".join(name for name in result if name in both)
        pairs = [(pairwise(a, b, subscripts=f"{left},{right}->{both}"), both), *rest]
    last, left = _summed(pairs[0][0], pairs[0][1], set(result))
    return transpose(last, axes=tuple([left.index(name) for name in result])) if result else last


def _indices(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    inputs, arrow, result = subscripts.partition("->")
    names = inputs.split(",")
    if len(names) != len(ndims):
        raise ShapeError(f"einsum: {subscripts!r} names {len(names)} operands, {len(ndims)} are given")
    free = [letter for letter in reversed(_LETTERS) if letter not in subscripts]
    widths = [ndim - len(n.replace("...", "")) if "..." in n else 0 for n, ndim in zip(names, ndims, strict=True)]
    dots = "".join(free[: max(widths, default=0)])
    names = [n.replace("...", dots[len(dots) - w :]) for n, w in zip(names, widths, strict=True)]
    for n, ndim in zip(names, ndims, strict=True):
        if len(n) != ndim or not (n == "" or n.isalpha()):
            raise ShapeError(f"einsum: {n!r} of {subscripts!r} does not name the {ndim} axes of its operand")
    if not arrow:
        every = "".join(names)
        result = dots + "".join(sorted(n for n in set(every) if every.count(n) == 1 and n not in dots))
    result = result.replace("...", dots)
    unknown = [n for n in result if n not in "".join(names)]
    if unknown or len(set(result)) < len(result):
        raise ShapeError(f"einsum: the result {result!r} of {subscripts!r} must name indices of the operands once")
    return names, result


def _without_repeats(x: Term, names: str) -> tuple[Term, str]:
    for name in dict.fromkeys(names):
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            x = diagonal(_last(x, first, second))
            names = names[:first] + names[first + 1 : second] + names[second + 1 :] + name
    return x, names


def _summed(x: Term, names: str, kept: set[str]) -> tuple[Term, str]:
    axes = tuple([axis for axis, name in enumerate(names) if name not in kept])
    return (sum_(x, axis=axes), "".join(n for n in names if n in kept)) if axes else (x, names)


def _without_units(x: Term, names: str, other: Term, others: str) -> tuple[Term, str]:
    """X without axes of size 1 that the other operand has at length."""
    sizes = dict(zip(others, other.type.shape, strict=True)) if len(others) == other.type.ndim else {}
    gone = [k for k, name in enumerate(names) if x.type.shape[k] == 1 and sizes.get(name, 1) != 1]
    if not gone:
        return x, names
    return _taken(x, tuple([0 if k in gone else slice(None) for k in range(len(names))])), "".join(
        n for k, n in enumerate(names) if k not in gone
    )


@_named
def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Term, ...]:
    """Each vector along an axis of its own, repeated along those of the others."""
    terms = [reshape(term_of(part), shape=(-1,)) for part in arrays]
    places = list(range(len(terms)))
    if indexing == "xy" and len(terms) > 1:
        places[:2] = [1, 0]
    spread = [expand_dims(x, axis=tuple(k for k in range(len(terms)) if k != p)) for x, p in zip(terms, places, strict=True)]
    whole = reduce(add, [zeros_like(x, dtype=np.float64) for x in spread]) if spread else None
    return tuple([add(astype(zeros_like(whole), dtype=x.type.dtype), x) for x in spread])


COMPOSITIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
