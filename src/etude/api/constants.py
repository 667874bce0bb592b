"""The Array API's constants, dtypes and inspection functions; dtypes are NumPy's scalar types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from etude.api.array import Array
from etude.terms import as_dtype
from etude.terms import broadcast_shapes as broadcast_dims

__all__ = [
    "DTYPES", "broadcast_shapes", "can_cast", "e", "euler_gamma", "finfo", "iinfo", "inf", "isdtype", "nan", "newaxis", "pi",
    "result_type",
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
