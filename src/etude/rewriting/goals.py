"""What simplification is for: few operations, little time, or good rounding."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import fsum
from typing import Any

from etude.rewriting.compiled import compiled
from etude.rewriting.costs import run_time
from etude.rewriting.counting import Trees, operations_in, operations_of, size_of
from etude.rules import default
from etude.terms import Term, distinct

__all__ = ["GOALS", "SIZE", "Goal"]


@dataclass(frozen=True)
class Goal:
    """`total` gives what the distinct terms of an order cost together, and `measure` of a term that and its operations, shared
    ones counted once and counted at every use: less is better. `first` and `last` name the rule sets that are applied
    before and after; `anew` allows sums to be multiplied out and written anew, `ordered` has products of matrices multiplied
    in the order that takes least time.
    """

    name: str
    total: Callable[[Collection[Term]], Any]
    first: str = ""
    last: str = ""
    anew: bool = True
    ordered: bool = False

    def measure(self, term: Term, trees: Trees | None = None) -> tuple[Any, ...]:
        """What a term costs; `trees` know the operations of most of its parts already."""
        if trees is None:
            size = size_of(term)
        else:
            size = operations_in(term), trees[term]
        return size if self.name == "size" else (self.total(distinct(term)), *size)

    def better(self, new: Term, old: Term) -> Term:
        """The one of two terms that is better; the old one where they are equal."""
        if new is old:
            return old
        return new if self.total(distinct(new)) < self.total(distinct(old)) else old


def _time(terms: Collection[Term]) -> float:
    return fsum(map(run_time, terms))


def _unstable(terms: Collection[Term]) -> tuple[int, int]:
    """How many places a line of rules/stabilize would change, then the operations."""
    lines = compiled(default("stabilize"))
    return sum(lines.fire(term) is not None for term in terms), operations_of(terms)


SIZE = Goal("size", operations_of)
GOALS = {
    goal.name: goal
    for goal in (SIZE, Goal("speed", _time, last="speed", ordered=True), Goal("stable", _unstable, first="stabilize", anew=False))
}
