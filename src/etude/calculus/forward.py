"""The forward sweep: the tangent of every node that depends on a moved one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from etude.calculus.instantiate import Polish
from etude.calculus.kinds import NullType
from etude.calculus.nodes import Link, edges
from etude.calculus.reverse import Sweep
from etude.ops import CATALOGUE
from etude.ops.sizes import same_sizes
from etude.templates import DISCONNECTED_FROM, LINEAR, UNDEFINED_IN
from etude.terms import Term, is_leaf

__all__ = ["forward"]


def forward(sweep: Sweep, tangents: Mapping[Term, Any], polish: Polish | None = None) -> dict[Term, Any]:
    """The tangent of every node that moves: a term of the node's own type, or a `NullType`.

    `polish` keeps masked branches exact zeros.
    """
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
        result = _moved(node, operands, active, moved, found, polish)
        if result is not None:
            moved[node] = result
    return moved


def _moved(
    node: Term, operands: Any, active: tuple[int, ...], moved: Mapping[Term, Any], found: Link, polish: Polish | None
) -> Any:
    live = [position for position in active if found.kinds[position] != DISCONNECTED_FROM]
    for position in live:
        if found.kinds[position] == UNDEFINED_IN:
            return NullType(f"{found.reasons[position]} ({found.rule.name}, {found.rule.place})")
        if isinstance(moved[operands[position]], NullType) and found.kinds[position] == LINEAR:
            return moved[operands[position]]
    linear = tuple([position for position in live if found.kinds[position] == LINEAR])
    if not linear:
        return None
    recipe = found.moving(linear)
    tangents = tuple([moved.get(part) for part in operands])
    inner = node if len(operands) == len(node.operands) and node.operands == operands else node._tuple[1]
    made = recipe.build(found.reals(operands, node), inner.attributes, tangents, None, polish)
    spread = _spread(made, node)
    return spread if spread is made or polish is None else polish(spread) or spread


def _spread(tangent: Term, node: Term) -> Term:
    """The tangent in the node's floating type: an operand that moves alone may be smaller than the node."""
    if node.type.dtype.kind in "fc" and tangent.type.dtype != node.type.dtype:
        tangent = CATALOGUE["astype"].apply((tangent,), (node.type.dtype,))
    if same_sizes(tangent, node):
        return tangent
    return CATALOGUE["broadcast_like"].apply((tangent, node), (None, False))
