"""Arrays joined, repeated, turned round and padded along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.axes import check_axis, described, fitting_dim, some_axes
from etude.ops.indexing import getitem
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.subscripts import FULL
from etude.terms import ArrayType, Dim, Term

__all__ = ["concatenate", "flip", "pad", "part_like", "roll", "sum_tiles", "tile"]


# ---------------------------------------------------------------- concatenation


def _axis_canonical(types: Types, attributes: Attributes) -> Attributes:
    return (check_axis(attributes[0], types[0].ndim),)


def _total(dims: list[Dim]) -> Dim:
    if len(dims) == 1:
        return dims[0]
    sizes = [dim for dim in dims if isinstance(dim, int)]
    return sum(sizes) if len(sizes) == len(dims) else None


def _concatenate_type(types: Types, attributes: Attributes) -> ArrayType:
    axis, shape = attributes[0], list(types[0].shape)
    for position, kind in enumerate(types[1:], 2):
        if kind.ndim != len(shape):
            raise ShapeError(f"operand {position} of {described(kind.shape)} has not the {len(shape)} dimensions of the first")
        for place, dim in enumerate(kind.shape):
            if place != axis:
                shape[place] = fitting_dim(shape[place], dim, f"sizes of axis {place} in operands 1 and {position}")
    shape[axis] = _total([kind.shape[axis] for kind in types])
    return ArrayType(np.result_type(*[kind.dtype for kind in types]), shape)


concatenate = register(Op(
    "concatenate", ("x", "*more"), lambda *values, axis: np.concatenate(values, axis=axis), _concatenate_type,
    attributes={"axis": 0}, canonical=_axis_canonical, doc="the arrays one after the other along an axis",
    build=lambda op, operands, attributes: operands[0] if len(operands) == 1 else None,
))  # fmt: skip


def _part_like(g: Any, ref: Any, *before: Any, axis: int) -> Any:
    start = sum(np.shape(value)[axis] for value in before)
    return np.take(g, range(start, start + np.shape(ref)[axis]), axis=axis)


def _part_like_type(types: Types, attributes: Attributes) -> ArrayType:
    axis = attributes[0]
    shape = list(types[0].shape)
    shape[axis] = types[1].shape[axis]
    return types[0].with_shape(shape)


def _part_like_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    axis = attributes[0]
    sizes = [term.type.shape[axis] for term in operands[1:]]
    if not all(isinstance(size, int) for size in sizes):
        return None
    start = sum(sizes[1:])
    return getitem(operands[0], spec=((FULL,) * axis) + (("slice", start, start + sizes[0], None),))


part_like = register(Op(
    "part_like", ("g", "ref", "*before"), _part_like, _part_like_type, attributes={"axis": 0},
    canonical=_axis_canonical, build=_part_like_build, weak=(0,),
    doc="the part of g that ref is in the concatenation of before and ref",
))  # fmt: skip


def _add_part(x: Any, v: Any, ref: Any, *before: Any, axis: int) -> Any:
    start = sum(np.shape(value)[axis] for value in before)
    result = np.array(x, dtype=np.result_type(np.asarray(x).dtype, np.asarray(v).dtype))
    np.moveaxis(result, axis, 0)[start : start + np.shape(ref)[axis]] += np.moveaxis(np.asarray(v), axis, 0)
    return result


add_part = register(Op(
    "add_part", ("x", "v", "ref", "*before"), _add_part,
    lambda types, attributes: ArrayType(np.result_type(types[0].dtype, types[1].dtype), types[0].shape),
    attributes={"axis": 0}, canonical=_axis_canonical, weak=(0, 1),
    doc="x with v added to the part that part_like takes",
))  # fmt: skip


# ---------------------------------------------------------------- repetition


def _tile_canonical(types: Types, attributes: Attributes) -> Attributes:
    reps = tuple(attributes[0]) if isinstance(attributes[0], (tuple, list)) else (attributes[0],)
    if len(reps) > types[0].ndim or any(count < 0 for count in reps):
        raise ShapeError(f"{reps} does not say how often each of {types[0].ndim} axes is repeated")
    return ((1,) * (types[0].ndim - len(reps)) + tuple(map(int, reps)),)


def _tiled(types: Types, attributes: Attributes) -> ArrayType:
    pairs = zip(types[0].shape, attributes[0], strict=True)
    return types[0].with_shape([n if r == 1 else n * r if isinstance(n, int) else None for n, r in pairs])


def _sum_tiles(g: Any, reps: tuple[int, ...]) -> Any:
    shape = [part for size, count in zip(np.shape(g), reps, strict=True) for part in (count, size // max(count, 1))]
    return np.sum(np.reshape(g, shape), axis=tuple(range(0, len(shape), 2)))


def _untiled(types: Types, attributes: Attributes) -> ArrayType:
    pairs = zip(types[0].shape, attributes[0], strict=True)
    shape = [n if r == 1 else n // max(r, 1) if isinstance(n, int) else None for n, r in pairs]
    return ArrayType(np.sum(np.ones(1, types[0].dtype)).dtype, shape)


def _if_repeated(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    return operands[0] if set(attributes[0]) <= {1} else None


tile = register(Op("tile", ("x",), np.tile, _tiled, attributes={"reps": ()}, canonical=_tile_canonical,
                   build=_if_repeated, doc="x repeated as a block along each axis"))  # fmt: skip
sum_tiles = register(Op("sum_tiles", ("g",), _sum_tiles, _untiled, attributes={"reps": ()}, canonical=_tile_canonical,
                        build=_if_repeated, doc="the sum of the blocks into which tile lays out"))  # fmt: skip


# ---------------------------------------------------------------- turning round


def _same(types: Types, attributes: Attributes) -> ArrayType:
    return types[0]


flip = register(Op("flip", ("x",), np.flip, _same, attributes={"axis": None},
                   canonical=lambda types, attributes: (some_axes(attributes[0], types[0].ndim),),
                   build=lambda op, operands, attributes: None if attributes[0] else operands[0],
                   doc="x with the order along axes reversed"))  # fmt: skip


def _roll_canonical(types: Types, attributes: Attributes) -> Attributes:
    shift, axis = attributes
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shifts = (shift,) if isinstance(shift, int) else tuple(shift)
    shifts = shifts * len(axes) if len(shifts) == 1 else shifts
    if len(shifts) != len(axes):
        raise ShapeError(f"shifts {shift} do not fit axes {axis}")
    return (tuple(map(int, shifts)), tuple([check_axis(place, types[0].ndim) for place in axes]))


roll = register(Op("roll", ("x",), np.roll, _same, attributes={"shift": 0, "axis": 0}, canonical=_roll_canonical,
                   doc="x moved along axes, what falls out entering at the other end"))  # fmt: skip


# ---------------------------------------------------------------- padding


def _pad_canonical(types: Types, attributes: Attributes) -> Attributes:
    pairs = np.broadcast_to(np.asarray(attributes[0], int), (types[0].ndim, 2))
    if (pairs < 0).any():
        raise ShapeError(f"a padding is not negative: {attributes[0]}")
    return (tuple([(int(before), int(after)) for before, after in pairs]),)


def _padded(types: Types, attributes: Attributes) -> ArrayType:
    pairs = zip(types[0].shape, attributes[0], strict=True)
    return types[0].with_shape([n + sum(w) if isinstance(n, int) else n if w == (0, 0) else None for n, w in pairs])


pad = register(Op("pad", ("x",), np.pad, _padded, attributes={"pad_width": 0},
                  canonical=_pad_canonical, doc="x with zeros around it: (before, after) for each axis"))  # fmt: skip
