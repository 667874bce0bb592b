"""Sums of exponentials along axes, shifted by their maximum so that nothing overflows."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.ops.axes import reduced_axes
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.reductions import floating_dtype, reduction
from etude.terms import ArrayType

__all__ = ["log_softmax", "logsumexp", "softmax"]


def _floating(x: Any) -> Any:
    x = np.asarray(x)
    return x.astype(floating_dtype(x.dtype), copy=False)


def _shift(x: Any, axis: Any) -> Any:
    """The greatest real part; 0 where it is infinite."""
    greatest = np.max(x.real, axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(greatest), greatest, 0).astype(x.real.dtype)


def _logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    x = _floating(x)
    shift = _shift(x, axis)
    with np.errstate(divide="ignore"):
        result = np.log(np.sum(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return result if keepdims else np.squeeze(result, axis=axis)[()]


def _softmax(x: Any, axis: Any) -> Any:
    x = _floating(x)
    powers = np.exp(x - np.max(x.real, axis=axis, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any) -> Any:
    x = _floating(x)
    shifted = x - np.max(x.real, axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _canonical(types: Types, attributes: Attributes) -> Attributes:
    return (reduced_axes(attributes[0], types[0].ndim),)


def _same_shape(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_dtype(floating_dtype(types[0].dtype))


def _normalized(name: str, function: Any, doc: str) -> Op:
    return register(Op(name, ("x",), function, _same_shape, attributes={"axis": None}, canonical=_canonical, doc=doc))


logsumexp = reduction("logsumexp", _logsumexp, dtype=floating_dtype, doc="log(sum(exp(x))) along axes")
softmax = _normalized("softmax", _softmax, "exp(x) / sum(exp(x)) along axes")
log_softmax = _normalized("log_softmax", _log_softmax, "x - logsumexp(x) along axes")
