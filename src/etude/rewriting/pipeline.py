"""The ways of a term through rewriting, as users call them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from typing import Any

from etude.rewriting.algebra import WIDEST
from etude.rewriting.alike import products_alike
from etude.rewriting.bodies import within_bodies
from etude.rewriting.chains import in_best_order
from etude.rewriting.collecting import TooLong
from etude.rewriting.compiled import Rules, compiled
from etude.rewriting.counting import Trees
from etude.rewriting.engine import Engine
from etude.rewriting.goals import GOALS, SIZE, Goal
from etude.rewriting.journal import Journal, Row, attach, attach_later
from etude.rewriting.regions import as_polynomials, in_lowest_terms
from etude.rewriting.sharing import around, loses_more
from etude.rewriting.strategies import Strategy, apply_at_root, bottom_up, normal_form, top_down, until_stable
from etude.rules import Rule, RuleSet, default
from etude.terms import Term, bulk, distinct, etuple, laid_out, taken_up, uses_of

__all__ = ["explained", "in_turn", "marked", "multiplied_out", "normalize", "rewrite", "serving", "simplified_bodies", "simplify"]

EXPLAINED = 2000  # nodes up to which `explain` can tell the steps
ROUNDS = 4
SEARCHED = 200  # nodes up to which other forms are tried
_MULTIPLIED_OUT = 60  # nodes up to which the whole is multiplied out; the sums of larger terms are, each by itself
_THOROUGH, WRITTEN_ANEW = 500, 2000  # nodes up to which sums are tried as polynomials, in several ways and in one
_LONGER = 2  # times the operations of a term up to which what it is multiplied out may get shorter again


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


def explained(term: Term, run: Callable[[Journal | None], Term]) -> Term:
    """The result of `run`, with its steps kept for `explain` where the term is not too large."""
    if len(distinct(term)) > EXPLAINED:
        return run(None)
    journal = Journal()
    result = run(journal)
    if len(journal):
        attach(result, journal.derivation())
    return result


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
    beside: Sequence[Term] = (),
) -> Term:
    """A term of the same type and, within the promise, the same value, that is no worse for the goal.

    A large term does not lose more operations that it shares with the terms `beside` it than it gets fewer by itself; where
    it would, what it shares is kept as it is.
    """
    if promise not in ("exact", "real", "stable"):
        raise ValueError(f"promise is 'exact', 'real' or 'stable', not {promise!r}")
    if goal not in GOALS:
        raise ValueError(f"goal is {', '.join(map(repr, GOALS))}, not {goal!r}")
    chosen = serving(default("simplify") if rules is None else rules, goal)
    if promise != "real":
        return kept(term, chosen if rules is not None else chosen + default("stabilize"), promise, GOALS[goal], journal)
    within = simplified_bodies(term, rules, promise, goal)
    if journal is None:
        return in_turn([within], rules, goal, beside)[0]
    return best_for(GOALS[goal], within, compiled(chosen).listening(), journal, uses_of(within), rules is None, beside)


def in_turn(terms: Sequence[Term], rules: RuleSet | None = None, goal: str = "size", beside: Sequence[Term] = ()) -> list[Term]:
    """Each of the terms simplified for itself, where what came of the parts of one is remembered for the next ones."""
    chosen = serving(default("simplify") if rules is None else rules, goal)
    found: dict[Term, Term] = {}
    for group in _groups(dict.fromkeys(terms)):
        ready, together = compiled(chosen).listening(), list(group)
        rows = cache(partial(_rows, together, beside))
        for place, (term, uses) in enumerate(group.items()):
            result = found[term] = best_for(GOALS[goal], term, ready, None, uses, rules is None, beside)
            if result is not term and len(uses) <= EXPLAINED:
                attach_later(result, partial(_steps, rows(), len(together), place, chosen, goal, rules is None))
    return [found[term] for term in terms]


def _groups(terms: Iterable[Term]) -> Iterator[dict[Term, dict[Term, int]]]:
    """The terms with their `uses_of`, as many at a time as are small enough together to be explained."""
    group: dict[Term, dict[Term, int]] = {}
    nodes: set[Term] = set()
    listed = list(terms)
    if len(listed) == 1:
        yield {listed[0]: uses_of(listed[0])}
        return
    for term in listed:
        uses = uses_of(term)
        nodes.update(uses)
        if group and len(nodes) > EXPLAINED:
            yield group
            group, nodes = {}, set(uses)
        group[term] = uses
    yield group


def _rows(terms: Sequence[Term], beside: Sequence[Term]) -> tuple[tuple[Any, ...], ...]:
    return laid_out(distinct(etuple(*terms, *beside)))


@lru_cache(256)
def serving(rules: RuleSet, goal: str) -> RuleSet:
    """The rules that are for a goal, chosen once."""
    return rules.serving(goal)


def _steps(rows: tuple[tuple[Any, ...], ...], count: int, place: int, rules: RuleSet, goal: str, own: bool) -> list[Row]:
    """The steps of simplifying the term at a place among those that rows lay out, by doing it again after those before it."""
    together, ready, journal = taken_up(rows)._tuple, compiled(rules).listening(), Journal()
    terms, beside = together[:count], together[count:]
    for at, term in enumerate(terms[: place + 1]):
        best_for(GOALS[goal], term, ready, journal if at == place else None, uses_of(term), own, beside)
    return journal.derivation().rows


def kept(term: Term, rules: RuleSet, promise: str, goal: Goal, journal: Journal | None) -> Term:
    """The term by those rules alone whose own promise is as strong as the one that is asked for."""
    allowed = ("exact",) if promise == "exact" else ("exact", "stable")
    found = normalize(term, RuleSet(rule for rule in rules if rule.promise in allowed), journal)
    return found if goal.total(distinct(found)) <= goal.total(distinct(term)) else term


def simplified_bodies(term: Term, rules: RuleSet | None = None, promise: str = "real", goal: str = "size") -> Term:
    """The term with the results of its loops simplified."""
    return within_bodies(term, lambda results: _simplified_in_body(tuple(results), rules, promise, goal))


@lru_cache(256)
def _simplified_in_body(results: tuple[Term, ...], rules: RuleSet | None, promise: str, goal: str) -> list[Term]:
    """Gradients of several variables hold the same loops."""
    if promise != "real":
        return [simplify(result, rules, promise, goal) for result in results]
    return in_turn([simplified_bodies(result, rules, promise, goal) for result in results], rules, goal)


def multiplied_out(term: Term) -> Term:
    """Products and small powers of sums as sums; no rule but arithmetic is applied."""
    return Engine(compiled(RuleSet()), expand=True).run(term)


def best_for(
    goal: Goal,
    term: Term,
    rules: Rules,
    journal: Journal | None,
    terms: Collection[Term],
    own: bool,
    beside: Sequence[Term] = (),
) -> Term:
    """The term by the rules and, where these are the library's `own`, by those that come first and last for a goal."""
    begun = normalize(term, default(goal.first), journal) if own and goal.first else term
    found = smallest(begun, rules, journal, terms if begun is term else uses_of(begun), goal, own, beside)
    if own and goal.ordered:
        (found,) = in_best_order([found], journal)
    return goal.better(normalize(found, default(goal.last), journal), found) if own and goal.last else found


