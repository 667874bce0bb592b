"""Order along an axis: sorting, ranks, search."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.axes import check_axis, described, merged_dim
from etude.ops.layout import reshape
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.reductions import floating_dtype
from etude.terms import ArrayType, Term, broadcast_shapes

__all__ = ["argsort", "searchsorted", "sort", "tie_mean"]


def _canonical(types: Types, attributes: Attributes) -> Attributes:
    axis = attributes[0]
    return (axis if axis is None else check_axis(axis, types[0].ndim),)


def _shape(kind: ArrayType, axis: int | None) -> tuple[Any, ...]:
    return kind.shape if axis is not None else (merged_dim(*kind.shape),)


def _sort_type(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_shape(_shape(types[0], attributes[0]))


def _argsort_type(types: Types, attributes: Attributes) -> ArrayType:
    return ArrayType(np.intp, _shape(types[0], attributes[0]))


def _flattened(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    return op(reshape(operands[0], shape=(-1,)), axis=0) if attributes[0] is None else None


def _stable(function: Any) -> Any:
    def evaluate(x: Any, axis: int) -> Any:
        return function(x, axis=axis, kind="stable")

    return evaluate


def _ordering(name: str, function: Any, infer: Any, doc: str) -> Op:
    return register(
        Op(
            name,
            ("x",),
            _stable(function),
            infer,
            attributes={"axis": -1},
            canonical=_canonical,
            build=_flattened,
            doc=doc,
        )
    )


sort = _ordering("sort", np.sort, _sort_type, "elements in rising order along an axis, nan last")
argsort = _ordering("argsort", np.argsort, _argsort_type, "the places from which sort takes; of equal elements in turn")


# ---------------------------------------------------------------- ties


def _tie_mean(v: Any, x: Any, axis: int) -> Any:
    v = np.asarray(v)
    v = v.astype(floating_dtype(v.dtype), copy=False)
    order = np.argsort(x, axis=axis, kind="stable")
    ranked = np.moveaxis(np.take_along_axis(np.asarray(x), order, axis), axis, -1)
    first = np.ones(ranked.shape, bool)
    first[..., 1:] = ranked[..., 1:] != ranked[..., :-1]
    if first.all():
        return v
    starts = np.flatnonzero(first)
    values = np.moveaxis(np.take_along_axis(v, order, axis), axis, -1)
    lengths = np.diff(np.append(starts, first.size))
    means = np.add.reduceat(values.ravel(), starts) / lengths.astype(v.real.dtype)
    shared = np.moveaxis(np.repeat(means, lengths).reshape(values.shape), -1, axis)
    result = np.empty_like(v)
    np.put_along_axis(result, order, shared, axis)
    return result


def _tie_mean_type(types: Types, attributes: Attributes) -> ArrayType:
    v, x = types
    if v.ndim != x.ndim:
        raise ShapeError(f"values of {described(v.shape)} do not fit {described(x.shape)}")
    return ArrayType(floating_dtype(v.dtype), broadcast_shapes(v.shape, x.shape))


tie_mean = register(
    Op(
        "tie_mean",
        ("v", "x"),
        _tie_mean,
        _tie_mean_type,
        attributes={"axis": -1},
        canonical=_canonical,
        weak=(0,),
        doc="v with its mean over the places along an axis where x is equal",
    )
)


# ---------------------------------------------------------------- search


def _searchsorted_type(types: Types, attributes: Attributes) -> ArrayType:
    a, v = types
    if a.ndim != 1:
        raise ShapeError(f"a sorted vector is searched, not {described(a.shape)}")
    if attributes[0] not in ("left", "right"):
        raise TermTypeError(f"side is 'left' or 'right', not {attributes[0]!r}")
    return ArrayType(np.intp, v.shape)


searchsorted = register(
    Op(
        "searchsorted",
        ("a", "v"),
        np.searchsorted,
        _searchsorted_type,
        attributes={"side": "left"},
        doc="the places in the sorted vector a before (or after) which v keeps it sorted",
    )
)
