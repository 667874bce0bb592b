"""Quotients of polynomials in lowest terms: sums of fractions joined, common factors cancelled, squares found."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from itertools import chain
from typing import Any

from etude.ops import CATALOGUE
from etude.rewriting.fitting import Refused, fit, number_of
from etude.rewriting.numbers import as_constant, exact
from etude.rewriting.polynomials import (
    Poly,
    TooLarge,
    add,
    common_divisor,
    divided,
    multiply,
    normalized,
    power,
    repeated_factors,
)
from etude.terms import CONSTANT, SYMBOL, Term, constant, postorder

__all__ = ["ARITHMETIC", "as_fraction", "lowest_terms", "region_roots"]

_NAMES = "add subtract multiply divide negative power square reciprocal positive".split()
ARITHMETIC = frozenset(CATALOGUE[name] for name in _NAMES)
_NO_PARTS_APART = ARITHMETIC | {SYMBOL, CONSTANT}
_ATOMS, _NODES, _EXPONENT = 4, 60, 6

Fraction_ = tuple[Poly, Poly]


class _Unfit(Exception):
    """The term is no quotient of polynomials, or one that is too large."""


def lowest_terms(term: Term) -> Iterator[tuple[str, Term]]:
    """Forms of a sum, product or quotient as a fraction in lowest terms: factored, by Horner's rule, divided out.

    Each with the name of the line of rules that leads to it. Nothing where the term is no quotient of polynomials in a few
    parts. The forms have the term's own type.
    """
    try:
        reader = _Reader(term)
        atoms, (over, under) = reader.read()
        if over and (len(under) > 1 or _may_factor(over)):
            common = common_divisor(over, under)
            line = "common_factor_out" if _varies(common) else "common_denominator" if reader.joined else "common_factor"
            yield from _forms(term, line, atoms, *_reduced(over, under, common))
    except (_Unfit, TooLarge, OverflowError):
        return


def as_fraction(term: Term) -> tuple[list[Term], Fraction_] | None:
    """The parts that are no arithmetic, and a polynomial over another in them without common factor; None where it is none."""
    try:
        atoms, (over, under) = _Reader(term).read()
        return atoms, _reduced(over, under, common_divisor(over, under)) if over else (over, under)
    except (_Unfit, TooLarge, OverflowError):
        return None


def _may_factor(poly: Poly) -> bool:
    """Whether sums that are shorter as products are to be expected."""
    return len(poly) > 2 and max(map(sum, poly)) > 1


def _varies(poly: Poly) -> bool:
    return len(poly) > 1 or any(next(iter(poly)))


def _reduced(over: Poly, under: Poly, common: Poly) -> tuple[Poly, Poly]:
    over, under = divided(over, common)[0], divided(under, common)[0]
    number, under = normalized(under)
    return {exponents: c / number for exponents, c in over.items()}, under


def region_roots(order: list[Term]) -> set[Term]:
    """The sums, products and quotients in a term that are no part of a greater one; `order` ends with the term itself."""
    apart = set(chain.from_iterable([node._tuple for node in order if node._tuple[0] not in _NO_PARTS_APART]))
    apart.add(order[-1])
    return {part for part in apart if type(part) is Term and part._tuple[0] in ARITHMETIC}


class _Reader:
    """Reads a term as a polynomial over a polynomial in its parts that are no arithmetic."""

    def __init__(self, term: Term):
        self.term, self.dtype = term, term.type.dtype
        self.joined = False  # whether fractions over different denominators were added
        self.order = postorder(term, stop=lambda node: node._tuple[0] not in ARITHMETIC)
        if len(self.order) > _NODES:
            raise _Unfit
        self.atoms = [node for node in self.order if node._tuple[0] not in ARITHMETIC and number_of(node) is None]
        if not 0 < len(self.atoms) <= _ATOMS or any(atom.type.dtype != self.dtype for atom in self.atoms):
            raise _Unfit

    def read(self) -> tuple[list[Term], Fraction_]:
        found: dict[Term, Fraction_] = {}
        for node in self.order:
            found[node] = self._leaf(node) if node._tuple[0] not in ARITHMETIC else self._combined(node, found)
        return self.atoms, found[self.term]

    def number(self, value: Fraction | int) -> Poly:
        return {(0,) * len(self.atoms): Fraction(value)} if value else {}

    def _leaf(self, node: Term) -> Fraction_:
        number = number_of(node)
        if number is None:
            place = self.atoms.index(node)
            return {tuple([int(k == place) for k in range(len(self.atoms))]): Fraction(1)}, self.number(1)
        known = exact(number)
        if known is None or isinstance(known, float):
            raise _Unfit
        return self.number(known), self.number(1)

    def _combined(self, node: Term, found: dict[Term, Fraction_]) -> Fraction_:
        name, operands = node._tuple[0].name, node.operands
        if name in ("power", "square", "reciprocal"):
            return self._raised(found[operands[0]], self._exponent(name, operands))
        parts = [found[part] for part in operands]
        if name == "divide":
            parts[1] = self._raised(parts[1], -1)
        if name in ("multiply", "divide"):
            return reduce(lambda a, b: (multiply(a[0], b[0]), multiply(a[1], b[1])), parts)
        if name == "negative":
            return add({}, parts[0][0], -1), parts[0][1]
        sign = -1 if name == "subtract" else 1
        return reduce(lambda a, b: self._sum(a, b, sign), parts)

    def _sum(self, a: Fraction_, b: Fraction_, sign: int) -> Fraction_:
        if a[1] == b[1]:
            return add(a[0], b[0], sign), a[1]
        self.joined = True
        return add(multiply(a[0], b[1]), multiply(b[0], a[1]), sign), multiply(a[1], b[1])

    def _exponent(self, name: str, operands: Any) -> int:
        if name != "power":
            return 2 if name == "square" else -1
        number = number_of(operands[1])
        known = None if number is None else exact(number)
        if not isinstance(known, int) or abs(known) > _EXPONENT:
            raise _Unfit
        return known

    def _raised(self, base: Fraction_, exponent: int) -> Fraction_:
        over, under = base if exponent >= 0 else base[::-1]
        if not under:
            raise _Unfit
        return power(over, abs(exponent)) if over else {}, power(under, abs(exponent))


# ---------------------------------------------------------------- written again


def _forms(like: Term, line: str, atoms: list[Term], over: Poly, under: Poly) -> Iterator[tuple[str, Term]]:
    write = _Writer(atoms, like.type.dtype)
    below = under if _varies(under) else None
    made = [write.factored(over), *[write.horner(over, variable) for variable in range(len(atoms))]]
    for top in dict.fromkeys(made):
        yield from _fitted(line, top if below is None else write.quotient(top, below), like)
    vanishes = (0,) * len(atoms) not in over  # near such a zero a sum would lose the digits that the product has
    if below is not None and not vanishes and max(map(sum, over)) >= max(map(sum, below)):
        whole, rest = divided(over, below)
        if whole and rest:
            divided_out = write.plus(write.factored(whole), write.quotient(write.factored(rest), below))
            yield from _fitted("divided_out", divided_out, like)


def _fitted(line: str, made: Term, like: Term) -> Iterator[tuple[str, Term]]:
    try:
        yield line, made if made.type is like.type else fit(made, like)
    except Refused:
        return


class _Writer:
    """Polynomials as terms."""

    def __init__(self, atoms: list[Term], dtype: Any):
        self.atoms, self.dtype = atoms, dtype

    def number(self, value: Fraction) -> Term:
        return as_constant(value, self.dtype)

    def plus(self, left: Term, right: Term) -> Term:
        return CATALOGUE["add"](left, right)

    def quotient(self, top: Term, under: Poly) -> Term:
        return CATALOGUE["divide"](top, self.factored(under))

    def factored(self, poly: Poly) -> Term:
        number, factors = repeated_factors(poly)
        parts = [self._power(self.expanded(factor), exponent) for factor, exponent in factors]
        if number != 1 or not parts:
            parts.insert(0, self.number(number))
        return reduce(CATALOGUE["multiply"], parts)

    def expanded(self, poly: Poly) -> Term:
        return reduce(CATALOGUE["add"], [self._monomial(*item) for item in sorted(poly.items(), reverse=True)])

    def horner(self, poly: Poly, variable: int) -> Term:
        rows: dict[int, Poly] = {}
        for exponents, c in poly.items():
            rest = (*exponents[:variable], 0, *exponents[variable + 1 :])
            rows.setdefault(exponents[variable], {})[rest] = c
        made: Term | None = None
        for degree in range(max(rows), -1, -1):
            if made is not None:
                made = CATALOGUE["multiply"](made, self.atoms[variable])
            if degree in rows:
                row = self.expanded(rows[degree])
                made = row if made is None else CATALOGUE["add"](made, row)
        assert made is not None
        return made

    def _monomial(self, exponents: tuple[int, ...], coefficient: Fraction) -> Term:
        parts = [self._power(atom, k) for atom, k in zip(self.atoms, exponents, strict=True) if k]
        if coefficient != 1 or not parts:
            parts.insert(0, self.number(coefficient))
        return reduce(CATALOGUE["multiply"], parts)

    def _power(self, base: Term, exponent: int) -> Term:
        return base if exponent == 1 else CATALOGUE["power"](base, constant(float(exponent), self.dtype))


