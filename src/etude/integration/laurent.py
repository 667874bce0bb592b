"""Sums of products of whole powers, negative ones included, with numbers as coefficients."""

from __future__ import annotations

from collections.abc import Sequence

from etude.rewriting.numbers import Number, quotient

__all__ = ["WIDTH", "Exponents", "Laurent", "added", "multiplied", "one_part", "raised_to", "shifted", "single"]

WIDTH = 8
Exponents = tuple[int, ...]
Laurent = dict[Exponents, Number]
_TINY = 1e-13


def single(place: int, exponent: int = 1) -> Exponents:
    return tuple([exponent if k == place else 0 for k in range(WIDTH)])


def one_part(exponents: Sequence[int], coefficient: Number = 1) -> Laurent:
    return {tuple(exponents): coefficient}


def shifted(exponents: Exponents, by: Exponents, times: int = 1) -> Exponents:
    return tuple([e + times * k for e, k in zip(exponents, by, strict=True)])


def added(left: Laurent, right: Laurent, factor: Number = 1) -> Laurent:
    """`left + factor * right`; what cancels up to rounding is gone."""
    total = dict(left)
    for exponents, coefficient in right.items():
        before: Number = total.get(exponents, 0)
        step = coefficient * factor
        value = before + step
        if isinstance(value, float) and abs(value) <= _TINY * (abs(float(before)) + abs(float(step))):
            value = 0
        if value:
            total[exponents] = value
        else:
            total.pop(exponents, None)
    return total


def multiplied(left: Laurent, right: Laurent) -> Laurent:
    total: Laurent = {}
    for a, c in left.items():
        for b, k in right.items():
            place = shifted(a, b)
            total[place] = total.get(place, 0) + c * k
    return {exponents: c for exponents, c in total.items() if c}


def raised_to(base: Laurent, exponent: int) -> Laurent:
    """A power of a sum (a whole one from zero) or of a single product (any whole one)."""
    if len(base) == 1 and exponent < 0:
        ((exponents, c),) = base.items()
        return raised_to({tuple([-e for e in exponents]): quotient(1, c)}, -exponent)
    result: Laurent = {(0,) * WIDTH: 1}
    for _ in range(exponent):
        result = multiplied(result, base)
    return result
