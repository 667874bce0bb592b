"""Several terms simplified at once: large ones that share sub-terms have these brought to normal form once."""

from __future__ import annotations

from collections.abc import Sequence

from etude.rewriting.compiled import Rules, compiled
from etude.rewriting.engine import Engine
from etude.rewriting.goals import SIZE
from etude.rewriting.pipeline import EXPLAINED, in_turn, marked, serving, simplified_bodies, simplify
from etude.rewriting.sharing import around, gets_shorter, loses_more
from etude.rules import default
from etude.terms import Term, bulk, distinct, etuple, uses_of

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
    small = [term for term in dict.fromkeys(terms) if not _exceeds(term, EXPLAINED)]
    found.update(zip(small, in_turn([simplified_bodies(term) for term in small], beside=beside), strict=True))
    return [found[term] if term in found else simplify(term, beside=beside) for term in terms]


def _in_one_run(terms: list[Term], beside: Sequence[Term]) -> list[Term]:
    roots = simplified_bodies(etuple(*terms))._tuple
    rules = compiled(serving(default("simplify"), SIZE.name)).listening()
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
