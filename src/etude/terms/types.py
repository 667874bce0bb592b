"""Array types: a dtype and a shape whose dimensions are ints, names or unknown."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from etude.errors import ShapeError, TermTypeError

__all__ = ["ArrayType", "Dim", "Shape", "TupleType", "as_dtype", "as_shape", "broadcast_shapes", "shape_text"]

Dim = int | str | None
Shape = tuple[Dim, ...]

_table: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
_lock = threading.RLock()


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """The NumPy dtype meant by a dtype, a scalar type or a name; object, text and dates are refused."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise TermTypeError(f"{dtype!r} is no dtype; use one like 'float64', 'int32' or np.complex128") from None
    if found.kind not in "biufc":
        raise TermTypeError(f"dtype {found} holds no numbers; use a boolean, integer, floating or complex dtype")
    native: np.dtype[Any] = found.newbyteorder("=")
    return native


def as_shape(shape: Any) -> Shape:
    """A shape from a tuple of sizes, names and None, or from one size or name."""
    if isinstance(shape, (int, str, np.integer)):
        shape = (shape,)
    dims: list[Dim] = []
    for dim in shape:
        if dim is None or (isinstance(dim, str) and dim):
            dims.append(dim)
            continue
        try:
            size = int(dim.__index__())
        except (AttributeError, TypeError):
            raise TermTypeError(f"dimension {dim!r} of shape {shape!r} is no int, name or None") from None
        if size < 0:
            raise ShapeError(f"dimension {size} of shape {tuple(shape)} is negative")
        dims.append(size)
    return tuple(dims)


class ArrayType:
    """What is known of an array before it has values. Interned: equal types are the same object."""

    __slots__ = ("__weakref__", "dtype", "shape")
    dtype: np.dtype[Any]
    shape: Shape

    def __new__(cls, dtype: Any, shape: Iterable[Dim] = ()) -> ArrayType:
        key = (np.dtype(dtype), tuple(shape))
        found = _table.get(key)
        if found is None:
            with _lock:
                found = _table.get(key)
                if found is None:
                    found = object.__new__(cls)
                    found.dtype, found.shape = key
                    _table[key] = found
        kind: ArrayType = found
        return kind

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def is_static(self) -> bool:
        """Whether every dimension is a known number."""
        return all(isinstance(dim, int) for dim in self.shape)

    @property
    def is_floating(self) -> bool:
        """Whether the dtype is floating or complex."""
        return self.dtype.kind in "fc"

    def with_dtype(self, dtype: Any) -> ArrayType:
        return ArrayType(dtype, self.shape)

    def with_shape(self, shape: Iterable[Dim]) -> ArrayType:
        return ArrayType(self.dtype, shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return ArrayType, (self.dtype, self.shape)

    def __repr__(self) -> str:
        return f"{self.dtype}{shape_text(self.shape)}"


class TupleType:
    """The type of an operator with several results."""

    __slots__ = ("__weakref__", "items")
    items: tuple[ArrayType, ...]

    def __new__(cls, items: Iterable[ArrayType]) -> TupleType:
        kinds = tuple(items)
        key = ("tuple", *kinds)
        found = _table.get(key)
        if found is None:
            with _lock:
                found = _table.get(key)
                if found is None:
                    found = object.__new__(cls)
                    found.items = kinds
                    _table[key] = found
        kind: TupleType = found
        return kind

    def __reduce__(self) -> tuple[Any, ...]:
        return TupleType, (self.items,)

    def __repr__(self) -> str:
        return f"({', '.join(map(repr, self.items))})"


def shape_text(shape: Shape) -> str:
    """`(3, n, ?)`"""
    inner = ", ".join("?" if dim is None else str(dim) for dim in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _broadcast_dims(a: Dim, b: Dim) -> Dim:
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if isinstance(a, int) and isinstance(b, int):
        raise ValueError
    if isinstance(a, int):
        return a
    return b if isinstance(b, int) else None


def broadcast_shapes(*shapes: Shape) -> Shape:
    """NumPy's broadcast shape. A named or unknown size beside a number other than 1 must turn out to fit it."""
    result: Shape = ()
    for position, shape in enumerate(shapes):
        if shape == result:
            continue
        width = max(len(shape), len(result))
        left, right = (1,) * (width - len(result)) + result, (1,) * (width - len(shape)) + shape
        try:
            result = tuple(map(_broadcast_dims, left, right))
        except ValueError:
            raise ShapeError(
                f"operand {position + 1} of shape {shape_text(shape)} does not broadcast with {shape_text(result)}"
            ) from None
    return result
