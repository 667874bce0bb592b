"""The reverse sweep. It knows no operator but addition; what an operator does is in its template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from etude.calculus.instantiate import Polish
from etude.calculus.kinds import NullType
from etude.calculus.nodes import Link, edges, link
from etude.ops import CATALOGUE
from etude.ops.sizes import Equalities
from etude.templates import DISCONNECTED_FROM, LINEAR, UNDEFINED_IN
from etude.terms import Term, postorder

__all__ = ["Contributed", "Sweep", "fitted", "passed", "reverse"]

Contributed = Callable[[Term, Term, Link, Term, Term], None]
_add, _astype, _real = CATALOGUE["add"], CATALOGUE["astype"], CATALOGUE["real"]
_item, _sum_like = CATALOGUE["item"], CATALOGUE["sum_like"]


class Sweep:
    """The part of a graph between outputs and targets. `cut` nodes are not differentiated further."""

    def __init__(self, outputs: Iterable[Term], targets: Iterable[Term], cut: Iterable[Term] = ()):
        stop = frozenset(cut)
        self.order = postorder(*outputs, stop=stop.__contains__)
        self.links: dict[Term, Link | None] = {}  # of the nodes on a path to a target; None where no line speaks of the operator
        self.cuts: list[tuple[Term, int, Link | None]] = []  # edges at which a path to a target ends
        self.reaching = set(targets)
        self.equal = Equalities(self.order)
        for node in self.order:
            if node not in stop:
                self._connect(node)

    def _connect(self, node: Term) -> None:
        touched = [position for position, part in enumerate(edges(node)) if part in self.reaching]
        if not touched:
            return
        found = link(node)
        if found is None:
            self.cuts.extend((node, position, None) for position in touched)
            self.links[node] = None
            self.reaching.add(node)
            return
        live = [position for position in touched if found.kinds[position] != DISCONNECTED_FROM]
        self.cuts.extend((node, position, found) for position in touched if position not in live)
        if live:
            self.links[node] = found
            self.reaching.add(node)


def reverse(
    sweep: Sweep,
    seeds: Mapping[Term, Any],
    polish: Polish | None = None,
    contributed: Contributed | None = None,
    fixed: Mapping[Term, Any] | None = None,
) -> dict[Term, Any]:
    """The cotangent of every node that `seeds` reach: a term, or a `NullType`; zero where there is none.

    `fixed` cotangents replace what flows into their nodes.
    """
    cotangents: dict[Term, Any] = {**seeds, **(fixed or {})}
    held = frozenset(fixed or ())
    for node in reversed(sweep.order):
        cotangent = cotangents.get(node)
        if cotangent is None or node not in sweep.links:
            continue
        found = sweep.links[node]
        operands = edges(node)
        given = operands if found is None else found.reals(operands, node)
        attributes = () if found is None else (node._tuple[1] if node._tuple[0] is _item else node).attributes
        for position, operand in enumerate(operands):
            if operand not in sweep.reaching or operand in held:
                continue
            sent = _sent(node, position, given, attributes, cotangent, found, polish)
            if sent is None:
                continue
            if isinstance(sent, Term):
                sent = fitted(sent, operand, sweep.equal, polish)
            if contributed is not None and found is not None and not isinstance(sent, NullType):
                contributed(node, operand, found, cotangent, sent)
            cotangents[operand] = _accumulated(cotangents.get(operand), sent, polish)
    return cotangents


def passed(sweep: Sweep, seed: Term) -> dict[Term, Any]:
    """Which nodes a cotangent of `seed` reaches, and as what: a `NullType`, or something that no sweep has computed."""
    found: dict[Term, Any] = {seed: True}
    for node in reversed(sweep.order):
        if node not in found or node not in sweep.links:
            continue
        for position, operand in enumerate(edges(node)):
            if operand in sweep.reaching:
                sent = _passed(node, position, found[node], sweep.links[node])
                if sent is not None and not isinstance(found.get(operand), NullType):
                    found[operand] = sent
    return found


def _passed(node: Term, position: int, cotangent: Any, found: Link | None) -> Any:
    """What the operand at a position receives of a cotangent, as far as that is known without computing it."""
    if found is None:
        return NullType(f"no differential line says what {node._tuple[0]} sends to its operand {position + 1}")
    kind = found.kinds[position]
    if kind == UNDEFINED_IN:
        rule = found.rule
        return NullType(f"{found.reasons[position]} ({rule.name}, {rule.place})")
    return cotangent if kind == LINEAR else None


def _sent(
    node: Term, position: int, given: Any, attributes: Any, cotangent: Any, found: Link | None, polish: Polish | None
) -> Any:
    """What the operand at a position receives; `given` are the operands as its template takes them."""
    passes = _passed(node, position, cotangent, found)
    if passes is None or isinstance(passes, NullType):
        return passes
    assert found is not None
    recipe = found.reverse[position]
    assert recipe is not None
    return recipe.build(given, attributes, None, cotangent, polish)


def _accumulated(there: Any, more: Any, polish: Polish | None) -> Any:
    if there is None or isinstance(more, NullType):
        return more
    if isinstance(there, NullType):
        return there
    total = _add.apply((there, more))
    return (polish and polish(total)) or total


def fitted(term: Term, like: Term, equal: Equalities, polish: Polish | None = None) -> Term:
    """`term` summed and cast to the type of `like`; integers and booleans count as reals."""
    wanted = like.type
    if term.type is wanted and equal.same(term, like):
        return term
    if term.type.dtype.kind == "c" and wanted.dtype.kind != "c":
        term = _real.apply((term,))
    if wanted.dtype.kind in "fc" and term.type.dtype != wanted.dtype:
        term = _astype.apply((term,), (wanted.dtype,))
    if equal.same(term, like):
        return term
    term = _sum_like.apply((term, like))
    return (polish and polish(term)) or term
