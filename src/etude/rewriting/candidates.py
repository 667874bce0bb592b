"""Which pairs of addends or of factors any rule could join, told by operators, exponents and coefficients alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from etude.ops import CATALOGUE
from etude.rewriting.fitting import number_of
from etude.rewriting.numbers import Number, exact, quotient, raised
from etude.rules import Rule
from etude.terms import CONSTANT, Term, is_typed

__all__ = ["NOTHING", "ONE", "SUM", "SUMS", "Addend", "Heads", "OnProducts", "OnSums"]

_add, _subtract, _negative, _multiply, _divide = map(
    CATALOGUE.__getitem__, ("add", "subtract", "negative", "multiply", "divide")
)
_power: Final = CATALOGUE["power"]
_ROOTS = {CATALOGUE[name]: exponent for name, exponent in (("square", 2), ("reciprocal", -1), ("positive", 1))}
_FRACTIONS = {CATALOGUE["sqrt"]: quotient(1, 2), CATALOGUE["rsqrt"]: quotient(-1, 2)}
SUM = _add  # the head that stands for every sum
SUMS: Final = frozenset((_add, _subtract, _negative, _multiply))  # the heads that a sum may have
Heads = frozenset[Any]
Addend = tuple[frozenset[tuple[Any, Number]], int]  # (head, exponent) of the factors that rules name; how many factors
NOTHING: Final[Addend] = (frozenset(), 1)
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


class OnSums:
    """What the rules on sums of two addends ask.

    For each kind of addend the rules whose first or second addend it fits, as bits; so that asking of a pair is one `&`.
    """

    def __init__(self, rules: Iterable[Rule]):
        self._masks: dict[Addend, tuple[int, int]] = {}
        self.wanted: list[tuple[_Wanted, _Wanted]] = []
        for rule in rules:
            addends = [_Wanted(*addend) for addend in _addends(rule.lhs)]
            if len(addends) == 2 and 0 not in (addends[0].coefficient, addends[1].coefficient):
                self.wanted.append((addends[0], addends[1]))
        self._ratios = [_ratio(*pair) for pair in self.wanted]
        self._sides = [_by_asked([pair[side] for pair in self.wanted]) for side in (0, 1)]
        self.told = frozenset(head for pair in self.wanted for one in pair for head, _ in one.factors)
        self.asked = self.told, self._masks, self.masks, NOTHING, ONE  # as gathering in C asks of two addends

    def masks(self, kind: Addend) -> tuple[int, int]:
        found = self._masks.get(kind)
        if found is None:
            if len(self._masks) > _KEPT:
                self._masks.clear()
            found = self._masks[kind] = self._fitting(0, kind), self._fitting(1, kind)
        return found

    def _fitting(self, side: int, kind: Addend) -> int:
        """The rules of which this side asks no factor that the addend has not, nor that these are all where it has more."""
        factors, count = kind
        found, there = 0, factors | {(head, None) for head, _ in factors}
        for (asked, length), rules in self._sides[side].items():
            if asked <= there and (length is None or length == count):
                found |= rules
        return found

    def promising(self, kinds: list[Addend], most: int) -> list[int]:
        """The places of addends that a rule could join with another of them; none where these are more than `most`."""
        known = self._masks
        lefts = rights = 0
        for kind in kinds:
            left, right = known.get(kind) or self.masks(kind)
            lefts |= left
            rights |= right
        if not lefts & rights:
            return []
        masks = [self.masks(kind) for kind in kinds]
        places = [place for place, (left, right) in enumerate(masks) if left & rights or right & lefts]
        return places if len(places) <= most else []

    def joins(self, one: Addend, other: Addend, a: Number, b: Number) -> bool:
        """Whether a rule could join two addends with these coefficients."""
        (left, right), (first, second) = self.masks(one), self.masks(other)
        return self._fit(left & second, a, b) or self._fit(right & first, b, a)

    def _fit(self, rules: int, a: Number, b: Number) -> bool:
        """Whether one of the rules, given as bits, takes coefficients of this ratio."""
        while rules:
            lowest = rules & -rules
            ratio = self._ratios[lowest.bit_length() - 1]
            if ratio is None or ratio == quotient(a, b):
                return True
            rules ^= lowest
        return False


def _by_asked(wanted: list[_Wanted]) -> dict[tuple[frozenset[Any], int | None], int]:
    """The rules, as bits, by the factors that they ask for, and by how many where these are all."""
    return _bits([((frozenset(one.factors), len(one.factors) if one.all else None), rule) for rule, one in enumerate(wanted)])


def _bits(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    """For each key the rules that it is given with, as bits."""
    found: dict[Any, int] = {}
    for key, rule in pairs:
        found[key] = found.get(key, 0) | 1 << rule
    return found


def _ratio(a: _Wanted, b: _Wanted) -> Number | None:
    if a.coefficient is None or not b.coefficient or not (a.all and b.all):
        return None
    return quotient(a.coefficient, b.coefficient)


Masks = tuple[int, int, int, int, bool]  # rules by the side that a factor fits, as it is and inverted; if one alters it alone
Probe = tuple[Number, Number, Number]  # exponents of two factors, and the power of both that stands in the product


class OnProducts:
    """What the rules on products of two factors, and on powers of one, ask of operators and exponents."""

    def __init__(self, rules: Iterable[Rule]):
        self.wanted: list[list[tuple[Heads, Number | None]]] = []
        self.single: list[tuple[Heads, Number | None]] = []
        for rule in rules:
            factors = [(_within(base), exponent) for base, exponent in _factors(rule.lhs)[1]]
            if len(factors) == 2:
                self.wanted.append(factors)
            self.single.extend([one for one in factors if len(factors) == 1 and one not in self.single])
        told = [heads for factors in [*self.wanted, self.single] for heads, _ in factors]
        self.told = frozenset(head for heads in told for head in heads) | {_power}
        sides = [_bits([(pair[side], rule) for rule, pair in enumerate(self.wanted)]) for side in (0, 1)]
        self._asking: dict[Heads, list[tuple[Number | None, int, int]]] = {}  # by heads: exponents, and the rules on each side
        for heads, asked in dict.fromkeys([*sides[0], *sides[1]]):
            rules_of = [side.get((heads, asked), 0) for side in sides]
            self._asking.setdefault(heads, []).append((asked, rules_of[0], rules_of[1]))
        self._of_powers = sum(1 << rule for rule, (a, b) in enumerate(self.wanted) if _of_any_powers(a, b))
        self._masks: dict[tuple[Any, Number], Masks] = {}
        self._probes: dict[tuple[Heads, Number, Heads, Number], tuple[Probe, ...]] = {}
        self.asked = self.told, self._masks, self.masks, self._of_powers  # as gathering in C asks of factors

    def masks(self, kind: Any, exponent: Number) -> Masks:
        """What a factor fits, told by its operator alone, or by all that `Heads` say of a sum."""
        found = self._masks.get((kind, exponent))
        if found is None:
            if len(self._masks) > _KEPT:
                self._masks.clear()
            found = self._masks[kind, exponent] = self._made(kind, exponent)
        return found

    def _made(self, kind: Any, exponent: Number) -> Masks:
        sides = [0, 0, 0, 0]
        for heads in [heads for heads in self._asking if _named(heads, kind)]:
            for asked, left, right in self._asking[heads]:
                for place, sign in ((0, 1), (2, -1)):
                    if _may_stand(heads, asked, exponent, sign):
                        sides[place] |= left
                        sides[place + 1] |= right
        powers = kind is _power or (isinstance(kind, frozenset) and _power in kind)
        alone = exponent != 1 and any(
            (power == exponent or (power is None and (bool(heads) or powers))) and _named(heads, kind)
            for heads, power in self.single
        )
        return sides[0], sides[1], sides[2], sides[3], alone

    def fitting(self, entries: list[tuple[Term, Number]]) -> tuple[bool, bool]:
        """Whether a rule could join two of the factors, and whether one could alter one alone."""
        lefts = rights = above = below = 0
        alone = powers = False
        known = self._masks
        for base, exponent in entries:
            head = base._tuple[0]
            found = known.get((head, exponent)) or self.masks(head, exponent)
            lefts |= found[0]
            rights |= found[1]
            above |= found[2]
            below |= found[3]
            alone = alone or found[4]
            powers = powers or head is _power
        both = (lefts & rights) | (above & below)
        return bool(both if powers else both & ~self._of_powers), alone

    def promising(self, kinds: list[Heads], entries: list[tuple[Term, Number]], most: int) -> list[int]:
        """The places of factors that a rule could join with another of them; none where these are more than `most`."""
        masks = [self.masks(kind, exponent) for kind, (_, exponent) in zip(kinds, entries, strict=True)]
        lefts = rights = above = below = 0
        for left, right, over, under, _ in masks:
            lefts, rights, above, below = lefts | left, rights | right, above | over, below | under
        places = [
            place
            for place, (left, right, over, under, _) in enumerate(masks)
            if (left & rights) | (right & lefts) | (over & below) | (under & above)
        ]
        return places if len(places) <= most else []

    def probes(self, one: Heads, m: Number, other: Heads, n: Number) -> tuple[Probe, ...]:
        """The powers of two factors that a rule could join."""
        asked = one, m, other, n
        found = self._probes.get(asked)
        if found is None:
            if len(self._probes) > _KEPT:
                self._probes.clear()
            found = self._probes[asked] = self._worth_a_try(one, m, other, n)
        return found

    def _worth_a_try(self, one: Heads, m: Number, other: Heads, n: Number) -> tuple[Probe, ...]:
        first, second = self.masks(one, m), self.masks(other, n)
        bits = (first[0] & second[1]) | (first[1] & second[0]) | (first[2] & second[3]) | (first[3] & second[2])
        if _power not in one | other:
            bits &= ~self._of_powers
        rules = [pair for rule, pair in enumerate(self.wanted) if bits >> rule & 1]
        return tuple([
            (a, b, power)
            for a, b, power in _scaled(m, n)
            if any(
                (_stands(left, one, a) and _stands(right, other, b)) or (_stands(right, one, a) and _stands(left, other, b))
                for left, right in rules
            )
        ])  # fmt: skip


def _of_any_powers(a: tuple[Heads, Number | None], b: tuple[Heads, Number | None]) -> bool:
    """Whether a rule asks for powers of anything, which numbers as exponents have brought together already."""
    return not (a[0] or b[0]) and (a[1] is None or b[1] is None)


def _scaled(m: Number, n: Number) -> list[Probe]:
    """Two powers, and those of which they are a common power."""
    found: list[Probe] = [(m, n, 1)]
    if isinstance(m, int) and isinstance(n, int):
        k = min(abs(m), abs(n))
        if k != 1:
            found.append((quotient(m, k), quotient(n, k), k))
        found.append((-quotient(m, k), -quotient(n, k), -k))
        if abs(m) != abs(n):
            found.append((1 if m > 0 else -1, 1 if n > 0 else -1, k))
    return found


def _named(heads: Heads, kind: Any) -> bool:
    """Whether a factor may be what the heads say: all of its own are told, or its operator, of a sum nothing else."""
    if isinstance(kind, frozenset):
        return heads <= kind
    return not heads or (SUM in heads if kind in SUMS else heads == {kind})


def _may_stand(heads: Heads, asked: Number | None, exponent: Number, sign: int) -> bool:
    """Whether a factor, or a root of it, or with `sign` -1 its inverse, may stand where a rule has these heads and exponent."""
    if asked is None:
        return True
    whole = isinstance(exponent, int) and isinstance(asked, int)
    if not whole and not (not heads and abs(asked) == 1):
        return sign > 0 and exponent == asked
    return (exponent > 0) is (asked * sign > 0) and (abs(asked) == 1 or exponent % asked == 0)


def _stands(side: tuple[Heads, Number | None], kind: Heads, exponent: Number) -> bool:
    """Whether a rule's side is a factor of these heads with this exponent; a variable may be a power."""
    heads, asked = side
    if not heads <= kind:
        return False
    return asked is None or exponent == asked or (not heads and abs(asked) == 1 and (exponent > 0) is (asked > 0))


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
