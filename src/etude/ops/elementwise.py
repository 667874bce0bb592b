"""The type rules that elementwise operators share, and the function that makes such an operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from etude.errors import TermTypeError
from etude.ops.op import Attributes, Infer, Op, Types, register
from etude.ops.scipy_functions import scipy_special
from etude.terms import ArrayType, TupleType, broadcast_shapes

__all__ = ["boolean", "elementwise", "promoted", "special", "ufunc_dtype"]


def ufunc_dtype(ufunc: Callable[[], Any]) -> Infer:
    """The dtype that NumPy itself gives: asked of the ufunc."""

    def infer(types: Types, attributes: Attributes) -> ArrayType:
        found = ufunc()
        shape = broadcast_shapes(*[kind.shape for kind in types])
        wanted = (*[kind.dtype for kind in types], *[None] * found.nout)
        try:
            dtype = found.resolve_dtypes(wanted)[found.nin]
        except TypeError:
            given = ", ".join(str(kind.dtype) for kind in types)
            raise TermTypeError(f"no meaning for operands of dtype {given}") from None
        return ArrayType(dtype, shape)

    return infer


def promoted(first: int = 0, floating: bool = False) -> Infer:
    """NumPy's common dtype of the operands from `first` on; `floating` makes integers float64."""

    def infer(types: Types, attributes: Attributes) -> ArrayType:
        dtype = np.result_type(*[kind.dtype for kind in types[first:]])
        if floating and dtype.kind in "biu":
            dtype = np.dtype(np.float64)
        return ArrayType(dtype, broadcast_shapes(*[kind.shape for kind in types]))

    return infer


def boolean(types: Types, attributes: Attributes) -> ArrayType:
    return ArrayType(np.bool_, broadcast_shapes(*[kind.shape for kind in types]))


def elementwise(
    name: str,
    function: Any,
    operands: str = "x",
    *,
    infer: Infer | None = None,
    properties: str = "",
    doc: str = "",
    weak: tuple[int, ...] | None = None,
    attributes: dict[str, Any] | None = None,
) -> Op:
    """An operator whose meaning is a NumPy ufunc, or another function that broadcasts and `infer`s."""
    rule = infer if infer is not None else ufunc_dtype(lambda: function)
    return register(
        Op(
            name,
            tuple(operands.split()),
            function,
            rule,
            properties=f"elementwise {properties}",
            doc=doc,
            weak=weak,
            attributes=attributes,
        )
    )


def special(name: str, operands: str = "x", *, properties: str = "", doc: str = "") -> Op:
    """An operator whose meaning is SciPy's ufunc of that name, looked up at first use.

    All of these ufuncs compute in float64 and in float32; only for other operands SciPy is asked what it gives.
    """
    asked = ufunc_dtype(lambda: scipy_special(name))

    def infer(types: Types, attributes: Attributes) -> ArrayType | TupleType:
        dtype = types[0].dtype
        if dtype.char in "fd" and all(kind.dtype == dtype for kind in types):
            return ArrayType(dtype, broadcast_shapes(*[kind.shape for kind in types]))
        return asked(types, attributes)

    def evaluate(*values: Any, **named: Any) -> Any:
        return scipy_special(name)(*values, **named)

    evaluate.__name__, evaluate.__doc__ = name, f"`scipy.special.{name}`"
    return register(
        Op(
            name,
            tuple(operands.split()),
            evaluate,
            infer,
            properties=f"elementwise special ufunc {properties}",
            doc=doc,
        )
    )
