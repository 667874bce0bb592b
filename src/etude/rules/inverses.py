"""Which functions undo each other, as lines such as `exp(log(x)) -> x` say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from etude.rules.rule import Rule
from etude.terms import Term, Variable

__all__ = ["Undoing", "inverse_pairs", "undoings"]


def inverse_pairs(rules: Iterable[Rule]) -> Iterator[tuple[Any, Any]]:
    """(f, g) for each line f(g(x)) -> x of functions of one operand, in the order of the rules."""
    for undoing in undoings(rules):
        outer = undoing.rule.lhs
        if len(outer._tuple) == len(undoing.inner._tuple) == 2 and outer._tuple[1] is undoing.inner:
            yield outer._tuple[0], undoing.inner._tuple[0]


@dataclass(frozen=True)
class Undoing:
    """A line outer(inner(x)) -> x: inner(x) = s where x = outer(s). `place` is that of x among the operands of `inner`."""

    rule: Rule
    inner: Term
    place: int

    @property
    def unknown(self) -> Variable:
        variable: Variable = self.rule.rhs
        return variable


def undoings(rules: Iterable[Rule]) -> Iterator[Undoing]:
    """The lines that give a variable back, which occurs once on their left side, below the root."""
    for rule in rules:
        if isinstance(rule.rhs, Variable) and isinstance(rule.lhs, Term):
            holders = [part for part in _parts(rule.lhs) if rule.rhs in part.operands]
            if len(holders) == 1 and holders[0] is not rule.lhs and holders[0].operands.count(rule.rhs) == 1:
                yield Undoing(rule, holders[0], holders[0].operands.index(rule.rhs))


def _parts(pattern: Term) -> list[Term]:
    """The parts that are terms, as often as they occur."""
    return [pattern, *[inner for part in pattern._tuple[1:] if isinstance(part, Term) for inner in _parts(part)]]
