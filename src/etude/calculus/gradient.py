"""From outputs and their cotangents to the cotangents of chosen terms: arrays, null or disconnected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from etude.calculus.forward import forward
from etude.calculus.instantiate import Polish
from etude.calculus.kinds import DisconnectedType, NullType
from etude.calculus.nodes import edges
from etude.calculus.reverse import Contributed, Sweep, fitted, passed, reverse
from etude.ops import CATALOGUE
from etude.templates import DISCONNECTED_FROM
from etude.terms import Term, constant, depends_on

__all__ = ["Result", "cotangents", "dependence", "one_like", "tangents", "zero_like"]

Result = Term | NullType | DisconnectedType


def one_like(term: Term) -> Term:
    """The cotangent 1 of a scalar cost; integers and booleans count as reals."""
    return constant(1.0, term.type.dtype if term.type.dtype.kind in "fc" else "float64")


def zero_like(term: Term) -> Term:
    """Zeros of the term's shape in its floating dtype."""
    zero = constant(0.0, term.type.dtype if term.type.dtype.kind in "fc" else "float64")
    return zero if term.type.ndim == 0 else CATALOGUE["broadcast_like"].apply((zero, term), (None, False))


def cotangents(
    seeds: Mapping[Term, Any],
    wrt: Sequence[Term],
    cut: Iterable[Term] = (),
    fixed: Mapping[Term, Any] | None = None,
    polish: Polish | None = None,
    contributed: Contributed | None = None,
) -> list[Result]:
    """What each of `wrt` receives from the seeded outputs and the `fixed` (known) cotangents.

    A seed or fixed value is a term, a `NullType` or a `DisconnectedType`. Nothing passes through `cut`.
    """
    known = dict(fixed or {})
    stop = frozenset(cut)
    sweep = Sweep([*seeds, *known], wrt, stop)
    live = {term: value for term, value in {**seeds, **known}.items() if not isinstance(value, DisconnectedType)}
    sources = {term: value for term, value in live.items() if term not in known}
    values = reverse(sweep, sources, polish, contributed, {term: live.get(term) for term in known})
    reached = _reached(sweep, live, stop, known)
    return [_result(term, values, reached, sweep, list(seeds) or list(known)) for term in wrt]


def dependence(output: Term, wrt: Sequence[Term]) -> list[Any]:
    """How an output depends on each of `wrt`, as `cotangents` would tell: disconnected, null, or True."""
    sweep = Sweep([output], wrt)
    values = passed(sweep, output)
    reached = _reached(sweep, {output: True}, frozenset(), {})
    return [values.get(term, True) if term in reached else DisconnectedType(_why(term, sweep, [output])) for term in wrt]


def _reached(sweep: Sweep, sources: Mapping[Term, Any], stop: frozenset[Term], known: Mapping[Term, Any]) -> set[Term]:
    """The terms to which a path leads that is nowhere disconnected."""
    reached = set(sources)
    for node in reversed(sweep.order):
        if node not in reached or node in stop or node not in sweep.links:
            continue
        found = sweep.links[node]
        for position, operand in enumerate(edges(node)):
            blocked = operand in known and operand not in sources
            if (
                not blocked
                and operand in sweep.reaching
                and (found is None or found.kinds[position] != DISCONNECTED_FROM)
            ):
                reached.add(operand)
    return reached


def _result(term: Term, values: Mapping[Term, Any], reached: set[Term], sweep: Sweep, outputs: list[Term]) -> Result:
    if term not in reached:
        return DisconnectedType(_why(term, sweep, outputs))
    value = values.get(term)
    if value is None:
        return zero_like(term)
    return value if isinstance(value, NullType) else fitted(value, term, sweep.equal)


def _why(term: Term, sweep: Sweep, outputs: list[Term]) -> str:
    """Where the paths from the outputs to `term` end, and the rule that ends them."""
    below = depends_on(outputs, [term])
    if not any(output in below for output in outputs):
        return "it does not occur there"
    for node, position, found in sweep.cuts:
        if found is not None and edges(node)[position] in below:
            rule = found.rule
            return (
                f"the path ends at operand {position + 1} of {node._tuple[0]}, by the rule `{rule.text}` ({rule.place})"
            )
    return "every path to it is cut by consider_constant or known_grads"


def tangents(
    outputs: Sequence[Term], moved: Mapping[Term, Term], cut: Iterable[Term] = (), polish: Polish | None = None
) -> list[Result]:
    """The tangent of each output when each key of `moved` moves by its value."""
    sweep = Sweep(outputs, moved, cut)
    found = forward(sweep, moved, polish)
    results: list[Result] = []
    for output in outputs:
        value = found.get(output)
        if value is not None:
            results.append(value)
        elif output in sweep.reaching:
            results.append(zero_like(output))
        else:
            names = ", ".join(str(term)[:40] for term in moved)
            results.append(DisconnectedType(f"it does not depend on {names}"))
    return results
