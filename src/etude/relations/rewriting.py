"""Rewriting and equality as relations: rules forwards and backwards, a breadth at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unification import reify, unify

from etude.errors import EtudeError
from etude.ops import Op
from etude.relations.solving import Goal, equal_terms, fair, is_known, reified, solutions, term_of, typed_numbers
from etude.rewriting import apply_at_root, knowledge, simplify
from etude.rewriting.fitting import Refused, fit
from etude.rules import Rule, RuleSet, default, structural, variables_of
from etude.rules.conditions import STRUCTURAL, holds
from etude.templates.logic import fresh
from etude.terms import Term, Variable, constant, is_leaf, postorder, replace

__all__ = ["equalo", "rewriteo"]

_SIZE = 60  # nodes of terms that are rewritten backwards


def rewriteo(rules: Any, before: Any, after: Any) -> Goal:
    """`after` is reached from `before` by applying rules, one place at a time, once or more often.

    rules: a RuleSet or a Rule. With `before` unknown, the rules are read from right to left: the terms that simplify to a
    given one, nearest first.

    >>> import etude as et
    >>> from kanren import run, var
    >>> from etude.relations import rewriteo
    >>> x, q = et.scalar("x"), var()
    >>> rules = et.rules.load("exp_log: exp(log(x)) -> x")
    >>> [str(et.from_term(found)) for found in run(2, q, rewriteo(rules, q, x))]
    ['exp(log(x))', 'exp(log(exp(log(x))))']
    """
    known = RuleSet([rules]) if isinstance(rules, Rule) else rules
    before, after = term_of(before), term_of(after)

    def goal(state: Any) -> Iterator[Any]:
        sides = reified((before, after), state)
        if sides is None:
            return
        first, last = sides
        if is_known(first):
            reached = _reached(first, known, _forwards)
            yield from solutions(state, (((after, term),) if term is last or not is_known(last) else None for term in reached))
        elif is_known(last):
            yield from solutions(state, (((before, term),) for term in _reached(last, known, _backwards)))

    return goal


def equalo(left: Any, right: Any) -> Goal:
    """Both sides have one normal form. With one unknown: the normal form of the other, the other itself, and then terms that
    simplify to it.

    >>> import etude as et
    >>> from kanren import run
    >>> from etude.relations import equalo
    >>> x = et.scalar("x")
    >>> len(run(1, True, equalo(et.sin(x) ** 2, 1 - et.cos(x) ** 2)))
    1
    """
    left, right = term_of(left), term_of(right)

    def goal(state: Any) -> Iterator[Any]:
        sides = reified((left, right), state)
        if sides is None:
            return
        one, other = sides
        if is_known(one) and is_known(other):
            yield from solutions(state, [()] if equal_terms(one, other) else [])
        elif is_known(other) or is_known(one):
            known, unknown = (other, left) if is_known(other) else (one, right)
            yield from solutions(state, (((unknown, term),) for term in _equals(known)))
        else:
            yield from solutions(state, [((left, right),)])

    return goal


def _equals(term: Term) -> Iterator[Term]:
    plain = simplify(term)
    told = {plain, term}
    yield plain
    if term is not plain:
        yield term
    for found in _reached(plain, default("simplify"), _backwards):
        if found not in told:
            told.add(found)
            yield found


def _reached(start: Term, rules: RuleSet, step: Any) -> Iterator[Term]:
    """What steps lead to, nearest first; each rule is heard in turn."""
    seen, level = {start}, [start]
    while level:
        following = []
        for term in fair([_steps(one, rules, step) for one in level]):
            if term not in seen:
                seen.add(term)
                following.append(term)
                yield term
        level = following


def _steps(term: Term, rules: RuleSet, step: Any) -> Iterator[Term]:
    nodes = [node for node in postorder(term) if not (is_leaf(node) and step is _forwards)]
    if len(nodes) > _SIZE:
        return
    yield from fair([_at(term, node, rule, step) for rule in rules if rule.kind == "rewrite" for node in reversed(nodes)])


def _at(term: Term, node: Term, rule: Rule, step: Any) -> Iterator[Term]:
    for made in step(node, rule):
        if made is node:
            continue
        try:
            [found] = [made] if node is term else replace([term], {node: made})
        except EtudeError:
            continue
        yield found


def _forwards(node: Term, rule: Rule) -> Iterator[Term]:
    found = apply_at_root(RuleSet([rule]))(node)
    if found is not None:
        yield found


def _backwards(node: Term, rule: Rule) -> Iterator[Term]:
    """Left sides whose right side is the node: the rule's own sides unified over logic variables."""
    if node.type is None or (isinstance(rule.rhs, Term) and rule.rhs._tuple[0] is not node._tuple[0]):
        return
    if not variables_of(rule.lhs) <= variables_of(rule.rhs):
        return
    names = sorted(variables_of(rule.lhs) | variables_of(rule.rhs), key=lambda variable: variable.name)
    if any(name.star for name in names):
        return
    left, right, values = fresh(typed_numbers(rule.lhs, node), typed_numbers(rule.rhs, node), tuple(names))
    bound = unify(right, node, {})
    if bound is False:
        return
    given = dict(zip(names, reify(values, bound), strict=True))
    if rule.condition is not None and not holds(rule.condition, given.get, _said):
        return
    try:
        made = fit(_built(reify(left, bound)), node)
    except (EtudeError, Refused, TypeError, ValueError):
        return
    forwards = apply_at_root(RuleSet([rule]))(made)
    if forwards is node:
        yield made


def _said(word: str, parts: tuple[Any, ...]) -> bool:
    return bool(structural(word, parts)) if word in STRUCTURAL else knowledge().holds(word, parts[0])


def _built(pattern: Any) -> Term:
    """A pattern without variables as a typed term."""
    if isinstance(pattern, Term) and pattern.type is None and isinstance(pattern._tuple[0], Op):
        operands = tuple([_built(part) for part in pattern.operands])
        if any(isinstance(part, Variable) for part in operands):
            raise TypeError("a variable is left")
        made: Term = pattern._tuple[0].apply(operands, pattern.attributes)
        return made
    return pattern if isinstance(pattern, Term) else constant(pattern)
