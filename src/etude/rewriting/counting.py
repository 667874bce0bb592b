"""How many operations a term has."""

from __future__ import annotations

from etude.terms import CONSTANT, SYMBOL, Term, postorder

__all__ = ["count_operations", "operation_cost"]

_FREE = frozenset({"item", "getitem"})


def operation_cost(term: Term) -> int:
    """Operations of the root alone: a sum or product of n operands is n - 1, leaves and projections are free."""
    head = term._tuple[0]
    if head is SYMBOL or head is CONSTANT or head.name in _FREE:
        return 0
    if head.name in ("add", "multiply"):
        return len(term._tuple) - 2
    return 1


def count_operations(*roots: Term, shared: bool = True) -> int:
    """Operations of terms; `shared` counts a sub-term that is used several times once.

    >>> from etude.ops import CATALOGUE as ops
    >>> from etude.terms import symbol
    >>> s = ops["sin"](symbol("x"))
    >>> count_operations(ops["multiply"](s, s)), count_operations(ops["multiply"](s, s), shared=False)
    (2, 3)
    """
    order = postorder(*roots)
    if shared:
        return sum(map(operation_cost, order))
    total: dict[Term, int] = {}
    for term in order:
        total[term] = operation_cost(term) + sum([total[part] for part in term._tuple if isinstance(part, Term)])
    return sum(total[root] for root in roots)
