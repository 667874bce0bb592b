"""Inverses, systems, determinants and factorisations of matrices, which are the last two axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.axes import described, fitting_dim
from etude.ops.layout import expand_dims, squeeze
from etude.ops.op import Attributes, Op, Types, lazily, register
from etude.ops.reductions import real_dtype
from etude.terms import ArrayType, Dim, Term, TupleType, broadcast_shapes

__all__ = ["cholesky", "cofactor", "det", "eigh", "gaps", "inv", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd"]


def _dtype(*types: ArrayType) -> np.dtype[Any]:
    """What LAPACK computes in: float64 for an operand of integers, whatever the others are."""
    for kind in types:
        if kind.dtype.char in "eg":
            raise TermTypeError(f"linear algebra has no {kind.dtype}; cast to float32 or float64")
    return np.result_type(*[np.float64 if kind.dtype.kind in "biu" else kind.dtype for kind in types])


def _square(kind: ArrayType) -> Dim:
    if kind.ndim < 2:
        raise ShapeError(f"a square matrix is wanted, not {described(kind.shape)}")
    return fitting_dim(kind.shape[-2], kind.shape[-1], f"a square matrix is wanted, not {described(kind.shape)}")


def _same(types: Types, attributes: Attributes) -> ArrayType:
    _square(types[0])
    return ArrayType(_dtype(types[0]), types[0].shape)


def _number(types: Types, attributes: Attributes) -> ArrayType:
    _square(types[0])
    return ArrayType(_dtype(types[0]), types[0].shape[:-2])


inv = register(Op("inv", ("a",), np.linalg.inv, _same, doc="the inverse of square matrices"))
det = register(Op("det", ("a",), np.linalg.det, _number, doc="the determinant of square matrices"))
cholesky = register(Op("cholesky", ("a",), np.linalg.cholesky, _same,
                       doc="the lower triangular L with L @ mT(L) = a; reads the lower triangle of a"))  # fmt: skip


def _cofactor(a: Any) -> Any:
    """By singular values, so that it is right for singular matrices."""
    u, s, vh = np.linalg.svd(a)
    others = _exclusive(s) * _exclusive(s[..., ::-1])[..., ::-1]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return np.conj(sign)[..., None, None] * (u * others[..., None, :]) @ vh


def _exclusive(s: Any) -> Any:
    ones = np.ones_like(s[..., :1])
    return np.concatenate([ones, np.cumprod(s, axis=-1)[..., :-1]], axis=-1)


cofactor = register(Op("cofactor", ("a",), _cofactor, _same, doc="det(a) * mT(inv(a)), also for singular matrices"))


# ---------------------------------------------------------------- systems


def _solve_type(types: Types, attributes: Attributes) -> ArrayType:
    a, b = types
    size = _square(a)
    if b.ndim == 0:
        raise ShapeError("a right side has 1 dimension or more")
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2]
    size = fitting_dim(size, rows, f"{described(a.shape)} and {described(b.shape)} do not fit")
    if b.ndim == 1:
        return ArrayType(_dtype(a, b), (*a.shape[:-2], size))
    return ArrayType(_dtype(a, b), (*broadcast_shapes(a.shape[:-2], b.shape[:-2]), size, b.shape[-1]))


def _column_by_column(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    """A stack of matrices with one vector: the vector as a column, so that results are read without ambiguity."""
    a, b = operands
    if b.type.ndim > 1 or a.type.ndim <= 2:
        return None
    return squeeze(op.apply((a, expand_dims(b, axis=-1)), attributes), axis=-1)


solve = register(Op("solve", ("a", "b"), np.linalg.solve, _solve_type, build=_column_by_column, doc="x with a @ x = b"))

_scipy_solve = lazily("scipy.linalg:solve_triangular")


def _floating(a: Any) -> Any:
    """The array with whole numbers as float64, where SciPy would take float32 for small ones."""
    a = np.asarray(a)
    return a.astype(np.float64) if a.dtype.kind in "biu" else a


def _solve_triangular(a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    a, b = _floating(a), _floating(b)
    if a.ndim == 2 and b.ndim <= 2:
        return _scipy_solve(a, b, lower=lower, unit_diagonal=unit_diagonal)
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, (*shape, *a.shape[-2:])), np.broadcast_to(b, (*shape, *b.shape[-2:]))
    result = np.empty(b.shape, np.result_type(a, b))
    for place in np.ndindex(shape):
        result[place] = _scipy_solve(a[place], b[place], lower=lower, unit_diagonal=unit_diagonal)
    return result


solve_triangular = register(Op(
    "solve_triangular", ("a", "b"), _solve_triangular, _solve_type, build=_column_by_column,
    attributes={"lower": False, "unit_diagonal": False},
    canonical=lambda types, attributes: tuple(map(bool, attributes)), doc="x with triangle(a) @ x = b",
))  # fmt: skip


# ---------------------------------------------------------------- several results


def _several(name: str, function: Callable[..., Any], infer: Any, doc: str) -> Op:
    return register(Op(name, ("a",), function, infer, doc=doc))


def _slogdet_type(types: Types, attributes: Attributes) -> TupleType:
    _square(types[0])
    dtype, shape = _dtype(types[0]), types[0].shape[:-2]
    return TupleType((ArrayType(dtype, shape), ArrayType(real_dtype(dtype), shape)))


def _eigh_type(types: Types, attributes: Attributes) -> TupleType:
    size = _square(types[0])
    dtype, rest = _dtype(types[0]), types[0].shape[:-2]
    return TupleType((ArrayType(real_dtype(dtype), (*rest, size)), ArrayType(dtype, (*rest, size, size))))


def _thin(kind: ArrayType) -> tuple[Any, Dim, Dim, Dim]:
    if kind.ndim < 2:
        raise ShapeError(f"a matrix has 2 dimensions or more, not {described(kind.shape)}")
    *rest, rows, columns = kind.shape
    if isinstance(rows, int) and isinstance(columns, int):
        return rest, rows, columns, min(rows, columns)
    return rest, rows, columns, rows if rows == columns else None


def _svd_type(types: Types, attributes: Attributes) -> TupleType:
    rest, rows, columns, size = _thin(types[0])
    dtype = _dtype(types[0])
    s = ArrayType(real_dtype(dtype), (*rest, size))
    return TupleType((ArrayType(dtype, (*rest, rows, size)), s, ArrayType(dtype, (*rest, size, columns))))


def _qr_type(types: Types, attributes: Attributes) -> TupleType:
    rest, rows, columns, size = _thin(types[0])
    dtype = _dtype(types[0])
    return TupleType((ArrayType(dtype, (*rest, rows, size)), ArrayType(dtype, (*rest, size, columns))))


slogdet = _several("slogdet", np.linalg.slogdet, _slogdet_type, "the sign and log(abs(.)) of the determinant")
eigh = _several("eigh", np.linalg.eigh, _eigh_type,
                "eigenvalues w, rising, and eigenvectors v: a @ v = v * w; reads the lower triangle of a")  # fmt: skip
svd = _several("svd", lambda a: np.linalg.svd(a, full_matrices=False), _svd_type,
               "u, s, vh with a = (u * s) @ vh; u and vh have min(m, n) columns and rows")  # fmt: skip
qr = _several("qr", np.linalg.qr, _qr_type, "q, r with a = q @ r, q orthonormal, r upper triangular")


def _pinv_type(types: Types, attributes: Attributes) -> ArrayType:
    rest, rows, columns, _ = _thin(types[0])
    return ArrayType(_dtype(types[0]), (*rest, columns, rows))


pinv = register(Op("pinv", ("a",), lambda a: np.linalg.pinv(_floating(a)), _pinv_type, doc="the Moore-Penrose inverse"))


# ---------------------------------------------------------------- spectra


def _gaps(w: Any) -> Any:
    w = _floating(w)
    difference = w[..., None, :] - w[..., :, None]
    return np.where(difference == 0, 0, 1 / np.where(difference == 0, 1, difference)).astype(difference.dtype)


gaps = register(Op(
    "gaps", ("w",), _gaps, lambda types, attributes: ArrayType(_dtype(types[0]), (*types[0].shape, types[0].shape[-1])),
    doc="1 / (w[j] - w[i]) at [i, j], 0 where they are equal",
))  # fmt: skip
