"""Facts about operators as kanren relations; users add their own with `kanren.facts`."""

from __future__ import annotations

from kanren import Relation, facts

from etude.ops import CATALOGUE
from etude.rules import default
from etude.rules.inverses import inverse_pairs

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
    for pair in inverse_pairs(default("simplify")):
        facts(inverse, pair)
    facts(differentiable, *{(rule.head,) for rule in default("differentials")})


_read()
