"""Terms laid out as rows of parts in which each term is told by its place, as they are pickled and kept."""

from __future__ import annotations

import copyreg
from collections.abc import Iterable
from typing import Any

from etude.terms.leaves import is_leaf
from etude.terms.term import CORE, Term
from etude.terms.traverse import postorder

__all__ = ["flatten", "laid_out", "taken_up", "unflatten"]


def flatten(term: Term) -> tuple[tuple[Any, ...], ...]:
    """The distinct terms in order, each a tuple of parts where a term is given as its place."""
    order = postorder(term)
    place = {item: _Place(index) for index, item in enumerate(order)}
    return tuple(
        tuple([place[part] if type(part) is Term else part for part in item._tuple]) for item in order
    )


def laid_out(terms: Iterable[Term]) -> tuple[tuple[Any, ...], ...]:
    """The parts of distinct terms, in their order, that hold no term: each is told by its place."""
    terms = list(terms)
    if CORE is not None:
        rows: tuple[tuple[Any, ...], ...] = CORE.laid_out(terms, _first_places(len(terms)))
        return rows
    place = dict(zip(terms, _first_places(len(terms)), strict=False)).get
    return tuple([item._tuple if is_leaf(item) else tuple(map(place, item._tuple, item._tuple)) for item in terms])


def taken_up(rows: tuple[tuple[Any, ...], ...]) -> Term:
    """The first of the terms that `laid_out` took apart."""
    made: dict[int, Term] = {}
    stack = [0]
    while stack:
        missing = [part for part in rows[stack[-1]] if type(part) is _Place and part not in made]
        if missing:
            stack += missing
            continue
        at = stack.pop()
        made[at] = Term(tuple([made[part] if type(part) is _Place else part for part in rows[at]]))
    return made[0]


class _Place(int):
    """The index of an earlier term."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Place, (int(self),)


def unflatten(rows: Iterable[tuple[Any, ...]]) -> Term:
    """The term that `flatten` took apart."""
    made: list[Term] = []
    for row in rows:
        made.append(Term(tuple([made[part] if isinstance(part, _Place) else part for part in row])))
    return made[-1]


_places: list[_Place] = []


def _first_places(count: int) -> list[_Place]:
    """At least so many places, made once."""
    global _places  # noqa: PLW0603  # replaced as a whole, so that threads see none that is half made
    found = _places
    if len(found) < count:
        found = _places = list(map(_Place, range(2 * count)))
    return found


copyreg.pickle(Term, lambda term: (unflatten, (flatten(term),)))
