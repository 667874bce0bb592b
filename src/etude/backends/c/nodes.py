"""The values of a graph: nodes, and views of their elements by strides."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from etude.backends.c.csource import Unsupported
from etude.backends.c.scalars import C_TYPES
from etude.terms import ArrayType

__all__ = ["Node", "View", "row_major", "shape_of"]

Shape = tuple[int, ...]


class View(NamedTuple):
    """Elements of node `base` by strides, counted in elements."""

    base: int
    offset: int
    strides: Shape


class Node:
    """A value: `kind` says how it comes about, `op` which operator it is."""

    __slots__ = ("args", "axes", "dtype", "exponent", "kind", "loop", "op", "shape", "spec", "value", "view")

    def __init__(self, kind: str, op: str, args: Sequence[int], dtype: np.dtype[Any], shape: Shape):
        self.kind, self.op, self.args, self.dtype, self.shape = kind, op, tuple(args), dtype, shape
        self.view: View | None = None
        self.axes: tuple[int, ...] = ()
        self.loop: tuple[np.dtype[Any], ...] = ()
        self.value: Any = None
        self.spec: Any = None
        self.exponent: float | None = None

    @property
    def size(self) -> int:
        return prod(self.shape)


def row_major(shape: Shape) -> Shape:
    """The strides of contiguous elements."""
    strides = [1] * len(shape)
    for place in range(len(shape) - 2, -1, -1):
        strides[place] = strides[place + 1] * shape[place + 1]
    return tuple(strides)


def shape_of(kind: Any, name: str) -> Shape:
    if not isinstance(kind, ArrayType):
        raise Unsupported(name, "has several results")
    if kind.dtype.char not in C_TYPES:
        raise Unsupported(name, f"no C form for dtype {kind.dtype}")
    if not kind.is_static:
        raise Unsupported(name, f"sizes of {kind} are not known")
    return tuple([int(dim) for dim in kind.shape if dim is not None])
