"""The ways of a term through rewriting, as users call them."""

from __future__ import annotations

from collections.abc import Callable

from etude.rewriting.bodies import within_bodies
from etude.rewriting.compiled import Rules, compiled
from etude.rewriting.counting import count_operations, operation_cost, size_of
from etude.rewriting.engine import Engine
from etude.rewriting.journal import Journal, attach
from etude.rewriting.regions import as_polynomials, in_lowest_terms
from etude.rewriting.strategies import Strategy, apply_at_root, bottom_up, normal_form, top_down, until_stable
from etude.rules import Rule, RuleSet, default
from etude.terms import Term, bulk, postorder

__all__ = ["multiplied_out", "normalize", "rewrite", "simplify"]

EXPLAINED = 2000  # nodes up to which the steps are kept for `explain`
ROUNDS = 4
SEARCHED = 200  # nodes up to which other forms are tried
WRITTEN_ANEW = 2000  # nodes up to which sums are tried as polynomials


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


@bulk()
def simplify(
    term: Term,
    rules: RuleSet | None = None,
    promise: str = "real",
    goal: str = "size",
    journal: Journal | None = None,
) -> Term:
    """A term of the same type and, within the promise, the same value, with no more operations."""
    if promise not in ("exact", "real", "stable"):
        raise ValueError(f"promise is 'exact', 'real' or 'stable', not {promise!r}")
    if goal not in ("size", "speed", "stable"):
        raise ValueError(f"goal is 'size', 'speed' or 'stable', not {goal!r}")
    chosen = default("simplify") if rules is None else rules
    if promise == "exact":
        return normalize(term, RuleSet(rule for rule in chosen if rule.promise == "exact"), journal)
    term = within_bodies(term, lambda result: simplify(result, rules, promise, goal))
    order = postorder(term)
    own = Journal() if journal is None and len(order) <= EXPLAINED else journal
    ready = compiled(chosen)
    result = smallest(term, ready, own, order, rules is None)
    ready.silent.clear()
    if journal is None and own is not None and len(own):
        attach(result, own.derivation())
    return result


def multiplied_out(term: Term) -> Term:
    """Products and small powers of sums as sums; no rule but arithmetic is applied."""
    return Engine(compiled(RuleSet()), expand=True).run(term)


def smallest(term: Term, rules: Rules, journal: Journal | None, order: list[Term], anew: bool = False) -> Term:
    """The normal form; for a small term also the normal form of what it is when multiplied out, if that is smaller.

    `anew`: whether sums may also be written anew by the library's relations.
    """
    if len(order) > SEARCHED:
        found = Engine(rules, journal).run(term, order)
        found = as_polynomials(found, journal) if anew and len(order) <= WRITTEN_ANEW else found
        return found if count_operations(found) <= sum(map(operation_cost, order)) else term
    best = stable(term, rules, journal)
    apart = Journal() if journal is not None else None
    other = stable(Engine(rules, apart, expand=True).run(best), rules, apart)
    if other is not best and other.type is term.type and size_of(other) < size_of(best):
        if journal is not None and apart is not None:
            journal.extend(apart.derivation())
        best = other
    lowest = in_lowest_terms(best, rules, journal)
    best = lowest if lowest is best else stable(lowest, rules, journal)
    return as_polynomials(best, journal) if anew else best


def stable(term: Term, rules: Rules, journal: Journal | None) -> Term:
    """Normal forms again and again while they get smaller."""
    best, now = term, term
    size = None
    for _ in range(ROUNDS):
        found = Engine(rules, journal).run(now)
        if found is now:
            break
        size = size_of(best) if size is None else size
        fresh = size_of(found)
        if fresh <= size:
            best, size = found, fresh
        now = found
    return best
