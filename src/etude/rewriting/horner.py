"""Polynomials in parts of a term written with few operations: common factors out, then by Horner's rule.

Greedy Horner schemes in several variables: Ceberio & Kreinovich 2004, "Greedy algorithms for optimizing multivariate Horner
schemes".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

from etude.rewriting.algebra import Algebra, add_to
from etude.rewriting.assumptions import knowledge
from etude.rewriting.expansion import Monomial, Poly
from etude.rewriting.numbers import Number, quotient
from etude.terms import Term

__all__ = ["horner_forms"]

_DEEPEST = 200
Choice = Callable[[Poly], int | None]


def horner_forms(poly: Poly, parts: list[Term], dtype: Any) -> Iterator[Term]:
    """The polynomial written in several ways: by the part that most monomials have, and by each part first."""
    often = [first for first, count in _counts(poly).items() if count > 1]  # others never come first
    for choose in (_commonest, *map(_first_then_commonest, often if len(often) > 1 else ())):
        with suppress(OverflowError):  # of a number that the dtype has not
            yield _Writer(parts, dtype, choose).written(poly)


def _commonest(poly: Poly) -> int | None:
    counts = _counts(poly)
    if not counts:
        return None
    place = max(counts, key=counts.__getitem__)
    return place if counts[place] > 1 else None


def _counts(poly: Poly) -> dict[int, int]:
    """How many monomials have each part, in the order in which the parts are met."""
    counts: dict[int, int] = {}
    for monomial in poly:
        for place, _ in monomial:
            counts[place] = counts.get(place, 0) + 1
    return counts


def _first_then_commonest(first: int) -> Choice:
    def choose(poly: Poly) -> int | None:
        return first if _counts(poly).get(first, 0) > 1 else _commonest(poly)

    return choose


class _Writer:
    def __init__(self, parts: list[Term], dtype: Any, choose: Choice):
        self.parts, self.dtype, self.choose, self.algebra = parts, dtype, choose, Algebra(knowledge())

    def written(self, poly: Poly) -> Term:
        return self.product(*self.factors(poly))

    def product(self, number: Number, factors: dict[Term, Number]) -> Term:
        return self.algebra.product(number, factors, self.dtype)

    def powers(self, monomial: Iterable[tuple[int, Number]]) -> dict[Term, Number]:
        return {self.parts[place]: exponent for place, exponent in monomial}

    def factors(self, poly: Poly) -> tuple[Number, dict[Term, Number]]:
        """A number and factors with exponents: the content, what all monomials share, and the sum that is left."""
        if not poly:
            return 0, {}
        number, shared = _content(poly), _shared(poly)
        factors = self.powers(shared.items())
        rest = poly
        if shared or number != 1:
            rest = {_without(monomial, shared): quotient(c, number) for monomial, c in poly.items()}
        if len(rest) == 1 and () in rest:
            return number, factors
        add_to(factors, self.sum(rest), 1)
        return number, factors

    def sum(self, poly: Poly) -> Term:
        """A sum without a common factor."""
        const: Number = 0
        items: dict[Term, Number] = {}
        for _ in range(_DEEPEST):
            place = self.choose(poly)
            if place is None:
                break
            inside, poly = _split(poly, place)
            number, factors = self.factors(inside)
            add_to(items, self.product(1, factors), number)
        for monomial, c in poly.items():
            if monomial:
                add_to(items, self.product(1, self.powers(monomial)), c)
            else:
                const += c
        return self.algebra.sum(const, items, self.dtype)


def _split(poly: Poly, place: int) -> tuple[Poly, Poly]:
    """The monomials with the part, and those without."""
    inside: Poly = {}
    outside: Poly = {}
    for monomial, c in poly.items():
        (inside if place in dict(monomial) else outside)[monomial] = c
    return inside, outside


def _content(poly: Poly) -> Number:
    """The greatest number of which all coefficients are whole multiples, with the sign of the first."""
    values = list(poly.values())
    whole = [c for c in values if isinstance(c, int)]
    if len(whole) == len(values):
        found: Number = math.gcd(*whole)
    else:
        numbers = [Fraction(c) for c in values]
        below = math.lcm(*[c.denominator for c in numbers])
        found = Fraction(math.gcd(*[int(c * below) for c in numbers]), below)
        if found.denominator == 1:
            found = int(found)
    return -found if max(values) < 0 else found


def _shared(poly: Poly) -> dict[int, Number]:
    """The least exponent of each part that stands in all monomials, or has a negative one in some."""
    least: dict[int, Number] = {}
    counts = _counts(poly)
    for monomial in poly:
        for place, exponent in monomial:
            if place not in least or exponent < least[place]:
                least[place] = exponent
    return {place: e for place, e in least.items() if counts[place] == len(poly) or e < 0}


def _without(monomial: Monomial, shared: dict[int, Number]) -> Monomial:
    exponents = dict(monomial)
    for place, exponent in shared.items():
        total = exponents.get(place, 0) - exponent
        if total == 0:
            exponents.pop(place, None)
        else:
            exponents[place] = int(total) if type(total) is Fraction and total.denominator == 1 else total
    return tuple(exponents.items())
