"""Functions of square matrices: the exponential, eigenvalues of general matrices, rank; NumPy's names composed of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.arithmetic import abs_, divide, multiply, subtract
from etude.ops.axes import check_axis, described, fitting_dim
from etude.ops.compositions import COMPOSITIONS, norm_of_vectors
from etude.ops.linear_algebra import eigh, inv, pinv, svd
from etude.ops.op import Attributes, Op, Types, lazily, register
from etude.ops.products import matmul
from etude.ops.reductions import floating_dtype, max_, min_, norm, sum_
from etude.ops.shapes import item
from etude.terms import ArrayType, Dim, Term, TupleType, broadcast_shapes, constant

__all__ = ["MATRIX_FUNCTIONS"]

_expm = lazily("scipy.linalg:expm")


def _square(kind: ArrayType) -> Dim:
    if kind.ndim < 2:
        raise ShapeError(f"a square matrix is wanted, not {described(kind.shape)}")
    return fitting_dim(kind.shape[-2], kind.shape[-1], f"a square matrix is wanted, not {described(kind.shape)}")


# ---------------------------------------------------------------- the exponential


def _exponential_type(types: Types, attributes: Attributes) -> ArrayType:
    for kind in types:
        _square(kind)
    dtype = floating_dtype(np.result_type(*[kind.dtype for kind in types]))
    dtype = np.dtype(np.float32) if dtype == np.float16 else dtype  # as SciPy has it
    return ArrayType(dtype, broadcast_shapes(*[kind.shape for kind in types]))


def _upper(*blocks: Any) -> Any:
    """[[a, e], [0, a]] of matrices."""
    a, e = np.broadcast_arrays(*blocks)
    zero = np.zeros_like(a)
    return np.block([[a, e], [zero, a]])


def _corner(x: Any) -> Any:
    size = x.shape[-1] // 2
    return x[..., :size, size:]


def _slope(a: Any, e: Any) -> Any:
    return _corner(_expm(_upper(a, e)))


def _curvature(a: Any, e: Any, f: Any) -> Any:
    a, e, f = np.broadcast_arrays(a, e, f)
    return _corner(_corner(_expm(_upper(_upper(a, e), _upper(f, np.zeros_like(f))))))


expm = register(Op("expm", ("a",), lambda a: _expm(np.asarray(a)), _exponential_type,
                   doc="the sum of a^k / k! over k, of square matrices"))  # fmt: skip
expm_slope = register(Op("expm_slope", ("a", "e"), _slope, _exponential_type,
                         doc="the derivative of expm at a in the direction e (Van Loan 1978)"))  # fmt: skip
expm_curvature = register(Op("expm_curvature", ("a", "e", "f"), _curvature, _exponential_type,
                             doc="the second derivative of expm at a in the directions e and f"))  # fmt: skip


# ---------------------------------------------------------------- eigenvalues, rank


def _eig_type(types: Types, attributes: Attributes) -> TupleType:
    size = _square(types[0])
    dtype = np.result_type(floating_dtype(types[0].dtype), np.complex64)
    rest = types[0].shape[:-2]
    return TupleType((ArrayType(dtype, (*rest, size)), ArrayType(dtype, (*rest, size, size))))


def _eig(a: Any) -> Any:
    values, vectors = np.linalg.eig(a)
    dtype = np.result_type(values.dtype, np.complex64)
    return values.astype(dtype), vectors.astype(dtype)


eig = register(Op("eig", ("a",), _eig, _eig_type,
                  doc="eigenvalues w and eigenvectors v of square matrices, always complex: a @ v = v * w"))  # fmt: skip


def _rank(a: Any, rtol: float | None) -> Any:
    return np.asarray(np.linalg.matrix_rank(a, rtol=rtol))[()]


matrix_rank = register(Op(
    "matrix_rank", ("a",), _rank, lambda types, attributes: ArrayType(np.int64, types[0].shape[:-2]),
    attributes={"rtol": None}, doc="the number of singular values above rtol times the greatest, int64"))  # fmt: skip


# ---------------------------------------------------------------- NumPy's functions

_functions: dict[str, Callable[..., Any]] = {}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    _functions[function.__name__.removesuffix("_")] = function  # svd_ would hide the operator svd
    return function


def _operand(a: Any) -> Term:
    return a if isinstance(a, Term) else constant(a)


@_named
def eigvals(a: Any) -> Term:
    """The eigenvalues of square matrices, complex."""
    return item(eig(_operand(a)), index=0)


@_named
def eigvalsh(a: Any) -> Term:
    """The eigenvalues of symmetric matrices, rising; reads the lower triangle."""
    return item(eigh(_operand(a)), index=0)


@_named
def svd_(a: Any, full_matrices: bool = False, compute_uv: bool = True, hermitian: bool = False) -> Term:
    """The singular value decomposition u, s, vh, with min(m, n) singular vectors on each side; of square matrices, all.

    Without `compute_uv` the singular values alone. `hermitian` only says how NumPy computes.
    """
    operand = _operand(a)
    if not compute_uv:
        return svdvals(operand)  # type: ignore[no-any-return]
    rows, columns = operand.type.shape[-2:]
    if full_matrices and (rows is None or rows != columns):
        raise ShapeError("svd: full_matrices=True is only for square matrices; the vectors beyond min(m, n) are not unique")
    return svd(operand)


@_named
def svdvals(x: Any) -> Term:
    """The singular values, falling."""
    return item(svd(_operand(x)), index=1)


@_named
def multi_dot(arrays: Sequence[Any]) -> Term:
    """The product of several matrices, a vector first or last included, in the order of least work where sizes are known."""
    terms = [_operand(part) for part in arrays]
    if len(terms) < 2:
        raise ShapeError("multi_dot takes two arrays or more")
    sizes = [terms[0].type.shape[0] if terms[0].type.ndim == 2 else 1, *[term.type.shape[-1] for term in terms]]
    if terms[-1].type.ndim == 1:
        sizes[-2:] = [terms[-1].type.shape[0], 1]
    if not all(isinstance(size, int) for size in sizes):
        return reduce(matmul, terms)
    return _chained(terms, sizes)


def _chained(terms: list[Term], sizes: list[Any]) -> Term:
    """Products of growing length, each split where it costs least (Cormen et al., 15.2)."""
    count = len(terms)
    best: dict[tuple[int, int], tuple[int, Term]] = {(k, k): (0, term) for k, term in enumerate(terms)}
    for width in range(1, count):
        for first in range(count - width):
            last = first + width
            cost, split = min(
                (best[first, k][0] + best[k + 1, last][0] + sizes[first] * sizes[k + 1] * sizes[last + 1], k)
                for k in range(first, last)
            )
            best[first, last] = cost, matmul(best[first, split][1], best[split + 1, last][1])
    return best[0, count - 1][1]


@_named
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Term, Term, Term, Term]:
    """The x of least norm that makes norm(a @ x - b) least, the squares of those norms, the rank and singular values of a.

    `rcond` is NumPy's own choice alone: None or -1.
    """
    if rcond not in (None, -1):
        raise TermTypeError("lstsq: rcond is None here: singular values count as zero where pinv lets them")
    matrix, wanted = _operand(a), _operand(b)
    x = matmul(pinv(matrix), wanted)
    rest = abs_(subtract(wanted, matmul(matrix, x)))
    return x, sum_(multiply(rest, rest), axis=0), matrix_rank(matrix), svdvals(matrix)


@_named
def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Term:
    """The norm of vectors along one axis or several, of all elements unless axes are given."""
    term = _operand(x)
    axes = range(term.type.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    places = tuple([check_axis(place, term.type.ndim) for place in axes])
    if ord == 2:
        return norm(term, axis=places, keepdims=keepdims)
    return norm_of_vectors(term, ord, places, keepdims)


@_named
def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Term:
    """The norm of the matrices in the last two axes: "fro", "nuc", 1, -1, 2, -2, inf or -inf."""
    made: Term = COMPOSITIONS["norm"](_operand(x), ord, (-2, -1), keepdims)
    return made


@_named
def cond(x: Any, p: Any = None) -> Term:
    """How much a matrix may enlarge relative errors: norm(x) * norm(inv(x)) in the norm p, 2 unless given."""
    term = _operand(x)
    if p in (None, 2, -2):
        values = svdvals(term)
        greatest, least = max_(values, axis=-1), min_(values, axis=-1)
        return divide(least, greatest) if p == -2 else divide(greatest, least)
    return multiply(matrix_norm(term, ord=p), matrix_norm(inv(term), ord=p))


MATRIX_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
