"""Operators that lay the same elements out anew: broadcasting, reshaping, permuting axes."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.axes import check_axis, described, merged_dim, same_shape, shape_size, some_axes
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, Term, as_shape, broadcast_shapes, shape_text

__all__ = [
    "broadcast_sized",
    "broadcast_to",
    "expand_dims",
    "matrix_transpose",
    "reshape",
    "reshape_sized",
    "squeeze",
    "transpose",
]


def _sizes(shape: Any) -> tuple[int, ...]:
    given = tuple(shape) if isinstance(shape, Iterable) and not isinstance(shape, str) else (shape,)
    try:
        return tuple(map(index, given))
    except TypeError:
        raise TermTypeError(f"shape {shape!r} does not consist of integers") from None


# ---------------------------------------------------------------- broadcasting


def _broadcast_canonical(types: Types, attributes: Attributes) -> Attributes:
    return (as_shape(_sizes(attributes[0])),)


def _broadcast_type(types: Types, attributes: Attributes) -> ArrayType:
    shape = attributes[0]
    if broadcast_shapes(types[0].shape, shape) != shape:
        raise ShapeError(f"{described(types[0].shape)} does not broadcast to {shape_text(shape)}")
    return types[0].with_shape(shape)


def _unless_same(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    return operands[0] if operands[0].type.shape == attributes[0] else None


broadcast_to = register(
    Op(
        "broadcast_to",
        ("x",),
        np.broadcast_to,
        _broadcast_type,
        attributes={"shape": ()},
        canonical=_broadcast_canonical,
        build=_unless_same,
        doc="x repeated along new or unit axes to the given shape",
    )
)


# ---------------------------------------------------------------- shapes that are computed


def _sized_canonical(types: Types, attributes: Attributes) -> Attributes:
    if types[1].ndim != 1 or types[1].dtype.kind not in "iu" or not isinstance(types[1].shape[0], int):
        raise ShapeError(f"sizes are an integer vector of known length, not {types[1]}")
    shape = (None,) * types[1].shape[0] if attributes[0] is None else as_shape(attributes[0])
    if len(shape) != types[1].shape[0]:
        raise ShapeError(f"{types[1].shape[0]} sizes do not make {described(shape)}")
    return (shape,)


def _sized_type(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_shape(attributes[0])


reshape_sized = register(
    Op(
        "reshape_sized",
        ("x", "sizes"),
        lambda x, sizes, shape: np.reshape(x, tuple(sizes)),
        _sized_type,
        attributes={"shape": None},
        canonical=_sized_canonical,
        weak=(),
        doc="x in a shape of computed sizes; the attribute holds what is known of it",
    )
)
broadcast_sized = register(
    Op(
        "broadcast_sized",
        ("x", "sizes"),
        lambda x, sizes, shape: np.broadcast_to(x, tuple(sizes)),
        _sized_type,
        attributes={"shape": None},
        canonical=_sized_canonical,
        weak=(),
        doc="x broadcast to computed sizes; the attribute holds what is known of the shape",
    )
)


# ---------------------------------------------------------------- reshaping


def _reshape_canonical(types: Types, attributes: Attributes) -> Attributes:
    shape = _sizes(attributes[0])
    size = shape_size(types[0].shape)
    negative = [dim for dim in shape if dim < 0]
    if negative and (len(negative) > 1 or negative[0] != -1):
        raise ShapeError(f"shape {shape_text(shape)} may leave one size open, as -1")
    rest = shape_size([dim for dim in shape if dim >= 0])
    assert rest is not None
    if negative and size is not None:
        if rest == 0 or size % rest:
            raise ShapeError(f"{size} elements of {described(types[0].shape)} do not make {described(shape)}")
        shape = tuple([size // rest if dim < 0 else dim for dim in shape])
    elif size is not None and size != rest:
        raise ShapeError(f"{size} elements of {described(types[0].shape)} do not make {described(shape)}")
    return (shape,)


def _reshape_type(types: Types, attributes: Attributes) -> ArrayType:
    shape = attributes[0]
    open_dim = merged_dim(*types[0].shape) if shape_size([dim for dim in shape if dim >= 0]) == 1 else None
    return types[0].with_shape([open_dim if dim < 0 else dim for dim in shape])


def _reshape_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    return (
        operands[0]
        if same_shape(operands[0].type.shape, _reshape_type((operands[0].type,), attributes).shape)
        else None
    )


reshape = register(
    Op(
        "reshape",
        ("x",),
        np.reshape,
        _reshape_type,
        attributes={"shape": (-1,)},
        canonical=_reshape_canonical,
        build=_reshape_build,
        doc="the elements of x, in row-major order, in another shape",
    )
)


def _expand_canonical(types: Types, attributes: Attributes) -> Attributes:
    axis = attributes[0]
    count = len(tuple(axis)) if isinstance(axis, Iterable) else 1
    return (some_axes(axis, types[0].ndim + count),)


def _expanded(types: Types, attributes: Attributes) -> ArrayType:
    shape = list(types[0].shape)
    for axis in attributes[0]:
        shape.insert(axis, 1)
    return types[0].with_shape(shape)


def _unless_empty(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    return None if attributes[0] else operands[0]


expand_dims = register(
    Op(
        "expand_dims",
        ("x",),
        np.expand_dims,
        _expanded,
        attributes={"axis": 0},
        canonical=_expand_canonical,
        build=_unless_empty,
        doc="x with new axes of size 1 at these places",
    )
)


def _squeeze_canonical(types: Types, attributes: Attributes) -> Attributes:
    shape = types[0].shape
    if attributes[0] is None:
        return (tuple([axis for axis, dim in enumerate(shape) if dim == 1]),)
    axes = some_axes(attributes[0], len(shape))
    for axis in axes:
        if isinstance(shape[axis], int) and shape[axis] != 1:
            raise ShapeError(f"axis {axis} of {described(shape)} has not size 1")
    return (axes,)


def _squeezed(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_shape([dim for axis, dim in enumerate(types[0].shape) if axis not in attributes[0]])


squeeze = register(
    Op(
        "squeeze",
        ("x",),
        np.squeeze,
        _squeezed,
        attributes={"axis": None},
        canonical=_squeeze_canonical,
        build=_unless_empty,
        doc="x without axes of size 1",
    )
)


# ---------------------------------------------------------------- permuting axes


def _matrix_transposed(types: Types, attributes: Attributes) -> ArrayType:
    shape = types[0].shape
    if len(shape) < 2:
        raise ShapeError(f"a matrix transpose needs 2 dimensions or more, not {described(shape)}")
    return types[0].with_shape((*shape[:-2], shape[-1], shape[-2]))


matrix_transpose = register(
    Op(
        "matrix_transpose",
        ("a",),
        lambda a: np.swapaxes(a, -1, -2),
        _matrix_transposed,
        doc="the last two axes exchanged",
    )
)


def _transpose_canonical(types: Types, attributes: Attributes) -> Attributes:
    ndim = types[0].ndim
    if attributes[0] is None:
        return (tuple(range(ndim))[::-1],)
    axes = tuple([check_axis(axis, ndim) for axis in attributes[0]])
    if sorted(axes) != list(range(ndim)):
        raise ShapeError(f"axes {attributes[0]} are no permutation of the {ndim} axes")
    return (axes,)


def _transposed(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_shape([types[0].shape[axis] for axis in attributes[0]])


def _transpose_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    axes = attributes[0]
    if axes == tuple(range(len(axes))):
        return operands[0]
    if axes[:-2] == tuple(range(len(axes) - 2)):
        return matrix_transpose(operands[0])
    return None


transpose = register(
    Op(
        "transpose",
        ("x",),
        np.transpose,
        _transposed,
        attributes={"axes": None},
        canonical=_transpose_canonical,
        build=_transpose_build,
        doc="the axes permuted; reversed by default",
    )
)
