"""Explanations checked by other means than those that made them: each step alone, then the chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from etude.egraph.graph import EGraph
from etude.egraph.matching import Directed, directed
from etude.errors import EtudeError
from etude.rewriting import Step
from etude.rewriting.fitting import number_of
from etude.rules import RuleSet
from etude.terms import SYMBOL, Term, Variable, assumptions_of, is_leaf, is_typed, postorder

__all__ = ["replay"]

_POINTS, _TOLERANCE = 12, 1e-7


def replay(start: Term, end: Term, steps: Iterable[Step], rules: RuleSet) -> list[Step]:
    """The steps that fail: not one application of their rule at the root, in either direction.

    Lines that are not among the rules, as those of arithmetic are, are tested by values. Raises ValueError where the
    steps together do not make `start` equal to `end`.
    """
    steps = list(steps)
    by_name: dict[str, list[Directed]] = {}
    for rule in directed(rules):
        by_name.setdefault(rule.rule.name, []).append(rule)
    closure = EGraph()
    for term in (start, end, *[side for step in steps for side in (step.before, step.after)]):
        closure.add(term)
    for step in steps:
        closure.merge(step.before, step.after, (step,))
    closure.rebuild()
    if closure.find(start) != closure.find(end):
        raise ValueError(f"the steps do not lead from {start} to {end}")
    return [step for step in steps if not _holds(step, by_name)]


def _holds(step: Step, rules: dict[str, list[Directed]]) -> bool:
    if step.rule not in rules:
        return _same_values(step.before, step.after)
    sides = ((step.before, step.after), (step.after, step.before))
    return any(_applies(rule, before, after) for rule in rules[step.rule] for before, after in sides)


def _applies(rule: Directed, before: Term, after: Term) -> bool:
    return any(rule.built(before, bound) is after for bound in _bindings(rule.rule.lhs, before, {}))


def _bindings(pattern: Any, term: Any, bound: dict[Variable, Any]) -> Iterator[dict[Variable, Any]]:
    """Every way in which a pattern fits a term, operands of commutative operators in both orders."""
    if isinstance(pattern, Variable):
        if pattern not in bound or bound[pattern] is term or (not isinstance(term, Term) and bound[pattern] == term):
            yield {**bound, pattern: term}
    elif is_typed(pattern):
        if pattern is term:
            yield bound
    elif isinstance(pattern, Term):
        yield from _below(pattern, term, bound)
    elif isinstance(term, Term):
        value = number_of(term)
        if value is not None and value == pattern:
            yield bound
    elif pattern == term or (pattern,) == term:
        yield bound


def _below(pattern: Term, term: Any, bound: dict[Variable, Any]) -> Iterator[dict[Variable, Any]]:
    if not isinstance(term, Term) or term._tuple[0] is not pattern._tuple[0] or len(term._tuple) != len(pattern._tuple):
        return
    sought = [pattern._tuple[1:]]
    if "commutative" in getattr(pattern._tuple[0], "properties", ()) and len(pattern.operands) == 2:
        sought.append((*pattern.operands[::-1], *pattern.attributes))
    for parts in sought:
        partial = [bound]
        for part, there in zip(parts, term._tuple[1:], strict=True):
            partial = [more for soon in partial for more in _bindings(part, there, soon)]
        yield from partial


def _same_values(left: Term, right: Term) -> bool:
    """Whether two terms agree at random points of the domain where the left one is finite."""
    if left.type is not right.type:
        return False
    rng = np.random.default_rng(7)
    leaves = [term for term in postorder(left, right) if term._tuple[0] is SYMBOL]
    for _ in range(_POINTS):
        values = {leaf: _draw(leaf, rng) for leaf in leaves}
        a, b = _value(left, values), _value(right, values)
        if a is None or b is None:
            continue
        scale = _TOLERANCE * (1 + np.abs(a))
        if np.any(np.isfinite(a) & ~(np.abs(a - b) <= scale)):
            return False
    return True


def _draw(leaf: Term, rng: np.random.Generator) -> Any:
    shape = tuple([dim if isinstance(dim, int) else 3 for dim in leaf.type.shape or ()])
    value = rng.uniform(0.1, 2.0, shape)
    words = assumptions_of(leaf)
    if "negative" in words or not words & {"positive", "nonnegative"}:
        value = value * (-1 if "negative" in words else rng.choice([-1, 1], shape))
    value = np.rint(value) if "integer" in words else value
    return value.astype(leaf.type.dtype) if leaf.type.dtype.kind != "b" else value > 0


def _value(root: Term, values: dict[Term, Any]) -> Any:
    made: dict[Term, Any] = dict(values)
    try:
        with np.errstate(all="ignore"):
            for term in postorder(root):
                if term not in made:
                    parts = [made[part] if isinstance(part, Term) else part for part in term._tuple[1:]]
                    made[term] = parts[0].value if is_leaf(term) else term._tuple[0].meaning(*parts)
    except (EtudeError, ArithmeticError, ValueError, TypeError):
        return None
    return np.asarray(made[root])
