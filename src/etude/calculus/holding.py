"""Cut points held as opaque terms, so that they stay identifiable while the cost is rewritten around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etude.ops import CATALOGUE
from etude.terms import Term, distinct, is_leaf, is_symbol, postorder, transform

__all__ = ["hold", "release"]

_hold = CATALOGUE["hold"]


def hold(roots: Sequence[Term], points: Iterable[Term]) -> tuple[list[Term], dict[Term, Term]]:
    """The roots with each point `p`, unless it is a symbol, as `hold(p)`; and where each point went."""
    wanted = set(points)
    made: dict[Term, Term] = {}
    if all(map(is_symbol, wanted)):
        return list(roots), {point: point for point in wanted}
    for term in postorder(*roots, *wanted):
        fresh = term
        if not is_leaf(term):
            parts = tuple([made.get(part, part) if isinstance(part, Term) else part for part in term._tuple])
            if any(new is not old for new, old in zip(parts, term._tuple, strict=True)):
                fresh = Term(parts)
        made[term] = _hold.apply((fresh,), (0,)) if term in wanted and not is_symbol(term) else fresh
    return [made[root] for root in roots], {point: made[point] for point in wanted}


def release(roots: Iterable[Term]) -> list[Term]:
    """The roots without holds."""
    roots = list(roots)
    if not any(term._tuple[0] is _hold for term in distinct(*roots)):
        return roots
    return transform(roots, lambda term: term._tuple[1] if term._tuple[0] is _hold else term)
