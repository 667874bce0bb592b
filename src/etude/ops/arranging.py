"""More of NumPy's functions that arrange, choose and test elements, composed of operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.arithmetic import equal, imag, isinf, isnan, logical_not, subtract, trunc, where
from etude.ops.axes import check_axis
from etude.ops.compositions import COMPOSITIONS, term_of
from etude.ops.indexing import getitem
from etude.ops.joining import concatenate
from etude.ops.layout import expand_dims, reshape, transpose
from etude.ops.reductions import any_, argmax, argmin
from etude.ops.scans import cumprod, cumsum
from etude.ops.selection import unique_all
from etude.ops.sorting import argsort, searchsorted, sort
from etude.ops.subscripts import subscript_of
from etude.terms import Term

__all__ = ["ARRANGING", "along", "taken"]

_functions: dict[str, Callable[..., Any]] = {}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    _functions[function.__name__] = function
    return function


def taken(x: Term, *key: Any) -> Term:
    """The term x[key]."""
    operands, spec = subscript_of(key)
    return getitem.apply((x, *operands), (spec,))


def along(x: Term, axis: int, entry: Any) -> Term:
    """The term x[:, ..., entry], with the entry at an axis."""
    return taken(x, *(slice(None),) * axis, entry)


def _flat(x: Any) -> Term:
    return reshape(term_of(x), shape=(-1,))


# ---------------------------------------------------------------- joining and splitting


@_named
def atleast_3d(x: Any) -> Term:
    """X with axes of size 1 up to 3 dimensions: a vector along the second, a matrix along the first two."""
    term = term_of(x)
    axes = {0: (0, 1, 2), 1: (0, 2), 2: (2,)}.get(term.type.ndim)
    return term if axes is None else expand_dims(term, axis=axes)


@_named
def dstack(arrays: Sequence[Any]) -> Term:
    """The arrays one behind the other, along the third axis."""
    return concatenate(*map(atleast_3d, arrays), axis=2)


@_named
def append(x: Any, values: Any, axis: int | None = None) -> Term:
    """X with values after it along an axis, both laid flat without one."""
    if axis is None:
        return concatenate(_flat(x), _flat(values), axis=0)
    return concatenate(term_of(x), term_of(values), axis=axis)


@_named
def block(arrays: Any) -> Term:
    """Nested lists of blocks as one array: the innermost lists along the last axis, those around them along the one before."""
    depth = _depth(arrays)
    return _rows(arrays, depth, _widest(arrays, depth))


def _depth(arrays: Any) -> int:
    return 1 + max(map(_depth, arrays)) if _is_list(arrays) and arrays else 0


def _is_list(arrays: Any) -> bool:
    return isinstance(arrays, list) and not isinstance(arrays, Term)


def _widest(arrays: Any, least: int) -> int:
    ranks = [_widest(part, least) for part in arrays] if _is_list(arrays) else [len(term_of(arrays).type.shape)]
    return max(least, *ranks)


def _rows(arrays: Any, level: int, wide: int) -> Term:
    if not _is_list(arrays):
        part = term_of(arrays)
        return expand_dims(part, axis=tuple(range(wide - part.type.ndim))) if part.type.ndim < wide else part
    return concatenate(*[_rows(part, level - 1, wide) for part in arrays], axis=wide - level)


def _splitting(name: str, axis: int, least: int) -> None:
    def split(x: Any, indices_or_sections: Any) -> Any:
        term = term_of(x)
        if term.type.ndim < least:
            raise ShapeError(f"{name}: an array of {least} dimensions or more is split, not one of {term.type.ndim}")
        return COMPOSITIONS["split"](term, indices_or_sections, min(axis, term.type.ndim - 1))

    split.__name__, split.__doc__ = name, f"As split, along axis {axis}."
    _functions[name] = split


_splitting("hsplit", 1, 1)
_splitting("vsplit", 0, 2)
_splitting("dsplit", 2, 3)


@_named
def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Term:
    """An array turned by quarter turns in the plane of two axes, from the first towards the second."""
    term = term_of(m)
    first, second = (check_axis(axis, term.type.ndim) for axis in axes)
    if first == second:
        raise ShapeError(f"rot90: axes {axes} are the same")
    order = list(range(term.type.ndim))
    order[first], order[second] = order[second], order[first]
    backwards = slice(None, None, -1)
    turns = k % 4
    if turns == 2:
        return along(along(term, first, backwards), second, backwards)
    if turns == 1:
        return transpose(along(term, second, backwards), axes=tuple(order))
    return along(transpose(term, axes=tuple(order)), second, backwards) if turns else term


@_named
def diagflat(v: Any, k: int = 0) -> Term:
    """A matrix with the elements of v, laid flat, on a diagonal."""
    made: Term = COMPOSITIONS["diag"](_flat(v), k)
    return made


@_named
def delete(x: Any, obj: Any, axis: int | None = None) -> Term:
    """X without some places along an axis of known size, laid flat without one."""
    term, place = (_flat(x), 0) if axis is None else (term_of(x), check_axis(axis, term_of(x).type.ndim))
    size = term.type.shape[place]
    if not isinstance(size, int):
        raise ShapeError(f"delete: the size of axis {place} of {term.type} is not known")
    return along(term, place, np.delete(np.arange(size), obj))


# ---------------------------------------------------------------- choosing


@_named
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Elements of the first choice whose condition holds, the default where none does."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ShapeError(f"select: {len(condlist)} conditions and {len(choicelist)} choices; as many of each, and one at least")
    pairs = list(zip(condlist, choicelist, strict=True))
    found = _weak(default, choicelist)
    for condition, choice in reversed(pairs):
        found = where(term_of(condition), choice, found)
    return found


def _weak(default: Any, choices: Sequence[Any]) -> Any:
    """The default, as a term where no choice is one."""
    return default if any(isinstance(choice, (Term, np.ndarray)) for choice in choices) else term_of(default)


@_named
def compress(condition: Any, x: Any, axis: int | None = None) -> Term:
    """The parts of x along an axis at which a condition holds; of x laid flat without one."""
    term, place = (_flat(x), 0) if axis is None else (term_of(x), check_axis(axis, term_of(x).type.ndim))
    return along(term, place, term_of(condition))


@_named
def extract(condition: Any, x: Any) -> Term:
    """The elements of x at which a condition of its shape holds, as a vector."""
    return taken(_flat(x), _flat(condition))


@_named
def partition(x: Any, kth: Any, axis: int | None = -1) -> Term:
    """The elements such that the kth stands where sorting puts it, smaller ones before it: they are all sorted."""
    return sort(term_of(x), axis=axis)


@_named
def argpartition(x: Any, kth: Any, axis: int | None = -1) -> Term:
    """The places from which partition takes its elements."""
    return argsort(term_of(x), axis=axis)


@_named
def digitize(x: Any, bins: Any, right: bool = False) -> Term:
    """For each element the number of the bin, between rising edges, that it lies in."""
    return searchsorted(term_of(bins), term_of(x), side="left" if right else "right")


@_named
def unique(x: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False) -> Any:
    """The distinct elements, rising, and what else is asked for, as unique_all gives it."""
    values, *others = unique_all(x)
    wanted = (return_index, return_inverse, return_counts)
    chosen = [other for other, asked in zip(others, wanted, strict=True) if asked]
    return (values, *chosen) if chosen else values


def _without_nan(op: Any, name: str, worst: float) -> None:
    def call(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        term = term_of(x)
        return op(where(isnan(term), worst, term) if term.type.dtype.kind == "f" else term, axis=axis, keepdims=keepdims)

    call.__name__, call.__doc__ = name, f"As {op.name}, with nan passed by."
    _functions[name] = call


_without_nan(argmax, "nanargmax", -np.inf)
_without_nan(argmin, "nanargmin", np.inf)


# ---------------------------------------------------------------- tests and parts


@_named
def isin(x: Any, test_elements: Any, invert: bool = False) -> Term:
    """Whether each element is one of others."""
    found = any_(equal(expand_dims(term_of(x), axis=-1), _flat(test_elements)), axis=-1)
    return logical_not(found) if invert else found


def _infinite(name: str, value: float) -> None:
    def call(x: Any) -> Term:
        term = term_of(x)
        if term.type.dtype.kind == "c":
            raise TermTypeError(f"{name}: complex elements have no sign")
        return equal(term, value) if term.type.dtype.kind == "f" else isinf(term)

    call.__name__, call.__doc__ = name, f"Where an element is {value}."
    _functions[name] = call


_infinite("isposinf", np.inf)
_infinite("isneginf", -np.inf)


@_named
def isreal(x: Any) -> Term:
    """Where the imaginary part is zero."""
    return equal(imag(term_of(x)), 0)


@_named
def iscomplex(x: Any) -> Term:
    """Where the imaginary part is not zero."""
    return logical_not(isreal(x))


@_named
def modf(x: Any) -> tuple[Term, Term]:
    """The fractional and the whole part of each element, both with its sign."""
    term = term_of(x)
    term = term if term.type.dtype.kind == "f" else where(True, term, 0.0)
    whole = trunc(term)
    return where(isinf(term), 0.0, subtract(term, whole)), whole


@_named
def nancumsum(x: Any, axis: int | None = None) -> Term:
    """Sums of the elements up to each place, nan as 0."""
    term = term_of(x)
    return cumsum(where(isnan(term), 0.0, term) if term.type.dtype.kind in "fc" else term, axis=axis)


@_named
def nancumprod(x: Any, axis: int | None = None) -> Term:
    """Products of the elements up to each place, nan as 1."""
    term = term_of(x)
    return cumprod(where(isnan(term), 1.0, term) if term.type.dtype.kind in "fc" else term, axis=axis)


ARRANGING: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
