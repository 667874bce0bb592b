"""Rational functions as sums of partial fractions over linear and quadratic factors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

import numpy as np

from etude.integration.parts import number
from etude.integration.reasons import by_line, equation
from etude.ops import CATALOGUE
from etude.rewriting import Step
from etude.rewriting.numbers import Number, quotient
from etude.rewriting.polynomials import Poly, TooLarge, divided, repeated_factors
from etude.rewriting.rational import as_fraction
from etude.terms import Term, replace

__all__ = ["Apart", "Piece", "partial_fractions"]

Factor = tuple[list[Number], int]  # coefficients, constant first; exponent
_DEGREE = 12
_NOTHING = 1e-13


@dataclass(frozen=True)
class Piece:
    """A number times a form in the variable counted from `origin`."""

    number: Number
    form: Term
    origin: Number


class Apart(NamedTuple):
    """The addends of a rational function, the steps that lead there, and whether no factor has a rounded coefficient."""

    pieces: list[Piece]
    steps: list[Step]
    is_exact: bool


def partial_fractions(term: Term, variable: Term) -> Apart | None:
    """The addends of a rational function with numbers as coefficients, every quadratic counted from its vertex.

    None for what is no rational function, or is one such piece already. Source: Gradshteyn & Ryzhik 2.102.
    """
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
    pieces = [Piece(c, _monomial(1, k, variable), 0) for (k,), c in sorted(whole.items())]
    centered = [list(_centered(top, factor, exponent, variable)) for top, (factor, _), exponent in parts]
    for group in centered:
        pieces += group
    if len(pieces) == 1 and pieces[0].origin == 0:
        return None
    fractions = [_fraction(top, factor, exponent, variable) for top, (factor, _), exponent in parts]
    steps = _divided(term, whole, rest, under, variable)
    if len(fractions) > 1:
        together = _ratio(rest, under, variable) if steps else term
        steps.append(by_line(equation("common_denominator"), together, _sum(fractions), "partial fractions"))
    for fraction, (factor, _), group in zip(fractions, [part[1] for part in parts], centered, strict=True):
        if len(factor) == 3 and group[0].origin:
            steps.append(_about_vertex(fraction, group, variable))
    return Apart(pieces, steps, not any(isinstance(c, float) for factor, _ in split for c in factor))


def _divided(term: Term, whole: Poly, rest: Poly, under: Poly, variable: Term) -> list[Step]:
    """The polynomial taken out of the fraction, where there is one."""
    if not whole:
        return []
    quotients = [_monomial(c, k, variable) for (k,), c in sorted(whole.items())]
    made = _sum([*quotients, _ratio(rest, under, variable)] if rest else quotients)
    return [by_line(equation("divided_out"), term, made, "polynomial division")]


def _about_vertex(fraction: Term, group: list[Piece], variable: Term) -> Step:
    """A fraction in powers of the distance from the vertex of its denominator."""
    made = []
    for piece in group:
        [placed] = replace([piece.form], {variable: CATALOGUE["subtract"](variable, number(piece.origin, variable))})
        made.append(CATALOGUE["multiply"](number(piece.number, variable), placed))
    return by_line(equation("square_completed"), fraction, _sum(made), "completing the square")


def _ratio(over: Poly, under: Poly, variable: Term) -> Term:
    top, bottom = (_sum([_monomial(c, k, variable) for (k,), c in sorted(poly.items())]) for poly in (over, under))
    ratio: Term = CATALOGUE["divide"](top, bottom)
    return ratio


def _fraction(top: list[Number], factor: list[Number], exponent: int, variable: Term) -> Term:
    """A numerator over a power of a factor, both by their coefficients."""
    over, under = (_sum([_monomial(c, k, variable) for k, c in enumerate(part) if c]) for part in (top, factor))
    if exponent > 1:
        under = CATALOGUE["power"](under, number(exponent, variable))
    made: Term = CATALOGUE["divide"](over, under)
    return made


def _sum(terms: list[Term]) -> Term:
    return reduce(CATALOGUE["add"], terms)


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
        pieces: list[list[Number]] = [[_near(-r.real), 1] for r in numeric if abs(r.imag) < 1e-12]
        pieces += [[_near(abs(r) ** 2), _near(-2 * r.real), 1] for r in numeric if r.imag >= 1e-12]
        pieces[0] = [c * lead for c in pieces[0]]
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
    if abs(value) < _NOTHING:
        return 0
    near = Fraction(float(value)).limit_denominator(10_000)
    if abs(float(near) - value) <= 1e-12 * max(1.0, abs(value)):
        return near
    square = Fraction(float(value) ** 2).limit_denominator(1000)
    root = math.copysign(math.sqrt(square), value)
    return root if abs(root - value) <= 1e-12 * abs(value) else float(value)


def _monomial(coefficient: Number, k: int, variable: Term) -> Term:
    factors = [number(coefficient, variable)] if coefficient != 1 or k == 0 else []
    if k:
        factors.append(variable if k == 1 else CATALOGUE["power"](variable, number(k, variable)))
    return reduce(CATALOGUE["multiply"], factors)


def _centered(top: list[Number], factor: list[Number], exponent: int, variable: Term) -> Iterator[Piece]:
    """(b*x + c) / (linear or quadratic)**exponent in powers of the distance from the root or the vertex."""
    lead, power = factor[-1], CATALOGUE["power"]
    origin = quotient(-factor[-2], (len(factor) - 1) * lead)
    scale = quotient(1, lead**exponent)
    if len(factor) == 2:
        yield Piece(top[0] * scale, power(variable, number(-exponent, variable)), origin)
        return
    level = quotient(factor[0], lead) - origin * origin
    under = CATALOGUE["add"](power(variable, number(2, variable)), number(level, variable))
    if exponent > 1:
        under = power(under, number(exponent, variable))
    slope = top[1] if len(top) > 1 else 0
    for c, over in ((slope, variable), (top[0] + slope * origin, number(1, variable))):
        if abs(float(c)) > _NOTHING:
            yield Piece(c * scale, CATALOGUE["divide"](over, under), origin)
