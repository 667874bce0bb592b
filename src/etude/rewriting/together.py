"""Several terms simplified at once: large ones that share sub-terms have these brought to normal form once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

from etude.rewriting.compiled import Rules, compiled
from etude.rewriting.engine import Engine
from etude.rewriting.goals import SIZE
from etude.rewriting.journal import Journal, Row, attach_later
from etude.rewriting.pipeline import EXPLAINED, best_for, marked, serving, simplified_bodies, simplify
from etude.rewriting.sharing import around, gets_shorter, loses_more
from etude.rules import default
from etude.terms import Term, bulk, distinct, etuple, laid_out, taken_up, uses_of

__all__ = ["simplify_together"]


@bulk()
def simplify_together(terms: Sequence[Term], beside: Sequence[Term] = ()) -> list[Term]:
    """Each of the terms simplified for size. Those of which no steps are kept share one run, so that the time is linear in
    the distinct nodes of all; together they have no more operations than before, and do not lose more of those that they
    share with the terms `beside` them: where rules would not make these much shorter, what is shared is kept as it is.
    """
    large = [term for term in dict.fromkeys(terms) if _exceeds(term, EXPLAINED)]
    if len(large) < 2 and not beside:
        large = []
    found = dict(zip(large, _in_one_run(large, beside), strict=True)) if large else {}
    found.update(_one_after_the_other([term for term in dict.fromkeys(terms) if not _exceeds(term, EXPLAINED)], beside))
    return [found[term] if term in found else simplify(term, beside=beside) for term in terms]


def _one_after_the_other(terms: Sequence[Term], beside: Sequence[Term]) -> dict[Term, Term]:
    """Small terms each for itself, where what came of the parts of one is remembered for the next ones."""
    found: dict[Term, Term] = {}
    for group in _groups([(term, simplified_bodies(term)) for term in terms]):
        rules, rows = _simplifying(), cache(partial(_rows, [within for _, within in group], beside))
        for place, (term, within) in enumerate(group):
            found[term] = best_for(SIZE, within, rules, None, uses_of(within), True, beside)
            if found[term] is not within:
                attach_later(found[term], partial(_steps, rows(), len(group), place))
    return found


def _groups(pairs: Sequence[tuple[Term, Term]]) -> Iterator[list[tuple[Term, Term]]]:
    """The pairs in groups, of which the second terms have few distinct nodes together."""
    group: list[tuple[Term, Term]] = []
    nodes: set[Term] = set()
    for pair in pairs:
        nodes.update(distinct(pair[1]))
        if group and len(nodes) > EXPLAINED:
            yield group
            group, nodes = [], set(distinct(pair[1]))
        group.append(pair)
    if group:
        yield group


def _simplifying() -> Rules:
    return compiled(serving(default("simplify"), SIZE.name)).listening()


def _rows(terms: Sequence[Term], beside: Sequence[Term]) -> tuple[tuple[Any, ...], ...]:
    return laid_out(distinct(etuple(*terms, *beside)))


def _steps(rows: tuple[tuple[Any, ...], ...], count: int, place: int) -> list[Row]:
    """The steps of simplifying the term at a place of those laid out in rows, by doing all up to it again."""
    together, rules = taken_up(rows)._tuple, _simplifying()
    terms, beside = together[:count], together[count:]
    for term in terms[:place]:
        best_for(SIZE, term, rules, None, uses_of(term), True, beside)
    journal = Journal()
    best_for(SIZE, terms[place], rules, journal, uses_of(terms[place]), True, beside)
    return journal.derivation().rows


def _in_one_run(terms: list[Term], beside: Sequence[Term]) -> list[Term]:
    roots = simplified_bodies(etuple(*terms))._tuple
    rules = _simplifying()
    return around(roots, beside, rules) if beside and not gets_shorter(beside, rules) else _anew(roots, beside, rules)


def _anew(roots: Sequence[Term], beside: Sequence[Term], rules: Rules) -> list[Term]:
    """All of the terms rewritten, unless that makes them longer or share too little."""
    uses, mark = uses_of(*roots), rules.mark(SIZE.name, True)
    most = SIZE.total(uses)
    found = Engine(rules, sharing=True).run_all(roots, uses, mark)
    if SIZE.total(distinct(*found)) > most:
        return list(roots)
    if beside and loses_more(found, roots, beside):
        return around(roots, beside, rules)
    return [marked(term, mark) for term in found]


def _exceeds(root: Term, limit: int) -> bool:
    """Whether a term has more distinct nodes than the limit; looks at no more than that."""
    seen: set[Term] = set()
    stack = [root]
    while stack:
        term = stack.pop()
        if term not in seen:
            seen.add(term)
            if len(seen) > limit:
                return True
            stack.extend([part for part in term._tuple if type(part) is Term])
    return False
