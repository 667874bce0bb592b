"""When two results agree: bit for bit, or up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["close", "finite", "identical", "tolerance", "why_different"]


def finite(values: Any) -> Any:
    """Where values are finite; integers and booleans always are."""
    return np.isfinite(values) if values.dtype.kind in "fc" else np.ones(values.shape, bool)


def tolerance(dtype: np.dtype[Any]) -> float:
    """What counts as rounding, relative to 1 + |value|."""
    if dtype.kind not in "fc":
        return 0.0
    eps = np.finfo(dtype).eps
    return 1e-8 if eps < 1e-12 else 1e-4 if eps < 1e-5 else 1e-2


def close(left: Any, right: Any) -> Any:
    """Where two finite arrays of one dtype agree up to rounding."""
    if left.dtype.kind not in "fc":
        return left == right
    with np.errstate(all="ignore"):
        difference = np.abs(left - right)
        return (left == right) | (difference <= tolerance(left.dtype) * (1 + np.abs(left)))


def identical(left: Any, right: Any) -> Any:
    """Where two arrays of one dtype are the same bit for bit; all nans count as equal, zeros of two signs do not."""
    if left.dtype.kind == "c":
        return identical(left.real, right.real) & identical(left.imag, right.imag)
    if left.dtype.kind != "f":
        return left == right
    same = (left == right) & (np.signbit(left) == np.signbit(right))
    return same | (np.isnan(left) & np.isnan(right))


def why_different(left: Any, right: Any) -> str:
    """In a word, how two arrays of one shape differ: value, nan or inf, sign of zero, rounding."""
    left, right = np.asarray(left), np.asarray(right)
    if left.dtype.kind in "fc":
        differ = ~identical(left, right)
        odd = differ & (~np.isfinite(left) | ~np.isfinite(right))
        if np.any(odd):
            return "nan or inf"
        if np.all(left[differ] == right[differ]):
            return "sign of zero"
        if np.all(close(left[differ], right[differ])):
            return "rounding"
    return "value"
