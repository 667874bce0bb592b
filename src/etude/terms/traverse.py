"""Walks over the directed acyclic graph of a term. Nothing here recurses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from etude.terms.leaves import is_leaf
from etude.terms.term import CORE, Term

__all__ = ["depends_on", "distinct", "postorder", "replace", "transform", "uses_of"]


def distinct(*roots: Term) -> list[Term]:
    """The distinct terms in terms, breadth first; sooner told than `postorder`."""
    seen, found = set(roots), list(dict.fromkeys(roots))
    for term in found:  # which grows meanwhile
        for part in term._tuple:
            if type(part) is Term and part not in seen:
                seen.add(part)
                found.append(part)
    return found


def uses_of(*roots: Term) -> dict[Term, int]:
    """The distinct terms in terms, each with how often it stands as a part of another."""
    uses = dict.fromkeys(roots, 0)
    found = list(uses)
    for term in found:  # which grows meanwhile
        for part in term._tuple:
            if type(part) is Term:
                count = uses.get(part)
                if count is None:
                    uses[part] = 1
                    found.append(part)
                else:
                    uses[part] = count + 1
    return uses


def postorder(*roots: Term, stop: Callable[[Term], bool] | None = None) -> list[Term]:
    """Each distinct term once, operands before what uses them. `stop` keeps the walk out of a term's parts."""
    seen: set[Term] = set()
    order: list[Term] = []
    for root in roots:
        stack: list[Any] = [root]
        while stack:
            term = stack.pop()
            if term is None:
                order.append(stack.pop())
                continue
            if term in seen:
                continue
            seen.add(term)
            if stop is not None and stop(term):
                order.append(term)
                continue
            children = [part for part in term._tuple if type(part) is Term and part not in seen]
            if children:
                stack.append(term)
                stack.append(None)
                stack.extend(reversed(children))
            else:
                order.append(term)
    return order


def transform(roots: Iterable[Term], change: Callable[[Term], Term]) -> list[Term]:
    """The roots rebuilt bottom-up: each distinct term is rebuilt from its changed parts, then given to `change`."""
    roots = list(roots)
    memo: dict[Any, Term] = {}
    for term in postorder(*roots):
        parts = term._tuple
        if not is_leaf(term):
            fresh = tuple([memo.get(part, part) if isinstance(part, Term) else part for part in parts])
            if any(new is not old for new, old in zip(fresh, parts, strict=True)):
                memo[term] = change(Term(fresh))
                continue
        memo[term] = change(term)
    return [memo[root] for root in roots]


def replace(roots: Iterable[Term], mapping: Mapping[Term, Term]) -> list[Term]:
    """The roots with each key of `mapping` replaced; replacements are not searched again."""
    roots = list(roots)
    if not mapping:
        return roots
    memo: dict[Any, Term] = dict(mapping)
    for term in postorder(*roots, stop=lambda term: term in mapping):
        if term in memo:
            continue
        parts = term._tuple
        if not is_leaf(term):
            fresh = tuple([memo.get(part, part) if isinstance(part, Term) else part for part in parts])
            if any(new is not old for new, old in zip(fresh, parts, strict=True)):
                memo[term] = Term(fresh)
                continue
        memo[term] = term
    return [memo[root] for root in roots]


def depends_on(roots: Iterable[Term], targets: Iterable[Term]) -> set[Term]:
    """The terms below `roots` in which one of `targets` occurs, the targets included."""
    reached = set(targets)
    for term in postorder(*roots):
        if term not in reached and any(isinstance(part, Term) and part in reached for part in term._tuple):
            reached.add(term)
    return reached


WALKS = (distinct, uses_of, postorder)  # in Python, for comparison, also where they are not used
if CORE is not None:
    distinct, uses_of, postorder = CORE.distinct, CORE.uses_of, CORE.postorder
