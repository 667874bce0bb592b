"""Exact coefficients: integers and small fractions where a floating constant is one, floats otherwise."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from etude.terms import Term, constant

__all__ = ["WHOLE", "Number", "as_constant", "exact", "is_float", "magnitude", "quotient", "raised", "times"]

Number = int | Fraction | float
_BITS = 512
_FLOAT, _FEW = np.dtype(np.float64), 1024
WHOLE: dict[int, Term] = {}  # the constants of small whole numbers
_MOST = {2: 2**14, 4: 2**124}  # the exponents that a dtype of so many bytes has to spare


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
                return _unless_lost(exact(float(base) ** exponent), base)
            power = Fraction(base) ** exponent
            return int(power) if power.denominator == 1 else power
        return _unless_lost(exact(float(base) ** float(exponent)), base) if base > 0 else None
    except (OverflowError, ZeroDivisionError):
        return None


def _unless_lost(power: Number | None, base: Number) -> Number | None:
    return None if power == 0 and base != 0 else power


def _length(base: int | Fraction) -> int:
    return max(abs(base.numerator).bit_length(), base.denominator.bit_length())


def quotient(a: Number, b: Number) -> Number:
    """`a / b`, exact where both are."""
    if b == 1:
        return a
    if isinstance(a, float) or isinstance(b, float):
        found = exact(a / b)
        return found if found is not None and (found != 0 or a == 0) else Fraction(a) / Fraction(b)
    if type(a) is int and type(b) is int and a % b == 0:
        return a // b
    ratio = Fraction(a) / b
    return int(ratio) if ratio.denominator == 1 else ratio


def times(a: Number, b: Number) -> Number:
    """`a * b`; exact where no float is near it."""
    made = a * b
    if type(made) is float and (made == 0 or made - made != 0) and a != 0 and b != 0:
        return Fraction(a) * Fraction(b)
    return made


def is_float(number: Number, dtype: Any) -> bool:
    """Whether a number has a float of the dtype that is neither infinite nor, where it is not itself, zero."""
    if type(number) is int and -4096 < number < 4096:
        return True
    size, most = magnitude(number), _MOST.get(dtype.itemsize, 2**1020)
    return number == 0 or (size < most and size * most > 1)


def as_constant(number: Number, dtype: Any) -> Term:
    """The constant; OverflowError where the dtype has none that is near the number."""
    if type(number) is int and -_FEW < number < _FEW and dtype is _FLOAT:
        return WHOLE.get(number) or WHOLE.setdefault(number, constant(float(number), dtype))
    if not is_float(number, dtype):
        raise OverflowError(number)
    return constant(float(number), dtype)


def magnitude(number: Number) -> Number:
    return -number if number < 0 else number
