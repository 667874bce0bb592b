"""Which pairs of addends or of factors any rule could join, told by operators, exponents and coefficients alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Any

from etude.ops import CATALOGUE
from etude.rewriting.fitting import number_of
from etude.rewriting.numbers import Number, exact, quotient, raised
from etude.rules import Rule
from etude.terms import CONSTANT, Term, is_typed

__all__ = ["NOTHING", "ONE", "SUM", "Addend", "Heads", "OnProducts", "OnSums"]

_add, _subtract, _negative, _multiply, _divide, _power = map(
    CATALOGUE.__getitem__, ("add", "subtract", "negative", "multiply", "divide", "power")
)
_ROOTS = {CATALOGUE[name]: exponent for name, exponent in (("square", 2), ("reciprocal", -1), ("positive", 1))}
_FRACTIONS = {CATALOGUE["sqrt"]: quotient(1, 2), CATALOGUE["rsqrt"]: quotient(-1, 2)}
SUM = _add  # the head that stands for every sum
Heads = frozenset[Any]
Addend = tuple[frozenset[tuple[Any, Number]], int]  # (head, exponent) of the factors that rules name; how many factors
NOTHING: Addend = (frozenset(), 1)
ONE: Addend = (frozenset([(CONSTANT, 1)]), 1)
_KEPT = 10_000


class _Wanted:
    """What an addend of a pattern asks: factors, whether these are all, and the coefficient (None: any)."""

    def __init__(self, coefficient: Number | None, pattern: Any):
        number, factors = _factors(pattern)
        self.coefficient = None if number is None or coefficient is None else coefficient * number
        self.factors = [(_head(base), exponent) for base, exponent in factors if _head(base) is not None]
        self.all = len(self.factors) == len(factors)
        if not factors:
            self.factors = [(CONSTANT, 1)]

    def fits(self, addend: Addend) -> bool:
        found, count = addend
        if self.all and count != len(self.factors):
            return False
        return all(
            any(head is h and (exponent is None or exponent == e) for h, e in found) for head, exponent in self.factors
        )


class OnSums:
    """What the rules on sums of two addends ask."""

    def __init__(self, rules: Iterable[Rule]):
        self.wanted: list[tuple[_Wanted, _Wanted]] = []
        for rule in rules:
            addends = [_Wanted(*addend) for addend in _addends(rule.lhs)]
            if len(addends) == 2:
                self.wanted.append((addends[0], addends[1]))
        self.told = frozenset(head for pair in self.wanted for one in pair for head, _ in one.factors)
        self._known: dict[Any, bool] = {}

    def joins(self, one: Addend, other: Addend, ratio: Number | None = None) -> bool:
        """Whether a rule could join two addends, the coefficient of the first being `ratio` times that of the second."""
        key = one, other, ratio
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _KEPT:
                self._known.clear()
            found = self._known[key] = any(
                a.fits(one) and b.fits(other) and _in_proportion(a.coefficient, b.coefficient, ratio, a.all and b.all)
                for pair in self.wanted
                for a, b in permutations(pair)
            )
        return found


def _in_proportion(a: Number | None, b: Number | None, ratio: Number | None, closed: bool) -> bool:
    return not closed or ratio is None or a is None or b is None or a == b * ratio


class OnProducts:
    """What the rules on products of two factors, and on powers of one, ask."""

    def __init__(self, rules: Iterable[Rule]):
        self.wanted: list[list[tuple[Heads, Number | None, bool]]] = []
        for rule in rules:
            factors = _factors(rule.lhs)[1]
            if 0 < len(factors) <= 2:
                self.wanted.append([(_within(base), exponent, exponent is None) for base, exponent in factors])
        self.told = frozenset(head for factors in self.wanted for heads, _, _ in factors for head in heads) | {_power}
        self._known: dict[Any, bool] = {}

    def joins(self, one: Heads, other: Heads, opposed: bool | None = None) -> bool:
        """Whether a rule could join two factors; `opposed` says that one is above, the other below the line."""
        key = one, other, opposed
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = any(
                len(factors) == 2
                and any(a[0] <= one and b[0] <= other and _opposed(a[1], b[1], opposed) for a, b in permutations(factors))
                and (bool(factors[0][0] or factors[1][0]) or not (factors[0][2] or factors[1][2]) or _power in one | other)
                for factors in self.wanted
            )
        return found

    def alters(self, heads: Heads, exponent: Number) -> bool:
        """Whether a rule could change a power of one factor."""
        return any(
            len(factors) == 1 and factors[0][0] <= heads and (factors[0][1] is None or factors[0][1] == exponent)
            for factors in self.wanted
        )


def _opposed(a: Number | None, b: Number | None, opposed: bool | None) -> bool:
    return opposed is None or a is None or b is None or ((a > 0) is not (b > 0)) is opposed


def _addends(pattern: Any) -> list[tuple[Number | None, Any]]:
    found: list[tuple[Number | None, Any]] = []
    pending: list[tuple[Number, Any]] = [(1, pattern)]
    while pending:
        sign, part = pending.pop()
        head = part._tuple[0] if isinstance(part, Term) and not is_typed(part) else None
        if head is _add or head is _subtract:
            operands = part.operands
            pending.extend([(-sign if head is _subtract and place else sign, each) for place, each in enumerate(operands)])
        elif head is _negative:
            pending.append((-sign, part._tuple[1]))
        else:
            found.append((sign, part))
    return found


def _factors(pattern: Any) -> tuple[Number | None, list[tuple[Any, Number | None]]]:
    """The coefficient (None: not told) and the bases with their exponents (None: any) of a pattern."""
    coefficient: Number | None = 1
    found: list[tuple[Any, Number | None]] = []
    pending: list[tuple[Any, Number | None]] = [(pattern, 1)]
    while pending:
        part, exponent = pending.pop()
        literal = _literal(part)
        head = part._tuple[0] if isinstance(part, Term) and not is_typed(part) else None
        if literal is not None:
            value = None if exponent is None else raised(literal, exponent)
            coefficient = None if value is None or coefficient is None else coefficient * value
        elif head is _multiply:
            pending.extend([(each, exponent) for each in part.operands])
        elif head is _divide:
            below = None if exponent is None else -exponent
            pending.extend([(part._tuple[1], exponent), (part._tuple[2], below)])
        elif head is _negative:
            coefficient = None
            pending.append((part._tuple[1], exponent))
        elif head is _power:
            power = _literal(part._tuple[2])
            pending.append((part._tuple[1], None if power is None or exponent is None else exponent * power))
        elif head in _ROOTS or head in _FRACTIONS:
            power = _ROOTS[head] if head in _ROOTS else _FRACTIONS[head]
            pending.append((part._tuple[1], None if exponent is None else exponent * power))
        else:
            found.append((part, exponent))
    return coefficient, found


def _literal(part: Any) -> Number | None:
    if isinstance(part, Term):
        number = number_of(part) if is_typed(part) else None
        return None if number is None else exact(number)
    return exact(part) if type(part) in (int, float) else None


def _head(base: Any) -> Any:
    """The head that a base must have; None for a variable, which is anything."""
    if not isinstance(base, Term):
        return None
    head = base._tuple[0]
    return SUM if head is _subtract else head


def _within(base: Any) -> Heads:
    """The head of a base, for a sum with the heads of its addends' factors."""
    head = _head(base)
    if head is not SUM:
        return frozenset(() if head is None else (head,))
    inside = [_head(inner) for _, addend in _addends(base) for inner, _ in _factors(addend)[1]]
    return frozenset([SUM, *[one for one in inside if one is not None and one is not SUM]])
