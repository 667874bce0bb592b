"""Which pairs of addends or of factors any rule could join, told by operators, exponents and coefficients alone."""

from __future__ import annotations

from collections.abc import Iterable
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


class _Pairs:
    """For each kind of part the rules whose first or second part it fits, as bits; so that asking of a pair is one `&`."""

    def __init__(self) -> None:
        self._masks: dict[Any, tuple[int, int]] = {}

    def fits(self, rule: int, side: int, kind: Any) -> bool:
        raise NotImplementedError

    def count(self) -> int:
        raise NotImplementedError

    def masks(self, kind: Any) -> tuple[int, int]:
        found = self._masks.get(kind)
        if found is None:
            if len(self._masks) > _KEPT:
                self._masks.clear()
            left, right = [
                sum(1 << rule for rule in range(self.count()) if self.fits(rule, side, kind)) for side in (0, 1)
            ]
            found = self._masks[kind] = left, right
        return found

    def promising(self, kinds: list[Any], most: int) -> list[int]:
        """The places of parts that a rule could join with another of the parts; none where these are more than `most`."""
        masks = [self.masks(kind) for kind in kinds]
        lefts = rights = 0
        for left, right in masks:
            lefts |= left
            rights |= right
        if not lefts & rights:
            return []
        places = [place for place, (left, right) in enumerate(masks) if left & rights or right & lefts]
        return places if len(places) <= most else []

    def both(self, one: Any, other: Any) -> tuple[int, int]:
        """The rules that could join two parts, in this order and in the other."""
        (left, right), (first, second) = self.masks(one), self.masks(other)
        return left & second, right & first


class OnSums(_Pairs):
    """What the rules on sums of two addends ask."""

    def __init__(self, rules: Iterable[Rule]):
        super().__init__()
        self.wanted: list[tuple[_Wanted, _Wanted]] = []
        for rule in rules:
            addends = [_Wanted(*addend) for addend in _addends(rule.lhs)]
            if len(addends) == 2 and 0 not in (addends[0].coefficient, addends[1].coefficient):
                self.wanted.append((addends[0], addends[1]))
        self.told = frozenset(head for pair in self.wanted for one in pair for head, _ in one.factors)

    def count(self) -> int:
        return len(self.wanted)

    def fits(self, rule: int, side: int, kind: Addend) -> bool:
        return self.wanted[rule][side].fits(kind)

    def joins(self, one: Addend, other: Addend, a: Number, b: Number) -> bool:
        """Whether a rule could join two addends with these coefficients."""
        return any(
            bits >> rule & 1 and _ratio(*pair) in (None, quotient(*given))
            for bits, given in zip(self.both(one, other), ((a, b), (b, a)), strict=True)
            if bits
            for rule, pair in enumerate(self.wanted)
        )


def _ratio(a: _Wanted, b: _Wanted) -> Number | None:
    if a.coefficient is None or not b.coefficient or not (a.all and b.all):
        return None
    return quotient(a.coefficient, b.coefficient)


class OnProducts(_Pairs):
    """What the rules on products of two factors, and on powers of one, ask."""

    def __init__(self, rules: Iterable[Rule]):
        super().__init__()
        self._joins: dict[tuple[Heads, Heads, bool], bool] = {}
        self.wanted: list[list[tuple[Heads, Number | None]]] = []
        self.single: list[tuple[Heads, Number | None]] = []
        for rule in rules:
            factors = [(_within(base), exponent) for base, exponent in _factors(rule.lhs)[1]]
            if len(factors) == 2:
                self.wanted.append(factors)
            self.single.extend(factors if len(factors) == 1 else [])
        told = [heads for factors in [*self.wanted, self.single] for heads, _ in factors]
        self.told = frozenset(head for heads in told for head in heads) | {_power}

    def count(self) -> int:
        return len(self.wanted)

    def fits(self, rule: int, side: int, kind: Heads) -> bool:
        return self.wanted[rule][side][0] <= kind

    def joins(self, one: Heads, other: Heads, opposed: bool) -> bool:
        """Whether a rule could join two factors; `opposed` says that one is above, the other below the line."""
        asked = one, other, opposed
        found = self._joins.get(asked)
        if found is None:
            if len(self._joins) > _KEPT:
                self._joins.clear()
            found = self._joins[asked] = self._may_join(one, other, opposed)
        return found

    def _may_join(self, one: Heads, other: Heads, opposed: bool) -> bool:
        bits = self.both(one, other)
        both = bits[0] | bits[1]
        return bool(both) and any(
            both >> rule & 1
            and _opposed(a[1], b[1], opposed)
            and (bool(a[0] or b[0]) or not (a[1] is None or b[1] is None) or _power in one | other)
            for rule, (a, b) in enumerate(self.wanted)
        )

    def alters(self, heads: Heads, exponent: Number) -> bool:
        """Whether a rule could change a power of one factor."""
        return any(asked <= heads and (power is None or power == exponent) for asked, power in self.single)


def _opposed(a: Number | None, b: Number | None, opposed: bool) -> bool:
    return a is None or b is None or ((a > 0) is not (b > 0)) is opposed


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
