"""Stabilise, differentiate, simplify: the three rooms put in line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from etude.calculus import Result, cotangents, hold, release, tangents
from etude.calculus.instantiate import Polish
from etude.calculus.reverse import Contributed
from etude.calculus.scattered import scattered
from etude.rewriting import Journal, apply_at_root, attach, normalize, precede, simplify_together, within_bodies
from etude.rules import default
from etude.terms import Term, bulk, postorder

__all__ = ["differentiate", "few_elements", "push", "stabilized"]

EXPLAINED = 2000  # nodes up to which the steps are kept for `explain`


@cache
def _masks() -> Polish:
    """What keeps masked branches exact zeros while the sweep goes."""
    compiled: Polish = apply_at_root(default("masks"))
    return compiled


def stabilized(terms: Sequence[Term], journal: Journal | None = None) -> list[Term]:
    """The terms in their numerically stable forms."""
    return [normalize(within_bodies(term, stabilized), default("stabilize"), journal) for term in terms]


@bulk()
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
    journal = _journal(held)
    stable = dict(zip([*held, *places.values()], stabilized([*held, *places.values()], journal), strict=True))
    at = {point: stable[place] for point, place in places.items()}
    results = cotangents(
        {stable[place]: seeds[output] for output, place in zip(outputs, held, strict=True)},
        [at[term] for term in wrt],
        [at[term] for term in constants],
        {at[term]: value for term, value in known.items()},
        _masks(),
        None if journal is None else _recorded(journal),
    )
    return _finished(results, simplify, journal, outputs)


@bulk()
def push(
    outputs: Sequence[Term], moved: Mapping[Term, Term], constants: Sequence[Term] = (), simplify: bool = True
) -> list[Result]:
    """The tangents of the outputs when each key of `moved` moves by its value."""
    held, places = hold(list(outputs), [*moved, *constants])
    journal = _journal(held)
    stable = dict(zip([*held, *places.values()], stabilized([*held, *places.values()], journal), strict=True))
    at = {point: stable[place] for point, place in places.items()}
    directions = {at[term]: value for term, value in moved.items()}
    results = tangents([stable[place] for place in held], directions, [at[term] for term in constants], _masks())
    return _finished(results, simplify, journal, outputs)


@bulk()
def few_elements(output: Term, wrt: Term, constants: Sequence[Term] = ()) -> Term | None:
    """The Jacobian, simplified, where it is large and few of its elements can be other than zero; None elsewhere."""
    (held,), places = hold([output], [wrt, *constants])
    journal = _journal([held])
    stable = stabilized([held, *places.values()], journal)
    at = dict(zip(places, stable[1:], strict=True))
    found = scattered(stable[0], at[wrt], [at[term] for term in constants], _masks())
    return None if found is None else _finished([found], True, journal, [output])[0]  # type: ignore[return-value]  # of a term a term


def _journal(terms: Sequence[Term]) -> Journal | None:
    """Where the steps are kept, for terms small enough to be explained."""
    return Journal() if len(postorder(*terms)) <= EXPLAINED else None


def _recorded(journal: Journal) -> Contributed:
    """A step for what each operand receives: the node, and the contribution by the node's differential line."""

    def contributed(node: Term, operand: Term, found: Any, cotangent: Term, sent: Term) -> None:
        journal.record(found.rule.name, found.rule.file, found.rule.line, node, sent)

    return contributed


def _finished(
    results: Sequence[Result], simplify: bool, journal: Journal | None, outputs: Sequence[Term]
) -> list[Result]:
    terms = [result for result in results if isinstance(result, Term)]
    finished = dict(zip(terms, release(terms), strict=True))
    if simplify:
        finished = dict(zip(finished, simplify_together(list(finished.values()), outputs), strict=True))
    if journal is not None:
        derived = journal.derivation()
        for term in set(finished.values()):
            (precede if simplify else attach)(term, derived)
    return [finished[result] if isinstance(result, Term) else result for result in results]
