"""Strategies: functions Term -> Term | None (None: nothing changed) and the ways to combine them. Nothing recurses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from etude.errors import RewriteBudgetError
from etude.rewriting.compiled import Rules, compiled
from etude.rewriting.journal import Journal
from etude.rules import RuleSet
from etude.terms import Term, is_leaf, postorder

__all__ = [
    "Strategy",
    "apply_at_root",
    "attempt",
    "bottom_up",
    "chain",
    "choice",
    "normal_form",
    "normal_form_by",
    "top_down",
    "until_stable",
]

Strategy = Callable[[Term], "Term | None"]
MINIMUM_BUDGET, BUDGET_PER_NODE = 20_000, 200


def apply_at_root(rules: RuleSet, journal: Journal | None = None) -> Strategy:
    """The first rule of the set that changes the root of a term, as a function Term -> Term | None."""
    ready = compiled(rules)
    if journal is None:
        return ready

    def run(term: Term) -> Term | None:
        fired = ready.fire(term)
        if fired is None:
            return None
        rule, after = fired
        journal.record(rule.name, rule.file, rule.line, term, after)
        return after

    return run


def chain(*strategies: Strategy) -> Strategy:
    """One after another; None only where none of them changed anything."""

    def run(term: Term) -> Term | None:
        now = term
        for one in strategies:
            now = one(now) or now
        return None if now is term else now

    return run


def choice(*strategies: Strategy) -> Strategy:
    """The first that changes something."""

    def run(term: Term) -> Term | None:
        for one in strategies:
            found = one(term)
            if found is not None:
                return found
        return None

    return run


def attempt(strategy: Strategy) -> Callable[[Term], Term]:
    """The strategy's result, or the term itself where nothing changed."""
    return lambda term: strategy(term) or term


def bottom_up(strategy: Strategy) -> Strategy:
    """Once at every distinct node, operands first."""

    def run(root: Term) -> Term | None:
        memo: dict[Any, Term] = {}
        for term in postorder(root):
            fresh = _rebuilt(term, memo)
            memo[term] = strategy(fresh) or fresh
        return None if memo[root] is root else memo[root]

    return run


def top_down(strategy: Strategy) -> Strategy:
    """Once at every distinct node, a node before its operands."""

    def run(root: Term) -> Term | None:
        memo: dict[Any, Term] = {}
        stack: list[tuple[Term, Term | None]] = [(root, None)]
        while stack:
            term, opened = stack.pop()
            if opened is not None:
                memo[term] = _rebuilt(opened, memo)
            elif term not in memo:
                now = strategy(term) or term
                memo[term] = now
                stack.append((term, now))
                stack.extend((part, None) for part in reversed(now._tuple) if isinstance(part, Term))
        return None if memo[root] is root else memo[root]

    return run


def _rebuilt(term: Term, memo: dict[Any, Term]) -> Term:
    parts = term._tuple
    if is_leaf(term):
        return term
    fresh = tuple([memo.get(part, part) if isinstance(part, Term) else part for part in parts])
    return term if all(new is old for new, old in zip(fresh, parts, strict=True)) else Term(fresh)


def until_stable(strategy: Strategy, limit: int = 1000) -> Strategy:
    """Again and again until nothing changes; `RewriteBudgetError` after `limit` rounds."""

    def run(term: Term) -> Term | None:
        now = term
        for _ in range(limit):
            found = strategy(now)
            if found is None or found is now:
                return None if now is term else now
            now = found
        raise RewriteBudgetError(f"no stable result after {limit} rounds; the strategy goes on changing the term")

    return run


def normal_form(rules: RuleSet, journal: Journal | None = None, budget: int | None = None) -> Strategy:
    """Rules applied until none fits anywhere, operands first, each distinct node once. Linear while steps are few."""
    return normal_form_by(compiled(rules), journal, budget)


def normal_form_by(ready: Rules, journal: Journal | None = None, budget: int | None = None) -> Strategy:
    """`normal_form` by rules that are compiled already."""

    def run(root: Term) -> Term | None:
        memo: dict[Any, Term] = {}
        fired: Counter[str] = Counter()
        allowed, steps = budget, 0
        stack: list[tuple[Term, Term | None]] = [(root, None)]
        while stack:
            term, after = stack.pop()
            if term in memo:
                continue
            if after is not None:
                memo[term] = memo[after]
                continue
            missing = [part for part in term._tuple if isinstance(part, Term) and part not in memo]
            if missing:
                stack.append((term, None))
                stack.extend([(part, None) for part in reversed(missing)])
                continue
            fresh = _rebuilt(term, memo)
            step = memo.get(fresh) if fresh is not term else None
            if step is not None:
                memo[term] = step
                continue
            found = ready.fire(fresh)
            if found is None:
                memo[term] = memo[fresh] = fresh
                continue
            rule, made = found
            fired[rule.name] += 1
            if journal is not None:
                journal.record(rule.name, rule.file, rule.line, fresh, made)
            if allowed is None:
                allowed = MINIMUM_BUDGET + BUDGET_PER_NODE * len(postorder(root))
            steps += 1
            if steps > allowed:
                raise exhausted(fired, allowed)
            if made not in memo:
                stack.append((term, made))
                stack.append((made, None))
            else:
                memo[term] = memo[made]
        return None if memo[root] is root else memo[root]

    return run


def exhausted(fired: Counter[str], allowed: int) -> RewriteBudgetError:
    busiest = ", ".join(f"{name} ({times} times)" for name, times in fired.most_common(4))
    return RewriteBudgetError(
        f"no normal form after {allowed} steps: these rules go on rewriting each other's results: {busiest}. "
        f"Leave one out (rules - {fired.most_common(1)[0][0]!r}) or give it a condition"
    )
