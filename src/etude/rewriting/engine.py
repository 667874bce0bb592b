"""Terms brought to normal form: rules and arithmetic together, operands first, every distinct node once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as _Fraction
from typing import Any, Final

from etude.ops import CATALOGUE, Op
from etude.rewriting.algebra import finite, remember
from etude.rewriting.collecting import LINEAR, Collector, Region
from etude.rewriting.fitting import number_of
from etude.rewriting.folding import folded
from etude.rewriting.numbers import Number
from etude.rewriting.strategies import BUDGET_PER_NODE, MINIMUM_BUDGET
from etude.terms import (
    CONSTANT,
    CORE,
    SYMBOL,
    Term,
    TupleType,
    bulk,
    etuple,
    intern,
    is_constant,
    uses_of,
)

__all__ = ["Engine"]

_RATIONAL: Final = frozenset(CATALOGUE[name] for name in ("multiply", "divide"))
_POWERS = frozenset(CATALOGUE[name] for name in ("power", "sqrt", "square", "reciprocal", "rsqrt", "positive"))
# The operators that a region reaches through from a root: those of sums, those of products, none from a power.
_REACHED: Final[dict[Any, frozenset[Op]]] = {
    **dict.fromkeys(LINEAR, LINEAR), **dict.fromkeys(_RATIONAL, _RATIONAL), **dict.fromkeys(_POWERS, frozenset()),
}  # fmt: skip
_negative: Final = CATALOGUE["negative"]
_subtract: Final = CATALOGUE["subtract"]
_divide: Final = CATALOGUE["divide"]
_LEAVES: Final = frozenset((SYMBOL, CONSTANT))  # which are their own normal forms
_HEADS: Final = (SYMBOL, CONSTANT, _negative, _subtract, _divide)
_again: Final[Term] = etuple()
_walked: Final = None if CORE is None else CORE.region
_ready: Final = None if CORE is None else CORE.ready
_PLAIN: Final[Any] = object()  # what stands for the region of a term that has none
Work = tuple[Term, Term | None, Region | None]


class Engine(Collector):
    """One run over one term."""

    @bulk()
    def run(self, root: Term, uses: dict[Term, int] | None = None, mark: object = None) -> Term:
        """The normal form of `root`.

        `uses` are its `uses_of`, where the caller has them, and are counted on. Terms that bear `mark` are known to be normal.
        """
        return self.run_all([root], uses_of(root) if uses is None else uses, mark)[0]

    def run_all(self, roots: Sequence[Term], uses: dict[Term, int], mark: object = None) -> list[Term]:
        """The normal forms of several terms, what they share once; `uses` are the `uses_of` all."""
        if self.expand:
            self.below = frozenset([term._tuple[2] for term in uses if term._tuple[0] is _divide])
        self.allowed = MINIMUM_BUDGET + BUDGET_PER_NODE * len(uses)
        self.count(uses)
        stack: list[Work] = [(root, None, None) for root in reversed(roots)]
        memo, order = self.memo, (self.memo, self.uses, _REACHED, self.kinds, self.refused, mark, _HEADS, _PLAIN)
        while stack:
            row = stack.pop() if _ready is None else _ready(order, stack)
            if row is None:
                break
            term, after, region = row
            if term in memo:
                continue
            if region is None:
                region = self.looked_at(term, after, stack, mark)
                if region is None:
                    continue
            made = self.step(term) if region is _PLAIN else self.collect(term, region)
            if made is term or made in memo:
                self.settle(term, made if made is term else memo[made])
            elif made is _again:
                stack.append((term, None, None))
            else:
                stack.append((term, made, None))
                stack.append((made, None, None))
        return [memo[root] for root in roots]

    def looked_at(self, term: Term, after: Term | None, stack: list[Work], mark: object) -> Any:
        """The region of a term whose operands are normal, or `_PLAIN` where it has none; None where other work comes first."""
        if after is not None:
            self.settle(term, self.memo[after])
            return None
        head = term._tuple[0]
        if head in _LEAVES:
            self.memo[term] = term
            return None
        if mark is not None and term.normal_for is mark:
            self.learn(term)
            return None
        missing: list[Work] = []
        region = self.region(term, missing) if head in _REACHED else None
        if region is None:
            missing = self.missing(term)
        if missing:
            stack.append((term, None, region))
            missing.reverse()
            stack += missing
            return None
        return _PLAIN if region is None else region

    def learn(self, term: Term, deeper: bool = True) -> None:
        """Take a term that is known to be normal as such; how it is made up of addends or factors is read from it."""
        made: Term | None = None
        region = self.region(term, []) if term._tuple[0] in _REACHED else None
        if region is not None:
            for part, _ in region if deeper else ():
                if part not in self.memo and part._tuple[0] in _REACHED:
                    self.learn(part, deeper=False)
            made = self.arithmetic(term, region)
        self.settle(term, term if made is None else made)

    def count(self, uses: dict[Term, int]) -> None:
        """Note how often terms are used, those of earlier runs included."""
        if not self.uses:
            self.uses = uses
            self.told = self.all_known()
            return
        for term, count in uses.items():
            self.uses[term] = self.uses.get(term, 0) + count

    def settle(self, term: Term, final: Term) -> None:
        self.memo[term] = final
        if final is not term and final._tuple[0] in _REACHED:  # the uses of sums and products alone count
            self.uses[final] = self.uses.get(final, 0) + self.uses.get(term, 0)

    def missing(self, term: Term) -> list[Work]:
        """The operands of which the normal forms are not known yet."""
        memo, leaves = self.memo, _LEAVES
        return [
            (part, None, None)
            for part in term._tuple
            if type(part) is Term and part._tuple[0] not in leaves and part not in memo
        ]

    def region(self, term: Term, missing: list[Work]) -> Region | None:
        """The addends with their signs, or the factors with their exponents, of the sum or product that has its root here.

        It reaches down through sums (products) that have no other use; None where arithmetic does not apply. Those of which
        the normal forms are not known yet are added to `missing`.
        """
        memo, uses, leaves, parts, kind = self.memo, self.uses, _LEAVES, term._tuple, term.type
        inner = _REACHED[parts[0]]
        if inner and _walked is not None and not self.refused and self.floating(kind):
            quick: Region | None = _walked(term, inner, memo, uses, missing, _HEADS)
            if quick is not None:
                return quick
        if (self.refused and term in self.refused) or not self.floating(kind) or not _uniform(parts, kind):
            return None
        if not inner:
            found = _powers(term)
            missing += [(part, None, None) for part, _ in found or () if part._tuple[0] not in leaves and part not in memo]
            return found
        found = []
        stack: list[tuple[Term, Number]] = [(term, 1)]
        while stack:
            part, number = stack.pop()
            parts = part._tuple
            head = parts[0]
            if head in leaves:
                found.append((part, number))
            elif part is not term and (
                head not in inner
                or uses.get(part, 0) > 1
                or part in memo
                or not (part.type is kind or self.floating(part.type))
                or not _uniform(parts, part.type)
            ):
                found.append((part, number))
                if part not in memo:
                    missing.append((part, None, None))
            elif head is _negative:
                stack.append((parts[1], -number))
            elif head is _subtract or head is _divide:
                stack += (parts[2], -number), (parts[1], number)
            elif len(parts) == 3:
                stack += (parts[2], number), (parts[1], number)
            else:
                stack += [(each, number) for each in parts[:0:-1]]
        return found

    def reached(self, term: Term) -> list[Term]:
        """The products that a region reaches through from its root."""
        found = [term]
        for product in found:  # which grows meanwhile
            inside = [part for part in product._tuple[1:] if part._tuple[0] in _RATIONAL and self.uses.get(part, 0) <= 1]
            found += inside
        return found

    def floating(self, kind: Any) -> bool:
        """Whether the type holds real floating numbers, of which arithmetic is that of the reals."""
        found = self.kinds.get(kind)
        if found is None:
            found = self.kinds[kind] = kind.dtype.kind == "f"
        return found

    def collect(self, term: Term, region: Region) -> Term:
        """The sum or product collected, and one rule applied to it; final where nothing changes."""
        memo, before = self.memo, self.steps
        tidy = self.arithmetic(term, region)
        if tidy is None:
            self.refused.update(self.reached(term) if self.overflown else (term,))
            self.overflown = False
            return _again
        head = tidy._tuple[0]
        fired = None if head in _LEAVES else self.fire(tidy)
        if self.journal is not None and tidy is not term:
            self.journal.collected(term, region, memo, tidy)
        if fired is not None:
            return self.apply(tidy, fired)
        if self.steps != before and head in _RATIONAL:
            self.read(tidy)
        memo[tidy] = tidy
        return tidy

    def read(self, product: Term) -> None:
        """Note how a product is made up that a rule on a pair of factors wrote."""
        missing: list[Work] = []
        region = None if product in self.algebra.products else self.region(product, missing)
        gathered = None if region is None or missing else self.gathered(region, product.type.dtype)
        if gathered is not None:
            remember(self.algebra.products, product, gathered)

    def step(self, term: Term) -> Term:
        """The term with its normal operands, and folding or one rule applied; final where nothing changes."""
        fresh = self.rebuilt(term)
        if fresh.type is not term.type:
            return fresh if fresh.type is not None else term
        head = fresh._tuple[0]
        if isinstance(fresh.type, TupleType) or type(head) is not Op:
            self.memo[fresh] = fresh
            return fresh
        first: Any = fresh._tuple[1] if len(fresh._tuple) > 1 else None
        if type(first) is Term and first._tuple[0] is CONSTANT:
            value = folded(fresh)
            if value is not None:
                return self.valued(fresh, value)
        fired = self.fire(fresh)
        if fired is not None:
            return self.apply(fresh, fired)
        self.memo[fresh] = fresh
        return fresh

    def fire(self, term: Term) -> Any:
        """The first rule that changes the root, with its result."""
        if self.sharing:  # in one run over large terms, each is asked about once
            return self.rules.fire(term)
        quiet = self.heard.quiet
        if term in quiet:
            return None
        fired = self.rules.fire(term)
        if fired is None:
            self.heard.keep(quiet, term)
        return fired

    def rebuilt(self, term: Term) -> Term:
        """The term over the normal forms of its operands."""
        memo, same, kind = self.memo, True, Term
        parts: list[Any] = []
        for part in term._tuple:
            if type(part) is kind:
                new = memo.get(part, part)
                if new is not part:
                    same = same and new.type is part.type
                    part = new
            parts.append(part)
        fresh = tuple(parts)
        if same and term.type is not None:
            return intern(fresh, term.type)
        return Term(fresh)


def _uniform(parts: tuple[Any, ...], kind: Any) -> bool:
    """Whether all operands have the dtype of the result, but for numbers."""
    for part in parts[1:]:
        if part.type is not kind and part.type.dtype != kind.dtype and not (is_constant(part) and part.type.ndim == 0):
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
