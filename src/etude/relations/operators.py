"""Facts about operators as kanren relations; users add their own with `kanren.facts`."""

from __future__ import annotations

from kanren import Relation, facts

from etude.ops import CATALOGUE
from etude.rules import Rule, default
from etude.terms import Term, Variable

__all__ = ["associative", "commutative", "differentiable", "inverse"]

commutative = Relation("commutative")  # (operator,): the order of its operands does not matter
associative = Relation("associative")  # (operator,): operands may be grouped in any way
inverse = Relation("inverse")  # (f, g): f(g(x)) = x, by a line of rules/simplify
differentiable = Relation("differentiable")  # (operator,): a line of rules/differentials says how it moves


def _read() -> None:
    for op in CATALOGUE.values():
        for relation in (commutative, associative):
            if relation.name in op.properties:
                facts(relation, (op,))
    for rule in default("simplify"):
        pair = _inverse(rule)
        if pair is not None:
            facts(inverse, pair)
    facts(differentiable, *{(rule.lhs._tuple[0],) for rule in default("differentials")})


def _inverse(rule: Rule) -> tuple[object, object] | None:
    """The operators of a line f(g(x)) -> x."""
    lhs = rule.lhs
    if not (isinstance(lhs, Term) and isinstance(rule.rhs, Variable) and len(lhs._tuple) == 2):
        return None
    below = lhs._tuple[1]
    if isinstance(below, Term) and len(below._tuple) == 2 and below._tuple[1] == rule.rhs:
        return lhs._tuple[0], below._tuple[0]
    return None


_read()
