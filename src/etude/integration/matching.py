"""A pattern matched modulo the order of sums and products; parameters stand for what does not vary."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from etude.integration.parts import Monomial, addends, monomial, number, product, total, varies
from etude.ops import CATALOGUE
from etude.rewriting.fitting import number_of
from etude.rewriting.numbers import exact, quotient, raised
from etude.terms import Term, is_leaf

__all__ = ["ARITHMETIC", "Matcher", "signature"]

Bindings = dict[Term, Term]
ARITHMETIC = frozenset("add subtract negative multiply divide power square reciprocal sqrt rsqrt".split())
_SUMS = ("add", "subtract")


def signature(factors: dict[Term, Any]) -> tuple[str, ...]:
    """What a product's factors must have in common with a pattern's: the operators of their bases."""
    return tuple(sorted(_kind(base) for base in factors))


def _kind(base: Term) -> str:
    name = getattr(base._tuple[0], "name", "")
    return "variable" if is_leaf(base) else "sum" if name in _SUMS else name


class Matcher:
    """Matches patterns over a `variable` of their own and `parameters` with terms in `subject`."""

    def __init__(self, variable: Term, parameters: frozenset[Term], subject: Term):
        self.variable, self.parameters, self.subject = variable, parameters, subject

    def factors(self, pattern: dict[Term, Any], term: dict[Term, Any], given: Bindings) -> Iterator[Bindings]:
        """The ways in which each factor of a pattern is one of the term's factors."""
        if len(pattern) == len(term):
            yield from self._factors(list(pattern.items()), list(term.items()), given)

    def _factors(self, pattern: list[Any], term: list[Any], given: Bindings) -> Iterator[Bindings]:
        if not pattern:
            yield given
            return
        (base, exponent), *others = pattern
        for place, (found, raised_to) in enumerate(term):
            if _kind(base) != _kind(found):
                continue
            for bound in self._exponent(exponent, raised_to, given):
                for whole in self.term(base, found, bound):
                    yield from self._factors(others, term[:place] + term[place + 1 :], whole)

    def _exponent(self, pattern: Any, found: Any, given: Bindings) -> Iterator[Bindings]:
        if not isinstance(pattern, Term):
            if not isinstance(found, Term) and found == pattern:
                yield given
            return
        yield from self.constant(pattern, found if isinstance(found, Term) else number(found, pattern), given)

    def term(self, pattern: Term, term: Term, given: Bindings) -> Iterator[Bindings]:
        """The ways in which the pattern is the term."""
        if not varies(pattern, self.variable):
            if not varies(term, self.subject):
                yield from self.constant(pattern, term, given)
        elif pattern is self.variable:
            if term is self.subject:
                yield given
        elif getattr(pattern._tuple[0], "name", "") in ARITHMETIC and not self._is_one_factor(pattern):
            yield from self._sum(pattern, term, given)
        elif pattern._tuple[0] is term._tuple[0] and len(pattern._tuple) == len(term._tuple):
            yield from self._call(pattern, term, given)

    def _is_one_factor(self, pattern: Term) -> bool:
        """Whether the pattern is a power that is not taken apart, such as a**u."""
        return monomial(pattern, self.variable).factors.get(pattern) == 1

    def _call(self, pattern: Term, term: Term, given: Bindings) -> Iterator[Bindings]:
        if pattern.attributes != term.attributes:
            return
        orders = [term.operands]
        if len(term.operands) == 2 and "commutative" in pattern._tuple[0].properties:
            orders.append(term.operands[::-1])
        for operands in orders:
            found = [given]
            for inner, part in zip(pattern.operands, operands, strict=True):
                found = [bound for known in found for bound in self.term(inner, part, known)]
            yield from found

    def _sum(self, pattern: Term, term: Term, given: Bindings) -> Iterator[Bindings]:
        wanted = [monomial(part, self.variable) for part in addends(pattern)]
        have = [monomial(part, self.subject) for part in addends(term)]
        fixed, free = _apart(wanted)
        kept, moving = _apart(have)
        if len(free) != len(moving) or bool(fixed) != bool(kept):
            return
        for bound in self._addends(free, moving, given):
            if not fixed:
                yield bound
            else:
                sides = [total([part.coefficient(pattern) for part in side]) for side in (fixed, kept)]
                yield from self.constant(sides[0], sides[1], bound)

    def _addends(self, pattern: list[Monomial], term: list[Monomial], given: Bindings) -> Iterator[Bindings]:
        if not pattern:
            yield given
            return
        first, *others = pattern
        for place, part in enumerate(term):
            for bound in self.factors(first.factors, part.factors, given):
                for whole in self._coefficient(first, part, bound):
                    yield from self._addends(others, term[:place] + term[place + 1 :], whole)

    def _coefficient(self, pattern: Monomial, found: Monomial, given: Bindings) -> Iterator[Bindings]:
        if not pattern.constants:
            if not found.constants and pattern.number == found.number:
                yield given
            return
        base, exponent = next(iter(pattern.constants.items()))
        if len(pattern.constants) == 1 and exponent == 1:
            value = product(quotient(found.number, pattern.number), found.constants, base)
            yield from self.constant(base, value, given)

    def constant(self, pattern: Term, value: Term, given: Bindings) -> Iterator[Bindings]:
        """A parameter, a number times a parameter, or a number."""
        if pattern in self.parameters:
            known = given.get(pattern)
            if known is None:
                yield {**given, pattern: value}
            elif known is value or _equal_numbers(known, value):
                yield given
            return
        if _equal_numbers(pattern, value):
            yield given
            return
        form = monomial(pattern, self.variable)
        if len(form.constants) == 1 and form.number != 0:
            ((base, exponent),) = form.constants.items()
            if exponent == 2 and form.number == 1 and base in self.parameters:
                root = _root(value, self.subject)
                if root is not None:
                    yield from self.constant(base, root, given)
            elif exponent == 1 and base in self.parameters:
                scaled = CATALOGUE["multiply"](value, number(quotient(1, form.number), value))
                plain = number_of(value)
                known_number = None if plain is None else exact(plain)
                if known_number is not None:
                    scaled = number(quotient(known_number, form.number), value)
                yield from self.constant(base, scaled, given)


def _root(value: Term, subject: Term) -> Term | None:
    """What a constant is the square of; None where it is written as no square."""
    parts = monomial(value, subject)
    if any(isinstance(exponent, Term) or exponent % 2 for exponent in parts.constants.values()) or parts.number <= 0:
        return None
    halves = {base: quotient(exponent, 2) for base, exponent in parts.constants.items()}
    if not halves:
        return number(math.sqrt(parts.number), value)
    root = raised(parts.number, quotient(1, 2))
    return None if root is None else product(root, halves, value)


def _equal_numbers(left: Term, right: Term) -> bool:
    one, other = number_of(left), number_of(right)
    return one is not None and other is not None and abs(one - other) <= 1e-14 * abs(other)


def _apart(parts: Sequence[Monomial]) -> tuple[list[Monomial], list[Monomial]]:
    return [part for part in parts if not part.factors], [part for part in parts if part.factors]
