"""Polynomials in several variables with rational coefficients: products, exact division, common divisors, factors.

A polynomial is a mapping from exponents, one for each variable, to coefficients that are not zero. The algorithms are
those of Knuth, The Art of Computer Programming, 4.6.1, and Yun 1976 for repeated factors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

__all__ = ["Poly", "TooLarge", "add", "common_divisor", "divided", "multiply", "normalized", "power", "repeated_factors"]

Exponents = tuple[int, ...]
Poly = dict[Exponents, Fraction]
_TERMS = 40
_BITS = 128
_POINT = (3, -5, 7, 11, -13, 17, 19, -23)  # where the other variables are put to see whether there is a common divisor


class TooLarge(Exception):
    """A polynomial has more terms or longer coefficients than are worth the work."""


def _checked(poly: Poly) -> Poly:
    if len(poly) > _TERMS or any(c.numerator.bit_length() + c.denominator.bit_length() > _BITS for c in poly.values()):
        raise TooLarge
    return poly


def add(left: Poly, right: Poly, factor: Fraction | int = 1) -> Poly:
    """`left + factor * right`."""
    total = dict(left)
    for exponents, coefficient in right.items():
        found = total.get(exponents, Fraction(0)) + coefficient * factor
        if found:
            total[exponents] = found
        else:
            total.pop(exponents, None)
    return _checked(total)


def multiply(left: Poly, right: Poly) -> Poly:
    total: Poly = {}
    for a, c in left.items():
        for b, k in right.items():
            place = tuple([i + j for i, j in zip(a, b, strict=True)])
            total[place] = total.get(place, Fraction(0)) + c * k
    return _checked({exponents: c for exponents, c in total.items() if c})


def power(base: Poly, exponent: int) -> Poly:
    result: Poly = {_zeros(base): Fraction(1)}
    for _ in range(exponent):
        result = multiply(result, base)
    return result


def _zeros(poly: Poly) -> Exponents:
    return (0,) * len(next(iter(poly)))


def divided(left: Poly, right: Poly) -> tuple[Poly, Poly]:
    """Quotient and remainder with respect to the leading terms; the remainder is empty where the division is exact."""
    quotient: Poly = {}
    remainder: Poly = {}
    rest = dict(left)
    lead = max(right)
    while rest:
        place = max(rest)
        coefficient = rest[place]
        step = tuple([i - j for i, j in zip(place, lead, strict=True)])
        if min(step, default=0) < 0:
            remainder[place] = rest.pop(place)
            continue
        factor: Poly = {step: coefficient / right[lead]}
        quotient.update(factor)
        rest = add(rest, multiply(factor, right), -1)
    return quotient, remainder


def normalized(poly: Poly) -> tuple[Fraction, Poly]:
    """A number and a polynomial with whole coefficients without common divisor, the leading one positive."""
    denominator = math.lcm(*[c.denominator for c in poly.values()])
    content = Fraction(math.gcd(*[int(c * denominator) for c in poly.values()]), denominator)
    if poly[max(poly)] < 0:
        content = -content
    return content, {exponents: c / content for exponents, c in poly.items()}


def _degree(poly: Poly, variable: int) -> int:
    return max(exponents[variable] for exponents in poly)


def _coefficients(poly: Poly, variable: int) -> dict[int, Poly]:
    """The coefficients by powers of one variable."""
    found: dict[int, Poly] = {}
    for exponents, c in poly.items():
        rest = (*exponents[:variable], 0, *exponents[variable + 1 :])
        found.setdefault(exponents[variable], {})[rest] = c
    return found


def _content(poly: Poly, variable: int) -> Poly:
    return _common(_coefficients(poly, variable).values())


def _common(polys: Iterable[Poly]) -> Poly:
    found: Poly | None = None
    for poly in polys:
        found = normalized(poly)[1] if found is None else common_divisor(found, poly)
        if len(found) == 1 and not any(next(iter(found))):
            break
    assert found is not None
    return found


def common_divisor(left: Poly, right: Poly) -> Poly:
    """The greatest common divisor, normalized."""
    variables = range(len(next(iter(left))))
    both = [v for v in variables if _degree(left, v) and _degree(right, v)]
    if not both:
        for v in variables:
            if _degree(left, v):
                return common_divisor(_content(left, v), right)
            if _degree(right, v):
                return common_divisor(left, _content(right, v))
        return {_zeros(left): Fraction(1)}
    for v in both:
        if not _may_share(left, right, v):
            return common_divisor(_content(left, v), _content(right, v))
    return _divisor_in(left, right, min(both, key=lambda v: _degree(left, v) + _degree(right, v)))


def _may_share(left: Poly, right: Poly, variable: int) -> bool:
    """Whether a common divisor may have the variable: at a point where both keep their degree, the images share one."""
    a, b = _image(left, variable), _image(right, variable)
    if max(a) < _degree(left, variable) or max(b) < _degree(right, variable):
        return True
    while b:
        a, b = b, _line_remainder(a, b)
    return max(a) > 0


def _image(poly: Poly, variable: int) -> dict[int, Fraction]:
    """The polynomial in one variable that is left where the others have the numbers of the point."""
    found: dict[int, Fraction] = {}
    for exponents, c in poly.items():
        value = math.prod(_POINT[v % len(_POINT)] ** k for v, k in enumerate(exponents) if v != variable)
        found[exponents[variable]] = found.get(exponents[variable], Fraction(0)) + c * value
    return {k: c for k, c in found.items() if c} or {0: Fraction(1)}


def _line_remainder(a: dict[int, Fraction], b: dict[int, Fraction]) -> dict[int, Fraction]:
    """The remainder of polynomials in one variable."""
    a, top = dict(a), max(b)
    while a and max(a) >= top:
        shift, factor = max(a) - top, a[max(a)] / b[top]
        for k, c in b.items():
            a[k + shift] = a.get(k + shift, Fraction(0)) - factor * c
        a = {k: c for k, c in a.items() if c}
    return a


def _divisor_in(left: Poly, right: Poly, variable: int) -> Poly:
    contents = _content(left, variable), _content(right, variable)
    outer = common_divisor(*contents)
    a, b = (normalized(divided(poly, content)[0])[1] for poly, content in zip((left, right), contents, strict=True))
    if _degree(a, variable) < _degree(b, variable):
        a, b = b, a
    while True:
        rest = _pseudo_remainder(a, b, variable)
        if not rest:
            break
        if not _degree(rest, variable):
            return outer
        a, b = b, normalized(divided(rest, _content(rest, variable))[0])[1]
    return normalized(multiply(outer, b))[1]


def _pseudo_remainder(a: Poly, b: Poly, variable: int) -> Poly:
    degree = _degree(b, variable)
    lead = _coefficients(b, variable)[degree]
    while a and _degree(a, variable) >= degree:
        top = _degree(a, variable)
        shift = tuple([top - degree if v == variable else 0 for v in range(len(_zeros(b)))])
        head = multiply(_coefficients(a, variable)[top], {shift: Fraction(1)})
        a = add(multiply(a, lead), multiply(head, b), -1)
        a = normalized(a)[1] if a else a
    return a


def repeated_factors(poly: Poly) -> tuple[Fraction, list[tuple[Poly, int]]]:
    """A number and factors with their exponents, of which the polynomial is the product; each factor is free of squares."""
    number, rest = normalized(poly)
    found: list[tuple[Poly, int]] = []
    for variable in range(len(_zeros(poly))):
        low = min(exponents[variable] for exponents in rest)
        if low:
            unit = tuple([int(v == variable) for v in range(len(_zeros(poly)))])
            found.append(({unit: Fraction(1)}, low))
            rest = {(*e[:variable], e[variable] - low, *e[variable + 1 :]): c for e, c in rest.items()}
    for variable in range(len(_zeros(poly))):
        if rest and _degree(rest, variable):
            inner = _content(rest, variable)
            found += _square_free(divided(rest, inner)[0], variable)
            rest = inner
    return number * rest[_zeros(poly)], found


def _square_free(poly: Poly, variable: int) -> list[tuple[Poly, int]]:
    found: list[tuple[Poly, int]] = []
    slope = _derivative(poly, variable)
    common = common_divisor(poly, slope)
    kept, changed = divided(poly, common)[0], divided(slope, common)[0]
    exponent = 1
    while _degree(kept, variable):
        difference = add(changed, _derivative(kept, variable), -1)
        factor = common_divisor(kept, difference) if difference else normalized(kept)[1]
        if _degree(factor, variable):
            found.append((factor, exponent))
        kept = divided(kept, factor)[0]
        changed = divided(difference, factor)[0] if difference else {}
        exponent += 1
    scale = normalized(kept)[0]
    if found and scale != 1:
        found.append(({_zeros(poly): scale}, 1))
    return found


def _derivative(poly: Poly, variable: int) -> Poly:
    return {
        (*e[:variable], e[variable] - 1, *e[variable + 1 :]): c * e[variable] for e, c in poly.items() if e[variable]
    }
