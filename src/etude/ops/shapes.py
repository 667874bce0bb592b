"""What is asked of an array but its elements, and the choice of one of several results."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.axes import reduced_axes, shape_size, some_axes
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, Term, TupleType, constant

__all__ = ["item", "shape", "size"]


def _shape_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    kind = operands[0].type
    return constant(np.array(kind.shape, np.int64)) if kind.is_static else None


shape = register(
    Op(
        "shape",
        ("x",),
        lambda x: np.array(np.shape(x), np.int64),
        lambda types, attributes: ArrayType(np.int64, (types[0].ndim,)),
        build=_shape_build,
        doc="the sizes of x as an int64 vector",
    )
)


def _size(x: Any, axis: Any) -> Any:
    sizes = np.shape(x)
    return np.int64(shape_size([sizes[place] for place in some_axes(axis, len(sizes))]) or 0)


def _size_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    sizes = operands[0].type.shape
    count = shape_size([sizes[place] for place in some_axes(attributes[0], len(sizes))])
    return None if count is None else constant(np.int64(count))


size = register(
    Op(
        "size",
        ("x",),
        _size,
        lambda types, attributes: ArrayType(np.int64, ()),
        attributes={"axis": None},
        canonical=lambda types, attributes: (reduced_axes(attributes[0], types[0].ndim),),
        build=_size_build,
        doc="the number of elements along axes, int64",
    )
)


def _item_type(types: Types, attributes: Attributes) -> ArrayType:
    kind: Any = types[0]
    if not isinstance(kind, TupleType):
        raise TermTypeError(f"an item is taken of an operator with several results, not of {kind}")
    if not 0 <= attributes[0] < len(kind.items):
        raise ShapeError(f"there are {len(kind.items)} results, none with index {attributes[0]}")
    return kind.items[attributes[0]]


item = register(
    Op(
        "item",
        ("t",),
        lambda t, index: t[index],
        _item_type,
        attributes={"index": 0},
        canonical=lambda types, attributes: (index(attributes[0]),),
        properties="projection",
        doc="one of several results",
    )
)
