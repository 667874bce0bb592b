"""Terms brought to normal form: rules and arithmetic together, operands first, every distinct node once."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction as _Fraction
from itertools import combinations
from typing import Any

import numpy as np

from etude.ops import CATALOGUE, Op
from etude.rewriting.algebra import WIDEST, Algebra, finite, magnitude, merge
from etude.rewriting.assumptions import knowledge
from etude.rewriting.compiled import Rules
from etude.rewriting.fitting import Refused, fit, number_of
from etude.rewriting.journal import Journal
from etude.rewriting.numbers import Number
from etude.rewriting.numbers import raised as _raised
from etude.rewriting.strategies import BUDGET_PER_NODE, MINIMUM_BUDGET, exhausted
from etude.terms import CONSTANT, SYMBOL, Term, TupleType, constant, constant_value, is_constant, postorder

__all__ = ["Engine"]

_LINEAR = frozenset(CATALOGUE[name] for name in ("add", "subtract", "negative"))
_ARITHMETIC = _LINEAR | frozenset(
    CATALOGUE[name] for name in ("multiply", "divide", "power", "sqrt", "square", "reciprocal", "rsqrt", "positive")
)
_PAIRS = 10  # addends or factors among which pairs are tried
_FEWER_PAIRS = 4  # and in terms of more than _LARGE nodes
_LARGE = 2000
_SHARED = 2  # factors above which a product used more than once is kept whole
_FOLDED = 64
_EXPANDED = 4  # exponents up to which a power of a sum is multiplied out
_SUM_ROOTS = frozenset(("add", "subtract"))
_PRODUCT_ROOTS = frozenset(("multiply", "divide", "power"))
_PLAIN = frozenset(CATALOGUE[name] for name in ("add", "subtract", "multiply", "divide", "negative"))


class Engine:
    """One run over one term."""

    def __init__(self, rules: Rules, journal: Journal | None = None, expand: bool = False):
        self.rules, self.journal, self.expand = rules, journal, expand
        self.algebra = Algebra(knowledge())
        self.memo: dict[Any, Term] = {}
        self.uses: Counter[Term] = Counter()
        self.fired: Counter[str] = Counter()
        self.steps = 0
        self.pairs = _PAIRS
        self.sum_heads = rules.heads_in(_SUM_ROOTS) - _PLAIN
        self.product_heads = rules.heads_in(_PRODUCT_ROOTS) - _PLAIN

    def run(self, root: Term) -> Term:
        order = postorder(root)
        for term in order:
            self.uses.update([part for part in term._tuple if isinstance(part, Term)])
        divisions = [term.operands[1] for term in order if getattr(term._tuple[0], "name", "") == "divide"]
        self.below = frozenset(divisions)  # multiplied out, a denominator would lose digits near its zeros
        self.pairs = _PAIRS if len(order) <= _LARGE else _FEWER_PAIRS
        self.allowed = MINIMUM_BUDGET + BUDGET_PER_NODE * len(order)
        stack: list[tuple[Term, Term | None]] = [(root, None)]
        memo = self.memo
        while stack:
            term, after = stack.pop()
            if term in memo:
                continue
            if after is not None:
                self.settle(term, memo[after])
                continue
            head = term._tuple[0]
            if head is SYMBOL or head is CONSTANT:
                memo[term] = term
                continue
            missing = [part for part in term._tuple if isinstance(part, Term) and part not in memo]
            if missing:
                stack.append((term, None))
                stack.extend([(part, None) for part in reversed(missing)])
                continue
            made = self.step(term)
            if made is term or made in memo:
                self.settle(term, made if made is term else memo[made])
            elif memo.get(made) is None:
                stack.append((term, made))
                stack.append((made, None))
        return memo[root]

    def settle(self, term: Term, final: Term) -> None:
        self.memo[term] = final
        if final is not term:
            self.uses[final] += self.uses[term]

    def step(self, term: Term) -> Term:
        """The term with its normal operands, and arithmetic or one rule applied; final where nothing changes."""
        parts = tuple([self.memo[part] if isinstance(part, Term) else part for part in term._tuple])
        fresh = term if all(new is old for new, old in zip(parts, term._tuple, strict=True)) else Term(parts)
        if fresh.type is not term.type:
            return fresh if fresh.type is not None else term
        if isinstance(fresh.type, TupleType) or not isinstance(fresh._tuple[0], Op):
            self.memo[fresh] = fresh
            return fresh
        folded = _folded(fresh)
        if folded is not None:
            return self.log("fold_constants", fresh, folded, _folded)
        if fresh._tuple[0] in _ARITHMETIC and _exact_arithmetic(fresh):
            tidy = self.arithmetic(fresh, term)
            if tidy is not fresh:
                fired = self.rules.fire(tidy) if tidy._tuple[0] not in (SYMBOL, CONSTANT) else None
                if fired is not None:
                    return self.apply(tidy, fired)
                self.memo[tidy] = tidy
                if self.journal is not None and tidy is not term:
                    self.log("collect", fresh, tidy, Engine.arithmetic)
                return tidy
        fired = self.rules.fire(fresh)
        if fired is not None:
            return self.apply(fresh, fired)
        self.memo[fresh] = fresh
        return fresh

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

    def arithmetic(self, term: Term, original: Term) -> Term:
        """The collected form of a sum, product or power whose operands are normal; `term` where it cannot be."""
        dtype = term.type.dtype
        self.current = original
        made = self.linear(term, dtype) if term._tuple[0] in _LINEAR else self.multiplicative(term, dtype)
        if made is None:
            return term
        try:
            return fit(made, term)
        except Refused:
            return term

    def linear(self, term: Term, dtype: Any) -> Term | None:
        const: Number = 0
        items: dict[Term, Number] = {}
        signs = {"add": 1, "negative": -1}
        for place, part in enumerate(term.operands):
            sign = signs.get(term._tuple[0].name, 1 if place == 0 else -1)
            number = number_of(part)
            if number is not None:
                value = finite(number)
                if value is None:
                    return None
                const += sign * value
                continue
            inner, addends = self.algebra.as_sum(part)
            if len(addends) > WIDEST or (self.uses[part] > 1 and len(addends) > 1 and not _overlap(items, addends)):
                inner, addends = 0, {part: 1}
            const += sign * inner
            for t, c in addends.items():
                k, rest = self.algebra.addend(t)
                merge(items, {rest: k * c}, sign)
        return self.pairs_of_sum(const, items, dtype)

    def pairs_of_sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term:
        if 1 < len(items) + (const != 0) <= self.pairs:
            found = self._fire_sum(const, items, dtype)
            if found is not None:
                return found
        common = None if self.expand else self.factored(const, items, dtype)
        return common if common is not None else self.algebra.sum(const, items, dtype)

    def factored(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term | None:
        """A factor that all addends share taken out."""
        if const != 0 or not 1 < len(items) <= self.pairs:
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

    def _fire_sum(self, const: Number, items: dict[Term, Number], dtype: Any) -> Term | None:
        one = constant(1.0, dtype)
        entries: list[tuple[Term, Number]] = [*items.items(), *([(one, const)] if const != 0 else [])]
        told = [t is one or self._told(t, self.sum_heads) for t, _ in entries]
        for i, j in combinations(range(len(entries)), 2):
            if not (told[i] and told[j]):
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
                    addend = (
                        CATALOGUE["multiply"](constant(float(scale * sign), dtype), made) if scale * sign != 1 else made
                    )
                    if not rest and left == 0:
                        return addend
                    return CATALOGUE["add"](self.algebra.sum(left, rest, dtype), addend)
        return None

    def _told(self, term: Term, heads: frozenset[Any]) -> bool:
        """Whether a factor of the term has one of the heads that rules of this kind name."""
        return any(base._tuple[0] in heads for base in self.algebra.as_product(term)[1])

    def multiplicative(self, term: Term, dtype: Any) -> Term | None:
        powers = _powers(term)
        if powers is None:
            return None
        coefficient: Number = 1
        factors: dict[Term, Number] = {}
        for part, exponent in powers:
            number = number_of(part)
            if number is not None:
                value = finite(number)
                raised_to = None if value is None else _raise(value, exponent)
                if raised_to is None:
                    return None
                coefficient *= raised_to
                continue
            k, more = self.algebra.power(part, exponent)
            if len(more) > WIDEST or (self.uses[part] > 1 and len(more) > _SHARED and not _overlap(factors, more)):
                k, more = 1, {part: exponent}
            coefficient *= k
            merge(factors, more)
        coefficient, factors = self.primitive(coefficient, factors, dtype)
        if self.expand and self.current not in self.below:
            expanded = self.multiplied_out(coefficient, factors, dtype)
            if expanded is not None:
                return expanded
        if 1 < len(factors) + (coefficient != 1) <= self.pairs:
            found = self._fire_product(coefficient, factors, dtype)
            if found is not None:
                return found
        return self.algebra.product(coefficient, factors, dtype)

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
        sums, heads = self.algebra.sums, self.product_heads
        for (a, m), (b, n) in combinations(entries, 2):
            if not (a._tuple[0] in heads or b._tuple[0] in heads or (a in sums and b in sums)):
                continue
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
        for a, m in entries:
            if len(entries) > 1 and m != 1:
                probes.append(({a: m}, 1))
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
    dtype = term.type.dtype
    if dtype.kind != "f":
        return False
    return all(part.type.dtype == dtype or (is_constant(part) and part.type.ndim == 0) for part in term.operands)


def _powers(term: Term) -> list[tuple[Term, Number]] | None:
    operands = term.operands
    match term._tuple[0].name:
        case "multiply":
            return [(part, 1) for part in operands]
        case "divide":
            return [(operands[0], 1), (operands[1], -1)]
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
