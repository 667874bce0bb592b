"""The ways of a term through rewriting, as users call them."""

from __future__ import annotations

from collections.abc import Callable

from etude.rewriting.journal import Journal
from etude.rewriting.strategies import Strategy, apply_at_root, bottom_up, normal_form, top_down, until_stable
from etude.rules import Rule, RuleSet, default
from etude.terms import Term

__all__ = ["normalize", "rewrite", "simplify"]


def normalize(term: Term, rules: RuleSet, journal: Journal | None = None) -> Term:
    """`term` with the rules applied until none fits. Nothing else is changed: sums and products keep their structure.

    Raises `RewriteBudgetError`, naming the rules, where they go on rewriting each other's results.
    """
    return normal_form(rules, journal)(term) or term


_STRATEGIES: dict[str, Callable[[RuleSet, Journal | None], Strategy]] = {
    "normal_form": normal_form,
    "bottom_up": lambda rules, journal: bottom_up(apply_at_root(rules, journal)),
    "top_down": lambda rules, journal: top_down(apply_at_root(rules, journal)),
    "root": apply_at_root,
    "stable": lambda rules, journal: until_stable(bottom_up(apply_at_root(rules, journal))),
}


def rewrite(
    term: Term,
    rules: RuleSet | Rule,
    strategy: str | Callable[[RuleSet, Journal | None], Strategy] = "normal_form",
    journal: Journal | None = None,
) -> Term:
    """`term` rewritten by a strategy: "normal_form", "bottom_up", "top_down", "root", "stable", or a function of the
    rules and the journal that gives one (`lambda rules, journal: top_down(apply_at_root(rules, journal))`).
    """
    made = RuleSet([rules]) if isinstance(rules, Rule) else rules
    if isinstance(strategy, str):
        if strategy not in _STRATEGIES:
            raise ValueError(f"no strategy is named {strategy!r}; there are {', '.join(_STRATEGIES)}")
        strategy = _STRATEGIES[strategy]
    return strategy(made, journal)(term) or term


def simplify(
    term: Term,
    rules: RuleSet | None = None,
    promise: str = "real",
    goal: str = "size",
    journal: Journal | None = None,
) -> Term:
    """A term of the same type and, within the promise, the same value, with no more operations."""
    return normalize(term, default("simplify") if rules is None else rules, journal)
