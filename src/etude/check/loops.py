"""Looping derivations: from a left side, by rewriting and narrowing, to a term that holds an instance of where it began."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from etude.check.algebra import (
    FreeTerm,
    System,
    TermRule,
    entailed,
    is_ac,
    match,
    positions,
    put,
    put_in_condition,
    rewrites,
    shown,
    size,
    substitute,
)
from etude.check.conditions import conjuncts, possible
from etude.check.unification import TooMany, unifiers
from etude.rules.conditions import OF_ONE_TYPE
from etude.terms import MATRIX_WORDS, ArrayType, Variable

__all__ = ["loop"]

_DEPTH, _WIDTH, _SIZE = 7, 400, 40
_SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (1,), (3, 3), (3, 4), (1, 1), (2, 3, 3), (2, 3, 4))
_WORDS = OF_ONE_TYPE.union(MATRIX_WORDS)
_KINDS = [ArrayType(dtype, shape) for dtype in ("float64", "int64", "bool", "complex128") for shape in _SHAPES]


@dataclass(frozen=True)
class _Derivation:
    """`start` becomes `end` by the rules named, under the facts that conditions ask for."""

    start: FreeTerm
    end: FreeTerm
    facts: frozenset[object]
    steps: tuple[tuple[str, FreeTerm], ...]


def loop(rules: System) -> tuple[str, ...] | None:
    """The steps of a derivation that goes on for ever, as text; None if none is found within bounds."""
    if len(rules) > 60:
        return None
    for rule in rules:
        found = _from_rule(rule, rules)
        if found is not None:
            return _text(found)
    return None


def _from_rule(rule: TermRule, rules: System) -> _Derivation | None:
    facts = frozenset(conjuncts(rule.condition))
    layer = [_Derivation(rule.lhs, rule.rhs, facts, ((rule.name, rule.rhs),))]
    seen = {(rule.lhs, rule.rhs)}
    for _ in range(_DEPTH):
        following: list[_Derivation] = []
        for derivation in layer:
            if _closes(derivation):
                return derivation
            for fresh in _longer(derivation, rules):
                key = (fresh.start, fresh.end)
                if key not in seen and size(fresh.end) <= _SIZE:
                    seen.add(key)
                    following.append(fresh)
                if len(following) >= _WIDTH:
                    break
        layer = following[:_WIDTH]
    return next((derivation for derivation in layer if _closes(derivation)), None)


def _closes(derivation: _Derivation) -> bool:
    for _, inner in positions(derivation.end):
        if inner[0] != derivation.start[0]:
            continue
        for binding in _instances(derivation.start, inner):
            if all(entailed(put_in_condition(fact, binding), derivation.facts) for fact in derivation.facts):
                return True
    return False


def _instances(start: FreeTerm, inner: FreeTerm) -> Iterator[dict[Variable, FreeTerm]]:
    yield from match(start, inner, {})
    if is_ac(start[0]) and len(inner) > len(start):
        yield from match((*start, Variable("%rest")), inner, {})


def _longer(derivation: _Derivation, rules: System) -> Iterator[_Derivation]:
    for rule, fresh in rewrites(derivation.end, rules, derivation.facts):
        yield _Derivation(derivation.start, fresh, derivation.facts, (*derivation.steps, (rule.name, fresh)))
    for place, inner in positions(derivation.end):
        for rule in rules:
            if inner[0] == rule.lhs[0]:
                yield from _narrowed(derivation, place, inner, rule.renamed(f"'{len(derivation.steps)}"))


def _narrowed(
    derivation: _Derivation, place: tuple[int, ...], inner: FreeTerm, rule: TermRule
) -> Iterator[_Derivation]:
    try:
        found = list(unifiers(inner, rule.lhs))[:12]
    except TooMany:
        return
    for binding in found:
        facts = {put_in_condition(fact, binding) for fact in (*derivation.facts, *conjuncts(rule.condition))}
        if any(not isinstance(part, Variable) for fact in facts for part in fact[1:2]) or not _agree(facts):
            continue  # a condition about a compound term may not hold
        start = substitute(derivation.start, binding)
        end = substitute(put(derivation.end, place, rule.rhs), binding)
        steps = (*[(name, substitute(term, binding)) for name, term in derivation.steps], (rule.name, end))
        yield _Derivation(start, end, frozenset(facts), steps)


def _agree(facts: Iterable[Any]) -> bool:
    """Whether there is a type, for each variable, of which everything can be true that is said of it alone."""
    said: dict[str, list[Any]] = {}
    for fact in facts:
        word, *about = fact[1] if fact[0] == "not" else fact
        if word in _WORDS and len(about) == 1 and isinstance(about[0], Variable):
            said.setdefault(about[0].name, []).append(fact)
    return all(any(all(possible(fact, {name: kind}, {}) for fact in facts) for kind in _KINDS) for name, facts in said.items())


def _text(derivation: _Derivation) -> tuple[str, ...]:
    names = {
        v: Variable(n) for v, n in zip(sorted(_variables(derivation), key=lambda v: v.name), _names(), strict=False)
    }
    tidy = [(name, substitute(term, names)) for name, term in (("start", derivation.start), *derivation.steps)]
    lines, before = [shown(tidy[0][1])], tidy[0][1]
    for name, term in tidy[1:]:
        lines.append(f"-> {shown(term)}   by {name}{', its operands in another order' * (term == before)}")
        before = term
    return (*lines, f"which holds an instance of {lines[0]}")


def _variables(derivation: _Derivation) -> set[Variable]:
    found: set[Variable] = set()
    pending = [derivation.start, derivation.end, *[term for _, term in derivation.steps]]
    while pending:
        term = pending.pop()
        if isinstance(term, Variable):
            found.add(term)
        else:
            pending.extend(term[1:])
    return found


def _names() -> Iterator[str]:
    yield from "xyzuvwabc"
    number = 0
    while True:
        number += 1
        yield f"x{number}"
