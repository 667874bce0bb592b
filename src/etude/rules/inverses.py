"""Which functions undo each other, as lines such as `exp(log(x)) -> x` say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from etude.rules.rule import Rule
from etude.terms import Term, Variable

__all__ = ["inverse_pairs"]


def inverse_pairs(rules: Iterable[Rule]) -> Iterator[tuple[Any, Any]]:
    """(f, g) for each line f(g(x)) -> x of functions of one operand, in the order of the rules."""
    for rule in rules:
        outer = rule.lhs
        if not (isinstance(outer, Term) and isinstance(rule.rhs, Variable) and len(outer._tuple) == 2):
            continue
        inner = outer._tuple[1]
        if isinstance(inner, Term) and len(inner._tuple) == 2 and inner._tuple[1] == rule.rhs:
            yield outer._tuple[0], inner._tuple[0]
