"""The Array API's constants, dtypes and inspection functions; dtypes are NumPy's scalar types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from etude.api.array import Array
from etude.api.construct import constant
from etude.terms import as_dtype
from etude.terms import broadcast_shapes as broadcast_dims

__all__ = [
    "DTYPES", "NamespaceInfo", "__array_namespace_info__", "broadcast_shapes", "can_cast", "e", "euler_gamma", "finfo",
    "from_dlpack", "iinfo", "inf", "isdtype", "nan", "newaxis", "pi", "result_type",
]  # fmt: skip

pi, e, inf, nan, euler_gamma, newaxis = math.pi, math.e, math.inf, math.nan, float(np.euler_gamma), None

DTYPES: dict[str, Any] = {
    name: getattr(np, name)
    for name in (
        "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 bool_ bool".split()
    )
}


def _dtype(value: Any) -> Any:
    return value.dtype if isinstance(value, Array) else value


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """The dtype that an operation on these Arrays, dtypes and Python numbers has.

    >>> import etude as et
    >>> et.result_type(et.scalar("x", dtype="float32"), 1.0)
    dtype('float32')
    """
    return np.result_type(*map(_dtype, arrays_and_dtypes))


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether a dtype, or an Array's, is cast to another under a casting rule."""
    return bool(np.can_cast(as_dtype(_dtype(from_)), as_dtype(to), casting=casting))


def finfo(type: Any, /) -> Any:
    """The limits of a floating dtype, or of an Array's."""
    return np.finfo(_dtype(type))


def iinfo(type: Any, /) -> Any:
    """The limits of an integer dtype, or of an Array's."""
    return np.iinfo(_dtype(type))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind: a dtype, or "bool", "integral", "real floating", "numeric", ..., or a tuple."""
    return bool(np.isdtype(as_dtype(dtype), kind))


def broadcast_shapes(*shapes: Any) -> tuple[Any, ...]:
    """The shape that arrays of these shapes broadcast to; sizes may be ints, names and None.

    >>> import etude as et
    >>> et.broadcast_shapes((3, 1), ("n",))
    (3, 'n')
    """
    return broadcast_dims(*[shape if isinstance(shape, tuple) else (shape,) for shape in shapes])


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """The constant of an array of another library, given through DLPack."""
    return constant(np.from_dlpack(x) if device is None else np.from_dlpack(x, device=device, copy=copy))


class NamespaceInfo:
    """What the Array API standard lets one ask of a namespace: capabilities, devices, dtypes."""

    def capabilities(self) -> dict[str, Any]:
        """Boolean indexing is there, and shapes that depend on the data; any number of axes."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": None}

    def default_device(self) -> str:
        return "cpu"

    def devices(self) -> list[str]:
        return ["cpu"]

    def default_dtypes(self, *, device: Any = None) -> dict[str, np.dtype[Any]]:
        """The dtypes taken where none is given."""
        real, whole = np.dtype("float64"), np.dtype("int64")
        return {"real floating": real, "complex floating": np.dtype("complex128"), "integral": whole, "indexing": whole}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, np.dtype[Any]]:
        """The dtypes of a kind ("bool", "signed integer", "real floating", "numeric", ...), or all of the standard's."""
        found = {name: np.dtype(DTYPES[name]) for name in _STANDARD}
        return found if kind is None else {name: dtype for name, dtype in found.items() if np.isdtype(dtype, kind)}


_STANDARD = (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()
)


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807  # the standard's name
    """What the Array API standard lets one ask of this namespace.

    >>> import etude as et
    >>> et.__array_namespace_info__().default_device()
    'cpu'
    """
    return NamespaceInfo()
