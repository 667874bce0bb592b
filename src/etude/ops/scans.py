"""Running sums and products along an axis, and the linear recurrences that their derivatives are."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.axes import check_axis, described, fitting_dim, merged_dim
from etude.ops.layout import reshape
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.reductions import dtype_of
from etude.terms import ArrayType, Term

__all__ = ["cumprod", "cumsum", "exclusive_cumprod", "linear_recurrence", "shift"]

SCANNED = {"axis": None, "reverse": False}
_LANES = 16  # so many sequences or fewer run as Python numbers


def _canonical(types: Types, attributes: Attributes) -> Attributes:
    axis, ndim = attributes[0], types[0].ndim
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    if axis is None:
        return (0 if ndim == 1 else None, bool(attributes[1]))
    return (check_axis(axis, ndim), bool(attributes[1]))


def _flattened(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    if attributes[0] is not None:
        return None
    return op.apply(tuple([reshape(term, shape=(-1,)) for term in operands]), (0, attributes[1]))


def _scan(name: str, function: Any, like: Any, doc: str) -> Op:
    dtype = dtype_of(like)

    def infer(types: Types, attributes: Attributes) -> ArrayType:
        shape = types[0].shape if attributes[0] is not None else (merged_dim(*types[0].shape),)
        return ArrayType(dtype(types[0].dtype), shape)

    return register(
        Op(name, ("x",), function, infer, attributes=SCANNED, canonical=_canonical, build=_flattened, doc=doc)
    )


def _directed(function: Any) -> Any:
    def evaluate(x: Any, axis: int, reverse: bool) -> Any:
        if not reverse:
            return function(x, axis)
        return np.flip(function(np.flip(x, axis), axis), axis)

    return evaluate


def _shifted(x: Any, axis: int, fill: Any) -> Any:
    """One place later along the axis."""
    x = np.asarray(x)
    result = np.empty_like(x)
    front: list[Any] = [slice(None)] * x.ndim
    front[axis] = slice(0, 1)
    result[tuple(front)] = fill
    later, earlier = list(front), list(front)
    later[axis], earlier[axis] = slice(1, None), slice(None, -1)
    result[tuple(later)] = x[tuple(earlier)]
    return result


cumsum = _scan("cumsum", _directed(np.cumsum), np.cumsum, "sum of the elements up to each place along an axis")
cumprod = _scan("cumprod", _directed(np.cumprod), np.cumprod, "product of the elements up to each place along an axis")
exclusive_cumprod = _scan(
    "exclusive_cumprod",
    _directed(lambda x, axis: _shifted(np.cumprod(x, axis), axis, 1)),
    np.cumprod,
    "product of the elements before each place along an axis",
)
shift = _scan(
    "shift",
    _directed(lambda x, axis: _shifted(x, axis, 0)),
    lambda x: x,
    "the element before each place along an axis, 0 at the first",
)


def _recurrence_type(types: Types, attributes: Attributes) -> ArrayType:
    a, b = types
    if a.ndim != b.ndim:
        raise ShapeError(f"factors of {described(a.shape)} do not fit summands of {described(b.shape)}")
    shape = [
        fitting_dim(left, right, "sizes of factors and summands") for left, right in zip(a.shape, b.shape, strict=True)
    ]
    return ArrayType(np.result_type(a.dtype, b.dtype), shape if attributes[0] is not None else (merged_dim(*shape),))


def _recurrence(a: Any, b: Any, axis: int) -> Any:
    dtype = np.result_type(np.asarray(a).dtype, np.asarray(b).dtype)
    factors = np.moveaxis(np.asarray(a, dtype), axis, 0)
    terms = np.moveaxis(np.asarray(b, dtype), axis, 0)
    result = np.empty(terms.shape, dtype)
    if dtype.kind in "fc" and terms[:1].size <= _LANES < len(terms):
        for lane in np.ndindex(terms.shape[1:]):
            pairs = zip(factors[:, *lane].tolist(), terms[:, *lane].tolist(), strict=True)
            sums = accumulate(pairs, lambda total, pair: pair[0] * total + pair[1], initial=0.0)
            next(sums)
            result[:, *lane] = np.fromiter(sums, dtype, len(terms))
    else:
        total = np.zeros(terms.shape[1:], dtype)
        for place in range(len(terms)):
            total = factors[place] * total + terms[place]
            result[place] = total
    return np.moveaxis(result, 0, axis)


def _linear_recurrence(a: Any, b: Any, axis: int, reverse: bool) -> Any:
    if not reverse:
        return _recurrence(a, b, axis)
    return np.flip(_recurrence(np.flip(a, axis), np.flip(b, axis), axis), axis)


linear_recurrence = register(
    Op(
        "linear_recurrence",
        ("a", "b"),
        _linear_recurrence,
        _recurrence_type,
        attributes=SCANNED,
        canonical=_canonical,
        build=_flattened,
        doc="s with s[k] = a[k] * s[k-1] + b[k] along an axis, from s[-1] = 0",
    )
)
