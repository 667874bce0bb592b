"""Reductions along axes. `axis=None` stands for all axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.arithmetic import add, hypot, imag, real, sqrt
from etude.ops.axes import check_axis, described, reduced_axes, reduced_shape, shape_size, some_axes
from etude.ops.op import Attributes, Build, Infer, Op, Types, register
from etude.terms import ArrayType, Term

__all__ = ["canonical_reduction", "dtype_of", "floating_dtype", "reduced", "reduction", "sum_"]

DTypeRule = Callable[[np.dtype[Any]], np.dtype[Any]]
REDUCED = {"axis": None, "keepdims": False}


def canonical_reduction(types: Types, attributes: Attributes) -> Attributes:
    """The axis in its one spelling, keepdims a bool, the rest as it is."""
    return (reduced_axes(attributes[0], types[0].ndim), bool(attributes[1]), *attributes[2:])


def dtype_of(function: Callable[..., Any]) -> DTypeRule:
    """The dtype that NumPy's own function gives for a dtype, asked of it once."""

    @cache
    def found(dtype: np.dtype[Any]) -> np.dtype[Any]:
        try:
            result: np.dtype[Any] = np.asarray(function(np.ones(2, dtype))).dtype
        except TypeError:
            raise TermTypeError(f"no meaning for an operand of dtype {dtype}") from None
        return result

    return found


def floating_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype itself if floating or complex, float64 otherwise."""
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)


def real_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The floating dtype of real parts."""
    found: np.dtype[Any] = floating_dtype(dtype).type(0).real.dtype
    return found


def reduced(dtype: DTypeRule, nonempty: bool = False) -> Infer:
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
    dtype: DTypeRule | None = None,
    attributes: dict[str, Any] | None = None,
    build: Build | None = None,
) -> Op:
    """An operator that reduces along axes as the NumPy function does."""
    infer = reduced(dtype or dtype_of(function), nonempty)
    named = {**REDUCED, **(attributes or {})}
    return register(
        Op(name, ("x",), function, infer, attributes=named, canonical=canonical_reduction, build=build, doc=doc)
    )


sum_ = reduction("sum", np.sum, doc="sum of elements along axes")
mean = reduction("mean", np.mean, doc="sum(x) / n along axes")
max_ = reduction("max", np.max, nonempty=True, doc="the greatest element along axes; nan if one is nan")
min_ = reduction("min", np.min, nonempty=True, doc="the least element along axes; nan if one is nan")
all_ = reduction("all", np.all, doc="whether all elements along axes are true")
any_ = reduction("any", np.any, doc="whether an element along axes is true")


def _one_axis_at_a_time(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    """Products over several axes as products over one, of which the derivative is written."""
    x = operands[0]
    axes = some_axes(attributes[0], x.type.ndim)
    if len(axes) < 2:
        return None
    for axis in reversed(axes):
        x = op(x, axis=axis, keepdims=attributes[1])
    return x


prod = reduction("prod", np.prod, build=_one_axis_at_a_time, doc="product of elements along axes")


def _count_nonzero(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.asarray(np.count_nonzero(x, axis=axis, keepdims=keepdims), np.int64)[()]


count_nonzero = reduction(
    "count_nonzero", _count_nonzero, dtype=lambda dtype: np.dtype(np.int64), doc="number of elements other than 0"
)


# ---------------------------------------------------------------- spread


def _of_parts(join: Callable[..., Term]) -> Build:
    """For a complex operand: the real reductions of its parts, joined."""

    def build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
        x = operands[0]
        if x.type.dtype.kind != "c":
            return None
        return join(op.apply((real(x),), attributes), op.apply((imag(x),), attributes))

    return build


def _root_of_variance(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    return sqrt(var.apply(operands, attributes)) if operands[0].type.dtype.kind == "c" else None


DDOF = {"ddof": 0}
var = reduction(
    "var", np.var, attributes=DDOF, build=_of_parts(add), dtype=real_dtype, doc="sum((x - mean(x))**2) / (n - ddof)"
)
std = reduction(
    "std", np.std, attributes=DDOF, build=_root_of_variance, dtype=real_dtype, doc="sqrt(var(x, ddof=ddof))"
)


# ---------------------------------------------------------------- norms


def _norm(x: Any, axis: Any, keepdims: bool) -> Any:
    x = np.asarray(x)
    values = x.astype(floating_dtype(x.dtype), copy=False)
    return np.sqrt(np.sum((values.conj() * values).real, axis=axis, keepdims=keepdims))


def _p_norm(x: Any, p: Any, axis: Any, keepdims: bool) -> Any:
    sizes = np.abs(np.asarray(x).astype(real_dtype(np.asarray(x).dtype)))
    greatest = np.max(sizes, axis=axis, keepdims=True, initial=0)
    scale = np.where((greatest > 0) & np.isfinite(greatest), greatest, 1)
    result = scale * np.sum((sizes / scale) ** p, axis=axis, keepdims=True) ** (1 / p)
    return result if keepdims else np.squeeze(result, axis=axis)[()]


norm = reduction(
    "norm", _norm, dtype=real_dtype, build=_of_parts(hypot), doc="sqrt(sum(abs(x)**2)), the Euclidean (Frobenius) norm"
)


def _p_norm_type(types: Types, attributes: Attributes) -> ArrayType:
    x, p = types
    if "c" in (x.dtype.kind, p.dtype.kind) or p.ndim:
        raise TermTypeError(f"a p-norm takes real elements and a real number, not {x} and {p}; take it of abs(x)")
    return ArrayType(np.result_type(real_dtype(x.dtype), p.dtype), reduced_shape(x.shape, *attributes))


p_norm = register(
    Op(
        "p_norm",
        ("x", "p"),
        _p_norm,
        _p_norm_type,
        attributes=REDUCED,
        canonical=canonical_reduction,
        doc="sum(abs(x)**p)**(1/p) along axes, for p >= 1",
    )
)


# ---------------------------------------------------------------- places


def _place_canonical(types: Types, attributes: Attributes) -> Attributes:
    axis, ndim = attributes[0], types[0].ndim
    if axis is not None:
        axis = check_axis(axis, ndim)
    return (None if ndim <= 1 else axis, bool(attributes[1]))


def _place_type(types: Types, attributes: Attributes) -> Any:
    axis = None if attributes[0] is None else (attributes[0],)
    return reduced(lambda dtype: np.dtype(np.intp), nonempty=True)(types, (axis, attributes[1]))


def _place(name: str, function: Any, doc: str) -> Op:
    return register(Op(name, ("x",), function, _place_type, attributes=REDUCED, canonical=_place_canonical, doc=doc))


argmax = _place("argmax", np.argmax, "the place of the first greatest element; in the flattened x without axis")
argmin = _place("argmin", np.argmin, "the place of the first least element; in the flattened x without axis")
