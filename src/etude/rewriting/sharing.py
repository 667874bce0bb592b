"""Terms simplified beside others, such as gradients beside their cost, so that they go on sharing parts with these."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from etude.rewriting.compiled import Rules
from etude.rewriting.counting import operations_of
from etude.rewriting.engine import Engine
from etude.rewriting.journal import Journal
from etude.terms import Term, distinct, is_leaf, uses_of

__all__ = ["around", "gets_shorter", "loses_more"]

_SAMPLE = 300  # nodes from which it is told whether rules make a long term shorter
_MUCH = 10  # the part of the operations that must go for a term to count as shorter: one in so many


def loses_more(new: Sequence[Term], old: Sequence[Term], beside: Collection[Term]) -> bool:
    """Whether terms that are shorter lose more, counted together with those `beside` them, because they share less."""
    gained = operations_of(distinct(*old)) - operations_of(distinct(*new))
    lost = operations_of(distinct(*new, *beside)) - operations_of(distinct(*old, *beside))
    return lost > gained


def around(terms: Sequence[Term], beside: Sequence[Term], rules: Rules, journal: Journal | None = None) -> list[Term]:
    """The terms with all that stands in those `beside` them kept as it is; unchanged where that does not make them shorter."""
    known, uses = {part: part for part in distinct(*beside)}, uses_of(*terms)
    before, together = operations_of(uses), operations_of(uses.keys() | known.keys())
    found = Engine(rules, journal, sharing=True, normal=known).run_all(terms, uses)
    after = operations_of(distinct(*found))
    lost = operations_of(distinct(*found, *beside)) - together if after <= before else before
    return found if lost <= before - after else list(terms)


def gets_shorter(terms: Sequence[Term], rules: Rules) -> bool:
    """Whether rules make terms much shorter, by the deepest parts of them."""
    tail = distinct(*terms)[-_SAMPLE:]
    used = {part for term in tail for part in term._tuple if type(part) is Term}
    roots = [term for term in tail if term not in used and not is_leaf(term)]
    before, found = operations_of(distinct(*roots)), Engine(rules, sharing=True).run_all(roots, uses_of(*roots))
    return _MUCH * (before - operations_of(distinct(*found))) > before
