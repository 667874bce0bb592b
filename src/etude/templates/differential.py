"""The differential relation of one operator: its term and its differential, linear in the operands' differentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kanren import conde, eq
from unification import reify

from etude.rules import D, Rule, RuleSet
from etude.templates.adjoint import Goal
from etude.templates.logic import fresh, spelled_out
from etude.terms import Term

__all__ = ["differential_headed", "differentialo", "spread"]


def differential_headed(rules: RuleSet, term: Term) -> list[Rule]:
    """The differential lines for the operator of `term`; a projection of several results has lines of its own."""
    head = term._tuple[0]
    if head.name != "item":
        own = [rule for rule in head.lines if rule.kind == "differential"]
        return own or [rule for rule in rules.headed(head) if _of_operands(rule.lhs)]
    inner, index = term._tuple[1]._tuple[0], term._tuple[2]
    return [
        rule
        for rule in rules.headed(head)
        if rule.lhs._tuple[1]._tuple[0] is inner and rule.lhs._tuple[2] == index
    ]


def _of_operands(lhs: Term) -> bool:
    """Whether a line is about an operator of any operands, not about an expression."""
    return not any(isinstance(part, Term) for part in lhs.operands)


def differentialo(term: Any, differential: Any, rules: RuleSet) -> Goal:
    """`differential` is that of `term` by the line of its operator, over `(D, operand)`."""

    def goal(state: Any) -> Iterator[Any]:
        known = reify(term, state)
        lines = differential_headed(rules, known) if isinstance(known, Term) else list(rules)
        branches = []
        for rule in lines:
            count = len(_inner(known).operands) if isinstance(known, Term) else len(_inner(rule.lhs).operands)
            for lhs, rhs in spelled_out(rule, count):
                left, right = fresh(lhs, (rhs,))
                branches.append([eq(left, known), eq(right[0], differential)])
        yield from conde(*branches)(state) if branches else iter(())

    return goal


def _inner(term: Term) -> Term:
    inner: Term = term._tuple[1] if term._tuple[0].name == "item" else term
    return inner


def spread(pattern: Any, one: Any) -> Any:
    """`pattern` with each differential of a compound `(D, op(...))` replaced by `one(op(...))`, innermost last."""
    if not isinstance(pattern, (Term, tuple)):
        return pattern
    if isinstance(pattern, Term) and pattern._tuple[0] is D and isinstance(pattern._tuple[1], Term):
        return spread(one(pattern._tuple[1]), one)
    parts = tuple([spread(part, one) for part in pattern])
    return Term(parts) if isinstance(pattern, Term) else parts
