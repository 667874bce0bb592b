"""Exact coefficients: integers and small fractions where a floating constant is one, floats otherwise."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

__all__ = ["Number", "exact", "quotient", "raised"]

Number = int | Fraction | float
_BITS = 512


@lru_cache(maxsize=4096)
def exact(value: Any) -> Number | None:
    """The number a coefficient is computed with; None for one that is not finite or not real."""
    if isinstance(value, (bool, complex)):
        return None
    if isinstance(value, int):
        return value
    if not math.isfinite(value):
        return None
    if value == int(value) and abs(value) < 2**53:
        return int(value)
    near = Fraction(value).limit_denominator(1000)
    return near if near != 0 and float(near) == value else float(value)


def raised(base: Number, exponent: Number) -> Number | None:
    """`base ** exponent` where it is real, finite and not too long; exact where the exponent is an integer."""
    try:
        if base == 0 and exponent <= 0:
            return None
        if isinstance(exponent, int):
            if isinstance(base, float) or abs(exponent) * _length(base) > _BITS:
                return exact(float(base) ** exponent)
            power = Fraction(base) ** exponent
            return int(power) if power.denominator == 1 else power
        return exact(float(base) ** float(exponent)) if base > 0 else None
    except (OverflowError, ZeroDivisionError):
        return None


def _length(base: int | Fraction) -> int:
    return max(abs(base.numerator).bit_length(), base.denominator.bit_length())


def quotient(a: Number, b: Number) -> Number:
    """`a / b`, exact where both are."""
    if b == 1:
        return a
    if isinstance(a, float) or isinstance(b, float):
        return exact(a / b) or 0
    if type(a) is int and type(b) is int and a % b == 0:
        return a // b
    found = Fraction(a) / b
    return int(found) if found.denominator == 1 else found
