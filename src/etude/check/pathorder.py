"""Termination by a recursive path order (Dershowitz 1982; Kamin & Levy 1980), its precedence found by search.

Arguments are compared in their order, those of commutative heads as multisets. An associative-commutative head is above no
other: then the order goes through flattening (Bachmair & Plaisted 1985). Rules about words, where each head has one
argument, end if the rules about the words read backwards do.
"""

from __future__ import annotations

from collections.abc import Iterator

from etude.check.algebra import FreeTerm, System, TermRule, is_ac, is_commutative, variables
from etude.terms import Variable

__all__ = ["path_order"]

Precedence = frozenset[tuple[str, str]]
_BUDGET = 20_000


def path_order(rules: System) -> str | None:
    """The order found, as text; None if there is none."""
    for turned in filter(None, (rules, _backwards(rules))):
        for reverse in (False, True):
            found = next(_Search(reverse).all_rules(list(turned), frozenset()), None)
            if found is not None:
                return ("" if turned is rules else "of the words read backwards, ") + _text(found, reverse)
    return None


def _backwards(rules: System) -> System | None:
    """The rules with their words reversed; None if they are not about words."""
    turned = []
    for rule in rules:
        before, after = _word(rule.lhs), _word(rule.rhs)
        if before is None or after is None or before[1] != after[1]:
            return None
        turned.append(TermRule(rule.name, _spelled(*before), _spelled(*after), rule.condition))
    return tuple(turned)


def _word(term: FreeTerm) -> tuple[list[str], Variable] | None:
    heads: list[str] = []
    while not isinstance(term, Variable):
        if len(term) != 2:
            return None
        heads.append(term[0])
        term = term[1]
    return heads, term


def _spelled(heads: list[str], last: Variable) -> FreeTerm:
    """The term of the word read backwards."""
    term: FreeTerm = last
    for head in heads:
        term = (head, term)
    return term


def _text(precedence: Precedence, reverse: bool) -> str:
    direct = sorted(
        (a, b) for a, b in precedence if not any((a, c) in precedence and (c, b) in precedence for _, c in precedence)
    )
    said = ", ".join(f"{a} > {b}" for a, b in direct) or "any precedence"
    return f"recursive path order with {said}{', arguments compared from the right' if reverse else ''}"


def _with(precedence: Precedence, above: str, below: str) -> Precedence | None:
    """The transitive closure with one pair more; None if that makes a cycle."""
    if (above, below) in precedence:
        return precedence
    if above == below or (below, above) in precedence:
        return None
    over = {a for a, b in precedence if b == above} | {above}
    under = {b for a, b in precedence if a == below} | {below}
    return precedence | {(a, b) for a in over for b in under}


class _Search:
    def __init__(self, reverse: bool):
        self.reverse, self.spent = reverse, 0

    def all_rules(self, rules: list[TermRule], precedence: Precedence) -> Iterator[Precedence]:
        if not rules:
            yield precedence
            return
        rule = rules[0]
        for found in self.greater(rule.lhs, rule.rhs, precedence):
            yield from self.all_rules(rules[1:], found)

    def greater(self, s: FreeTerm, t: FreeTerm, precedence: Precedence) -> Iterator[Precedence]:
        """The extensions of the precedence under which s > t."""
        self.spent += 1
        if isinstance(s, Variable) or self.spent > _BUDGET:
            return
        if isinstance(t, Variable):
            if t in variables(s):
                yield precedence
            return
        for part in s[1:]:
            if part == t:
                yield precedence
                return
        if s[0] == t[0] and is_commutative(s[0]):
            yield from self.multiset(list(s[1:]), list(t[1:]), precedence)
        elif s[0] == t[0] and len(s) == len(t):
            yield from self.lexicographic(s, t, precedence)
        elif not is_ac(s[0]) and (fresh := _with(precedence, s[0], t[0])) is not None:
            yield from self.above_all(s, t[1:], fresh)
        for part in s[1:]:
            yield from self.greater(part, t, precedence)

    def above_all(self, s: FreeTerm, parts: tuple[FreeTerm, ...], precedence: Precedence) -> Iterator[Precedence]:
        if not parts:
            yield precedence
            return
        for found in self.greater(s, parts[0], precedence):
            yield from self.above_all(s, parts[1:], found)

    def lexicographic(self, s: FreeTerm, t: FreeTerm, precedence: Precedence) -> Iterator[Precedence]:
        pairs = list(zip(s[1:], t[1:], strict=True))
        first = next(((a, b) for a, b in (reversed(pairs) if self.reverse else pairs) if a != b), None)
        if first is None:
            return
        for found in self.greater(*first, precedence):
            yield from self.above_all(s, t[1:], found)

    def multiset(self, ours: list[FreeTerm], theirs: list[FreeTerm], precedence: Precedence) -> Iterator[Precedence]:
        """Without what both have, something is left of ours, and for each of theirs one of ours is greater."""
        for part in list(theirs):
            if part in ours:
                ours.remove(part)
                theirs.remove(part)
        if ours:
            yield from self.each_below_one(ours, theirs, precedence)

    def each_below_one(self, ours: list[FreeTerm], theirs: list[FreeTerm], precedence: Precedence) -> Iterator[Precedence]:
        if not theirs:
            yield precedence
            return
        for part in ours:
            for found in self.greater(part, theirs[0], precedence):
                yield from self.each_below_one(ours, theirs[1:], found)
