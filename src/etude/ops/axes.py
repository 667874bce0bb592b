"""Axes in their one spelling, and the shapes that operators along axes give."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from operator import index
from typing import Any

from etude.errors import ShapeError, TermTypeError
from etude.ops.op import Attributes, Canonical, Types
from etude.terms import Dim, Shape, shape_text

__all__ = [
    "axes_first",
    "check_axis",
    "fitting_dim",
    "merged_dim",
    "one_axis",
    "reduced_axes",
    "reduced_shape",
    "shape_size",
    "some_axes",
]


def check_axis(axis: Any, ndim: int) -> int:
    """`axis` counted from the front."""
    try:
        position = index(axis)
    except TypeError:
        raise TermTypeError(f"axis {axis!r} is no integer") from None
    if not -ndim <= position < ndim:
        raise ShapeError(f"axis {position} does not exist in an array of {ndim} dimension{'s' * (ndim != 1)}")
    return position % ndim


def some_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """One axis or several, counted from the front and in order; None means all."""
    if axis is None:
        return tuple(range(ndim))
    given = tuple(axis) if isinstance(axis, Iterable) else (axis,)
    axes = sorted(check_axis(item, ndim) for item in given)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"axis {axis} names an axis twice")
    return tuple(axes)


def reduced_axes(axis: Any, ndim: int) -> tuple[int, ...] | None:
    """The axes of a reduction; None where they are all there are."""
    axes = some_axes(axis, ndim)
    return None if len(axes) == ndim else axes


def reduced_shape(shape: Shape, axis: tuple[int, ...] | None, keepdims: bool) -> Shape:
    if axis is None:
        return (1,) * len(shape) if keepdims else ()
    if keepdims:
        return tuple([1 if position in axis else dim for position, dim in enumerate(shape)])
    return tuple([dim for position, dim in enumerate(shape) if position not in axis])


def one_axis(default_none: bool = False, place: int = 0) -> Canonical:
    """The canonical spelling of attributes with one axis at `place`, the first operand's."""

    def canonical(types: Types, attributes: Attributes) -> Attributes:
        axis = attributes[place]
        if default_none and axis is None:
            return attributes
        return (*attributes[:place], check_axis(axis, types[0].ndim), *attributes[place + 1 :])

    return canonical


def axes_first(axes: tuple[int, ...], ndim: int) -> bool:
    """Whether `axes` are the leading ones, which broadcasting adds of itself."""
    return axes == tuple(range(len(axes))) and len(axes) <= ndim


def fitting_dim(left: Dim, right: Dim, what: str) -> Dim:
    """The better known of two dimensions that must be equal."""
    if isinstance(left, int) and isinstance(right, int) and left != right:
        raise ShapeError(f"{what}: {left} and {right} differ")
    if isinstance(left, int) or right is None:
        return left
    return right


def merged_dim(*dims: Dim) -> Dim:
    """The size of several axes laid out as one; the only axis that is not 1 keeps its name."""
    others = [dim for dim in dims if dim != 1]
    if len(others) == 1:
        return others[0]
    return shape_size(dims)


def shape_size(shape: Iterable[Dim]) -> int | None:
    """The number of elements; None where it is not known."""
    dims = tuple(shape)
    if 0 in dims:
        return 0
    sizes = [dim for dim in dims if isinstance(dim, int)]
    return prod(sizes) if len(sizes) == len(dims) else None


def same_shape(left: Shape, right: Shape) -> bool:
    """Whether two shapes are surely equal."""
    return left == right and None not in left


def described(shape: Shape) -> str:
    return f"shape {shape_text(shape)}"
