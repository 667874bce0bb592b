"""Unification of free terms modulo associativity and commutativity (Stickel 1981), for small terms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count, product

from etude.check.algebra import Binding, FreeTerm, is_ac, is_commutative, made, substitute, variables
from etude.terms import Variable

__all__ = ["TooMany", "unifiers"]

_fresh = count()
_BASIS = 10  # more minimal solutions than this and the unifiers are too many to list


class TooMany(Exception):  # no error: the search is given up
    """More unifiers than can be listed."""


def unifiers(a: FreeTerm, b: FreeTerm) -> Iterator[Binding]:
    """A complete set of unifiers. Raises `TooMany` where it would be too large."""
    yield from _solve([(a, b)], {})


def _solve(pairs: list[tuple[FreeTerm, FreeTerm]], binding: Binding) -> Iterator[Binding]:
    if not pairs:
        yield binding
        return
    (a, b), rest = pairs[0], pairs[1:]
    a, b = substitute(a, binding), substitute(b, binding)
    if a == b:
        yield from _solve(rest, binding)
    elif isinstance(a, Variable) or isinstance(b, Variable):
        variable, value = (a, b) if isinstance(a, Variable) else (b, a)
        if variable not in variables(value):
            one = {variable: value}
            yield from _solve(rest, {**{v: substitute(t, one) for v, t in binding.items()}, **one})
    elif a[0] == b[0]:
        if is_ac(a[0]):
            for more in _ac_pairs(a[0], a[1:], b[1:]):
                yield from _solve([*more, *rest], binding)
        elif len(a) == len(b):
            yield from _solve([*zip(a[1:], b[1:], strict=True), *rest], binding)
            if len(a) == 3 and is_commutative(a[0]):
                yield from _solve([(a[1], b[2]), (a[2], b[1]), *rest], binding)


def _ac_pairs(
    head: str, left: tuple[FreeTerm, ...], right: tuple[FreeTerm, ...]
) -> Iterator[list[tuple[FreeTerm, FreeTerm]]]:
    """Equations that together solve `left` = `right` as multisets: one list for each way of sharing."""
    parts = list(dict.fromkeys(left + right))
    counts = [left.count(part) - right.count(part) for part in parts]
    parts = [part for part, n in zip(parts, counts, strict=True) if n]
    counts = [n for n in counts if n]
    if not parts:
        yield []
        return
    for rows in _ways(tuple(counts), tuple([not isinstance(part, Variable) for part in parts])):
        yield _equations(head, parts, rows)


@lru_cache(maxsize=512)
def _ways(counts: tuple[int, ...], rigid: tuple[bool, ...]) -> list[list[tuple[int, ...]]]:
    """The sets of minimal solutions that give each rigid part 1 in all, and each other one 1 at least."""
    basis = [row for row in _minimal_solutions(counts) if all(row[i] <= 1 for i in range(len(counts)) if rigid[i])]
    if len(basis) > _BASIS:
        raise TooMany
    found = []
    for chosen in product((0, 1), repeat=len(basis)):
        rows = [row for row, used in zip(basis, chosen, strict=True) if used]
        totals = [sum(row[i] for row in rows) for i in range(len(counts))]
        if all(total == 1 if stiff else total >= 1 for total, stiff in zip(totals, rigid, strict=True)):
            found.append(rows)
    return found


def _equations(head: str, parts: list[FreeTerm], rows: list[tuple[int, ...]]) -> list[tuple[FreeTerm, FreeTerm]]:
    pieces = [Variable(f"%{next(_fresh)}") for _ in rows]
    made_of = [
        tuple(piece for piece, row in zip(pieces, rows, strict=True) for _ in range(row[i])) for i in range(len(parts))
    ]
    return [(part, made(head, some)) for part, some in zip(parts, made_of, strict=True)]


def _minimal_solutions(counts: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The minimal nonnegative solutions of sum(counts * x) = 0, none of which exceeds the largest coefficient."""
    bound = max(map(abs, counts))
    if (bound + 1) ** len(counts) > 20_000:
        raise TooMany
    rows = [row for row in product(range(bound + 1), repeat=len(counts)) if any(row)]
    rows = [row for row in rows if sum(c * x for c, x in zip(counts, row, strict=True)) == 0]
    return [row for row in rows if not any(_below(other, row) for other in rows)]


def _below(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))
