"""Sums and products taken apart into coefficients and exponents, and put together again with few operations."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from importlib import import_module
from itertools import islice
from typing import Any, Final

import numpy as np

from etude.ops import CATALOGUE, Op
from etude.rewriting.assumptions import Knowledge
from etude.rewriting.candidates import SUMS
from etude.rewriting.fitting import CONSTANT_HEADS, number_of
from etude.rewriting.numbers import WHOLE, Number, as_constant, exact, magnitude, raised, times
from etude.terms import CONSTANT, CORE, SYMBOL, Term, constant, intern

__all__ = ["IN_C", "NO_NUMBER", "PAIRS", "SHARED", "WIDEST", "Algebra", "Product", "Sum"]

Sum = tuple[Number, dict[Term, Number]]  # constant, term -> coefficient
Product = tuple[Number, dict[Term, Number]]  # coefficient, base -> exponent
NO_NUMBER: Final[Any] = object()  # what stands for the number of a term that is none
WIDEST = 24  # addends up to which a sum is multiplied by a number
PAIRS = 10  # addends or factors among which pairs are tried
SHARED = 2  # factors above which a product used more than once is kept whole, where sharing is not what counts most
REMEMBERED = 100_000  # sums, and products, of which the parts are kept, so that memory stays small
_op = CATALOGUE.__getitem__
_add: Final = _op("add")  # final: read without a look-up where this is compiled
_subtract: Final = _op("subtract")
_multiply: Final = _op("multiply")
_divide: Final = _op("divide")
_negative: Final = _op("negative")
_power: Final = _op("power")
_sqrt: Final = _op("sqrt")
_VERSION = 1


def _in_c() -> Any:
    """The module of `sums.c`, where one of this version was built."""
    if CORE is not None:
        with suppress(ImportError):
            found = import_module("etude.rewriting.sums")
            heads = _add, _subtract, _multiply, _divide, _power, SYMBOL, CONSTANT, CONSTANT_HEADS, SUMS
            if found.VERSION == _VERSION:
                shared = *heads, _negative.single, exact_number, as_constant, WHOLE, np.dtype(np.float64), NO_NUMBER
                found.install(shared, WIDEST, REMEMBERED, SHARED, PAIRS)
                return found
    return None


def finite(value: Any) -> Number | None:
    """A NumPy or Python number as a coefficient."""
    return exact(value.item() if isinstance(value, np.generic) else value)


def exact_number(term: Term) -> Any:
    """The exact number that a constant, also a broadcast one, is; None where it is not finite, `NO_NUMBER` for other terms."""
    value = number_of(term)
    return NO_NUMBER if value is None else finite(value)


IN_C: Final[Any] = _in_c()  # None where there is none


def _one(number: Number) -> Number:
    if type(number) is Fraction and number.denominator == 1:
        return int(number)
    return number


def _pair(op: Op, left: Term, right: Term) -> Term:
    kind = left.type
    return intern((op, left, right), kind) if kind is right.type else op.pair(left, right)


def merge(into: dict[Term, Number], other: dict[Term, Number], factor: Number = 1) -> None:
    """Add `factor` times the numbers of `other`; zeros vanish."""
    for term, number in other.items():
        total = into.get(term, 0) + (number if factor == 1 else times(number, factor))
        if total == 0:
            into.pop(term, None)
        else:
            into[term] = _one(total)


def add_to(into: dict[Term, Number], term: Term, number: Number) -> None:
    """Add `number` to that of `term`; zero vanishes."""
    total = into.get(term, 0) + number
    if total == 0:
        into.pop(term, None)
    else:
        into[term] = _one(total)


_SUM, _PRODUCT = 1, 2
_ONCE: Final = frozenset((1,))


def _key(kind: int, number: Number, parts: dict[Term, Number]) -> int:
    """A number that is the same in any order of the parts."""
    if IN_C is not None:
        found: int = IN_C.key(kind, number, parts)
        return found
    return hash((kind, number, frozenset(parts.items())))


def _common_size(items: dict[Term, Number]) -> Number:
    """The size of the coefficients, where all have the same; otherwise 1."""
    size: Number = 0
    for coefficient in items.values():
        if coefficient != size and coefficient != -size:
            if size != 0 or coefficient == 1 or coefficient == -1:
                return 1
            size = magnitude(coefficient)
    return size


def remember(table: dict[Term, Any], made: Term, parts: Any) -> None:
    """Keep the parts of what was made last; a forgotten sum or product counts as one term."""
    if len(table) >= REMEMBERED:
        for old in list(islice(table, REMEMBERED // 2)):
            del table[old]
    table[made] = parts


class Algebra:
    """Builds terms of one dtype and remembers how each sum and product is made up."""

    def __init__(self, known: Knowledge):
        self.known = known
        self.sums: dict[Term, Sum] = {}
        self.products: dict[Term, Product] = {}
        self.spelled: dict[int, Term] = {}  # a key of parts in any order -> the term first made of them
        self.tables = self.sums, self.products, self.spelled

    # ---------------------------------------------------------------- taking apart

    def as_sum(self, term: Term) -> Sum:
        return self.sums.get(term) or (0, {term: 1})

    def as_product(self, term: Term) -> Product:
        return self.products.get(term) or (1, {term: 1})

    def addend(self, term: Term) -> tuple[Number, Term]:
        """Coefficient and the rest of one addend."""
        product = self.products.get(term)
        if product is None or product[0] == 1:
            return 1, term
        return product[0], self.product(1, product[1], term.type.dtype)

    # ---------------------------------------------------------------- powers

    def power(self, base: Term, exponent: Number) -> Product:
        """`base ** exponent` as a product; a product is taken apart where that is sound."""
        coefficient, factors = self.as_product(base)
        if exponent == 1:
            return coefficient, dict(factors)
        if isinstance(exponent, int):
            number = raised(coefficient, exponent)
            if number is not None:
                return number, {b: _one(e * exponent) for b, e in factors.items()}
            return 1, {base: exponent}
        return self._root(base, coefficient, factors, exponent)

    def _root(self, base: Term, coefficient: Number, factors: dict[Term, Number], exponent: Number) -> Product:
        number = raised(coefficient, exponent)
        if number is None or (isinstance(number, float) and coefficient != 1):
            return 1, {base: exponent}
        if len(factors) > 1 and not all(self.known.holds("nonnegative", b) for b in factors):
            return 1, {base: exponent}
        found: dict[Term, Number] = {}
        for b, e in factors.items():
            even = isinstance(e, int) and e % 2 == 0
            if even and not self.known.holds("nonnegative", b):
                b = _op("abs")(b)
            merge(found, {b: _one(e * exponent)})
        return number, found

    # ---------------------------------------------------------------- putting together

    def number(self, value: Number, dtype: Any) -> Term:
        return as_constant(value, dtype)

    def product(self, coefficient: Number, factors: dict[Term, Number], dtype: Any, spread: bool = True) -> Term:
        """The term of a product, binary and with few operations; `spread`: a number times a short sum is multiplied out."""
        made: Term | None = None if IN_C is None else IN_C.product(self.tables, coefficient, factors, dtype, spread)
        return self._made_product(coefficient, factors, dtype, spread) if made is None else made

    def _made_product(self, coefficient: Number, factors: dict[Term, Number], dtype: Any, spread: bool) -> Term:
        if coefficient == 0:
            return constant(0.0, dtype)
        if not factors:
            return self.number(coefficient, dtype)
        if len(factors) == 1 and coefficient == 1:
            ((base, exponent),) = factors.items()
            if exponent == 1:
                return base
        if len(factors) == 1 and next(iter(factors.values())) == 1 and spread:
            base = next(iter(factors))
            if base in self.sums and len(self.sums[base][1]) <= WIDEST:
                const, items = self.sums[base]
                spread_over = {t: _one(times(c, coefficient)) for t, c in items.items()}
                return self.sum(_one(times(const, coefficient)), spread_over, dtype)
        key = 0
        if len(factors) > 1:
            key = _key(_PRODUCT, coefficient, factors)
            before = self._as_before(key, self.products, coefficient, factors)
            if before is not None:
                return before
        made = self._product(coefficient, factors, dtype)
        self._enter(key, made)
        remember(self.products, made, (coefficient, factors))
        return made

    def _as_before(self, key: int, known: dict[Term, Any], number: Number, parts: dict[Term, Number]) -> Term | None:
        """The sum or product of these parts as it was spelled first: the order of parts makes no other term."""
        first = self.spelled.get(key)
        return first if first is not None and known.get(first) == (number, parts) else None

    def _enter(self, key: int, made: Term) -> None:
        if key:
            if len(self.spelled) > REMEMBERED:
                self.spelled.clear()
            self.spelled[key] = made

    def _product(self, coefficient: Number, factors: dict[Term, Number], dtype: Any) -> Term:
        if coefficient < 0:
            flipped = self._flipped(factors)
            if flipped is not None:
                return self._product(-coefficient, flipped, dtype)
        if _ONCE.issuperset(factors.values()):
            bases = list(factors)
            if coefficient != 1 and coefficient != -1:
                return self._chain([self.number(coefficient, dtype), *bases])
            return self._signed(self._chain(bases), coefficient)
        under = {b: -e for b, e in factors.items() if e < 0}
        over = self._grouped({b: e for b, e in factors.items() if e > 0} if under else factors, dtype)
        size = magnitude(coefficient)
        if not over and len(under) == 1:
            ((base, exponent),) = under.items()
            if exponent != 1:
                made = _pair(_power, base, self.number(-exponent, dtype))
                return self._signed(made if size == 1 else _pair(_multiply, self.number(size, dtype), made), coefficient)
        below = self._grouped(under, dtype) if under else []
        if not over:
            return _pair(_divide, self.number(coefficient, dtype), self._chain(below))
        if size != 1:
            over.insert(0, self.number(coefficient, dtype))
            coefficient = 1
        top = self._chain(over)
        return self._signed(_pair(_divide, top, self._chain(below)) if below else top, coefficient)

    def _signed(self, term: Term, coefficient: Number) -> Term:
        return _negative.single(term) if coefficient < 0 else term

    def _flipped(self, factors: dict[Term, Number]) -> dict[Term, Number] | None:
        """The factors with one difference a - b turned into b - a."""
        for base, exponent in factors.items():
            if base in self.sums and isinstance(exponent, int) and exponent % 2:
                const, items = self.sums[base]
                signs = [c for c in (const, *items.values()) if c != 0]
                if any(c < 0 for c in signs) and any(c > 0 for c in signs):
                    turned = self.sum(-const, {t: -c for t, c in items.items()}, base.type.dtype)
                    if turned not in factors:
                        return {turned if b is base else b: e for b, e in factors.items()}
        return None

    def _grouped(self, factors: dict[Term, Number], dtype: Any) -> list[Term]:
        by_exponent: dict[Number, list[Term]] = {}
        for base, exponent in factors.items():
            by_exponent.setdefault(exponent, []).append(base)
        found: list[Term] = []
        for exponent, bases in by_exponent.items():
            if exponent == 1:
                found.extend(bases)
            elif isinstance(exponent, int):
                found.append(_pair(_power, self._chain(bases), self.number(exponent, dtype)))
            else:
                found.extend(
                    [
                        _sqrt(b) if exponent == Fraction(1, 2) else _power(b, constant(float(exponent), dtype))
                        for b in bases
                    ]
                )
        return found

    def _chain(self, factors: list[Term]) -> Term:
        made = factors[0]
        for factor in factors[1:]:
            made = _pair(_multiply, made, factor)
        return made

    def sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term:
        """The term of a sum, binary and with few operations."""
        made: Term | None = None if IN_C is None else IN_C.sum(self.tables, const, items, dtype)
        return self._made_sum(const, items, dtype) if made is None else made

    def _made_sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term:
        if not items:
            return self.number(const, dtype)
        if const == 0 and len(items) == 1:
            ((term, coefficient),) = items.items()
            if coefficient == 1:
                return term
            inner, factors = self.as_product(term)
            made = self._product(_one(times(inner, coefficient)), factors, dtype)
            remember(self.products, made, (_one(times(inner, coefficient)), factors))
            return made
        key = _key(_SUM, const, items)
        before = self._as_before(key, self.sums, const, items)
        if before is not None:
            return before
        if const == 0 and (size := _common_size(items)) != 1:
            inside = self.sum(0, {t: 1 if c > 0 else -1 for t, c in items.items()}, dtype)
            made = _pair(_multiply, self.number(size, dtype), inside)
        else:
            made = self._sum(const, items, dtype)
        self._enter(key, made)
        remember(self.sums, made, (const, items))
        return made

    def _sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term:
        plus = [t if c == 1 else self._addend(t, c, dtype) for t, c in items.items() if c > 0]
        minus = [t if c == -1 else self._addend(t, -c, dtype) for t, c in items.items() if c < 0]
        if const > 0 and not plus:
            plus, const = [self.number(const, dtype)], 0
        if not plus:
            made = minus[0]
            for term in minus[1:]:
                made = _pair(_add, made, term)
            return _negative.single(made if const == 0 else _pair(_add, made, self.number(-const, dtype)))
        made = plus[0]
        for term in plus[1:]:
            made = _pair(_add, made, term)
        for term in minus:
            made = _pair(_subtract, made, term)
        if const:
            made = _pair(_add if const > 0 else _subtract, made, self.number(-const if const < 0 else const, dtype))
        return made

    def _addend(self, term: Term, coefficient: Number, dtype: Any) -> Term:
        inner, factors = self.as_product(term)
        return self._product(_one(times(inner, coefficient)), factors, dtype)
