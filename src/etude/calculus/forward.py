"""The forward sweep: the tangent of every node that depends on a moved one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from etude.calculus.instantiate import Recipe
from etude.calculus.kinds import NullType
from etude.calculus.nodes import Link, edges
from etude.calculus.reverse import Sweep, fitted
from etude.ops import CATALOGUE
from etude.relations import DISCONNECTED_FROM, LINEAR, UNDEFINED_IN
from etude.rules import D
from etude.terms import Term, is_leaf

__all__ = ["forward"]

_SUMS = {CATALOGUE["add"], CATALOGUE["subtract"]}
_zeros_like = CATALOGUE["zeros_like"]
_ZERO = object()


def forward(sweep: Sweep, tangents: Mapping[Term, Any]) -> dict[Term, Any]:
    """The tangent of every node that moves: a term of the node's own type, or a `NullType`."""
    moved: dict[Term, Any] = dict(tangents)
    for node in sweep.order:
        if node in moved or is_leaf(node):
            continue
        found = sweep.links.get(node)
        operands = edges(node)
        active = tuple([position for position, part in enumerate(operands) if part in moved])
        if not active:
            continue
        if found is None:
            if node in sweep.reaching:
                moved[node] = NullType(f"no differential line speaks of {node._tuple[0]}")
            continue
        result = _moved(node, operands, active, moved, found)
        if result is not None:
            moved[node] = result
    return moved


def _moved(node: Term, operands: Any, active: tuple[int, ...], moved: Mapping[Term, Any], found: Link) -> Any:
    live = [position for position in active if found.kinds[position] != DISCONNECTED_FROM]
    for position in live:
        if found.kinds[position] == UNDEFINED_IN:
            return NullType(f"{found.template.reasons[position]} ({found.template.rule.name}, {found.template.rule.place})")
        if isinstance(moved[operands[position]], NullType) and found.kinds[position] == LINEAR:
            return moved[operands[position]]
    linear = tuple([position for position in live if found.kinds[position] == LINEAR])
    if not linear:
        return None
    recipe = _pruned(found, linear)
    tangents = tuple([moved.get(part) for part in operands])
    inner = node if len(operands) == len(node.operands) and node.operands == operands else node._tuple[1]
    return fitted(recipe.build(operands, inner.attributes, tangents, None), node)


@cache
def _pruned(found: Link, active: tuple[int, ...]) -> Recipe:
    """The forward template where only the `active` operands move."""
    still = {Term((D, operand)) for position, operand in enumerate(found.slots) if position not in active}
    return Recipe(_without(found.template.forward, still), found.slots, found.names)


def _without(pattern: Any, still: set[Term]) -> Any:
    if not isinstance(pattern, Term):
        return pattern
    if pattern in still:
        return _ZERO
    if pattern.type is not None or pattern._tuple[0] is D:
        return pattern
    head, operands = pattern._tuple[0], pattern.operands
    parts = [_without(part, still) for part in operands]
    zeros = [part is _ZERO for part in parts]
    if not any(zeros):
        return Term((head, *parts, *pattern.attributes))
    if head in _SUMS:
        rest = [part for part in parts if part is not _ZERO]
        if not rest:
            return _ZERO
        return Term((CATALOGUE["negative"], rest[0])) if head.name == "subtract" and zeros[0] else rest[0]
    others = [part for part, zero in zip(parts, zeros, strict=True) if not zero]
    if not any(_moves(part) for part in others):
        return _ZERO
    filled = [_zero_for(old, head) if zero else new for old, new, zero in zip(operands, parts, zeros, strict=True)]
    return Term((head, *filled, *pattern.attributes))


def _zero_for(old: Any, head: Any) -> Any:
    if head.is_elementwise:
        return 0
    return Term((_zeros_like, old._tuple[1] if isinstance(old, Term) and old._tuple[0] is D else old))


def _moves(part: Any) -> bool:
    if not isinstance(part, Term):
        return False
    return part._tuple[0] is D or any(_moves(item) for item in part._tuple[1:])
