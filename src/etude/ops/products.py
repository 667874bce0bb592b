"""Products of matrices and vectors, and what a product sends back to its factors."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.arithmetic import multiply
from etude.ops.axes import described, fitting_dim
from etude.ops.layout import expand_dims, matrix_transpose, squeeze
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, Term, broadcast_shapes

__all__ = ["left_cotangent", "matmul", "matmul_type", "right_cotangent"]


def matmul_type(types: Types, attributes: Attributes) -> ArrayType:
    """NumPy's: a vector on the left is a row, one on the right a column; leading axes broadcast."""
    a, b = types
    for position, kind in enumerate(types, 1):
        if kind.ndim == 0:
            raise ShapeError(f"operand {position} has no dimensions; multiply with * instead")
    rows, columns = (a.shape[-2:-1] if a.ndim > 1 else ()), (b.shape[-1:] if b.ndim > 1 else ())
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    fitting_dim(a.shape[-1], inner, f"{described(a.shape)} and {described(b.shape)} do not fit, the inner sizes")
    dtype = np.matmul.resolve_dtypes((a.dtype, b.dtype, None))[2]
    return ArrayType(dtype, (*broadcast_shapes(a.shape[:-2], b.shape[:-2]), *rows, *columns))


matmul = register(
    Op("matmul", ("a", "b"), np.matmul, matmul_type, doc="a @ b: sum of a[..., i, k] * b[..., k, j] over k")
)


def _check_cotangent(types: Types) -> None:
    g, product = types[0].shape, matmul_type(types[1:], ()).shape
    apart = any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(g, product, strict=False))
    if len(g) != len(product) or apart:
        raise ShapeError(f"{described(g)} is no cotangent of a product, which is {described(product)}")


def _as_first(types: Types, attributes: Attributes) -> ArrayType:
    _check_cotangent(types)
    return ArrayType(np.result_type(types[0].dtype, types[1].dtype, types[2].dtype), types[1].shape)


def _as_second(types: Types, attributes: Attributes) -> ArrayType:
    _check_cotangent(types)
    return ArrayType(np.result_type(types[0].dtype, types[1].dtype, types[2].dtype), types[2].shape)


def _applied(matrix: Term, vectors: Term) -> Term:
    """Each matrix times each vector of a stack."""
    if vectors.type.ndim == 1:
        return matmul(matrix, vectors)
    return squeeze(matmul(matrix, expand_dims(vectors, axis=-1)), axis=-1)


def _to_left(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term:
    g, a, b = operands
    if b.type.ndim == 1:
        return multiply(g if a.type.ndim == 1 else expand_dims(g, axis=-1), b)
    return _applied(b, g) if a.type.ndim == 1 else matmul(g, matrix_transpose(b))


def _to_right(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term:
    g, a, b = operands
    if a.type.ndim == 1:
        return multiply(a, g) if b.type.ndim == 1 else multiply(expand_dims(a, axis=-1), expand_dims(g, axis=-2))
    return _applied(matrix_transpose(a), g) if b.type.ndim == 1 else matmul(matrix_transpose(a), g)


def _never(*values: Any) -> Any:
    raise TermTypeError("cotangents of matmul are built from other operators")


# Built from other operators as soon as the numbers of dimensions are known, so never evaluated.
left_cotangent = register(
    Op(
        "left_cotangent",
        ("g", "a", "b"),
        _never,
        _as_first,
        build=_to_left,
        weak=(),
        doc="what a @ b sends back to a for g: g @ mT(b) for matrices",
    )
)
right_cotangent = register(
    Op(
        "right_cotangent",
        ("g", "a", "b"),
        _never,
        _as_second,
        build=_to_right,
        weak=(),
        doc="what a @ b sends back to b for g: mT(a) @ g for matrices",
    )
)
