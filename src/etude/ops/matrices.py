"""Diagonals and triangles of matrices, which are the last two axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.axes import described
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, Dim, Term

__all__ = ["diag", "diagonal", "diagonal_like", "trace", "triangle", "tril", "triu"]

OFFSET = {"offset": 0}


def _matrix(kind: ArrayType) -> None:
    if kind.ndim < 2:
        raise ShapeError(f"a matrix has 2 dimensions or more, not {described(kind.shape)}")


def _diagonal_size(rows: Dim, columns: Dim, offset: int) -> Dim:
    if rows == columns and offset == 0:
        return rows
    if not (isinstance(rows, int) and isinstance(columns, int)):
        return None
    return max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)


def _diagonal_type(types: Types, attributes: Attributes) -> ArrayType:
    _matrix(types[0])
    *rest, rows, columns = types[0].shape
    return types[0].with_shape([*rest, _diagonal_size(rows, columns, attributes[0])])


def _trace_type(types: Types, attributes: Attributes) -> ArrayType:
    _matrix(types[0])
    return ArrayType(np.sum(np.ones(1, types[0].dtype)).dtype, types[0].shape[:-2])


diagonal = register(Op("diagonal", ("x",), lambda x, offset: np.diagonal(x, offset, -2, -1), _diagonal_type,
                       attributes=OFFSET, doc="x[..., i, i + offset]"))  # fmt: skip
trace = register(Op("trace", ("x",), lambda x, offset: np.trace(x, offset, -2, -1), _trace_type, attributes=OFFSET,
                    doc="the sum of x[..., i, i + offset]"))  # fmt: skip


def _places(rows: int, columns: int, offset: int) -> tuple[Any, Any]:
    size = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    return np.arange(size) - min(offset, 0), np.arange(size) + max(offset, 0)


def _diagonal_like(v: Any, ref: Any, offset: int) -> Any:
    result = np.zeros(np.shape(ref), np.asarray(v).dtype)
    rows, columns = _places(result.shape[-2], result.shape[-1], offset)
    result[..., rows, columns] = v
    return result


diagonal_like = register(Op(
    "diagonal_like", ("v", "ref"), _diagonal_like, lambda types, attributes: types[0].with_shape(types[1].shape),
    attributes=OFFSET, weak=(0,), doc="zeros in the shape of ref but for v on a diagonal",
))  # fmt: skip


def _diag_type(types: Types, attributes: Attributes) -> ArrayType:
    if types[0].ndim != 1:
        raise ShapeError(f"diag is of a vector, not of {described(types[0].shape)}; the diagonal of a matrix is its diagonal()")
    dim = types[0].shape[0]
    size: Dim = dim if attributes[0] == 0 else dim + abs(attributes[0]) if isinstance(dim, int) else None
    return types[0].with_shape((size, size))


diag = register(Op("diag", ("v",), lambda v, offset: np.diag(v, k=offset), _diag_type, attributes=OFFSET,
                   doc="a square matrix with the vector v on a diagonal, 0 elsewhere"))  # fmt: skip


def _triangle_type(types: Types, attributes: Attributes) -> ArrayType:
    _matrix(types[0])
    return types[0]


tril = register(Op("tril", ("x",), np.tril, _triangle_type, attributes={"k": 0},
                   doc="x[..., i, j] where j - i <= k, 0 elsewhere"))  # fmt: skip
triu = register(Op("triu", ("x",), np.triu, _triangle_type, attributes={"k": 0},
                   doc="x[..., i, j] where j - i >= k, 0 elsewhere"))  # fmt: skip


def _triangle(x: Any, lower: bool, unit_diagonal: bool) -> Any:
    return np.tril(x, -unit_diagonal) if lower else np.triu(x, unit_diagonal)


def _triangle_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term:
    lower, unit = attributes
    return tril(operands[0], k=-int(unit)) if lower else triu(operands[0], k=int(unit))


triangle = register(Op(
    "triangle", ("x",), _triangle, _triangle_type, attributes={"lower": False, "unit_diagonal": False},
    build=_triangle_build, doc="the triangle that solve_triangular reads: tril or triu",
))  # fmt: skip


def _half_lower(x: Any) -> Any:
    lower = np.tril(x)
    return lower - 0.5 * lower * np.eye(*lower.shape[-2:], dtype=lower.dtype)


def _half_type(types: Types, attributes: Attributes) -> ArrayType:
    _matrix(types[0])
    return types[0].with_dtype(np.result_type(types[0].dtype, 0.5))


half_lower = register(Op("half_lower", ("x",), _half_lower, _half_type,
                         doc="the lower triangle of x with half the diagonal"))  # fmt: skip
