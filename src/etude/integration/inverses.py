"""Equations solved for the variable, one operator after the other, by the lines that say what undoes what."""

from __future__ import annotations

from functools import cache

from etude.errors import EtudeError
from etude.integration.parts import varies
from etude.integration.table import allowed, typed
from etude.ops import Op
from etude.rewriting import simplify
from etude.rewriting.fitting import number_of
from etude.rules import default
from etude.rules.inverses import Undoing, undoings
from etude.terms import Term, Variable

__all__ = ["inverse_at", "undone"]


@cache
def _by_operator() -> dict[Op, list[Undoing]]:
    """The lines of rules/inverses and those like them of rules/simplify, by the operator that is undone."""
    found: dict[Op, list[Undoing]] = {}
    for undoing in undoings([*default("inverses"), *default("simplify")]):
        found.setdefault(undoing.inner._tuple[0], []).append(undoing)
    return found


def inverse_at(function: Term, variable: Term, value: Term) -> Term | None:
    """X where function(x) = value, None where some operator on the way to the variable has no inverse."""
    inner, found = function, value
    while inner is not variable:
        moving = [place for place, part in enumerate(inner.operands) if varies(part, variable)]
        solved = undone(inner, moving[0], found) if len(moving) == 1 else None
        if solved is None:
            return None
        inner, found = inner.operands[moving[0]], solved
    return simplify(found)


def undone(term: Term, place: int, value: Term) -> Term | None:
    """What stands at the place where the term has the value: `undone(x + a, 0, s)` is s - a."""
    for undoing in _by_operator().get(term._tuple[0], ()):
        for given in _bound(undoing, term, place):
            try:
                return typed(undoing.rule.lhs, {**given, undoing.inner: value})
            except EtudeError:
                continue
    return None


def _bound(undoing: Undoing, term: Term, place: int) -> list[dict[Variable, Term]]:
    """What the other variables of the line are, if the line speaks of this place."""
    pattern, operands = undoing.inner, term.operands
    if len(pattern.operands) != len(operands) or pattern.attributes != term.attributes:
        return []
    swapped = undoing.place != place
    if swapped and not (len(operands) == 2 and "commutative" in term._tuple[0].properties):
        return []
    given: dict[Variable, Term] = {}
    for wanted, part in zip(pattern.operands, operands[::-1] if swapped else operands, strict=True):
        if wanted == undoing.unknown:
            continue
        if not isinstance(wanted, Variable):
            if number_of(part) is None or number_of(part) != wanted:
                return []
        elif given.setdefault(wanted, part) is not part:
            return []
    return [given] if allowed(undoing.rule, given) else []
