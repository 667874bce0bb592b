"""Sums of exponentials along axes, shifted by their maximum so that nothing overflows."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.ops.axes import reduced_axes
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.reductions import floating_dtype, reduction
from etude.terms import ArrayType

__all__ = ["log_softmax", "logsumexp", "softmax"]


_sum = np.add.reduce  # a function of NumPy's written in Python takes longer than a few numbers do


def _floating(x: Any) -> Any:
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(floating_dtype(x.dtype))


def _greatest(x: Any, axis: Any) -> Any:
    """The greatest real part."""
    return np.maximum.reduce(x.real, axis=axis, keepdims=True, initial=-np.inf)


def _shift(x: Any, axis: Any) -> Any:
    """The greatest real part; 0 where it is infinite."""
    greatest = _greatest(x, axis)
    finite = np.isfinite(greatest)
    return greatest if finite.all() else np.where(finite, greatest, 0).astype(x.real.dtype)


def _logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    x = _floating(x)
    shift = _shift(x, axis)
    with np.errstate(divide="ignore"):
        result = np.log(_sum(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return result if keepdims else result.squeeze(axis)[()]


def _softmax(x: Any, axis: Any) -> Any:
    x = _floating(x)
    powers = np.exp(x - _greatest(x, axis))
    return powers / _sum(powers, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any) -> Any:
    x = _floating(x)
    shifted = x - _greatest(x, axis)
    return shifted - np.log(_sum(np.exp(shifted), axis=axis, keepdims=True))


def _canonical(types: Types, attributes: Attributes) -> Attributes:
    return (reduced_axes(attributes[0], types[0].ndim),)


def _same_shape(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_dtype(floating_dtype(types[0].dtype))


def _normalized(name: str, function: Any, doc: str) -> Op:
    return register(Op(name, ("x",), function, _same_shape, attributes={"axis": None}, canonical=_canonical, doc=doc))


logsumexp = reduction("logsumexp", _logsumexp, dtype=floating_dtype, doc="log(sum(exp(x))) along axes")
softmax = _normalized("softmax", _softmax, "exp(x) / sum(exp(x)) along axes")
log_softmax = _normalized("log_softmax", _log_softmax, "x - logsumexp(x) along axes")
