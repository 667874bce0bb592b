"""Rational functions as sums of partial fractions over linear and quadratic factors."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

import numpy as np

from etude.integration.parts import number
from etude.ops import CATALOGUE
from etude.rewriting.numbers import Number
from etude.rewriting.polynomials import Poly, TooLarge, divided, repeated_factors
from etude.rewriting.rational import as_fraction
from etude.terms import Term

__all__ = ["partial_fractions"]

Factor = tuple[list[Number], int]  # coefficients, constant first; exponent
_DEGREE = 12


def partial_fractions(term: Term, variable: Term) -> list[Term] | None:
    """The addends of a rational function with numbers as coefficients; None for one that has no more than one."""
    found = as_fraction(term)
    if found is None or found[0] != [variable]:
        return None
    over, under = found[1]
    if not over or max(under) == (0,) or max(under)[0] > _DEGREE:
        return None
    try:
        whole, rest = divided(over, under)
        content, factors = repeated_factors(under)
        split = [(piece, exponent) for poly, exponent in factors for piece in _irreducible(_coefficients(poly))]
    except (TooLarge, OverflowError):
        return None
    parts = _solved([c / content for c in _coefficients(rest)], split) if rest else []
    terms = [_monomial(c, k, variable) for (k,), c in sorted(whole.items())]
    terms += [_quotient(top, factor, exponent, variable) for top, (factor, _), exponent in parts]
    return terms if len(terms) > 1 or (parts and len(split) == 1 and len(_coefficients(rest)) > 1) else None


def _coefficients(poly: Poly) -> list[Fraction]:
    found = [Fraction(0)] * (max(poly)[0] + 1 if poly else 1)
    for (k,), c in poly.items():
        found[k] = c
    return found


def _irreducible(poly: list[Fraction]) -> list[list[Number]]:
    """Linear and quadratic factors of a polynomial without squares: rational where they are, else by its roots."""
    found: list[list[Number]] = []
    rest = poly
    for root in _rational_roots(poly):
        found.append([-root, 1])
        rest = _coefficients(divided(_poly(rest), _poly([-root, Fraction(1)]))[0])
    if len(rest) > 3 or (len(rest) == 3 and rest[1] ** 2 > 4 * rest[0] * rest[2]):
        lead, numeric = rest[-1], np.roots([float(c) for c in reversed(rest)])
        pieces: list[list[Number]] = [[-float(r.real), 1] for r in numeric if abs(r.imag) < 1e-12]
        pieces += [[float(abs(r) ** 2), -2 * float(r.real), 1] for r in numeric if r.imag >= 1e-12]
        pieces[0] = [c * float(lead) for c in pieces[0]]
        return found + pieces
    if len(rest) > 1:
        found.append(list(rest))
    elif rest[0] != 1:
        found[0] = [c * rest[0] for c in found[0]]
    return found


def _rational_roots(poly: list[Fraction]) -> list[Fraction]:
    numeric = np.roots([float(c) for c in reversed(poly)])
    near = {Fraction(float(r.real)).limit_denominator(1000) for r in numeric if abs(r.imag) < 1e-9}
    return sorted(root for root in near if sum(c * root**k for k, c in enumerate(poly)) == 0)


def _poly(coefficients: list[Fraction]) -> Poly:
    return {(k,): c for k, c in enumerate(coefficients) if c}


def _solved(rest: list[Fraction], factors: list[tuple[list[Number], int]]) -> list[tuple[list[Number], Factor, int]]:
    """The numerators: for each factor and each exponent up to its own, of a degree below the factor's."""
    unknowns = [
        (factor, exponent, k, degree)
        for factor, exponent in factors
        for k in range(1, exponent + 1)
        for degree in range(len(factor) - 1)
    ]
    columns = []
    for factor, _exponent, k, degree in unknowns:
        column = np.array([1.0])
        for other, its in factors:
            for _ in range(its - (k if other is factor else 0)):
                column = np.convolve(column, [float(c) for c in other])
        columns.append(np.concatenate([np.zeros(degree), column]))
    size = max(len(rest), *map(len, columns))
    matrix = np.array([np.pad(column, (0, size - len(column))) for column in columns]).T
    answer = np.linalg.lstsq(matrix, np.array([*map(float, rest), *[0.0] * (size - len(rest))]), rcond=None)[0]
    tops: dict[tuple[int, int], list[Number]] = {}
    for (factor, _, k, _), value in zip(unknowns, answer, strict=True):
        tops.setdefault((id(factor), k), []).append(_near(value))
    by_id = {id(factor): (factor, exponent) for factor, exponent in factors}
    return [(top, by_id[place], k) for (place, k), top in tops.items() if any(top)]


def _near(value: float) -> Number:
    near = Fraction(float(value)).limit_denominator(10_000)
    return near if abs(float(near) - value) <= 1e-12 * max(1.0, abs(value)) else float(value)


def _monomial(coefficient: Number, k: int, variable: Term) -> Term:
    factors = [number(coefficient, variable)] if coefficient != 1 or k == 0 else []
    if k:
        factors.append(variable if k == 1 else CATALOGUE["power"](variable, number(k, variable)))
    return reduce(CATALOGUE["multiply"], factors)


def _sum(coefficients: list[Number], variable: Term) -> Term:
    terms = [_monomial(c, k, variable) for k, c in reversed(list(enumerate(coefficients))) if c]
    return reduce(CATALOGUE["add"], terms)


def _quotient(top: list[Number], factor: list[Number], exponent: int, variable: Term) -> Term:
    under = _sum(factor, variable)
    if exponent > 1:
        under = CATALOGUE["power"](under, number(exponent, variable))
    made: Term = CATALOGUE["divide"](_sum(top, variable), under)
    return made
