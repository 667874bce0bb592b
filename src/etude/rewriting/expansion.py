"""Terms read as polynomials in their parts that are no arithmetic, exponents of any sign, reduced by relations between these."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from math import comb, prod
from typing import Any, Final

from etude.ops import CATALOGUE
from etude.rewriting.compiled import Rules
from etude.rewriting.fitting import CONSTANT_HEADS, number_of
from etude.rewriting.numbers import Number, exact, quotient, raised
from etude.rules import Rule
from etude.terms import CONSTANT, Term, constant, postorder

__all__ = ["PARTS", "Monomial", "Poly", "Relation", "Unfit", "denominators", "expanded", "is_part", "monomials"]

Monomial = tuple[tuple[int, Number], ...]  # parts, told by their places, ascending, with exponents
Poly = dict[Monomial, Number]
Relation = tuple[Rule, Term, Term]  # a line of rules, what it replaced, and by what
PARTS, _TERMS, _EXPONENT, _BITS = 8, 400, 24, 200
_SHORT = 2**100  # below which whole numbers are not looked at more closely
_WORK, _WORK_PER_NODE = 64, 8  # products of monomials up to which reading goes on
_op = CATALOGUE.__getitem__
_add: Final = _op("add")  # final: read without a look-up where this is compiled
_subtract: Final = _op("subtract")
_negative: Final = _op("negative")
_multiply: Final = _op("multiply")
_divide: Final = _op("divide")
_power: Final = _op("power")
_PLAIN: Final[dict[Any, Number]] = {
    _op("square"): 2, _op("reciprocal"): -1, _op("positive"): 1, _op("sqrt"): Fraction(1, 2), _op("rsqrt"): Fraction(-1, 2),
}  # fmt: skip
_SUMS: Final = frozenset((_add, _subtract))
_RAISED: Final = frozenset((_power, *_PLAIN))
_ARITHMETIC: Final = frozenset((_add, _subtract, _negative, _multiply, _divide, _power, *_PLAIN))


class Unfit(Exception):
    """The term is no polynomial in a few parts, or one that is too long; `used`: the relations it was reduced by before."""

    used: list[Relation]


def expanded(
    term: Term, relations: Rules | None = None, most: int = _TERMS, whole: Iterable[Term] = (), parts: int = PARTS
) -> tuple[Poly, list[Term], list[Relation]]:
    """The polynomial that a term is, its parts, and the relations by which it was reduced.

    Those of `whole` that are a number and a multiple of a part's square are parts, by which the squares are written.
    Raises `Unfit`, also where it, or that of a part, has more than `most` monomials, or it more than so many `parts`.
    """
    reader = _Reader(term.type.dtype, relations, min(most, _TERMS), parts)
    try:
        for base in whole:
            reader.keep(base)
        return reader.read(term), reader.parts, reader.used
    except Unfit as unfit:
        unfit.used = reader.used
        raise


def denominators(root: Term, relations: Rules, most: int = PARTS) -> list[Term] | None:
    """The sums of which a term, read as a polynomial, has negative powers; None where it has too many parts to be read."""
    found: dict[Term, None] = {}
    parts, seen, stack = 0, {root}, [root]
    while stack:
        node = stack.pop()
        head, operands = node._tuple[0], node._tuple[1:]
        below = _below(head, operands)
        while below is not None and below._tuple[0] in _RAISED:
            below = below._tuple[1]
        if below is not None and below._tuple[0] in _SUMS:
            found[below] = None
        for operand in operands:
            if operand in seen:
                continue
            seen.add(operand)
            inner = operand._tuple[0]
            if inner in _ARITHMETIC:
                stack.append(operand)
            elif inner is not CONSTANT and not relations.candidates(operand):
                parts += 1
                if parts > most:
                    return None
    return list(found)


def _below(head: Any, parts: tuple[Any, ...]) -> Term | None:
    """What a node divides by."""
    if head is _divide:
        below: Term = parts[1]
        return below
    number = number_of(parts[1]) if head is _power else _PLAIN.get(head, 0)
    return parts[0] if number is not None and number < 0 else None


def monomials(root: Term) -> int:
    """How many monomials a term has that is multiplied out, where none are alike; a power that is not whole is a part."""
    counts: dict[Any, int] = {}
    for node in postorder(root, stop=is_part):
        head, operands = node._tuple[0], node._tuple[1:]
        if head is _multiply:
            counts[node] = prod([counts[part] for part in operands])
        elif head in _SUMS:
            counts[node] = sum([counts[part] for part in operands])
        elif head is _negative or head is _divide:
            counts[node] = counts[operands[0]]
        elif head in _RAISED:
            count, exponent = counts[operands[0]], number_of(operands[1]) if head is _power else _PLAIN[head]
            whole = isinstance(exponent, (int, float)) and 0 < exponent <= _EXPONENT and exponent == int(exponent)
            counts[node] = comb(count + int(exponent) - 1, int(exponent)) if whole else 1
        else:
            counts[node] = 1
    return counts[root]


def is_part(node: Term) -> bool:
    """Whether a node is a part of the polynomial that a term is read as; numbers are not told apart."""
    return node._tuple[0] not in _ARITHMETIC


class _Reader:
    def __init__(self, dtype: Any, relations: Rules | None, most: int, count: int):
        self.dtype, self.relations, self.most, self.count = dtype, relations, most, count
        self.parts: list[Term] = []
        self.places: dict[Term, int] = {}
        self.known: dict[Term, Poly] = {}
        self.kept: dict[Term, Poly] = {}
        self.squares: dict[int, Poly | None] = {}
        self.reciprocals: dict[int, Poly | None] = {}
        self.used: list[Relation] = []
        self.work, self.allowed = 0, _WORK

    def keep(self, base: Term) -> None:
        """Read `w = c * x**2 + k` as a part w, and x**2 as (w - k) / c."""
        poly = self.read(base)
        (square,) = [monomial for monomial in poly if monomial] if len(poly) == 2 and () in poly else [()]
        if len(square) == 1 and square[0][1] == 2 and self.squares.get(square[0][0]) is None:
            c = quotient(1, poly[square])
            self.kept[base] = {((self.place(base), 1),): 1}
            self.squares[square[0][0]] = {((self.place(base), 1),): c, (): -poly[()] * c}
            self.known = dict(self.kept)  # what else was read has the square as it was

    def read(self, root: Term) -> Poly:
        known, order = self.known, []
        seen: set[Term] = set()
        stack: list[Term | None] = [root]
        while stack:
            node = stack.pop()
            if node is None:
                order.append(stack.pop())
            elif node not in known and node not in seen:
                self.allowed += _WORK_PER_NODE
                if node._tuple[0] in _ARITHMETIC:
                    seen.add(node)
                    stack += (node, None, *node._tuple[:0:-1])
                else:
                    known[node] = self.value(node)  # at once, as there may be too many parts
        for node in order:
            if node is not None:
                known[node] = self.value(node)
        return known[root]

    def value(self, node: Term) -> Poly:
        head = node._tuple[0]
        number = number_of(node) if head in CONSTANT_HEADS else None
        if number is not None:
            known = exact(number)
            if known is None or isinstance(known, float):
                raise Unfit
            return {(): known} if known else {}
        if head not in _ARITHMETIC:
            return self.part(node)
        if head in _PLAIN:
            return self.raised(node._tuple[1], _PLAIN[head])
        if head is _power:
            exponent = self.known[node._tuple[2]]
            return self.raised(node._tuple[1], exponent.get((), 0)) if not exponent.keys() - {()} else self.part(node)
        return self.combined(head, node)

    def combined(self, head: Any, node: Term) -> Poly:
        if head is _negative:
            return self.sum({}, self.known[node._tuple[1]], -1)
        if head is _divide:
            return self.product(self.known[node._tuple[1]], self.raised(node._tuple[2], -1))
        operands = [self.known[part] for part in node._tuple[1:]]
        if head is _multiply:
            return reduce(self.product, operands)
        return reduce(lambda a, b: self.sum(a, b, -1 if head is _subtract else 1), operands)

    def part(self, node: Term) -> Poly:
        """A part that is no arithmetic, or what a relation says that it is."""
        if node.type.dtype != self.dtype:
            raise Unfit
        other = self.related(node)
        if other is not None:
            return other
        return {((self.place(node), 1),): 1}

    def place(self, base: Term) -> int:
        found = self.places.get(base)
        if found is None:
            found = self.places[base] = len(self.parts)
            self.parts.append(base)
            if found >= self.count:
                raise Unfit
        return found

    def raised(self, base: Term, exponent: Number) -> Poly:
        """A power: of a monomial, of a sum multiplied out, or of the base as a part."""
        poly = self.known[base]
        if not poly:
            raise Unfit
        whole = isinstance(exponent, int)
        if whole and exponent >= 0 and exponent <= _EXPONENT:
            return self.repeated(poly, int(exponent))
        if len(poly) == 1 and whole:
            ((monomial, number),) = poly.items()
            found = raised(number, exponent)
            if found is None or isinstance(found, float):
                raise Unfit
            return reduce(self.product, [self.power_of(place, _whole(e * exponent)) for place, e in monomial], {(): found})
        return {((self.place(base), exponent),): 1}

    def power_of(self, place: int, exponent: Number) -> Poly:
        """A power of a part; a negative one by what a relation says of the reciprocal."""
        if isinstance(exponent, int) and exponent < 0:
            other = self.table(self.reciprocals, place, -1.0)
            if other is not None:
                return self.repeated(other, -exponent)
        return {((place, exponent),): 1}

    def repeated(self, poly: Poly, exponent: int) -> Poly:
        result: Poly = {(): 1}
        for _ in range(exponent):
            result = self.product(result, poly)
        return result

    def product(self, left: Poly, right: Poly) -> Poly:
        self.work += len(left) * len(right)
        if self.work > self.allowed:
            raise Unfit
        if len(left) == 1 and () in left:
            return self.scaled(right, left[()])
        if len(right) == 1 and () in right:
            return self.scaled(left, right[()])
        total: Poly = {}
        reducing = self.relations is not None or bool(self.squares)
        for a, c in left.items():
            for b, k in right.items():
                if not a or not b or a[-1][0] < b[0][0]:  # neither has anything that is reduced, nor has both
                    _put(total, a + b, c * k)
                    continue
                monomial = _joined(a, b)
                other = self.reduced(monomial) if reducing else None
                if other is None:
                    _put(total, monomial, c * k)
                else:
                    for each, number in other.items():
                        _put(total, each, number * c * k)
        return self.checked(total)

    def scaled(self, poly: Poly, number: Number) -> Poly:
        return poly if number == 1 else self.checked({monomial: _whole(c * number) for monomial, c in poly.items()})

    def reduced(self, monomial: Monomial) -> Poly | None:
        """The monomial with squares of parts replaced by what relations say that they are; None where none is."""
        for at, (place, exponent) in enumerate(monomial):
            if type(exponent) is int and exponent >= 2:
                square = self.table(self.squares, place, 2.0)
                if square is not None:
                    rest = ((place, exponent - 2),) if exponent > 2 else ()
                    return self.product({(*monomial[:at], *rest, *monomial[at + 1 :]): 1}, square)
        return None

    def table(self, powers: dict[int, Poly | None], place: int, exponent: float) -> Poly | None:
        """What a relation says of a power of a part."""
        if place not in powers:
            powers[place] = None  # met while its own replacement is read, it stays
            powers[place] = self.related(_power(self.parts[place], constant(exponent, self.dtype)))
        return powers[place]

    def related(self, term: Term) -> Poly | None:
        """What a relation says that a term is."""
        fired = None if self.relations is None else self.relations.fire(term)
        if fired is None:
            return None
        rule, other = fired
        self.used.append((rule, term, other))
        return self.read(other)

    def sum(self, left: Poly, right: Poly, sign: int) -> Poly:
        total = dict(left)
        for monomial, number in right.items():
            _put(total, monomial, number * sign)
        return self.checked(total)

    def checked(self, poly: Poly) -> Poly:
        if len(poly) > self.most:
            raise Unfit
        for c in poly.values():
            if not (type(c) is int and -_SHORT < c < _SHORT) and (isinstance(c, float) or _length(c) > _BITS):
                raise Unfit
        return poly


def _length(number: int | Fraction) -> int:
    return number.numerator.bit_length() + number.denominator.bit_length()


def _joined(a: Monomial, b: Monomial) -> Monomial:
    exponents = dict(a)
    for place, exponent in b:
        total = exponents.get(place, 0) + exponent
        exponents[place] = total if type(total) is int else _whole(total)
    return tuple(sorted([pair for pair in exponents.items() if pair[1]]))


def _whole(number: Number) -> Number:
    return int(number) if type(number) is Fraction and number.denominator == 1 else number


def _put(total: Poly, monomial: Monomial, number: Number) -> None:
    found = total.get(monomial, 0) + number
    if type(found) is Fraction:
        found = _whole(found)
    if found:
        total[monomial] = found
    else:
        total.pop(monomial, None)
