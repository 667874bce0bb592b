"""The adjoint relation: what a linear term sends back to a variable for a given cotangent.

adjointo(v, v, g, g).
adjointo(op(.., part, ..), v, g, r) :- adjoint(op(.., [part], ..), g) = h,  v only in part,  adjointo(part, v, h, r).
adjointo(op(.., p, .., q, ..), v, g, r + s) where op is jointly linear in p and q.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kanren import conde, lall, var
from unification import reify, unify

from etude.ops import CATALOGUE
from etude.rules import MARK, Rule, RuleSet
from etude.templates.logic import Goal, equal, fresh, is_finite, occurs, spelled_out
from etude.terms import Term

__all__ = ["Goal", "adjointo"]


def adjointo(linear: Any, variable: Any, cotangent: Any, result: Any, rules: RuleSet) -> Goal:
    """`result` is the adjoint of `linear`, as a linear map of `variable`, applied to `cotangent`."""

    def goal(state: Any) -> Iterator[Any]:
        if not is_finite(state, (linear, variable, cotangent, result)):
            return
        term = reify(linear, state)
        branches: list[list[Goal]] = [[equal(term, variable), equal(result, cotangent)]]
        if isinstance(term, Term) and occurs(variable, term):
            for rule in _rules_for(term, rules):
                branches.extend(_branches(rule, term, variable, cotangent, result, rules))
        yield from conde(*branches)(state)

    return goal


def _rules_for(term: Term, rules: RuleSet) -> Sequence[Rule]:
    head = term._tuple[0]
    own = [rule for rule in getattr(head, "lines", ()) if rule.kind == "adjoint"]
    return own or rules.headed(head)


def _branches(
    rule: Rule, term: Term, variable: Any, cotangent: Any, result: Any, rules: RuleSet
) -> Iterator[list[Goal]]:
    for lhs, rhs in spelled_out(rule, len(term.operands)):
        marked = [position for position, part in enumerate(lhs._tuple) if _is_marked(part)]
        linear_in = [position for position, part in enumerate(term._tuple) if occurs(variable, part)]
        if not set(linear_in) <= set(marked):
            continue
        plain = Term(tuple([part._tuple[1] if _is_marked(part) else part for part in lhs._tuple]))
        pattern, contributions, given = fresh(plain, rhs, rule.cotangent)
        bound = unify(pattern, term, {given: cotangent})
        if bound is False or not is_finite(bound, (pattern, term)):
            continue
        sent = [reify(contributions[marked.index(position)], bound) for position in linear_in]
        yield [_summed(list(zip([term._tuple[p] for p in linear_in], sent, strict=True)), variable, result, rules)]


def _summed(pairs: list[tuple[Any, Any]], variable: Any, result: Any, rules: RuleSet) -> Goal:
    if len(pairs) == 1:
        return adjointo(pairs[0][0], variable, pairs[0][1], result, rules)
    first, others = var(), var()
    both: Goal = lall(
        adjointo(pairs[0][0], variable, pairs[0][1], first, rules),
        _summed(pairs[1:], variable, others, rules),
        equal(result, Term((CATALOGUE["add"], first, others))),
    )
    return both


def _is_marked(part: Any) -> bool:
    return isinstance(part, Term) and part._tuple[0] is MARK
