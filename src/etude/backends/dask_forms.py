"""Operators as functions of dask arrays, those that need not see whole arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, wraps
from importlib import import_module
from typing import Any
from uuid import uuid4

import numpy as np

from etude.ops import Op
from etude.ops.subscripts import index_values

__all__ = ["FORMS", "Blocks", "quietly"]


class Blocks:
    """What the forms need of dask; importing it waits until a program is lowered onto it."""

    def __init__(self) -> None:
        self.da: Any = import_module("dask.array")
        self.delayed: Any = import_module("dask").delayed

    def is_lazy(self, value: Any) -> bool:
        return hasattr(value, "dask")

    def array(self, value: Any) -> Any:
        return value if self.is_lazy(value) else self.da.from_array(np.asarray(value), asarray=True)

    def elementwise(self, function: Callable[..., Any], dtype: np.dtype[Any], values: Sequence[Any]) -> Any:
        if not any(map(self.is_lazy, values)):
            return function(*values)
        return self.da.core.elemwise(function, *values, dtype=dtype, name=f"etude-{uuid4().hex}")

    def whole_along(self, value: Any, axes: Sequence[int]) -> Any:
        """The array with one block along these axes."""
        return self.array(value).rechunk(dict.fromkeys(axes, -1))

    def task(self, function: Callable[..., Any], values: Sequence[Any]) -> Any:
        return self.delayed(function, pure=False)(*values)

    def from_task(self, task: Any, kind: Any) -> Any:
        shape = tuple([size if isinstance(size, int) else math.nan for size in kind.shape])
        return self.da.from_delayed(task, shape, kind.dtype)


def quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without NumPy's warnings, in whatever thread it runs."""

    @wraps(function, assigned=())
    def call(*values: Any, **named: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*values, **named)

    return call


Form = Callable[[Blocks, Op, "list[Any]", "dict[str, Any]"], Any]
FORMS: dict[str, Form] = {}


def _form(names: str) -> Callable[[Form], Form]:
    def enter(form: Form) -> Form:
        FORMS.update(dict.fromkeys(names.split(), form))
        return form

    return enter


@_form(
    "sum prod mean max min all any var std argmax argmin broadcast_to reshape expand_dims squeeze transpose flip roll tile einsum"
)
def _same_name(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    """NumPy's function of this name, which dask has too."""
    function = getattr(blocks.da, op.name)
    if op.name == "einsum":
        return function(named["subscripts"], *values)
    return function(blocks.array(values[0]), **named)


@_form("norm logsumexp")
def _by_parts(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    """Reductions of which the reduction of parts' reductions is the whole's."""
    function = quietly(op.evaluate)
    axis = named["axis"]
    return blocks.da.reduction(
        blocks.array(values[0]), chunk=partial(_kept, function), aggregate=function, axis=axis,
        keepdims=named["keepdims"], dtype=np.result_type(values[0].dtype, np.float16), concatenate=True,
    )  # fmt: skip


def _kept(function: Callable[..., Any], block: Any, axis: Any, keepdims: bool) -> Any:
    return function(block, axis=axis, keepdims=True)


@_form("count_nonzero")
def _counted(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    return blocks.da.sum(blocks.array(values[0]) != 0, **named)


@_form("matmul")
def _matmul(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    return blocks.da.matmul(*map(blocks.array, values))


@_form("matrix_transpose")
def _matrix_transpose(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    return blocks.da.swapaxes(values[0], -1, -2)


@_form("concatenate")
def _concatenate(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    return blocks.da.concatenate([*map(blocks.array, values)], **named)


@_form("diagonal diag tril triu")
def _of_matrices(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    if values[0].ndim > 2:
        return None
    if op.name == "diagonal":
        return blocks.da.diagonal(values[0], **named)
    function = getattr(blocks.da, op.name)
    return function(values[0], *named.values())


@_form("getitem")
def _getitem(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    indices = values[1:]
    if len(indices) > 1 or any(map(blocks.is_lazy, indices)) or any(np.ndim(index) > 1 for index in indices):
        return None
    return values[0][index_values(named["spec"], indices)]


@_form("softmax log_softmax sort argsort cumsum cumprod exclusive_cumprod shift linear_recurrence fft ifft")
def _along(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    """Operators along an axis that keep the shape: one block along that axis."""
    axis, ndim = named["axis"], values[0].ndim
    axes = range(ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    if axis is None and op.name in ("sort", "argsort", "cumsum", "cumprod"):
        return None
    whole = [blocks.whole_along(value, [place % ndim for place in axes]) for value in values]
    function = quietly(partial(op.evaluate, **named))
    sample = function(*[np.ones((1,) * ndim, value.dtype) for value in whole])
    return blocks.elementwise(function, np.asarray(sample).dtype, whole)


@_form("broadcast_like")
def _broadcast_like(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    value, ref = map(blocks.array, values)
    if named["axis"] is not None and not named["keepdims"] and value.ndim:
        value = blocks.da.expand_dims(value, named["axis"])
    return blocks.da.broadcast_to(value, ref.shape)


@_form("sum_like")
def _sum_like(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    value, ref = map(blocks.array, values)
    lead = value.ndim - ref.ndim
    kept = [lead + axis for axis, size in enumerate(ref.shape) if size == 1 and value.shape[lead + axis] != 1]
    summed = value.sum(axis=(*range(lead), *kept), keepdims=True)
    return summed[(0,) * lead]


@_form("reshape_like")
def _reshape_like(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    return blocks.array(values[0]).reshape(values[1].shape)


@_form("zeros_like ones_like")
def _filled(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    return getattr(blocks.da, op.name)(values[0], **named)


@_form("shape size element_count")
def _of_the_shape(blocks: Blocks, op: Op, values: list[Any], named: dict[str, Any]) -> Any:
    if any(size != size for size in values[0].shape):
        return None
    return op.evaluate(np.broadcast_to(np.zeros((), values[0].dtype), values[0].shape), **named)
