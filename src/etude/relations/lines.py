"""The differential lines themselves, as pairs of a function and its derivative: answers where nothing else is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from etude.errors import EtudeError
from etude.integration.table import said_of, typed
from etude.ops import Op
from etude.relations.solving import fair, typed_numbers
from etude.rules import Rule, default
from etude.terms import Term, Variable, symbol, symbol_name

__all__ = ["line_instances"]

Derivative = Callable[[Term, Term], "Term | None"]


def line_instances(function: Any, variable: Term | None, derivative: Derivative) -> Iterator[tuple[Term, Term, Term]]:
    """(function, symbol, derivative) for each line of rules/differentials and rules/integrals and each operand that may vary.

    function: what is known of the function; where that is its operator, only the lines of that are heard. variable: the
    symbol that the functions are of; None for one with the name that the line has for it. Every line is heard before a second
    operand of any.
    """
    known = function._tuple[0] if isinstance(function, Term) else None
    rules = [rule for rule in [*default("differentials"), *default("integrals")] if known in (None, rule.lhs._tuple[0])]
    told = set()
    for whole, wrt, slope in fair([_instances(rule, variable, derivative) for rule in rules if _is_of_numbers(rule)]):
        if (whole, wrt) not in told:
            told.add((whole, wrt))
            yield whole, wrt, slope


def _is_of_numbers(rule: Rule) -> bool:
    """Whether the line speaks of a function of numbers, and not of axes, indices or several results."""
    head = rule.lhs._tuple[0]
    return isinstance(head, Op) and head.is_elementwise and not any(isinstance(part, Variable) for part in rule.lhs.attributes)


def _instances(rule: Rule, variable: Term | None, derivative: Derivative) -> Iterator[tuple[Term, Term, Term]]:
    names = sorted(rule.variables.values(), key=lambda name: name.name)
    if any(name.star for name in names):
        return
    for moved in names:
        wrt = symbol(moved.name, (), "float64", said_of(rule.condition, moved)) if variable is None else variable
        given: dict[Any, Term] = {name: _parameter(rule, name, wrt) for name in names}
        try:
            whole = typed(typed_numbers(rule.lhs, wrt), {**given, moved: wrt})
            slope = derivative(whole, wrt)
        except EtudeError:  # no function of numbers, or not of such as the variable is
            continue
        if slope is not None:
            yield whole, wrt, slope


def _parameter(rule: Rule, name: Variable, wrt: Term) -> Term:
    taken = symbol_name(wrt) == name.name
    return symbol(f"{name.name}_" if taken else name.name, (), wrt.type.dtype, said_of(rule.condition, name))