def smallest(
    term: Term,
    rules: Rules,
    journal: Journal | None,
    terms: Collection[Term],
    goal: Goal = SIZE,
    own: bool = False,
    beside: Sequence[Term] = (),
) -> Term:
    """The normal form; for a small term also the normal form of what it is when multiplied out, if that is better.

    `terms`: the distinct terms in it, best as `uses_of` gives them. `own`: whether sums may also be written anew by the
    library's relations.
    """
    anew, size = own and goal.anew, len(terms)
    if size > SEARCHED:
        mark = rules.mark(goal.name, own)
        if term.normal_for is mark:
            return term
        most = goal.total(terms)
        apart = None if journal is None else Journal()
        found = Engine(rules, apart, sharing=True).run(term, terms if isinstance(terms, dict) else None, mark)
        if anew and size <= WRITTEN_ANEW:
            found = as_polynomials(found, rules, goal, apart, mark, thorough=size <= _THOROUGH)
        nodes = distinct(found)
        if goal.total(nodes) > most:
            return term
        if beside and loses_more([found], [term], beside):
            return around([term], beside, rules, journal)[0]
        if journal is not None and apart is not None:
            journal.extend(apart.derivation())
        return marked(found, mark, nodes)
    best = _collected(stable(term, rules, journal, goal), rules, journal, goal)
    if goal.anew and size <= _MULTIPLIED_OUT:
        best = expanded_if_better(best, rules, journal, goal)
    best = lowered_if_better(best, rules, journal, goal)
    written = as_polynomials(best, rules, goal, journal) if anew else best
    return best if written is best else smallest(written, rules, journal, distinct(written), goal, own, beside)


def _collected(term: Term, rules: Rules, journal: Journal | None, goal: Goal) -> Term:
    """A normal form in which products of the same matrices are collected, from inner sums to outer ones."""
    for _ in range(ROUNDS):
        alike = products_alike(term, journal)
        if alike is term:
            break
        term = stable(alike, rules, journal, goal)
    return term


def marked(root: Term, mark: object, nodes: Collection[Term] | None = None) -> Term:
    """The term, with a note that all in it (`nodes`) is normal: where it is met again, only what is above it is rewritten."""
    for term in distinct(root) if nodes is None else nodes:
        term.normal_for = mark
    return root


def expanded_if_better(term: Term, rules: Rules, journal: Journal | None, goal: Goal) -> Term:
    """The normal form of what the term is when multiplied out, where that is better."""
    apart = Journal() if journal is not None else None
    trees = rules.trees
    most = _LONGER * trees[term]
    try:
        other = Engine(rules, apart, expand=True, most=2 * most + WIDEST).run(term)
    except TooLong:
        return term
    if other is term or trees[other] > most:
        return term
    return _chosen(stable(other, rules, apart, goal), term, apart, journal, goal, trees)


def lowered_if_better(term: Term, rules: Rules, journal: Journal | None, goal: Goal) -> Term:
    """The term with quotients in lowest terms, where all of it is better so: a place that gets shorter may have shared more."""
    apart = Journal() if journal is not None else None
    lowest = in_lowest_terms(term, rules, goal, apart)
    return term if lowest is term else _chosen(stable(lowest, rules, apart, goal), term, apart, journal, goal, rules.trees)


def _chosen(
    other: Term, term: Term, apart: Journal | None, journal: Journal | None, goal: Goal, trees: Trees
) -> Term:
    """The other term, with its steps, where it is better."""
    if other is term or other.type is not term.type or not goal.measure(other, trees) < goal.measure(term, trees):
        return term
    if journal is not None and apart is not None:
        journal.extend(apart.derivation())
    return other


def stable(term: Term, rules: Rules, journal: Journal | None, goal: Goal) -> Term:
    """Normal forms again and again while they get better."""
    best, now, trees = term, term, rules.trees
    apart = Journal() if journal is not None else None
    size = None
    for _ in range(ROUNDS):
        found = Engine(rules, apart).run(now)
        if found is now:
            break
        size = goal.measure(best, trees) if size is None else size
        fresh = goal.measure(found, trees)
        if fresh <= size:
            best, size = found, fresh
            if journal is not None and apart is not None:
                journal.extend(apart.derivation())
                apart = Journal()
        now = found
    return best
