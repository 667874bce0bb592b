"""Operators that take the shape of another operand. Known shapes make them static operators at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.arithmetic import astype
from etude.ops.axes import axes_first, described, reduced_axes, same_shape, shape_size, some_axes
from etude.ops.layout import broadcast_to, expand_dims, reshape
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.reductions import dtype_of, sum_
from etude.ops.sizes import shape_source
from etude.terms import ArrayType, Term, as_dtype, broadcast_shapes, constant

__all__ = ["broadcast_like", "full_like", "ones_like", "reshape_like", "sum_like", "zeros_like"]

_sum_dtype = dtype_of(np.sum)


# ---------------------------------------------------------------- sum_like


def _sum_like(g: Any, ref: Any) -> Any:
    shape, wanted = np.shape(g), np.shape(ref)
    lead = len(shape) - len(wanted)
    kept = tuple([lead + axis for axis, dim in enumerate(wanted) if dim == 1 and shape[lead + axis] != 1])
    summed = np.sum(g, axis=(*range(lead), *kept), keepdims=True)
    return np.reshape(summed, summed.shape[lead:])[()]


def _sum_like_type(types: Types, attributes: Attributes) -> ArrayType:
    g, ref = types
    if len(g.shape) < len(ref.shape) or len(broadcast_shapes(g.shape, ref.shape)) != len(g.shape):
        raise ShapeError(
            f"{described(g.shape)} is not summed to {described(ref.shape)}, which does not broadcast to it"
        )
    return ArrayType(_sum_dtype(g.dtype), ref.shape)


def _sum_like_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    g, ref = operands
    if g is ref:
        return astype(g, dtype=_sum_dtype(g.type.dtype))
    shape, wanted = g.type.shape, ref.type.shape
    lead = len(shape) - len(wanted)
    kept = []
    for axis, (dim, target) in enumerate(zip(shape[lead:], wanted, strict=True), lead):
        if target == 1 and dim != 1:
            kept.append(axis)
        elif dim != target or dim is None:
            return None
    summed = g
    if lead and kept:
        summed = expand_dims(sum_(g, axis=(*range(lead), *kept)), axis=tuple([axis - lead for axis in kept]))
    elif lead or kept:
        summed = sum_(g, axis=(*range(lead), *kept), keepdims=bool(kept))
    return astype(summed, dtype=_sum_dtype(g.type.dtype))


sum_like = register(
    Op(
        "sum_like",
        ("g", "ref"),
        _sum_like,
        _sum_like_type,
        build=_sum_like_build,
        doc="g summed to the shape of ref: what undoes the broadcasting of ref to g",
    )
)


# ---------------------------------------------------------------- broadcast_like


def _placed(g: Any, axis: tuple[int, ...] | None, keepdims: bool, ndim: int) -> tuple[int, ...]:
    """Where a reduced g needs new axes before it broadcasts."""
    count = np.ndim(g) if not isinstance(g, Term) else g.type.ndim
    if keepdims or axis is None or count == 0 or axes_first(axis, ndim):
        return ()
    return axis


def _broadcast_like(g: Any, ref: Any, axis: Any, keepdims: bool) -> Any:
    return np.broadcast_to(np.expand_dims(g, _placed(g, axis, keepdims, np.ndim(ref))), np.shape(ref))


def _broadcast_like_canonical(types: Types, attributes: Attributes) -> Attributes:
    return (reduced_axes(attributes[0], types[1].ndim), bool(attributes[1]))


def _broadcast_like_type(types: Types, attributes: Attributes) -> ArrayType:
    g, ref = types
    axis, keepdims = attributes
    if not keepdims and axis is not None and g.ndim not in (0, ref.ndim - len(axis)):
        raise ShapeError(f"{described(g.shape)} is not {described(ref.shape)} without axes {axis}")
    shape = list(g.shape)
    if not keepdims and axis is not None and g.ndim:
        for place in axis:
            shape.insert(place, 1)
    if len(broadcast_shapes(tuple(shape), ref.shape)) != ref.ndim:
        raise ShapeError(f"{described(g.shape)} does not broadcast to {described(ref.shape)}")
    return g.with_shape(ref.shape)


def _broadcast_like_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    g, ref = operands
    axis, keepdims = attributes
    placed = expand_dims(g, axis=_placed(g, axis, keepdims, ref.type.ndim))
    if same_shape(placed.type.shape, ref.type.shape):
        return placed
    if ref.type.is_static:
        return broadcast_to(placed, shape=ref.type.shape)
    source = shape_source(ref)
    if placed is g and axis is None and not keepdims and source is ref:
        return None
    return op(placed, source)


broadcast_like = register(
    Op(
        "broadcast_like",
        ("g", "ref"),
        _broadcast_like,
        _broadcast_like_type,
        attributes={"axis": None, "keepdims": False},
        canonical=_broadcast_like_canonical,
        build=_broadcast_like_build,
        weak=(0,),
        doc="g, reduced along axis, repeated along it to the shape of ref: what undoes a sum",
    )
)


# ---------------------------------------------------------------- reshape_like


def _reshape_like_type(types: Types, attributes: Attributes) -> ArrayType:
    g, ref = types
    sizes = shape_size(g.shape), shape_size(ref.shape)
    if None not in sizes and sizes[0] != sizes[1]:
        raise ShapeError(f"{described(g.shape)} does not have the elements of {described(ref.shape)}")
    return g.with_shape(ref.shape)


def _reshape_like_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    g, ref = operands
    if same_shape(g.type.shape, ref.type.shape):
        return g
    return reshape(g, shape=ref.type.shape) if ref.type.is_static else None


reshape_like = register(
    Op(
        "reshape_like",
        ("g", "ref"),
        lambda g, ref: np.reshape(g, np.shape(ref)),
        _reshape_like_type,
        build=_reshape_like_build,
        weak=(0,),
        doc="the elements of g in the shape of ref",
    )
)


# ---------------------------------------------------------------- constant arrays of another's shape


def _filled(name: str, value: int, function: Any, doc: str) -> Op:
    def canonical(types: Types, attributes: Attributes) -> Attributes:
        dtype = None if attributes[0] is None else as_dtype(attributes[0])
        return (None if dtype == types[0].dtype else dtype,)

    def infer(types: Types, attributes: Attributes) -> ArrayType:
        return types[0].with_dtype(attributes[0] or types[0].dtype)

    def build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
        kind = infer((operands[0].type,), attributes)
        if kind.is_static:
            return broadcast_to(constant(value, kind.dtype), shape=kind.shape)
        source = shape_source(operands[0])
        return None if source is operands[0] else op(source, dtype=kind.dtype)

    return register(
        Op(
            name,
            ("ref",),
            lambda ref, dtype: function(ref, dtype=dtype),
            infer,
            attributes={"dtype": None},
            canonical=canonical,
            build=build,
            doc=doc,
        )
    )


zeros_like = _filled("zeros_like", 0, np.zeros_like, "zeros in the shape and dtype of ref")
ones_like = _filled("ones_like", 1, np.ones_like, "ones in the shape and dtype of ref")


def _full_like_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term:
    ref, value = operands
    return broadcast_like(astype(value, dtype=attributes[0] or ref.type.dtype), ref)


full_like = register(
    Op(
        "full_like",
        ("ref", "value"),
        lambda ref, value, dtype: np.full_like(ref, value, dtype=dtype),
        lambda types, attributes: types[0].with_dtype(attributes[0] or types[0].dtype),
        attributes={"dtype": None},
        canonical=lambda types, attributes: (None if attributes[0] is None else as_dtype(attributes[0]),),
        build=_full_like_build,
        doc="value repeated in the shape and dtype of ref",
    )
)


# ---------------------------------------------------------------- the number of elements


def _count_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.type(0).real.dtype if dtype.kind in "fc" else np.dtype(np.float64)


def _count(x: Any, axis: Any, ddof: Any) -> Any:
    shape = np.shape(x)
    count = shape_size([shape[place] for place in some_axes(axis, len(shape))])
    return _count_dtype(np.asarray(x).dtype).type(max((count or 0) - ddof, 0))


def _count_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    shape, axis = operands[0].type.shape, attributes[0]
    count = shape_size([shape[place] for place in some_axes(axis, len(shape))])
    dtype = _count_dtype(operands[0].type.dtype)
    if count is not None:
        return constant(max(count - attributes[1], 0), dtype)
    source = shape_source(operands[0])
    if source is operands[0] or _count_dtype(source.type.dtype) != dtype:
        return None
    return op(source, axis=axis, ddof=attributes[1])


element_count = register(
    Op(
        "element_count",
        ("x",),
        _count,
        lambda types, attributes: ArrayType(_count_dtype(types[0].dtype), ()),
        attributes={"axis": None, "ddof": 0},
        build=_count_build,
        canonical=lambda types, attributes: (reduced_axes(attributes[0], types[0].ndim), attributes[1]),
        doc="the number of elements along axes less ddof, as a real number of x's precision",
    )
)
