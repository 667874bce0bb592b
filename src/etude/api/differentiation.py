"""Stabilise, differentiate, simplify: the three rooms put in line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from etude.calculus import Result, cotangents, hold, release, tangents
from etude.calculus.instantiate import Polish
from etude.rewriting import apply_at_root, normalize
from etude.rewriting import simplify as simplified
from etude.rules import default
from etude.terms import Term

__all__ = ["differentiate", "push", "stabilized"]


@cache
def _masks() -> Polish:
    """What keeps masked branches exact zeros while the sweep goes."""
    compiled: Polish = apply_at_root(default("masks"))
    return compiled


def stabilized(terms: Sequence[Term]) -> list[Term]:
    """The terms in their numerically stable forms."""
    return [normalize(term, default("stabilize")) for term in terms]


def differentiate(
    seeds: Mapping[Term, Any],
    wrt: Sequence[Term],
    constants: Sequence[Term] = (),
    known: Mapping[Term, Any] | None = None,
    simplify: bool = True,
) -> list[Result]:
    """The cotangents of `wrt`: cut points held, the outputs stabilised, swept, and the results simplified."""
    known = known or {}
    outputs = list(seeds)
    held, places = hold(outputs, [*wrt, *constants, *known])
    stable = dict(zip([*held, *places.values()], stabilized([*held, *places.values()]), strict=True))
    at = {point: stable[place] for point, place in places.items()}
    results = cotangents(
        {stable[place]: seeds[output] for output, place in zip(outputs, held, strict=True)},
        [at[term] for term in wrt],
        [at[term] for term in constants],
        {at[term]: value for term, value in known.items()},
        _masks(),
    )
    return _finished(results, simplify)


def push(
    outputs: Sequence[Term], moved: Mapping[Term, Term], constants: Sequence[Term] = (), simplify: bool = True
) -> list[Result]:
    """The tangents of the outputs when each key of `moved` moves by its value."""
    held, places = hold(list(outputs), [*moved, *constants])
    stable = dict(zip([*held, *places.values()], stabilized([*held, *places.values()]), strict=True))
    at = {point: stable[place] for point, place in places.items()}
    results = tangents(
        [stable[place] for place in held],
        {at[term]: value for term, value in moved.items()},
        [at[term] for term in constants],
    )
    return _finished(results, simplify)


def _finished(results: Sequence[Result], simplify: bool) -> list[Result]:
    terms = [result for result in results if isinstance(result, Term)]
    finished = dict(zip(terms, release(terms), strict=True))
    if simplify:
        finished = {before: simplified(after) for before, after in finished.items()}
    return [finished[result] if isinstance(result, Term) else result for result in results]
