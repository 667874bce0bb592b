"""Taking elements by subscripts, and setting or adding to them out of place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.axes import check_axis, described, fitting_dim
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.subscripts import ARRAY, canonical_subscript, index_values, subscripted_shape
from etude.terms import ArrayType, Term, broadcast_shapes, constant, constant_value, is_constant

__all__ = ["IN_PLACE", "add_along_axis", "add_at", "getitem", "set_at", "take_along_axis"]


# ---------------------------------------------------------------- subscripts


def _getitem(x: Any, *indices: Any, spec: Any) -> Any:
    return np.asarray(x)[index_values(spec, indices)]


def _canonical(first: int) -> Any:
    def canonical(types: Types, attributes: Attributes) -> Attributes:
        return (canonical_subscript(types[0], types[first:], attributes[0]),)

    return canonical


def _getitem_type(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_shape(subscripted_shape(types[0], types[1:], attributes[0]))


def _with_places(op: Op, fixed: tuple[Term, ...], indices: tuple[Term, ...], attributes: Attributes) -> Term | None:
    """Constant masks become the places where they hold, whose number is known."""
    masks = [is_constant(term) and term.type.dtype.kind == "b" and term.type.ndim > 0 for term in indices]
    if not any(masks):
        return None
    operands: list[Term] = []
    spec: list[Any] = []
    given = iter(zip(indices, masks, strict=True))
    for entry in attributes[0]:
        if isinstance(entry, tuple):
            operands.extend(next(given)[0] for bound in entry[1:] if bound == "?")
        if entry != ARRAY:
            spec.append(entry)
            continue
        term, masked = next(given)
        found = [constant(places) for places in np.nonzero(constant_value(term))] if masked else [term]
        operands.extend(found)
        spec.extend([ARRAY] * len(found))
    return op.apply((*fixed, *operands), (tuple(spec),))


def _getitem_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    if not attributes[0]:
        return operands[0]
    return _with_places(op, operands[:1], operands[1:], attributes)


getitem = register(
    Op(
        "getitem",
        ("x", "*indices"),
        _getitem,
        _getitem_type,
        attributes={"spec": ()},
        weak=(),
        canonical=_canonical(1),
        build=_getitem_build,
        doc="x[...], by the subscript in spec",
    )
)


def _changed_type(types: Types, attributes: Attributes) -> ArrayType:
    x, v = types[:2]
    shape = subscripted_shape(x, types[2:], attributes[0])
    if len(broadcast_shapes(v.shape, shape)) != len(shape) or (
        broadcast_shapes(v.shape, shape) != shape and None not in shape
    ):
        raise ShapeError(f"{described(v.shape)} does not broadcast to the {described(shape)} of the places")
    return ArrayType(np.result_type(x.dtype, v.dtype), x.shape)


def _changed_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    return _with_places(op, operands[:2], operands[2:], attributes)


def _copied(x: Any, v: Any) -> Any:
    return np.array(x, dtype=np.result_type(np.asarray(x).dtype, np.asarray(v).dtype))


def _set(result: Any, v: Any, *indices: Any, spec: Any) -> Any:
    result[index_values(spec, indices)] = v
    return result if result.ndim else result[()]


def _added(result: Any, v: Any, *indices: Any, spec: Any) -> Any:
    places = index_values(spec, indices)
    if ARRAY in spec:
        np.add.at(result, places, v)
    else:
        result[places] += v
    return result if result.ndim else result[()]


def _set_at(x: Any, v: Any, *indices: Any, spec: Any) -> Any:
    return _set(_copied(x, v), v, *indices, spec=spec)


def _add_at(x: Any, v: Any, *indices: Any, spec: Any) -> Any:
    return _added(_copied(x, v), v, *indices, spec=spec)


set_at = register(
    Op(
        "set_at",
        ("x", "v", "*indices"),
        _set_at,
        _changed_type,
        attributes={"spec": ()},
        weak=(0, 1),
        canonical=_canonical(2),
        build=_changed_build,
        doc="x with x[...] = v; among equal places the last is kept",
    )
)
add_at = register(
    Op(
        "add_at",
        ("x", "v", "*indices"),
        _add_at,
        _changed_type,
        attributes={"spec": ()},
        weak=(0, 1),
        canonical=_canonical(2),
        build=_changed_build,
        doc="x with v added at the places x[...], repeated places repeatedly",
    )
)

IN_PLACE: Mapping[Op, Callable[..., Any]] = MappingProxyType({set_at: _set, add_at: _added})
"""The same operators where the first operand may be written over."""


# ---------------------------------------------------------------- along an axis


def _one_axis(types: Types, attributes: Attributes) -> Attributes:
    return (check_axis(attributes[0], types[0].ndim),)


def _along_type(types: Types, attributes: Attributes) -> ArrayType:
    x, indices = types[:2]
    if indices.dtype.kind not in "iu":
        raise TermTypeError(f"indices are integers, not {indices}")
    if indices.ndim != x.ndim:
        raise ShapeError(f"indices of {described(indices.shape)} have not the {x.ndim} dimensions of x")
    axis = attributes[0]
    rest = broadcast_shapes(
        (*x.shape[:axis], 1, *x.shape[axis + 1 :]), (*indices.shape[:axis], 1, *indices.shape[axis + 1 :])
    )
    return x.with_shape((*rest[:axis], indices.shape[axis], *rest[axis + 1 :]))


def _add_along_type(types: Types, attributes: Attributes) -> ArrayType:
    taken = _along_type(types[:2], attributes)
    if len(types[2].shape) > taken.ndim:
        raise ShapeError(f"{described(types[2].shape)} does not broadcast to {described(taken.shape)}")
    for left, right in zip(broadcast_shapes(types[2].shape, taken.shape), taken.shape, strict=True):
        fitting_dim(left, right, "sizes of the values and the places")
    return ArrayType(np.result_type(types[0].dtype, types[2].dtype), types[0].shape)


def _add_along_axis(x: Any, indices: Any, v: Any, axis: int) -> Any:
    result = _copied(x, v)
    shape = np.broadcast_shapes(np.shape(v), np.shape(indices))
    grid: list[Any] = list(np.indices(shape, sparse=True))
    grid = [
        np.minimum(places, size - 1) if place != axis else places
        for place, (places, size) in enumerate(zip(grid, result.shape, strict=True))
    ]
    grid[axis] = np.broadcast_to(indices, shape)
    np.add.at(result, tuple(grid), v)
    return result


take_along_axis = register(
    Op(
        "take_along_axis",
        ("x", "indices"),
        np.take_along_axis,
        _along_type,
        attributes={"axis": -1},
        weak=(),
        canonical=_one_axis,
        doc="x[..., indices[..., i, ...], ...]: elements picked along an axis",
    )
)
add_along_axis = register(
    Op(
        "add_along_axis",
        ("x", "indices", "v"),
        _add_along_axis,
        _add_along_type,
        attributes={"axis": -1},
        weak=(0, 2),
        canonical=_one_axis,
        doc="x with v added at the places that take_along_axis picks",
    )
)
