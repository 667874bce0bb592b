"""The steps of an antiderivative checked again, by numbers alone: no rule and no part of the search is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import numpy as np

from etude.integration.reasons import NEW_VARIABLE, SUBSTITUTION
from etude.rewriting import Step
from etude.terms import Term, assumptions_of, constant_value, is_constant, is_symbol, postorder, replace

__all__ = ["replay"]

_POINTS = [sign * 0.09 * 1.15**k for k in range(30) for sign in (1, -1)]
_TOLERANCE, _ENOUGH, _WIDTH = 1e-6, 4, 2e-4

Values = dict[Term, float]
Function = Callable[[Values], float]


def replay(integrand: Term, answer: Term, variable: Term, steps: Iterable[Step]) -> list[Step]:
    """The steps that fail.

    A step holds if both sides are equal, or if one is the derivative of the other in the variable or in one that was taken
    for it; a substitution, if the new integrand at the meaning of the new variable, times the slope of that, is the old one.
    Derivatives are central differences at sample points. Raises ValueError where the last step is not that the answer is an
    antiderivative of the integrand.
    """
    steps = list(steps)
    if not steps or (steps[-1].before, steps[-1].after) != (integrand, answer):
        raise ValueError("the last step is not from the integrand to the answer")
    meanings: dict[Term, Term] = {variable: variable}
    failed = []
    for step in steps:
        if step.rule == NEW_VARIABLE and is_symbol(step.after) and step.after is not variable:
            meanings[step.after] = step.before
        elif not (_substituted(step, meanings) if step.rule == SUBSTITUTION else _follows(step, meanings)):
            failed.append(step)
    if steps[-1] not in failed and not _agree(_slope(answer, variable), _function(integrand), [integrand, answer]):
        failed.append(steps[-1])
    return failed


def _substituted(step: Step, meanings: dict[Term, Term]) -> bool:
    for fresh in _symbols([step.after]):
        if fresh not in meanings:
            continue
        [placed] = replace([step.after], {fresh: meanings[fresh]})
        for outer in _symbols([meanings[fresh]]):
            moved = _product(placed, meanings[fresh], outer)
            if outer in meanings and _agree(moved, _function(step.before), [step.before, placed]):
                return True
    return False


def _follows(step: Step, meanings: dict[Term, Term]) -> bool:
    before, after = step.before, step.after
    sides = [before, after]
    if _agree(_function(before), _function(after), sides):
        return True
    return any(
        _agree(_slope(after, moved), _function(before), sides) or _agree(_slope(before, moved), _function(after), sides)
        for moved in _symbols(sides)
        if moved in meanings
    )


def _product(inner: Term, meaning: Term, variable: Term) -> Function:
    value, slope = _function(inner), _slope(meaning, variable)
    return lambda values: value(values) * slope(values)


def _function(term: Term) -> Function:
    order = list(postorder(term))
    fixed: dict[Term, Any] = {part: constant_value(part) for part in order if is_constant(part)}
    worked_out = [part for part in order if not is_symbol(part) and part not in fixed]

    def value(values: Values) -> float:
        known = fixed | {symbol: np.asarray(value, symbol.type.dtype) for symbol, value in values.items()}
        for part in worked_out:
            known[part] = part.head.meaning(*[known[operand] for operand in part.operands], *part.attributes)
        return float(known[term])

    return value


def _slope(term: Term, variable: Term) -> Function:
    """The derivative by differences: Abramowitz & Stegun 25.3.6."""
    value = _function(term)

    def difference(values: Values, h: float) -> float:
        at = values[variable]
        near = [value({**values, variable: at + k * h}) for k in (-2, -1, 1, 2)]
        return (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * h)

    def slope(values: Values) -> float:
        if variable not in values:
            return 0.0
        width = _WIDTH * max(abs(values[variable]), 0.1)
        wide, narrow = difference(values, 2 * width), difference(values, width)
        return narrow if abs(wide - narrow) <= _TOLERANCE / 2 * max(1.0, abs(narrow)) else math.nan  # kinks, poles, rounding

    return slope


def _agree(left: Function, right: Function, terms: list[Term]) -> bool:
    """Whether two functions have the same values at the points where both have one."""
    seen = 0
    with np.errstate(all="ignore"):
        for values in _samples(_symbols(terms)):
            wanted, found = right(values), left(values)
            if not math.isfinite(wanted) or not math.isfinite(found):
                continue
            if abs(wanted - found) > _TOLERANCE * max(1.0, abs(wanted)):
                return False
            seen += 1
    return seen >= _ENOUGH or not _symbols(terms)


def _symbols(terms: list[Term]) -> list[Term]:
    return [node for node in postorder(*terms) if is_symbol(node)]


def _samples(symbols: list[Term]) -> Iterator[Values]:
    random = Random(3)  # noqa: S311  # sample points, nothing secret
    for point in _POINTS:
        values = {}
        for place, symbol in enumerate(symbols):
            value = point if place == 0 else random.choice(_POINTS)
            known = assumptions_of(symbol)
            if known.intersection(("positive", "nonnegative")):
                value = abs(value)
            values[symbol] = -abs(value) if "negative" in known else value
        yield values
