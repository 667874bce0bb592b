"""Products of matrices in a sum that differ in nothing but their association are written alike, so that they are collected."""

from __future__ import annotations

from typing import Any

from etude.ops import CATALOGUE
from etude.rewriting.chains import chain_of, is_product
from etude.rewriting.fitting import number_of
from etude.rewriting.journal import Journal
from etude.rules import default
from etude.terms import Term, distinct, postorder

__all__ = ["products_alike"]

_ADD, _SUBTRACT, _MULTIPLY = (CATALOGUE[name] for name in ("add", "subtract", "multiply"))
_LINEAR = {_ADD, _SUBTRACT, *[CATALOGUE[name] for name in ("negative", "matrix_transpose")]}
_LINE = "chain_reordered"


def products_alike(root: Term, journal: Journal | None = None) -> Term:
    """The term in which products of the same factors, in one sum, are one term: the first of them."""
    changed: dict[Any, Term] = {}
    order = postorder(root)
    if sum(map(is_product, order)) < 4:  # as many as two associations of three factors take
        return root
    for node in order:
        fresh = node
        if changed and any(part in changed for part in node._tuple if type(part) is Term):
            fresh = Term([changed.get(part, part) if type(part) is Term else part for part in node._tuple])
        if fresh._tuple[0] is _ADD or fresh._tuple[0] is _SUBTRACT:
            fresh = _summed_alike(fresh, journal)
        if fresh is not node:
            changed[node] = fresh
    return changed.get(root, root)


def _summed_alike(total: Term, journal: Journal | None) -> Term:
    """A sum in which each product is the first one of its factors."""
    first: dict[Any, Term] = {}
    memo: dict[Term, Term] = {}
    for part in postorder(total, stop=lambda term: not _summands(term)):
        if is_product(part):
            factors = tuple(chain_of(part, distinct(part)).factors)
            memo[part] = first.setdefault((factors, part.type), part)
            if memo[part] is not part and journal is not None:
                line = default("speed")[_LINE]
                journal.record(line.name, line.file, line.line, part, memo[part])
        elif any(memo.get(inner, inner) is not inner for inner in _summands(part)):
            memo[part] = Term([memo.get(inner, inner) if type(inner) is Term else inner for inner in part._tuple])
    return memo.get(total, total)


def _summands(term: Term) -> tuple[Term, ...]:
    """The operands of a sum, and what has a sign, a number or a transpose before it."""
    parts: tuple[Term, ...] = term._tuple[1:]
    if term._tuple[0] in _LINEAR or (term._tuple[0] is _MULTIPLY and any(number_of(part) is not None for part in parts)):
        return parts
    return ()
