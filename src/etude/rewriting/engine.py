"""Terms brought to normal form: rules and arithmetic together, operands first, every distinct node once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction as _Fraction
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from etude.ops import CATALOGUE, Op
from etude.rewriting.algebra import WIDEST, Algebra, add_to, finite, magnitude, merge
from etude.rewriting.assumptions import knowledge
from etude.rewriting.candidates import SUM, Heads
from etude.rewriting.compiled import Rules
from etude.rewriting.fitting import Refused, fit, number_of
from etude.rewriting.journal import Journal
from etude.rewriting.numbers import Number
from etude.rewriting.numbers import raised as _raised
from etude.rewriting.strategies import BUDGET_PER_NODE, MINIMUM_BUDGET, exhausted
from etude.terms import (
    CONSTANT,
    SYMBOL,
    Term,
    TupleType,
    constant,
    constant_value,
    etuple,
    intern,
    is_constant,
    postorder,
    replace,
)

__all__ = ["Engine"]

_LINEAR = frozenset(CATALOGUE[name] for name in ("add", "subtract", "negative"))
_ARITHMETIC = _LINEAR | frozenset(
    CATALOGUE[name] for name in ("multiply", "divide", "power", "sqrt", "square", "reciprocal", "rsqrt", "positive")
)
_RATIONAL = frozenset(CATALOGUE[name] for name in ("multiply", "divide"))
_negative, _subtract, _divide = CATALOGUE["negative"], CATALOGUE["subtract"], CATALOGUE["divide"]
_PAIRS = 10  # addends or factors among which pairs are tried
_SHARED = 2  # factors above which a product used more than once is kept whole
_FOLDED = 64
_EXPANDED = 4  # exponents up to which a power of a sum is multiplied out
_NO_HEADS: Heads = frozenset()
_ONE: Heads = frozenset([CONSTANT])
_again: Term = etuple()
Region = list[tuple[Term, Number]]


@cache
def _single(head: Any) -> Heads:
    return frozenset([head])


class Engine:
    """One run over one term."""

    def __init__(self, rules: Rules, journal: Journal | None = None, expand: bool = False):
        self.rules, self.journal, self.expand = rules, journal, expand
        self.algebra = Algebra(knowledge())
        self.memo: dict[Any, Term] = {}
        self.uses: dict[Term, int] = {}
        self.refused: set[Term] = set()  # sums and products with a part that is no finite number
        self.fired: Counter[str] = Counter()
        self.steps = 0
        self.on_sums, self.on_products = rules.on_sums, rules.on_products

    def run(self, root: Term, order: list[Term] | None = None) -> Term:
        """The normal form of `root`; `order` is its `postorder`, where the caller has it."""
        order = postorder(root) if order is None else order
        self.count_uses(order)
        # multiplied out, a denominator would lose digits near its zeros
        self.below = frozenset([term._tuple[2] for term in order if term._tuple[0] is _divide] if self.expand else ())
        self.allowed = MINIMUM_BUDGET + BUDGET_PER_NODE * len(order)
        stack: list[tuple[Term, Term | None, Region | None]] = [(root, None, None)]
        memo = self.memo
        while stack:
            term, after, region = stack.pop()
            if term in memo:
                continue
            if after is not None:
                self.settle(term, memo[after])
                continue
            head = term._tuple[0]
            if head is SYMBOL or head is CONSTANT:
                memo[term] = term
                continue
            if region is None:
                region = self.region(term)
                parts = term._tuple if region is None else [part for part, _ in region]
                missing = [part for part in parts if type(part) is Term and part not in memo]
                if missing:
                    stack.append((term, None, region))
                    missing.reverse()
                    stack.extend([(part, None, None) for part in missing])
                    continue
            made = self.step(term) if region is None else self.collect(term, region)
            if made is term or made in memo:
                self.settle(term, made if made is term else memo[made])
            elif made is _again:
                stack.append((term, None, None))
            else:
                stack.append((term, made, None))
                stack.append((made, None, None))
        return memo[root]

    def count_uses(self, order: list[Term]) -> None:
        uses = self.uses
        for term in order:
            for part in term._tuple:
                if type(part) is Term:
                    uses[part] = uses.get(part, 0) + 1

    def settle(self, term: Term, final: Term) -> None:
        self.memo[term] = final
        if final is not term:
            self.uses[final] = self.uses.get(final, 0) + self.uses.get(term, 0)

    def region(self, term: Term) -> Region | None:
        """The addends with their signs, or the factors with their exponents, of the sum or product that has its root here.

        It reaches down through sums (products) that have no other use; None where arithmetic does not apply.
        """
        head = term._tuple[0]
        inner = _LINEAR if head in _LINEAR else _RATIONAL if head in _ARITHMETIC else None
        if inner is None or term in self.refused or not _exact_arithmetic(term):
            return None
        if head not in inner:
            return _powers(term)
        found: Region = []
        memo, uses = self.memo, self.uses
        stack: list[tuple[Term, Number]] = [(term, 1)]
        while stack:
            part, number = stack.pop()
            parts = part._tuple
            head = parts[0]
            if head not in inner or (
                part is not term and (part in memo or uses.get(part, 0) > 1 or not _exact_arithmetic(part))
            ):
                found.append((part, number))
            elif head is _negative:
                stack.append((parts[1], -number))
            elif head is _subtract or head is _divide:
                stack.append((parts[2], -number))
                stack.append((parts[1], number))
            else:
                stack.extend([(each, number) for each in parts[:0:-1]])
        return found

    def collect(self, term: Term, region: Region) -> Term:
        """The sum or product collected, and one rule applied to it; final where nothing changes."""
        memo = self.memo
        tidy = self.arithmetic(term, [(memo[part], number) for part, number in region])
        if tidy is None:
            self.refused.add(term)
            return _again
        head = tidy._tuple[0]
        if head is SYMBOL or head is CONSTANT:
            fired = None
        else:
            fired = self.rules.fire(tidy)
        if self.journal is not None and tidy is not term:
            before = self.over_normal(term, region)
            if before is not tidy:
                self.log("collect", before, tidy, Engine.arithmetic)
        if fired is not None:
            return self.apply(tidy, fired)
        memo[tidy] = tidy
        return tidy

    def over_normal(self, term: Term, region: Region) -> Term:
        """The sum or product as it stands, over the normal forms of its parts."""
        found: dict[Term, Term] = {part: self.memo[part] for part, _ in region}
        return replace([term], found)[0]

    def step(self, term: Term) -> Term:
        """The term with its normal operands, and folding or one rule applied; final where nothing changes."""
        fresh = self.rebuilt(term)
        if fresh.type is not term.type:
            return fresh if fresh.type is not None else term
        head = fresh._tuple[0]
        if isinstance(fresh.type, TupleType) or type(head) is not Op:
            self.memo[fresh] = fresh
            return fresh
        first = fresh._tuple[1] if len(fresh._tuple) > 1 else None
        if type(first) is Term and first._tuple[0] is CONSTANT:
            folded = _folded(fresh)
            if folded is not None:
                return self.log("fold_constants", fresh, folded, _folded)
        fired = self.rules.fire(fresh)
        if fired is not None:
            return self.apply(fresh, fired)
        self.memo[fresh] = fresh
        return fresh

    def rebuilt(self, term: Term) -> Term:
        """The term over the normal forms of its operands."""
        memo, same = self.memo, True
        parts: list[Any] = []
        for part in term._tuple:
            if type(part) is Term:
                new = memo[part]
                if new is not part:
                    same = same and new.type is part.type
                    part = new
            parts.append(part)
        fresh = tuple(parts)
        if same and term.type is not None:
            return intern(fresh, term.type)
        return Term(fresh)

    def log(self, name: str, before: Term, after: Term, by: Any) -> Term:
        """A step of arithmetic, which no rule line states: its place is the code that does it."""
        if self.journal is not None:
            self.journal.record(name, "etude/rewriting/engine.py", by.__code__.co_firstlineno, before, after)
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

    # ---------------------------------------------------------------- arithmetic

    def arithmetic(self, term: Term, region: Region) -> Term | None:
        """The collected form of a sum, product or power whose parts are normal; None where it cannot be."""
        dtype = term.type.dtype
        self.current = term
        made = self.linear(region, dtype) if term._tuple[0] in _LINEAR else self.multiplicative(region, dtype)
        if made is None or made.type is term.type:
            return made
        try:
            return fit(made, term)
        except Refused:
            return None

    def linear(self, region: Region, dtype: Any) -> Term | None:
        const: Number = 0
        items: dict[Term, Number] = {}
        algebra = self.algebra
        for part, sign in region:
            head = part._tuple[0]
            if head is SYMBOL:
                add_to(items, part, sign)
                continue
            number = number_of(part)
            if number is not None:
                value = finite(number)
                if value is None:
                    return None
                const += sign * value
                continue
            inner, addends = algebra.as_sum(part)
            if len(addends) > 1 and self.uses.get(part, 0) > 1 and not _overlap(items, addends):
                inner, addends = 0, {part: 1}
            const += sign * inner
            for t, c in addends.items():
                k, rest = algebra.addend(t)
                add_to(items, rest, k * c * sign)
        return self.pairs_of_sum(const, items, dtype)

    def pairs_of_sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term:
        if len(items) + (const != 0) > 1:
            found = self._fire_sum(const, items, dtype)
            if found is not None:
                return found
        common = None if self.expand else self.factored(const, items, dtype)
        return common if common is not None else self.algebra.sum(const, items, dtype)

    def factored(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term | None:
        """A factor that all addends share taken out."""
        if const != 0 or not 1 < len(items) <= _PAIRS or self._nothing_shared(items):
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
                merge(inside, {self.algebra.product(1, rest, dtype): 1}, k * c)
            else:
                extra += k * c
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
        one = constant(1.0, dtype)
        entries: list[tuple[Term, Number]] = [*items.items(), *([(one, const)] if const != 0 else [])]
        heads = [_ONE if t is one else self._heads(t) for t, _ in entries]
        joins = self.on_sums.pair
        places = self._promising(heads, joins)
        for i, j in combinations(places, 2):
            if not joins(heads[i], heads[j]):
                continue
            (a, m), (b, n) = entries[i], entries[j]
            scales = dict.fromkeys((magnitude(m), magnitude(n)))
            for scale in scales:
                for sign in (1, -1):
                    pair = {a: _ratio(m, scale * sign), b: _ratio(n, scale * sign)}
                    extra = pair.pop(one, 0) if one in pair else 0
                    probe = self.algebra.sum(extra, pair, dtype)
                    if probe._tuple[0] not in _LINEAR and probe._tuple[0] is not CATALOGUE["multiply"]:
                        continue
                    fired = self.rules.fire(probe)
                    if fired is None:
                        continue
                    made = self.apply(probe, fired)
                    rest = {t: c for t, c in items.items() if t is not a and t is not b}
                    left = const if b is not one and a is not one else 0
                    number = constant(float(scale * sign), dtype)
                    addend = CATALOGUE["multiply"](number, made) if scale * sign != 1 else made
                    if not rest and left == 0:
                        return addend
                    return CATALOGUE["add"](self.algebra.sum(left, rest, dtype), addend)
        return None

    def _promising(self, heads: list[Heads], joins: Callable[[Heads, Heads], bool]) -> list[int]:
        """The places of parts that a rule could join with another of the parts; none where these are too many."""
        kinds = Counter(heads)
        good = {
            one for one, times in kinds.items() for other in kinds if (one is not other or times > 1) and joins(one, other)
        }
        places = [place for place, one in enumerate(heads) if one in good] if good else []
        return places if len(places) <= _PAIRS else []

    def _heads(self, term: Term) -> Heads:
        """The heads among the factors of an addend that rules on sums name."""
        told = self.on_sums.told
        product = self.algebra.products.get(term)
        if product is None:
            head = term._tuple[0]
            return _single(head) if head in told else _NO_HEADS
        return frozenset([base._tuple[0] for base in product[1]]) & told

    def _base_heads(self, base: Term) -> Heads:
        head = SUM if base in self.algebra.sums else base._tuple[0]
        return _single(head) if head in self.on_products.told else _NO_HEADS

    def multiplicative(self, region: Region, dtype: Any) -> Term | None:
        coefficient: Number = 1
        factors: dict[Term, Number] = {}
        algebra = self.algebra
        for part, exponent in region:
            if part._tuple[0] is SYMBOL and type(exponent) is int:
                add_to(factors, part, exponent)
                continue
            number = number_of(part)
            if number is not None:
                value = finite(number)
                raised_to = None if value is None else _raise(value, exponent)
                if raised_to is None:
                    return None
                coefficient *= raised_to
                continue
            k, more = algebra.power(part, exponent)
            if len(more) > _SHARED and self.uses.get(part, 0) > 1 and not _overlap(factors, more):
                k, more = 1, {part: exponent}
            coefficient *= k
            merge(factors, more)
        coefficient, factors = self.primitive(coefficient, factors, dtype)
        if self.expand and self.current not in self.below:
            expanded = self.multiplied_out(coefficient, factors, dtype)
            if expanded is not None:
                return expanded
        if len(factors) + (coefficient != 1) > 1:
            found = self._fire_product(coefficient, factors, dtype)
            if found is not None:
                return found
        return algebra.product(coefficient, factors, dtype)

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
                grown.append((number * c * k, fresh))
            if const != 0:
                grown.append((number * const, dict(powers)))
        return grown

    def primitive(
        self, coefficient: Number, factors: dict[Term, Number], dtype: Any
    ) -> tuple[Number, dict[Term, Number]]:
        """Differences a - b and b - a among the factors made one."""
        sums = self.algebra.sums
        if len(factors) < 2 or len([base for base in factors if base in sums]) < 2:
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
                            coefficient *= power
                            base = other
                            break
            merge(found, {base: exponent})
        return coefficient, found

    def _fire_product(self, coefficient: Number, factors: dict[Term, Number], dtype: Any) -> Term | None:
        entries = list(factors.items())
        probes: list[tuple[dict[Term, Number], Number]] = []
        heads = [self._base_heads(base) for base, _ in entries]
        joins = self.on_products.pair
        for i, j in combinations(self._promising(heads, joins), 2):
            if not joins(heads[i], heads[j]):
                continue
            (a, m), (b, n) = entries[i], entries[j]
            probes.append(({a: m, b: n}, 1))
            if isinstance(m, int) and isinstance(n, int):
                k = min(abs(m), abs(n))
                for step in {k, -k} - {1}:
                    probes.append(
                        ({a: _ratio(m, k), b: _ratio(n, k)} if step > 0 else {a: -_ratio(m, k), b: -_ratio(n, k)}, step)
                    )
                if abs(m) != abs(n):
                    s, t = (1 if m > 0 else -1), (1 if n > 0 else -1)
                    probes.append(({a: s, b: t}, k))
        alters = self.on_products.single
        if len(entries) > 1:
            probes.extend([({a: m}, 1) for (a, m), kind in zip(entries, heads, strict=True) if m != 1 and alters(kind)])
        for probe_factors, power in probes:
            probe = self.algebra.product(1, probe_factors, dtype)
            if probe._tuple[0] in (SYMBOL, CONSTANT):
                continue
            fired = self.rules.fire(probe)
            if fired is None:
                continue
            made = self.apply(probe, fired)
            rest = dict(factors)
            merge(rest, probe_factors, -power)
            raised_made = made if power == 1 else CATALOGUE["power"](made, constant(float(power), dtype))
            if not rest and coefficient == 1:
                return raised_made
            return CATALOGUE["multiply"](self.algebra.product(coefficient, rest, dtype), raised_made)
        return None


def _ratio(a: Number, b: Number) -> Number:
    if b == 1:
        return a
    if isinstance(a, float) or isinstance(b, float):
        return finite(a / b) or 0
    quotient = _Fraction(a) / b
    return int(quotient) if quotient.denominator == 1 else quotient


def _multiple(one: Any, other: Any) -> Number | None:
    """The number c with one = c * other, for sums of the same terms."""
    const, items = one
    base, others = other
    if items.keys() != others.keys() or (const == 0) is not (base == 0):
        return None
    first = next(iter(items))
    ratio = _ratio(items[first], others[first])
    same = all(c == ratio * others[t] for t, c in items.items()) and const == ratio * base
    return ratio if same else None


def _overlap(items: dict[Term, Number], addends: dict[Term, Number]) -> bool:
    return any(term in items for term in addends)


def _exact_arithmetic(term: Term) -> bool:
    kind = term.type
    dtype = kind.dtype
    if dtype.kind != "f":
        return False
    for part in term._tuple[1:]:
        if part.type is not kind and part.type.dtype != dtype and not (is_constant(part) and part.type.ndim == 0):
            return False
    return True


def _powers(term: Term) -> Region | None:
    operands = term.operands
    match term._tuple[0].name:
        case "positive":
            return [(operands[0], 1)]
        case "square":
            return [(operands[0], 2)]
        case "reciprocal":
            return [(operands[0], -1)]
        case "sqrt":
            return [(operands[0], _Fraction(1, 2))]
        case "rsqrt":
            return [(operands[0], _Fraction(-1, 2))]
    number = number_of(operands[1])
    exponent = None if number is None else finite(number)
    return None if exponent is None else [(operands[0], exponent)]


def _raise(value: Number, exponent: Number) -> Number | None:
    return value if exponent == 1 else _raised(value, exponent)


def _folded(term: Term) -> Term | None:
    """The value of an operator on small constants, where it is finite."""
    operands = term.operands
    if not operands or not all(map(is_constant, operands)) or not term.type.is_static:
        return None
    if int(np.prod(term.type.shape, dtype=float)) > _FOLDED or any(
        np.size(constant_value(part)) > _FOLDED for part in operands
    ):
        return None
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(term._tuple[0].meaning(*[_value(part) for part in term._tuple[1:]]))
    except Exception:  # noqa: BLE001  # any operator may refuse its values; then the term stays
        return None
    if value.dtype != term.type.dtype or value.shape != term.type.shape or not np.isfinite(value).all():
        return None
    return constant(value)


def _value(part: Any) -> Any:
    return constant_value(part) if isinstance(part, Term) else part
