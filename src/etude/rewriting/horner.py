"""Polynomials in parts of a term written with few operations: common factors out, then by Horner's rule.

Greedy Horner schemes in several variables: Ceberio & Kreinovich 2004, "Greedy algorithms for optimizing multivariate Horner
schemes".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from etude.rewriting.algebra import Algebra, add_to
from etude.rewriting.assumptions import knowledge
from etude.rewriting.expansion import Monomial, Poly
from etude.rewriting.numbers import Number, quotient
from etude.terms import Term

__all__ = ["horner_forms"]

_DEEPEST = 200
Choice = Callable[[Poly], Term | None]


def horner_forms(poly: Poly, dtype: Any) -> Iterator[Term]:
    """The polynomial written in several ways: by the part that most monomials have, and by each part first."""
    parts = dict.fromkeys(part for monomial in poly for part, _ in monomial)
    yield _Writer(dtype, _commonest).written(poly)
    for first in parts:
        yield _Writer(dtype, _first_then_commonest(first)).written(poly)


def _commonest(poly: Poly) -> Term | None:
    counts = Counter(part for monomial in poly for part, _ in monomial)
    if not counts:
        return None
    part, most = counts.most_common(1)[0]
    return part if most > 1 else None


def _first_then_commonest(first: Term) -> Choice:
    def choose(poly: Poly) -> Term | None:
        found = sum(any(part is first for part, _ in monomial) for monomial in poly)
        return first if found > 1 else _commonest(poly)

    return choose


class _Writer:
    def __init__(self, dtype: Any, choose: Choice):
        self.dtype, self.choose, self.algebra = dtype, choose, Algebra(knowledge())

    def written(self, poly: Poly) -> Term:
        return self.product(*self.factors(poly))

    def product(self, number: Number, factors: dict[Term, Number]) -> Term:
        return self.algebra.product(number, factors, self.dtype)

    def factors(self, poly: Poly) -> tuple[Number, dict[Term, Number]]:
        """A number and factors with exponents: the content, what all monomials share, and the sum that is left."""
        if not poly:
            return 0, {}
        number, shared = _content(poly), _shared(poly)
        rest = {_without(monomial, shared): quotient(c, number) for monomial, c in poly.items()}
        if len(rest) == 1 and () in rest:
            return number, shared
        add_to(shared, self.sum(rest), 1)
        return number, shared

    def sum(self, poly: Poly) -> Term:
        """A sum without a common factor."""
        const: Number = 0
        items: dict[Term, Number] = {}
        for _ in range(_DEEPEST):
            part = self.choose(poly)
            if part is None:
                break
            inside, poly = _split(poly, part)
            number, factors = self.factors(inside)
            add_to(items, self.product(1, factors), number)
        for monomial, c in poly.items():
            if monomial:
                add_to(items, self.product(1, dict(monomial)), c)
            else:
                const += c
        return self.algebra.sum(const, items, self.dtype)


def _split(poly: Poly, part: Term) -> tuple[Poly, Poly]:
    """The monomials with the part, and those without."""
    inside = {monomial: c for monomial, c in poly.items() if any(each is part for each, _ in monomial)}
    return inside, {monomial: c for monomial, c in poly.items() if monomial not in inside}


def _content(poly: Poly) -> Number:
    """The greatest number of which all coefficients are whole multiples, with the sign of the first."""
    numbers = [Fraction(c) for c in poly.values()]
    below = math.lcm(*[c.denominator for c in numbers])
    found = Fraction(math.gcd(*[int(c * below) for c in numbers]), below)
    if (len(poly) == 1 and numbers[0] < 0) or all(c < 0 for c in numbers):
        found = -found
    return int(found) if found.denominator == 1 else found


def _shared(poly: Poly) -> dict[Term, Number]:
    """The least exponent of each part that stands in all monomials, or has a negative one in some."""
    least: dict[Term, Number] = {}
    counts = Counter(part for monomial in poly for part, _ in monomial)
    for monomial in poly:
        for part, exponent in monomial:
            least[part] = min(least.get(part, exponent), exponent)
    return {part: e for part, e in least.items() if counts[part] == len(poly) or e < 0}


def _without(monomial: Monomial, shared: dict[Term, Number]) -> Monomial:
    exponents = dict(monomial)
    for part, exponent in shared.items():
        add_to(exponents, part, -exponent)
    return tuple(exponents.items())


