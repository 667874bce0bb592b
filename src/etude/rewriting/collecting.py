"""Sums and products collected a region at a time: numbers, equal terms, common factors, and rules on pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from math import inf
from typing import Any, Final

from etude.ops import CATALOGUE
from etude.rewriting.algebra import IN_C, NO_NUMBER, PAIRS, SHARED, WIDEST, Algebra, Product, add_to, exact_number, finite, merge
from etude.rewriting.assumptions import knowledge
from etude.rewriting.candidates import NOTHING, ONE, SUM, SUMS, Addend, Heads
from etude.rewriting.compiled import Heard, Rules
from etude.rewriting.fitting import CONSTANT_HEADS, Refused, fit, number_of
from etude.rewriting.journal import Journal
from etude.rewriting.numbers import Number, is_float, magnitude, quotient, times
from etude.rewriting.numbers import raised as _raised
from etude.rewriting.strategies import MINIMUM_BUDGET, exhausted
from etude.rules import default
from etude.terms import CONSTANT, SYMBOL, Term, constant

__all__ = ["LINEAR", "Collector", "Region", "TooLong"]

LINEAR: Final = frozenset(CATALOGUE[name] for name in ("add", "subtract", "negative"))
_EXPANDED = 4  # exponents up to which a power of a sum is multiplied out
_NO_HEADS: Heads = frozenset()
Region = list[tuple[Term, Number]]  # addends with signs, or factors with exponents


@cache
def _single(head: Any) -> Heads:
    return frozenset([head])


@cache
def _alone(head: Any) -> Addend:
    return frozenset([(head, 1)]), 1


@cache
def _untold(factors: int) -> Addend:
    return frozenset(), factors


class TooLong(Exception):
    """What is multiplied out gets longer than was asked for."""


class Collector:
    """The arithmetic of one run: what it knows of sums, products, uses and steps."""

    def __init__(
        self,
        rules: Rules,
        journal: Journal | None = None,
        expand: bool = False,
        sharing: bool = False,
        most: float = inf,
        normal: Mapping[Term, Term] | None = None,
    ):
        """`expand`: products of sums are multiplied out, up to `most` of them; `sharing`: what has several uses is opened
        only to cancel; `normal`: terms of which the normal forms are known.
        """
        self.rules, self.journal, self.expand = rules, journal, expand
        self.written, self.most = 0, most  # products that multiplying out has written, and may write
        self.sharing, self.meets, self.shared = sharing, _cancel if sharing else _overlap, 1 if sharing else SHARED
        self.heard = rules.heard or Heard()
        self.algebra = Algebra(knowledge()) if expand or sharing else self.heard.algebra
        self.memo: dict[Any, Term] = dict(normal or {})
        self.uses: dict[Term, int] = {}
        self.refused: set[Term] = set()  # sums and products with a part that is no finite number
        self.overflown = False  # whether a product was refused because its number is no float
        self.fired: Counter[str] = Counter()
        self.steps, self.allowed = 0, MINIMUM_BUDGET
        self.below: frozenset[Term] = frozenset()  # denominators, which multiplied out would lose digits near zeros
        self.addend = self.algebra.addend
        self.on_sums, self.on_products = rules.on_sums, rules.on_products
        self.kinds: dict[Any, bool] = {}  # whether a type holds floating numbers
        self.numbers: dict[Term, Any] = {}  # constants as exact numbers; None where one is no finite number
        self.told = self.all_known()

    def all_known(self) -> tuple[Any, ...]:
        """What gathering in C has to know of a run."""
        known = self.algebra.tables, self.memo, self.numbers, self.uses, self.sharing, self.expand
        return *known, self.on_sums.asked, self.on_products.asked

    def valued(self, before: Term, after: Term) -> Term:
        """A step in which the operator's own meaning gave the value of numbers."""
        if self.journal is not None:
            line = default("arithmetic")["fold_constants"]
            self.journal.record(line.name, line.file, line.line, before, after)
        return after

    def apply(self, before: Term, fired: Any) -> Term:
        rule, after = fired
        self.note(rule)
        if self.journal is not None:
            self.journal.record(rule.name, rule.file, rule.line, before, after)
        result: Term = after
        return result

    def note(self, rule: Any) -> None:
        self.fired[rule.name] += 1
        self.steps += 1
        if self.steps > self.allowed:
            raise exhausted(self.fired, self.allowed)

    def arithmetic(self, term: Term, region: Region) -> Term | None:
        """The collected form of a sum, product or power of which the parts have normal forms; None where it cannot be."""
        kind = term.type
        self.current = term
        linear = term._tuple[0] in LINEAR
        asked = None if self.expand or self.sharing else self.asked(region, kind.dtype, linear)
        made = None if asked is None else self.heard.collected.get(asked)
        if made is None:
            before = self.steps
            try:
                made = self.linear(region, kind.dtype) if linear else self.multiplicative(region, kind.dtype)
            except OverflowError:
                self.overflown = True
            if made is not None and asked is not None and self.steps == before:
                self.heard.keep(self.heard.collected, asked, made)
        if made is None or made.type is kind:
            return made
        try:
            return fit(made, term)
        except Refused:
            return None

    def asked(self, region: Region, dtype: Any, linear: bool) -> Any:
        """All that what is made of a region depends on: normal parts, their numbers, and which of them are used elsewhere."""
        memo, uses = self.memo, self.uses
        parts = [(memo.get(part, part), number) for part, number in region]
        return (linear, dtype, *[(part, number, uses.get(part, 0) > 1) for part, number in parts])

    def number(self, term: Term) -> Any:
        """The exact number that a constant, also a broadcast one, is; None where it is not finite, `NO_NUMBER` for others."""
        found = self.numbers.get(term, self)
        if found is self:
            found = self.numbers[term] = exact_number(term)
        return found

    def power_of_number(self, term: Term, exponent: Number) -> Any:
        """The power of a constant, as `number` gives it; None also where it is no real number."""
        value = self.number(term)
        return value if value is None or value is NO_NUMBER else _raise(value, exponent)

    def linear(self, region: Region, dtype: Any) -> Term | None:
        made: Any = None if IN_C is None else IN_C.linear(self.told, region, dtype)
        if type(made) is Term:
            return made
        gathered = self.addends(region) if made is None else made
        return None if gathered is None else self.pairs_of_sum(gathered[0], gathered[1], dtype)

    def addends(self, region: Region) -> tuple[Number, dict[Term, Number]] | None:
        """The number and the addends of a sum; None where it has a number that cannot be computed with."""
        const: Number = 0
        items: dict[Term, Number] = {}
        memo, sums, symbol, number, numbers = self.memo, self.algebra.sums, SYMBOL, CONSTANT, CONSTANT_HEADS
        for part, sign in region:
            head = part._tuple[0]
            if head is not symbol and head is not number:
                part = memo.get(part, part)
                head = part._tuple[0]
            if head in numbers:
                value = self.number(part)
                if value is None:
                    return None
                if value is not NO_NUMBER:
                    const += sign * value
                    continue
            made = sums.get(part) if head in SUMS else None
            if made is None:
                k, rest = (1, part) if head is symbol else self.addend(part)
                if rest in items:
                    add_to(items, rest, k * sign)
                else:
                    items[rest] = k * sign
                continue
            inner, addends = made
            if len(addends) > 1 and self.uses.get(part, 0) > 1 and not self.meets(items, addends):
                inner, addends = 0, {part: 1}
            const += sign * inner
            for t, c in addends.items():
                k, rest = self.addend(t)
                add_to(items, rest, (c if k == 1 else times(k, c)) * sign)
        return const, items

    def pairs_of_sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term:
        if len(items) + (const != 0) > 1:
            found = self._fire_sum(const, items, dtype)
            if found is not None:
                return found
        common = None if self.expand else self.factored(const, items, dtype)
        return common if common is not None else self.algebra.sum(const, items, dtype)

    def factored(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term | None:
        """A factor that all addends share taken out."""
        if const != 0 or not 1 < len(items) <= PAIRS or self._nothing_shared(items):
            return None
        apart = [(self.algebra.as_product(t), c) for t, c in items.items()]
        shared = dict(apart[0][0][1])
        for (_, factors), _c in apart[1:]:
            shared = {b: min(e, factors[b]) for b, e in shared.items() if b in factors and (e > 0) == (factors[b] > 0)}
        if not shared:
            return None
        inside: dict[Term, Number] = {}
        extra: Number = 0
        for (k, factors), c in apart:
            rest = dict(factors)
            merge(rest, shared, -1)
            if rest:
                merge(inside, {self.algebra.product(1, rest, dtype): 1}, times(k, c))
            else:
                extra += times(k, c)
        base = self.pairs_of_sum(extra, inside, dtype)
        number = number_of(base)
        if number is not None:
            return self.algebra.product(finite(number) or 0, shared, dtype)
        k, more = self.algebra.as_product(base)
        merge(shared, more)
        return self.algebra.product(k, shared, dtype)

    def _nothing_shared(self, items: dict[Term, Number]) -> bool:
        """Whether two addends at the ends show at once that there is no common factor."""
        first, last = next(iter(items)), next(reversed(items))
        products = self.algebra.products
        one, other = products.get(first), products.get(last)
        if one is None:
            return first not in other[1] if other is not None else first is not last
        return last not in one[1] if other is None else one[1].keys().isdisjoint(other[1])

    def _fire_sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term | None:
        symbol = SYMBOL
        kinds = [NOTHING if t._tuple[0] is symbol else self._addend_kind(t) for t in items]
        if const != 0:
            kinds.append(ONE)
        promising = self.on_sums.promising(kinds, PAIRS)
        if not promising:
            return None
        one = constant(1.0, dtype)
        entries: list[tuple[Term, Number]] = [*items.items(), *([(one, const)] if const != 0 else [])]
        for i, j in combinations(promising, 2):
            (a, m), (b, n) = entries[i], entries[j]
            if not self.on_sums.joins(kinds[i], kinds[j], m, n):
                continue
            scales = dict.fromkeys((magnitude(m), magnitude(n)))
            for scale in scales:
                for sign in (1, -1):
                    tried = (a, b, m, n, scale * sign)
                    if tried in self.heard.silent:
                        continue
                    pair = {a: quotient(m, scale * sign), b: quotient(n, scale * sign)}
                    if not all(is_float(number, dtype) for number in pair.values()):
                        continue
                    extra = pair.pop(one, 0) if one in pair else 0
                    probe = self.algebra.sum(extra, pair, dtype)
                    may_fire = probe._tuple[0] in LINEAR or probe._tuple[0] is CATALOGUE["multiply"]
                    fired = self.rules.fire(probe) if may_fire else None
                    if fired is None:
                        self.heard.keep(self.heard.silent, tried)
                        continue
                    made = self.apply(probe, fired)
                    rest = {t: c for t, c in items.items() if t is not a and t is not b}
                    left = const if b is not one and a is not one else 0
                    number = self.algebra.number(scale * sign, dtype)
                    addend = CATALOGUE["multiply"](number, made) if scale * sign != 1 else made
                    if not rest and left == 0:
                        return addend
                    return CATALOGUE["add"](self.algebra.sum(left, rest, dtype), addend)
        return None

    def _addend_kind(self, term: Term) -> Addend:
        told = self.on_sums.told
        product = self.algebra.products.get(term)
        if product is None:
            head = term._tuple[0]
            return _alone(head) if head in told else NOTHING
        factors = product[1]
        kinds = [(base._tuple[0], exponent) for base, exponent in factors.items() if base._tuple[0] in told]
        return (frozenset(kinds), len(factors)) if kinds else _untold(len(factors))

    def _factor_kind(self, base: Term) -> Heads:
        told = self.on_products.told
        head = base._tuple[0]
        made = self.algebra.sums.get(base) if head in SUMS else None
        if made is None:
            return _single(head) if head in told else _NO_HEADS
        items = made[1]
        if len(items) > PAIRS:
            return _single(SUM)  # longer than any rule's
        products = self.algebra.products
        inside = [inner for t in items for inner in (products[t][1] if t in products else (t,))]
        return frozenset([SUM, *[inner._tuple[0] for inner in inside if inner._tuple[0] in told]])

    def gathered(self, region: Region, dtype: Any) -> tuple[Number, dict[Term, Number]] | None:
        """The number and the factors of a product; None where it has a number that cannot be computed with."""
        coefficient: Number = 1
        factors: dict[Term, Number] = {}
        memo, algebra, symbol, number, numbers = self.memo, self.algebra, SYMBOL, CONSTANT, CONSTANT_HEADS
        products = algebra.products
        for part, exponent in region:
            head = part._tuple[0]
            if head is not symbol and head is not number:
                part = memo.get(part, part)
                head = part._tuple[0]
            if head in numbers:
                value = self.power_of_number(part, exponent)
                if value is None:
                    return None
                if value is not NO_NUMBER:
                    coefficient = times(coefficient, value)
                    continue
            if type(exponent) is int and (head is symbol or part not in products):
                if part in factors:
                    add_to(factors, part, exponent)
                else:
                    factors[part] = exponent
                continue
            k, more = algebra.power(part, exponent)
            if len(more) > self.shared and self.uses.get(part, 0) > 1 and not self.meets(factors, more):
                k, more = self.whole(part, exponent, dtype) if self.sharing else (1, {part: exponent})
            if k != 1 and not is_float(times(coefficient, k), dtype):
                k, more = 1, {part: exponent}
            coefficient = times(coefficient, k)
            merge(factors, more)
        if is_float(coefficient, dtype):
            return coefficient, factors
        self.overflown = True
        return None

    def multiplicative(self, region: Region, dtype: Any) -> Term | None:
        made: Any = None if IN_C is None else IN_C.multiplicative(self.told, region, dtype)
        if type(made) is Term:
            return made
        gathered = self.gathered(region, dtype) if made is None else made
        if gathered is None:
            return None
        coefficient, factors = gathered
        if coefficient == 0:
            return self.algebra.product(0, {}, dtype)
        coefficient, factors = self.primitive(coefficient, factors, dtype)
        if self.expand and self.current not in self.below:
            expanded = self.multiplied_out(coefficient, factors, dtype)
            if expanded is not None:
                return expanded
        if len(factors) + (coefficient != 1) > 1:
            found = self._fire_product(coefficient, factors, dtype)
            if found is not None:
                return found
        alone = len(factors) == 1 and self.uses.get(next(iter(factors)), 0) > 1
        return self.algebra.product(coefficient, factors, dtype, spread=not alone)

    def whole(self, part: Term, exponent: Number, dtype: Any) -> Product:
        """A power of a product that is used elsewhere, with the product as one factor beside its number."""
        coefficient, factors = self.algebra.as_product(part)
        number = _raise(coefficient, exponent)
        if number is None or coefficient == 1:
            return 1, {part: exponent}
        return number, {self.algebra.product(1, factors, dtype): exponent}

    def multiplied_out(self, coefficient: Number, factors: dict[Term, Number], dtype: Any) -> Term | None:
        """A product of sums as a sum of products, where it stays short."""
        sums = self.algebra.sums
        chosen = {b: e for b, e in factors.items() if b in sums and isinstance(e, int) and 0 < e <= _EXPANDED}
        if not chosen:
            return None
        rows = [(coefficient, {b: e for b, e in factors.items() if b not in chosen})]
        for base, exponent in chosen.items():
            for _ in range(int(exponent)):
                rows = self._times(rows, *sums[base])
                self.written += len(rows)
                if self.written > self.most:
                    raise TooLong
                if len(rows) > 4 * WIDEST:
                    return None
        total: dict[Term, Number] = {}
        left: Number = 0
        for number, powers in rows:
            if powers:
                merge(total, {self.algebra.product(1, powers, dtype): 1}, number)
            else:
                left += number
        return self.pairs_of_sum(left, total, dtype)

    def _times(self, rows: list[Any], const: Number, items: dict[Term, Number]) -> list[Any]:
        grown = []
        for number, powers in rows:
            for term, c in items.items():
                k, more = self.algebra.as_product(term)
                fresh = dict(powers)
                merge(fresh, more)
                grown.append((times(times(number, c), k), fresh))
            if const != 0:
                grown.append((times(number, const), dict(powers)))
        return grown

    def primitive(self, coefficient: Number, factors: dict[Term, Number], dtype: Any) -> tuple[Number, dict[Term, Number]]:
        """Differences a - b and b - a among the factors made one."""
        if len(factors) < 2:
            return coefficient, factors
        sums = self.algebra.sums
        if len([base for base in factors if base._tuple[0] in SUMS and base in sums]) < 2:
            return coefficient, factors
        found: dict[Term, Number] = {}
        for base, exponent in factors.items():
            if base in self.algebra.sums and isinstance(exponent, int):
                const, items = self.algebra.sums[base]
                for other in list(found):
                    if other in self.algebra.sums and other is not base:
                        ratio = _multiple((const, items), self.algebra.sums[other])
                        power = None if ratio is None else _raise(ratio, exponent)
                        if power is not None:
                            coefficient = times(coefficient, power)
                            base = other
                            break
            merge(found, {base: exponent})
        return coefficient, found

    def _fire_product(self, coefficient: Number, factors: dict[Term, Number], dtype: Any) -> Term | None:
        entries = list(factors.items())
        joined, alone = self.on_products.fitting(entries)
        for probe_factors, power in self._probes(entries, joined, alone and len(entries) > 1):
            tried = (dtype, *probe_factors.items())
            if tried in self.heard.silent:
                continue
            probe = self.algebra.product(1, probe_factors, dtype)
            fired = None if probe._tuple[0] in (SYMBOL, CONSTANT) else self.rules.fire(probe)
            if fired is None:
                self.heard.keep(self.heard.silent, tried)
                continue
            made = self.apply(probe, fired)
            rest = dict(factors)
            merge(rest, probe_factors, -power)
            raised_made = made if power == 1 else CATALOGUE["power"](made, constant(float(power), dtype))
            if not rest and coefficient == 1:
                return raised_made
            return CATALOGUE["multiply"](self.algebra.product(coefficient, rest, dtype), raised_made)
        return None

    def _probes(
        self, entries: list[tuple[Term, Number]], joined: bool, alone: bool
    ) -> Iterator[tuple[dict[Term, Number], Number]]:
        """Pairs of factors, and then single ones, that a rule might change, each with the power that stands in the product."""
        rules = self.on_products
        if joined:
            kinds = [self._factor_kind(base) for base, _ in entries]
            for i, j in combinations(rules.promising(kinds, entries, PAIRS), 2):
                (a, m), (b, n) = entries[i], entries[j]
                for first, second, power in rules.probes(kinds[i], m, kinds[j], n):
                    yield {a: first, b: second}, power
        if alone:
            for (base, exponent), kind in zip(entries, [self._factor_kind(base) for base, _ in entries], strict=True):
                if rules.masks(kind, exponent)[4]:
                    yield {base: exponent}, 1

def _multiple(one: Any, other: Any) -> Number | None:
    """The number c with one = c * other, for sums of the same terms."""
    const, items = one
    base, others = other
    if items.keys() != others.keys() or (const == 0) is not (base == 0):
        return None
    first = next(iter(items))
    ratio = quotient(items[first], others[first])
    same = all(c == ratio * others[t] for t, c in items.items()) and const == ratio * base
    return ratio if same else None


def _overlap(items: dict[Term, Number], addends: dict[Term, Number]) -> bool:
    return any(term in items for term in addends)


def _cancel(factors: dict[Term, Number], more: dict[Term, Number]) -> bool:
    """Whether a term is among both, with numbers of opposite signs."""
    return any(base in factors and (factors[base] > 0) is not (exponent > 0) for base, exponent in more.items())


def _raise(value: Number, exponent: Number) -> Number | None:
    return value if exponent == 1 else _raised(value, exponent)
