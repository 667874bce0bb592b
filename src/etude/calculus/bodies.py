"""The derivative of operators with a body: the body is differentiated once, and mapped again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from etude.calculus.gradient import cotangents, tangents
from etude.calculus.kinds import DisconnectedType, NullType
from etude.calculus.nodes import register_special
from etude.ops import CATALOGUE
from etude.ops.binders import Body, mapped_over
from etude.rules import Rule
from etude.templates import DISCONNECTED_FROM, LINEAR, UNDEFINED_IN
from etude.terms import ArrayType, Term, replace, symbol

__all__ = ["MapLink"]

_sum = CATALOGUE["sum"]
_RULE = Rule("d_map", "differential", None, None, text="d(map(body, x)) = map(d(body), x, d(x))")


def _fresh(kind: ArrayType) -> Term:
    return symbol(None, kind.shape, kind.dtype)


@dataclass(frozen=True, eq=False)
class MapLink:
    """How a `map` depends on its operands, told by the cotangents of its body."""

    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    reverse: tuple[_Back | None, ...]
    parameters: tuple[Term, ...]
    result: Term
    mapped: int
    rule: Rule = _RULE

    def reals(self, operands: tuple[Term, ...], result: Term) -> tuple[Term, ...]:
        return operands

    def moving(self, active: tuple[int, ...]) -> _Along:
        moved = {self.parameters[place]: _fresh(self.parameters[place].type) for place in active}
        (tangent,) = tangents([self.result], moved)
        return _Along(self.parameters, self.mapped, active, tuple(moved.values()), tangent)


@dataclass(frozen=True, eq=False)
class _Back:
    """What one operand receives."""

    parameters: tuple[Term, ...]
    mapped: int
    position: int
    seed: Term
    sent: Term

    def build(self, operands: Sequence[Term], attributes: Any, moved: Any, cotangent: Term, polish: Any = None) -> Term:
        split = self.mapped
        outer = dict(zip(self.parameters[split:], operands[split:], strict=True))
        body = replace([self.sent], outer)[0]
        found = mapped_over([*operands[:split], cotangent], [*self.parameters[:split], self.seed], body)
        return found if self.position < split else _sum(found, axis=0)


@dataclass(frozen=True, eq=False)
class _Along:
    """The tangent of the whole map."""

    parameters: tuple[Term, ...]
    mapped: int
    active: tuple[int, ...]
    moved: tuple[Term, ...]
    tangent: Any

    def build(self, operands: Sequence[Term], attributes: Any, moved: Any, cotangent: Any, polish: Any = None) -> Term:
        split = self.mapped
        outer = dict(zip(self.parameters[split:], operands[split:], strict=True))
        outer.update({self.moved[k]: moved[place] for k, place in enumerate(self.active) if place >= split})
        body = replace([self.tangent], outer)[0]
        inner = [k for k, place in enumerate(self.active) if place < split]
        xs = [*operands[:split], *[moved[self.active[k]] for k in inner]]
        return mapped_over(xs, [*self.parameters[:split], *[self.moved[k] for k in inner]], body)


def _map_link(node: Term) -> MapLink:
    body: Body = node.attributes[0]
    mapped: int = node.attributes[1]
    kinds = [
        part.type.with_shape(part.type.shape[1:]) if place < mapped else part.type
        for place, part in enumerate(node.operands)
    ]
    parameters = tuple(map(_fresh, kinds))
    result = body.over(parameters)
    seed = _fresh(result.type if result.type.dtype.kind in "fc" else result.type.with_dtype("float64"))
    sent = cotangents({result: seed}, parameters)
    return MapLink(
        tuple(map(_kind, sent)),
        tuple([value.why if isinstance(value, NullType) else "" for value in sent]),
        tuple([_Back(parameters, mapped, k, seed, v) if isinstance(v, Term) else None for k, v in enumerate(sent)]),
        parameters, result, mapped,
    )  # fmt: skip


def _kind(value: Any) -> str:
    if isinstance(value, DisconnectedType):
        return DISCONNECTED_FROM
    return UNDEFINED_IN if isinstance(value, NullType) else LINEAR


register_special("map", _map_link)
