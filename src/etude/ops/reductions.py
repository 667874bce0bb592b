"""Reductions along axes. `axis=None` stands for all axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.axes import described, reduced_axes, reduced_shape, shape_size, some_axes
from etude.ops.op import Attributes, Build, Infer, Op, Types, register
from etude.terms import ArrayType

__all__ = ["dtype_of", "reduction", "sum_"]

REDUCED = {"axis": None, "keepdims": False}


def canonical_reduction(types: Types, attributes: Attributes) -> Attributes:
    """The axis in its one spelling, keepdims a bool, the rest as it is."""
    return (reduced_axes(attributes[0], types[0].ndim), bool(attributes[1]), *attributes[2:])


def dtype_of(function: Callable[..., Any]) -> Callable[[np.dtype[Any]], np.dtype[Any]]:
    """The dtype that NumPy's own function gives for a dtype, asked of it once."""

    @cache
    def found(dtype: np.dtype[Any]) -> np.dtype[Any]:
        result: np.dtype[Any] = np.asarray(function(np.ones(2, dtype))).dtype
        return result

    return found


def reduced(dtype: Callable[[np.dtype[Any]], np.dtype[Any]], nonempty: bool = False) -> Infer:
    """The type of a reduction; `nonempty` refuses to reduce over no elements."""

    def infer(types: Types, attributes: Attributes) -> ArrayType:
        shape = types[0].shape
        if nonempty and shape_size([shape[axis] for axis in some_axes(attributes[0], len(shape))]) == 0:
            raise ShapeError(f"{described(shape)} has no elements along axis {attributes[0]}")
        return ArrayType(dtype(types[0].dtype), reduced_shape(shape, attributes[0], attributes[1]))

    return infer


def reduction(
    name: str,
    function: Any,
    *,
    doc: str,
    nonempty: bool = False,
    dtype: Any = None,
    attributes: dict[str, Any] | None = None,
    build: Build | None = None,
) -> Op:
    """An operator that reduces along axes as the NumPy function does."""
    return register(
        Op(
            name,
            ("x",),
            function,
            reduced(dtype or dtype_of(function), nonempty),
            attributes={**REDUCED, **(attributes or {})},
            canonical=canonical_reduction,
            build=build,
            doc=doc,
        )
    )


sum_ = reduction("sum", np.sum, doc="sum of elements along axes")
