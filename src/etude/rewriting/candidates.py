"""Which pairs of addends or factors any rule could join, told by the heads of operators alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Any

from etude.ops import CATALOGUE
from etude.rules import Rule, pattern_parts
from etude.terms import CONSTANT, Term, Variable, is_typed

__all__ = ["SUM", "Candidates"]

SUM = CATALOGUE["add"]  # stands for every sum
_add, _subtract, _negative, _multiply, _divide, _power = map(
    CATALOGUE.__getitem__, ("add", "subtract", "negative", "multiply", "divide", "power")
)
_TAKEN_OFF = frozenset(
    CATALOGUE[name] for name in ("sqrt", "rsqrt", "square", "reciprocal", "positive", "negative", "power")
)
Heads = frozenset[Any]
_OPEN: Heads = frozenset([_power])


class Candidates:
    """The heads that rules on sums or on products ask of two parts, or of one."""

    def __init__(self, rules: Iterable[Rule], of_sums: bool):
        self.of_sums = of_sums
        self.wanted: list[tuple[tuple[Heads, ...], Heads]] = []
        told: set[Any] = set()
        for rule in rules:
            parts = [_heads(part) for part in (_addends if of_sums else _factors)(rule.lhs)]
            if not of_sums:
                parts = [heads for heads in parts if heads != {CONSTANT}] or parts
            self.wanted.append((tuple(parts), _OPEN if _has_open_power(rule.lhs) else frozenset()))
            told.update(*parts, self.wanted[-1][1])
        self._pairs: dict[tuple[Heads, Heads], bool] = {}
        self._single: dict[Heads, bool] = {}
        self.told = frozenset(told)

    def pair(self, one: Heads, other: Heads) -> bool:
        """Whether a rule could join parts that have these heads."""
        found = self._pairs.get((one, other))
        if found is None:
            found = self._pairs[one, other] = any(
                len(parts) == 2
                and any(a <= one and b <= other for a, b in permutations(parts))
                and (any(parts) or not opened or bool(opened & (one | other)))
                for parts, opened in self.wanted
            )
        return found

    def single(self, heads: Heads) -> bool:
        """Whether a rule could change a power of one factor that has these heads."""
        found = self._single.get(heads)
        if found is None:
            found = self._single[heads] = any(len(parts) == 1 and parts[0] <= heads for parts, _ in self.wanted)
        return found


def _addends(pattern: Any) -> list[Any]:
    return _leaves(pattern, (_add, _subtract, _negative))


def _factors(pattern: Any) -> list[Any]:
    return _leaves(pattern, (_multiply, _divide))


def _leaves(pattern: Any, inner: tuple[Any, ...]) -> list[Any]:
    found, pending = [], [pattern]
    while pending:
        part = pending.pop()
        if isinstance(part, Term) and not is_typed(part) and part._tuple[0] in inner:
            pending.extend(reversed(part.operands))
        else:
            found.append(part)
    return found


def _heads(pattern: Any) -> Heads:
    """The heads that a matching part must have among its factors."""
    found: set[Any] = set()
    pending = [pattern]
    while pending:
        part = pending.pop()
        head = part._tuple[0] if isinstance(part, Term) else CONSTANT if isinstance(part, (int, float)) else None
        if head is CONSTANT:
            if part is pattern:
                found.add(CONSTANT)
        elif head in _TAKEN_OFF:
            pending.append(part._tuple[1])
        elif head is _multiply or head is _divide:
            pending.extend(part._tuple[1:])
        elif head is not None:
            found.add(SUM if head is _subtract else head)
    return frozenset(found)


def _has_open_power(pattern: Any) -> bool:
    """Whether a variable is raised to a variable, which is a factor of its own where that is no number."""
    powers = [part._tuple for part in pattern_parts(pattern) if isinstance(part, Term) and part._tuple[0] is _power]
    return any(isinstance(base, Variable) and isinstance(exponent, Variable) for _, base, exponent in powers)
