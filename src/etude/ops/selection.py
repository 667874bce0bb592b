"""Which elements there are: places of nonzero elements, distinct values. Sizes depend on the data and are unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import TermTypeError
from etude.ops.compositions import term_of
from etude.ops.indexing import getitem
from etude.ops.layout import reshape
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.shapes import item
from etude.ops.subscripts import subscript_of
from etude.terms import ArrayType, Term, TupleType

__all__ = ["SELECTIONS"]

_INDEX = np.dtype(np.int64)


def _places_type(types: Types, attributes: Attributes) -> ArrayType:
    if types[0].ndim == 0:
        raise TermTypeError("places are those of arrays with axes, not of a 0-dimensional one; reshape it to (1,) first")
    return ArrayType(_INDEX, (None, types[0].ndim))


argwhere = register(Op("argwhere", ("x",), lambda x: np.argwhere(x).astype(_INDEX, copy=False), _places_type,
                       doc="the places of the elements that are not zero, one a row, int64"))  # fmt: skip


def _distinct(x: Any) -> Any:
    x = np.asarray(x)
    _, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
    return first.astype(_INDEX), inverse.reshape(x.shape).astype(_INDEX), counts.astype(_INDEX)


distinct = register(Op(
    "distinct", ("x",), _distinct,
    lambda types, attributes:
        TupleType((ArrayType(_INDEX, (None,)), ArrayType(_INDEX, types[0].shape), ArrayType(_INDEX, (None,)))),
    doc="for the distinct elements of x, rising: where in the flattened x each is first, which of them each element is, "
        "and how often each occurs; every nan is its own"))  # fmt: skip


# ---------------------------------------------------------------- NumPy's and the Array API's functions

_functions: dict[str, Callable[..., Any]] = {}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    _functions[function.__name__] = function
    return function


def _taken(x: Term, *key: Any) -> Term:
    operands, spec = subscript_of(key)
    return getitem.apply((x, *operands), (spec,))


@_named
def nonzero(x: Any) -> tuple[Term, ...]:
    """For each axis the places along it of the elements that are not zero, int64."""
    term = term_of(x)
    places = argwhere(term)
    return tuple([_taken(places, slice(None), axis) for axis in range(term.type.ndim)])


@_named
def flatnonzero(x: Any) -> Term:
    """The places of the elements of the flattened array that are not zero."""
    places: Term = nonzero(reshape(term_of(x), shape=(-1,)))[0]
    return places


@_named
def unique_all(x: Any) -> tuple[Term, Term, Term, Term]:
    """The distinct elements, rising, the place of the first of each, which of them each element is, and their counts."""
    term = term_of(x)
    first, inverse, counts = (item(distinct(term), index=k) for k in range(3))
    return _taken(reshape(term, shape=(-1,)), first), first, inverse, counts


@_named
def unique_counts(x: Any) -> tuple[Term, Term]:
    """The distinct elements, rising, and how often each occurs."""
    values, _, _, counts = unique_all(x)
    return values, counts


@_named
def unique_inverse(x: Any) -> tuple[Term, Term]:
    """The distinct elements, rising, and which of them each element is."""
    values, _, inverse, _ = unique_all(x)
    return values, inverse


@_named
def unique_values(x: Any) -> Term:
    """The distinct elements, rising."""
    values: Term = unique_all(x)[0]
    return values


SELECTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
