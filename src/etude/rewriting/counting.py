"""How many operations a term has."""

from __future__ import annotations

from collections.abc import Iterable

from etude.ops import CATALOGUE
from etude.terms import CONSTANT, CORE, SYMBOL, Term, distinct, postorder

__all__ = ["Trees", "count_operations", "has_operations", "operation_cost", "operations_in", "operations_of", "size_of"]

_FREE = frozenset(CATALOGUE[name] for name in ("item", "getitem"))
_NONE = _FREE | {SYMBOL, CONSTANT}
_add, _multiply = CATALOGUE["add"], CATALOGUE["multiply"]
_MANY = frozenset((_add, _multiply))


def operation_cost(term: Term) -> int:
    """Operations of the root alone: a sum or product of n operands is n - 1, leaves and projections are free."""
    head = term._tuple[0]
    if head is SYMBOL or head is CONSTANT or head in _FREE:
        return 0
    return len(term._tuple) - 2 if head is _add or head is _multiply else 1


def operations_of(terms: Iterable[Term]) -> int:
    """Operations of the roots of terms together."""
    if CORE is not None:
        found: int = CORE.operations_of(terms, _MANY, _NONE)
        return found
    total = 0
    for term in terms:
        parts = term._tuple
        head = parts[0]
        if head is _add or head is _multiply:
            total += len(parts) - 2
        elif head not in _NONE:
            total += 1
    return total


def operations_in(root: Term) -> int:
    """Operations of a term, shared sub-terms counted once."""
    return operations_of(distinct(root) if CORE is None else root)


def count_operations(*roots: Term, shared: bool = True) -> int:
    """Operations of terms; `shared` counts a sub-term that is used several times once.

    >>> from etude.ops import CATALOGUE as ops
    >>> from etude.terms import symbol
    >>> s = ops["sin"](symbol("x"))
    >>> count_operations(ops["multiply"](s, s)), count_operations(ops["multiply"](s, s), shared=False)
    (2, 3)
    """
    order = postorder(*roots)
    return operations_of(order) if shared else _unshared(order, roots)


def size_of(root: Term) -> tuple[int, int]:
    """Operations of a term, shared sub-terms counted once and counted at every use."""
    order = postorder(root)
    return operations_of(order), _unshared(order, (root,))


def has_operations(root: Term, least: int) -> bool:
    """Whether a term has so many operations, shared sub-terms counted once; looks at no more of it than that takes."""
    count, seen, pending = 0, {root}, [root]
    while pending and count < least:
        term = pending.pop()
        count += operation_cost(term)
        fresh = [part for part in term._tuple if type(part) is Term and part not in seen]
        seen.update(fresh)
        pending += dict.fromkeys(fresh)
    return count >= least


def _unshared(order: list[Term], roots: tuple[Term, ...]) -> int:
    total: dict[Term, int] = {}
    for term in order:
        total[term] = operation_cost(term) + sum([total[part] for part in term._tuple if type(part) is Term])
    return sum(total[root] for root in roots)


class Trees(dict[Term, int]):
    """Operations of terms with what is shared counted at every use, each distinct term counted once."""

    def take(self, order: list[Term]) -> None:
        """Those of terms in an order of which each comes after its parts."""
        if CORE is not None:
            CORE.take(self, order, _MANY, _NONE)
            return
        get = self.get
        for term in order:
            if term in self:
                continue
            parts = term._tuple
            head = parts[0]
            total = 0 if head in _NONE else len(parts) - 2 if head is _add or head is _multiply else 1
            for part in parts:
                if type(part) is Term:
                    total += get(part, 0)
            self[term] = total

    def __missing__(self, root: Term) -> int:
        self.take(postorder(root, stop=self.__contains__))
        return self[root]
