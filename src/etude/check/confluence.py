"""Do all ways of rewriting meet? Critical pairs modulo associativity and commutativity, brought to normal forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from etude.check.algebra import (
    FreeTerm,
    System,
    TermRule,
    is_ac,
    made,
    match,
    positions,
    put,
    put_in_condition,
    rewrites,
    shown,
    size,
    substitute,
    variables,
)
from etude.check.conditions import conjuncts
from etude.check.report import CriticalPair
from etude.check.unification import TooMany, unifiers
from etude.terms import Variable

__all__ = ["Confluence", "always_matches", "confluence", "without_names"]

_STEPS, _SIZE, _PAIRS, _RULES = 200, 200, 3000, 60


@dataclass
class Confluence:
    """`confluent`, the pairs that do not join, rules that would join them, and why it is not known where it is not."""

    confluent: bool | None
    pairs: list[CriticalPair] = field(default_factory=list)
    completion: list[str] = field(default_factory=list)
    reason: str = ""


def confluence(rules: System, terminates: bool | None) -> Confluence:
    """All critical pairs of a small set; of a large one, none, as they are too many."""
    if len(rules) > _RULES:
        return Confluence(None, reason=f"critical pairs are formed of at most {_RULES} rules, and these are {len(rules)}")
    if terminates is False:
        return Confluence(None, reason="rewriting does not end")
    complete = True
    found = Confluence(None)
    number = 0
    try:
        for pair in _critical_pairs(rules):
            number += 1
            if number > _PAIRS or len(found.pairs) >= 40:
                complete = False
                break
            left, right = normal_form(pair.left, rules, pair.facts), normal_form(pair.right, rules, pair.facts)
            if left is None or right is None:
                complete = False
            elif left != right and not _meet(pair, rules):
                shown_pair = _shown(pair, left, right)
                if shown_pair not in found.pairs:
                    found.pairs.append(shown_pair)
                    _suggest(found, left, right, pair)
    except TooMany:
        complete = False
    if found.pairs:
        found.confluent = False
    elif complete and (terminates or (number == 0 and all(_is_left_linear(rule.lhs) for rule in rules))):  # or orthogonal
        found.confluent = True
    elif complete:
        found.reason = f"all {number} critical pairs join, but whether rewriting ends is not known"
    else:
        found.reason = f"{number} critical pairs were looked at, not all of them to the end"
    return found


@dataclass(frozen=True)
class _Pair:
    peak: FreeTerm
    names: tuple[str, str]
    left: FreeTerm
    right: FreeTerm
    facts: frozenset[Any]


def _critical_pairs(rules: System) -> Iterator[_Pair]:
    extended = [rule for plain in rules for rule in _with_extension(plain)]
    for i, outer in enumerate(extended):
        for j, raw in enumerate(extended):
            inner = raw.renamed("'")
            for place, part in positions(outer.lhs):
                if part[0] != inner.lhs[0] or (not place and j > i):
                    continue
                if raw.name == outer.name and not place and raw is outer and not is_ac(part[0]):
                    continue
                yield from _overlaps(outer, inner, place, part)


def _with_extension(rule: TermRule) -> Iterator[TermRule]:
    """A rule for a sum or product also applies to a part of a longer one."""
    yield rule
    if isinstance(rule.lhs, tuple) and is_ac(rule.lhs[0]):
        rest = Variable("%more")
        head = rule.lhs[0]
        yield TermRule(rule.name, made(head, (rule.lhs, rest)), made(head, (rule.rhs, rest)), rule.condition)


def _overlaps(outer: TermRule, inner: TermRule, place: tuple[int, ...], part: FreeTerm) -> Iterator[_Pair]:
    for binding in unifiers(part, inner.lhs):
        facts = frozenset(put_in_condition(c, binding) for rule in (outer, inner) for c in conjuncts(rule.condition))
        left = substitute(outer.rhs, binding)
        right = substitute(put(outer.lhs, place, inner.rhs), binding)
        if left != right:
            yield _Pair(substitute(outer.lhs, binding), (outer.name, inner.name), left, right, facts)


def normal_form(term: FreeTerm, rules: System, facts: frozenset[Any] = frozenset()) -> FreeTerm | None:
    """The term rewritten until nothing applies; None if that does not end within bounds."""
    for _ in range(_STEPS):
        following = next((fresh for _, fresh in rewrites(term, rules, facts) if fresh != term), None)
        if following is None:
            return term
        term = following
        if size(term) > _SIZE:
            return None
    return None


def _meet(pair: _Pair, rules: System) -> bool:
    """Whether some term is reached from both sides in a few steps, where normal forms depend on the way taken."""
    reached = [{pair.left}, {pair.right}]
    edges = [{pair.left}, {pair.right}]
    for _ in range(6):
        if reached[0] & reached[1]:
            return True
        for side in (0, 1):
            edges[side] = {fresh for term in edges[side] for _, fresh in rewrites(term, rules, pair.facts)} - reached[
                side
            ]
            reached[side] |= edges[side]
            if len(reached[side]) > 150:
                return bool(reached[0] & reached[1])
    return bool(reached[0] & reached[1])


def _shown(pair: _Pair, left: FreeTerm, right: FreeTerm) -> CriticalPair:
    names = _tidy(pair.peak, left, right)
    text = [shown(substitute(term, names)) for term in (pair.peak, left, right)]
    return CriticalPair(text[0], pair.names, text[1], text[2], False)


def _tidy(*terms: FreeTerm) -> dict[Variable, Variable]:
    letters = iter("xyzuvwabcdefghijklmnopqrst")
    order: dict[Variable, Variable] = {}
    for term in terms:
        for variable in sorted(variables(term), key=lambda v: v.name):
            if variable not in order:
                order[variable] = Variable(next(letters, f"x{len(order)}"))
    return order


def _suggest(found: Confluence, left: FreeTerm, right: FreeTerm, pair: _Pair) -> None:
    """The rule that would join a pair: the larger normal form to the smaller one."""
    if size(left) < size(right):
        left, right = right, left
    if isinstance(left, Variable) or not variables(right) <= variables(left) or pair.facts:
        return
    names = _tidy(left, right)
    text = f"join_{len(found.completion) + 1}: {shown(substitute(left, names))} -> {shown(substitute(right, names))}"
    if text.split(": ", 1)[1] not in [known.split(": ", 1)[1] for known in found.completion]:
        found.completion.append(text)


def _is_left_linear(term: FreeTerm) -> bool:
    seen: set[Variable] = set()
    pending = [term]
    while pending:
        part = pending.pop()
        if isinstance(part, Variable):
            if part in seen:
                return False
            seen.add(part)
        else:
            pending.extend(part[1:])
    return True


# -------------------------------------------------------------------------- rules that add nothing


def without_names(rule: TermRule) -> Any:
    """What two rules have in common that differ in their variables' names only."""
    order: dict[Variable, Variable] = {}

    def walk(term: Any) -> Any:
        if isinstance(term, Variable):
            return order.setdefault(term, Variable(f"%{len(order)}"))
        return (
            tuple(walk(part) if isinstance(part, (Variable, tuple)) else part for part in term)
            if isinstance(term, tuple)
            else term
        )

    return walk((rule.lhs, rule.rhs, rule.condition))


def always_matches(earlier: TermRule, parts: Iterable[FreeTerm]) -> bool:
    """Whether a rule without a condition matches one of these parts of a left side, whatever its variables are."""
    return earlier.condition is None and any(
        earlier.lhs[0] == part[0] and next(match(earlier.lhs, part, {}), None) is not None for part in parts
    )
