"""Chains of matrix products, multiplied in the order that takes least work.

Products are associative, and the transpose of a product is that of its factors, turned round: the equations of
rules/speed/products.rules. Which of the equal forms is best, a dynamic programme over the chain says (Cormen et al.,
Introduction to Algorithms, section 14.2); a size that is not known counts as rules/costs says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import fsum, prod
from typing import Any, NamedTuple

from etude.ops import CATALOGUE
from etude.rewriting.costs import cost_table, run_time
from etude.rewriting.journal import Journal
from etude.rules import default
from etude.terms import Term, bulk, distinct, postorder, uses_of

__all__ = ["LONGEST", "chain_of", "in_best_order", "is_product"]

_matmul, _transpose = CATALOGUE["matmul"], CATALOGUE["matrix_transpose"]
_LINE = "chain_reordered"
LONGEST = 60  # factors up to which all orders are compared; a longer chain is multiplied from a vector at an end of it
SMALLEST = 16  # what an unknown size is taken to be at least: no product of a new order is larger than all written ones
Span = tuple[int, int, int]  # the factors from the first place to the second times those from there to the third


class Factor(NamedTuple):
    """A vector or a matrix in a chain; its transpose, where `turned`."""

    term: Term
    turned: bool


class Chain(NamedTuple):
    """The factors of a product from left to right, in which spans they are multiplied as written, the products inside."""

    factors: list[Factor]
    spans: list[Span]
    inside: list[Term]


@bulk()
def in_best_order(roots: Sequence[Term], journal: Journal | None = None) -> list[Term]:
    """The terms with each chain of products multiplied in its best order, if all together then take less time.

    A product that is used several times is one factor, computed once, or is multiplied anew in each chain: what takes
    less time. Factors may be stacks of matrices, all of one shape, beside single ones; products of several dtypes, and of a
    stack and a vector, stay as they are.
    """
    uses = uses_of(*roots)
    if sum(map(is_product, uses)) < 2:
        return list(roots)
    for root in roots:
        uses[root] += 1
    best, least = list(roots), _time(roots)
    taken: list[tuple[Term, Term]] = []
    for several in (False, True):
        found, steps = _reordered(roots, uses, several)
        if steps and (time := _time(found)) < least:
            best, least, taken = found, time, steps
    if journal is not None and taken:
        line = default("speed")[_LINE]
        for before, after in taken:
            journal.record(line.name, line.file, line.line, before, after)
    return best


def _time(roots: Sequence[Term]) -> float:
    return fsum(map(run_time, distinct(*roots)))


def _reordered(roots: Sequence[Term], uses: Mapping[Term, int], several: bool) -> tuple[list[Term], list[tuple[Term, Term]]]:
    """The terms with their chains in best order, and what became what; products of `several` uses are opened or not."""
    once = uses.keys() if several else {term for term, count in uses.items() if count == 1}
    order = postorder(*roots)
    needed, inside = set(roots), set[Term]()
    plans: dict[Term, tuple[list[Factor], list[Span]]] = {}
    for term in reversed(order):
        if term not in needed:
            continue
        if term not in inside and is_product(term):
            chain = chain_of(term, once)
            spans = _better(chain)
            if spans is not None:
                plans[term] = chain.factors, spans
                needed.update([factor.term for factor in chain.factors])
                continue
            inside.update(chain.inside)
        needed.update([part for part in term._tuple if type(part) is Term])
    memo: dict[Any, Term] = {}
    steps: list[tuple[Term, Term]] = []
    for term in order:
        if term in needed:
            memo[term] = made = _multiplied(*plans[term], memo) if term in plans else _rebuilt(term, memo)
            if term in plans:
                steps.append((_rebuilt(term, memo), made))
    return [memo[root] for root in roots], steps


def _rebuilt(term: Term, memo: Mapping[Any, Term]) -> Term:
    parts = tuple([memo.get(part, part) if type(part) is Term else part for part in term._tuple])
    return term if all(new is old for new, old in zip(parts, term._tuple, strict=True)) else Term(parts)


# ---------------------------------------------------------------- a term as a chain


def is_product(term: Term) -> bool:
    """A product of matrices or vectors, or of stacks of matrices, all of one dtype."""
    if term._tuple[0] is not _matmul:
        return False
    kinds = [part.type for part in term.operands]
    alike = all(kind.ndim <= 2 for kind in kinds) or all(kind.ndim >= 2 for kind in kinds)
    return alike and all(kind.dtype == term.type.dtype for kind in kinds)


def chain_of(root: Term, once: Any) -> Chain:
    """The chain of a product: those inside it are opened that are in `once`, as are the transposes above them."""
    chain = Chain([], [], [])
    ends: list[tuple[int, int]] = []  # of what is read and not yet multiplied
    stack: list[tuple[Term, bool] | None] = [(root, False)]
    while stack:
        entry = stack.pop()
        if entry is None:
            (middle, stop), (start, _) = ends.pop(), ends.pop()
            ends.append((start, stop))
            chain.spans.append((start, middle, stop))
            continue
        term, turned = entry
        opened = term in once
        while term._tuple[0] is _transpose:
            term, turned = term._tuple[1], not turned
            opened = opened and term in once
        if term is root or (opened and is_product(term)):
            stack += [None, *_reversed_operands(term, turned)]
            chain.inside.append(term)
        else:
            ends.append((len(chain.factors), len(chain.factors) + 1))
            chain.factors.append(Factor(term, turned))
    return chain


def _reversed_operands(product: Term, turned: bool) -> list[tuple[Term, bool]]:
    """The operands of a product, or of its transpose, from right to left, each with whether it is turned."""
    left, right = product.operands
    pair = [(left, _is_row(left) is False), (right, _is_row(right) is True)]
    return [(part, not flag) for part, flag in pair] if turned else pair[::-1]


def _is_row(term: Term) -> bool | None:
    """Whether a product that is a vector is a row times a matrix, not a matrix times a column; None of what is neither."""
    if term.type.ndim != 1 or term._tuple[0] is not _matmul:
        return None
    return bool(term._tuple[1].type.ndim == 1)


def _sizes(factors: Sequence[Factor]) -> list[Any]:
    """The sizes between which the factors lead: numbers, names, or places for those that have none."""
    ends: list[tuple[Any, Any]] = []
    for place, (term, turned) in enumerate(factors):
        shape = term.type.shape
        if len(shape) == 1:
            ends.append((shape[0], 1) if place else (1, shape[0]))
        else:
            ends.append(shape[:-3:-1] if turned else shape[-2:])
    befores, afters = [end[0] for end in ends], [end[1] for end in ends]
    pairs = zip([befores[0], *afters], [*befores, afters[-1]], strict=True)
    return [_known(place, one, other) for place, (one, other) in enumerate(pairs)]


def _known(place: int, one: Any, other: Any) -> Any:
    """What is known of a size that is called in two ways."""
    for kind in (int, str):
        for size in (one, other):
            if isinstance(size, kind):
                return size
    return ("place", place)


# ---------------------------------------------------------------- the best order


def _better(chain: Chain) -> list[Span] | None:
    """The order that takes less work than the one that is written, if there is one."""
    count = len(chain.factors)
    if count < 3:
        return None
    stacks = {factor.term.type.shape[:-2] for factor in chain.factors if factor.term.type.ndim > 2}
    if len(stacks) > 1 or not all(isinstance(size, int) for stack in stacks for size in stack):
        return None
    sizes = _sizes(chain.factors)
    numbers = [float(size) if isinstance(size, int) else cost_table().unknown for size in sizes]
    copies = _Copies(chain.factors, prod(*stacks) if stacks else 1)
    spans = _least(numbers, copies) if count <= LONGEST else _from_a_vector(chain.factors)
    if not _work(spans, numbers, copies) < _work(chain.spans, numbers, copies):
        return None
    if not all(isinstance(size, int) for size in sizes) and not _never_larger(spans, chain.spans, sizes):
        return None
    return spans


class _Copies:
    """How often a product of factors from one place to another is computed: once, or for each matrix of a stack among them."""

    def __init__(self, factors: Sequence[Factor], size: int):
        self.size = float(size)
        self.stacks = [0, *accumulate([factor.term.type.ndim > 2 for factor in factors])]  # before each place

    def __call__(self, start: int, stop: int) -> float:
        return self.size if self.stacks[stop] > self.stacks[start] else 1.0


def _work(spans: Iterable[Span], sizes: Sequence[float], copies: _Copies) -> float:
    return fsum([copies(start, stop) * sizes[start] * sizes[middle] * sizes[stop] for start, middle, stop in spans])


def _least(sizes: Sequence[float], copies: _Copies) -> list[Span]:
    """The spans of least work, inner ones first."""
    count = len(sizes) - 1
    work = [[0.0] * (count + 1) for _ in range(count + 1)]
    cut = [[0] * (count + 1) for _ in range(count + 1)]
    for width in range(2, count + 1):
        for start in range(count - width + 1):
            stop = start + width
            outer, row = copies(start, stop) * sizes[start] * sizes[stop], work[start]
            work[start][stop], cut[start][stop] = min(
                [(row[k] + work[k][stop] + outer * sizes[k], k) for k in range(start + 1, stop)]
            )
    spans, pending = [], [(0, count)]
    for start, stop in pending:  # which grows meanwhile
        if stop - start > 1:
            middle = cut[start][stop]
            spans.append((start, middle, stop))
            pending += [(start, middle), (middle, stop)]
    return spans[::-1]


def _from_a_vector(factors: Sequence[Factor]) -> list[Span]:
    """The factors one after another, from the right where a vector stands there."""
    count = len(factors)
    if factors[-1].term.type.ndim == 1:
        return [(place, place + 1, count) for place in reversed(range(count - 1))]
    return [(0, place, place + 1) for place in range(1, count)]


def _never_larger(spans: Iterable[Span], written: Sequence[Span], sizes: Sequence[Any]) -> bool:
    """Whether each product is, for unknown sizes from `SMALLEST` on, no larger than one of those that are written."""
    return all(any(_no_larger(span, other, sizes) for other in written) for span in spans)


def _no_larger(span: Span, other: Span, sizes: Sequence[Any]) -> bool:
    (factor, names), (most, others) = _volume(span, sizes), _volume(other, sizes)
    return names <= others and factor <= most * SMALLEST ** (others.total() - names.total())


def _volume(span: Span, sizes: Sequence[Any]) -> tuple[float, Counter[Any]]:
    """The product of the known sizes of a product, and its unknown ones."""
    chosen = [sizes[place] for place in span]
    known = [size for size in chosen if isinstance(size, int)]
    factor = 1.0
    for size in known:
        factor *= size
    return factor, Counter(size for size in chosen if not isinstance(size, int))


# ---------------------------------------------------------------- the chain as a term


def _multiplied(factors: Sequence[Factor], spans: Iterable[Span], memo: Mapping[Any, Term]) -> Term:
    """The product of the factors' new forms, in the order of the spans."""
    made = {(place, place + 1): Factor(memo[term], turned) for place, (term, turned) in enumerate(factors)}
    for start, middle, stop in spans:
        made[start, stop] = _product(made[start, middle], made[middle, stop])
    return _upright(made[0, len(factors)])


def _product(left: Factor, right: Factor) -> Factor:
    """As rules/simplify writes it: two transposes are that of a product, a vector is on the right of a transpose."""
    if left.turned and right.turned and left.term.type.ndim >= 2 and right.term.type.ndim >= 2:
        return Factor(_matmul(right.term, left.term), True)
    if left.term.type.ndim == 1 and right.turned and right.term.type.ndim >= 2:
        return Factor(_matmul(right.term, left.term), False)
    return Factor(_matmul(_upright(left), _upright(right)), False)


def _upright(factor: Factor) -> Term:
    made: Term = _transpose(factor.term) if factor.turned and factor.term.type.ndim >= 2 else factor.term
    return made
