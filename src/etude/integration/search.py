"""The search for an antiderivative: methods tried in turn on ever simpler integrands, within a limit of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from etude.integration.fractions import partial_fractions
from etude.integration.parts import addends, monomial, number, product, total, varies
from etude.integration.preparation import prepared
from etude.integration.substitution import substitutions
from etude.integration.table import differential_line, table
from etude.integration.undetermined import undetermined
from etude.integration.verification import derivative, verified
from etude.ops import CATALOGUE
from etude.rewriting import Journal, attach, simplify
from etude.terms import Term, constant, replace

__all__ = ["Search", "antiderivatives"]

_add, _subtract, _multiply, _divide = map(CATALOGUE.__getitem__, ("add", "subtract", "multiply", "divide"))
DEPTH = 5


class OutOfTime(Exception):
    """The limit of time was met."""


def antiderivatives(integrand: Term, variable: Term, limit: int = 1, max_seconds: float = 5.0) -> list[Term]:
    """Up to `limit` terms whose derivative in `variable` is the integrand, each verified, with its derivation attached."""
    search = Search(monotonic() + max_seconds)
    found: dict[Term, None] = {}
    try:
        for depth in range(1, DEPTH + 1):
            for candidate in search.candidates(simplify(integrand), variable, depth):
                answer = simplify(candidate)
                for term in dict.fromkeys((answer, candidate)):
                    how = None if term in found else verified(term, integrand, variable)
                    if how is not None:
                        found[term] = None
                        _explained(term, integrand, how, search.journal)
                        break
                if len(found) >= limit:
                    return list(found)
            if not search.cut:
                break
    except OutOfTime:
        pass
    return list(found)


def _explained(answer: Term, integrand: Term, how: str, journal: Journal) -> None:
    steps = Journal()
    steps.extend(journal.derivation())
    steps.record(f"verified: {how}", "", 0, integrand, answer)
    attach(answer, steps.derivation())


Method = Callable[["Search", Term, Term, int], Iterator[Term]]


class Search:
    """What is known of integrands met before, and the time that is left."""

    def __init__(self, until: float):
        self.until, self.journal, self.cut = until, Journal(), False
        self.known: dict[tuple[Term, Term], Term] = {}
        self.failed: dict[tuple[Term, Term], int] = {}
        self.open: set[tuple[Term, Term]] = set()

    def first(self, integrand: Term, variable: Term, depth: int) -> Term | None:
        """One antiderivative, or None."""
        key = (integrand, variable)
        if key in self.known:
            return self.known[key]
        if key in self.open or self.failed.get(key, -1) >= depth:
            return None
        self.open.add(key)
        try:
            found = next(self.candidates(integrand, variable, depth), None)
        finally:
            self.open.discard(key)
        if found is None:
            self.failed[key] = depth
        else:
            self.known[key] = found
        return found

    def candidates(self, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
        """Antiderivatives of a simplified integrand by every method, simplest first."""
        if monotonic() > self.until:
            raise OutOfTime
        if not varies(integrand, variable):
            yield _multiply(integrand, variable)
            return
        for method in (_by_table, _by_terms, _by_fractions, _by_coefficients, _by_substitution, _by_parts, _by_preparation):
            yield from method(self, integrand, variable, depth)

    def deeper(self, depth: int) -> bool:
        """Whether a method that leads to other integrands may be tried."""
        self.cut = self.cut or depth <= 0
        return depth > 0


def _by_table(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    parts = monomial(integrand, variable)
    for found, rule in table().lookup(parts, variable):
        found = simplify(found)
        search.journal.record(rule.name, rule.file, rule.line, integrand, found)
        yield found if parts.number == 1 and not parts.constants else _multiply(parts.coefficient(variable), found)


def _by_terms(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    """A constant factor taken out; a sum integrated addend by addend, what is left of it as a whole."""
    parts = monomial(integrand, variable)
    if parts.number != 1 or parts.constants:
        found = search.first(simplify(parts.rest(variable)), variable, depth)
        if found is not None:
            yield _multiply(parts.coefficient(variable), found)
    terms = addends(integrand)
    if len(terms) == 1:
        return
    whole: list[Term] = []
    left: list[Term] = []
    for term in terms:
        found = search.first(simplify(term), variable, depth)
        if found is None:
            left.append(term)
        else:
            whole.append(found)
    if not left:
        yield total(whole)
    elif whole:
        rest = search.first(simplify(total(left)), variable, depth)
        if rest is not None:
            yield _add(total(whole), rest)


def _by_fractions(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    pieces = partial_fractions(integrand, variable)
    if pieces is None:
        return
    found = []
    for piece in pieces:
        whole = search.first(piece.form, variable, 1)
        if whole is None:
            return
        moved = _subtract(variable, number(piece.origin, variable)) if piece.origin else variable
        [placed] = replace([whole], {variable: moved})
        found.append(_multiply(number(piece.number, variable), placed))
    search.journal.record("partial fractions", "", 0, integrand, total(found))
    yield total(found)


def _by_coefficients(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    if not search.deeper(depth):
        return
    for found, functions in undetermined(integrand, variable, lambda term: search.first(simplify(term), variable, 0)):
        for function in functions:
            line, slope = differential_line(function), derivative(function, variable)
            if line is not None and slope is not None:
                search.journal.record(line.name, line.file, line.line, function, slope)
        search.journal.record("undetermined coefficients", "", 0, integrand, found)
        yield found


def _by_substitution(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    if not search.deeper(depth):
        return
    for inner, fresh, put_back in substitutions(integrand, variable):
        found = search.first(inner, fresh, depth - 1)
        if found is not None:
            search.journal.record("substitution", "", 0, integrand, inner)
            yield put_back(found)


def _by_parts(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    """A product whose one factor has an antiderivative: its product with the other is a first guess, and what its
    derivative misses is simpler, or a multiple of the integrand.
    """
    if not search.deeper(depth):
        return
    parts = monomial(integrand, variable)
    for kept in _to_differentiate(parts.factors, variable):
        others = {base: exponent for base, exponent in parts.factors.items() if base not in kept}
        other = simplify(product(1, others, variable)) if others else constant(1.0, variable.type.dtype)
        outer = search.first(other, variable, min(depth - 1, 1))
        if outer is None:
            continue
        guess = _multiply(product(1, kept, variable), outer)
        slope = derivative(guess, variable)
        if slope is None:
            continue
        rest = simplify(_subtract(parts.rest(variable), slope))
        found = search.first(rest, variable, depth - 1)
        if found is not None:
            search.journal.record("by parts", "", 0, integrand, _add(guess, found))
            yield _multiply(parts.coefficient(variable), _add(guess, found))


def _to_differentiate(factors: dict[Term, Any], variable: Term) -> Iterator[dict[Term, Any]]:
    """Factors of which the derivative is simpler: functions whose derivative has none of the kind, then polynomials."""
    later = []
    for base, exponent in factors.items():
        if isinstance(exponent, Term) or not isinstance(exponent, int) or exponent < 0:
            continue
        name = getattr(base._tuple[0], "name", "")
        if base is variable or name in ("add", "subtract"):
            if len(factors) > 1:
                later.append({base: exponent})
            continue
        if not _comes_back(name, base, variable):
            yield {base: exponent}
    yield from later


def _comes_back(name: str, base: Term, variable: Term) -> bool:
    """Whether the function is in its first or second derivative, as exp and sin are."""
    first = derivative(base, variable)
    second = None if first is None else derivative(first, variable)
    slopes = [slope for slope in (first, second) if slope is not None]
    return len(slopes) < 2 or any(getattr(node._tuple[0], "name", "") == name for slope in slopes for node in _nodes(slope))


def _nodes(term: Term) -> Iterator[Term]:
    pending = [term]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(part for part in node._tuple[1:] if isinstance(part, Term))


def _by_preparation(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    if not search.deeper(depth):
        return
    for rule, terms in prepared(integrand, variable):
        found = [search.first(simplify(term), variable, depth - 1) for term in terms]
        kept = [term for term in found if term is not None]
        if len(kept) == len(found):
            if rule is not None:
                search.journal.record(rule.name, rule.file, rule.line, integrand, total(terms))
            yield total(kept)
