"""The search for an antiderivative: methods tried in turn on ever simpler integrands, within a limit of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from etude.integration.fractions import Apart, partial_fractions
from etude.integration.parts import addends, monomial, number, product, total, varies
from etude.integration.preparation import prepared
from etude.integration.reasons import NEW_VARIABLE, Reasons, by, by_line, new_variable, of_operator
from etude.integration.substitution import Restored, exponentials, half_angles, powers, substitutions
from etude.integration.table import differential_line, table
from etude.integration.undetermined import undetermined
from etude.integration.verification import derivative, verified
from etude.integration.vertex import from_vertex
from etude.ops import CATALOGUE
from etude.rewriting import simplify
from etude.terms import Term, constant, postorder, replace, symbol

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
            plain = simplify(integrand)
            for candidate in search.candidates(plain, variable, depth):
                answer = simplify(candidate)
                for term in dict.fromkeys((answer, candidate)):
                    how = None if term in found else verified(term, integrand, variable)
                    if how is not None:
                        found[term] = None
                        search.answered = True
                        search.reasons.explain(term, (plain, candidate), by(f"verified: {how}", verified, integrand, term))
                        break
                if len(found) >= limit:
                    return list(found)
            if not search.cut:
                break
    except OutOfTime:
        pass
    return list(found)


Way = Callable[[Term, Term], Iterator[Restored]]
Method = Callable[["Search", Term, Term, int], Iterator[Term]]


class Search:
    """What is known of integrands met before, and the time that is left."""

    def __init__(self, until: float):
        self.until, self.reasons, self.cut, self.answered = until, Reasons(), False, False
        self.known: dict[tuple[Term, Term], Term] = {}
        self.failed: dict[tuple[Term, Term], int] = {}
        self.open: set[tuple[Term, Term]] = set()
        self.led: dict[tuple[Way, Term, Term], tuple[list[Restored], Iterator[Restored]]] = {}

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
            found = _multiply(integrand, variable)
            self.reasons.note(integrand, found, closing=[of_operator("multiply", "constant", integrand, found)])
            yield found
            return
        for method in _METHODS:
            yield from method(self, integrand, variable, depth)

    def once(self, way: Way, integrand: Term, variable: Term) -> Iterator[Restored]:
        """What a way leads to, worked out only once however often and far it is asked for."""
        key = (way, integrand, variable)
        if key not in self.led:
            self.led[key] = [], way(integrand, variable)
        found, rest = self.led[key]
        place = 0
        while True:
            if place == len(found):
                following = next(rest, None)
                if following is None:
                    return
                found.append(following)
            yield found[place]
            place += 1

    def deeper(self, depth: int) -> bool:
        """Whether a method that leads to other integrands may be tried."""
        self.cut = self.cut or depth <= 0
        return depth > 0


def _by_table(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    parts = monomial(integrand, variable)
    for found, rule in table().lookup(parts, variable):
        found = simplify(found)
        if parts.number != 1 or parts.constants:
            found = _multiply(parts.coefficient(variable), found)
        search.reasons.note(integrand, found, closing=[by_line(rule, integrand, found)])
        yield found


def _by_terms(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    """A constant factor taken out; a sum integrated addend by addend, what is left of it as a whole."""
    parts = monomial(integrand, variable)
    if parts.number != 1 or parts.constants:
        inner = simplify(parts.rest(variable))
        found = search.first(inner, variable, depth)
        if found is not None:
            made = _multiply(parts.coefficient(variable), found)
            search.reasons.note(
                integrand, made, [(inner, found)], closing=[of_operator("multiply", "constant factor", integrand, made)]
            )
            yield made
    terms = addends(integrand)
    if len(terms) == 1:
        return
    whole: list[tuple[Term, Term]] = []
    left: list[Term] = []
    for term in map(simplify, terms):
        found = search.first(term, variable, depth)
        if found is None:
            left.append(term)
        else:
            whole.append((term, found))
    if left and whole:
        rest = simplify(total(left))
        found = search.first(rest, variable, depth)
        whole = [] if found is None else [*whole, (rest, found)]
    if whole:
        made = total(found for _, found in whole)
        search.reasons.note(integrand, made, whole, closing=[of_operator("add", "addend by addend", integrand, made)])
        yield made


def _by_fractions(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    """Partial fractions; where factors are known up to rounding only, functions of a power of the variable come first."""
    apart = partial_fractions(integrand, variable)
    if apart is None:
        return
    if not apart.is_exact:
        yield from _substituted(search, integrand, variable, depth, search.once(powers, integrand, variable))
    yield from _of_fractions(search, integrand, variable, apart)


def _of_fractions(search: Search, integrand: Term, variable: Term, apart: Apart) -> Iterator[Term]:
    pieces, steps, _ = apart
    found, forms, fresh = [], [], symbol(f"{variable._tuple[1]}_", (), variable.type.dtype)
    for origin in dict.fromkeys(piece.origin for piece in pieces):
        moved = _subtract(variable, number(origin, variable)) if origin else variable
        distance = fresh if origin else variable
        if origin:
            steps.append(of_operator("subtract", NEW_VARIABLE, moved, distance))
        for piece in pieces:
            if piece.origin != origin:
                continue
            [form] = replace([piece.form], {variable: distance})
            whole = search.first(form, distance, 1)
            if whole is None:
                return
            [placed] = replace([whole], {distance: moved})
            found.append(_multiply(number(piece.number, variable), placed))
            forms.append((form, whole))
    made = total(found)
    closing = of_operator("add", "addend by addend", integrand, made)
    if len(found) == 1:
        closing = of_operator("multiply", "constant factor", integrand, made)
    search.reasons.note(integrand, made, forms, opening=steps, closing=[closing])
    yield made


def _by_vertex(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    for inner, fresh, meaning, completed in from_vertex(integrand, variable):
        found = search.first(inner, fresh, depth)
        if found is not None:
            [placed] = replace([found], {fresh: meaning})
            steps = [completed, *new_variable(fresh, meaning, integrand, inner)]
            search.reasons.note(integrand, placed, [(inner, found)], opening=steps)
            yield placed


def _by_coefficients(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    if not search.deeper(depth):
        return
    def simpler(term: Term) -> Term | None:
        return search.first(simplify(term), variable, 0)

    for found, functions, products in undetermined(integrand, variable, simpler):
        used = set(postorder(found)).intersection(functions)
        slopes = [(function, derivative(function, variable), differential_line(function)) for function in functions]
        lines = [by_line(line, f, slope) for f, slope, line in slopes if f in used and line is not None and slope is not None]
        parts = [(simplify(part), whole) for part, whole in products]
        solved = by("undetermined coefficients", undetermined, integrand, found)
        search.reasons.note(integrand, found, parts, closing=[*lines, solved])
        yield found


def _by_substitution(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    if search.deeper(depth):
        for way in (powers, substitutions):
            yield from _substituted(search, integrand, variable, depth - 1, search.once(way, integrand, variable))


def _substituted(search: Search, integrand: Term, variable: Term, depth: int, ways: Iterator[Restored]) -> Iterator[Term]:
    for inner, fresh, put_back, before in ways:
        found = search.first(inner, fresh, depth)
        if found is not None:
            made = put_back(found)
            steps = [*before, *new_variable(fresh, put_back(fresh), integrand, inner)]
            search.reasons.note(integrand, made, [(inner, found)], opening=steps)
            yield made


def _by_family(search: Search, integrand: Term, variable: Term, depth: int) -> Iterator[Term]:
    """Functions of one exponential, of the tangent of half an angle; their answers may jump, so only where there is none yet."""
    if not search.deeper(depth) or search.answered:
        return
    for way in (exponentials, half_angles):
        yield from _substituted(search, integrand, variable, 0, search.once(way, integrand, variable))


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
            made = _multiply(parts.coefficient(variable), _add(guess, found))
            step = of_operator("multiply", "by parts", integrand, made)
            search.reasons.note(integrand, made, [(other, outer), (rest, found)], closing=[step])
            yield made


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
    for steps, terms in prepared(integrand):
        parts = [(term, search.first(term, variable, depth - 1)) for term in map(simplify, terms)]
        known = [(term, found) for term, found in parts if found is not None]
        if len(known) == len(parts):
            made = total(found for _, found in known)
            search.reasons.note(integrand, made, known, opening=steps)
            yield made


_METHODS: tuple[Method, ...] = (
    _by_table,
    _by_terms,
    _by_fractions,
    _by_vertex,
    _by_coefficients,
    _by_substitution,
    _by_family,
    _by_parts,
    _by_preparation,
)
