"""Whether two terms are known to have the same shape at run time, also where sizes are unknown."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from etude.terms import Term, is_leaf

__all__ = ["same_sizes", "sizes"]

_LIKE = frozenset({"sum_like", "broadcast_like", "reshape_like", "zeros_like", "ones_like", "full_like"})
_sizes: WeakKeyDictionary[Term, tuple[Any, ...]] = WeakKeyDictionary()


def sizes(term: Term) -> tuple[Any, ...]:
    """The shape, with an own mark `(id of a term, axis)` for each size that nothing is known of."""
    if None not in term.type.shape:
        shape: tuple[Any, ...] = term.type.shape
        return shape
    pending = [term]
    while pending:
        node = pending[-1]
        if node in _sizes:
            pending.pop()
            continue
        sources = [part for part in _sources(node) if None in part.type.shape and part not in _sizes]
        if sources:
            pending.extend(sources)
            continue
        _sizes[node] = _combined(node)
        pending.pop()
    return _sizes[term]


def _sources(node: Term) -> tuple[Term, ...]:
    """The terms from which the shape of `node` follows."""
    if is_leaf(node):
        return ()
    head = node._tuple[0]
    if head.name in _LIKE:
        return node.operands[-1:]
    return node.operands if head.is_elementwise else ()


def _combined(node: Term) -> tuple[Any, ...]:
    shape = node.type.shape
    own = tuple([(id(node), axis) if size is None else size for axis, size in enumerate(shape)])
    found: list[set[Any]] = [set() for _ in shape]
    for source in _sources(node):
        marks = sizes_known(source)
        for axis, mark in enumerate(reversed(marks)):
            if mark != 1:
                found[-1 - axis].add(mark)
    return tuple(
        [
            next(iter(marks)) if size is None and len(marks) == 1 else mark
            for size, marks, mark in zip(shape, found, own, strict=True)
        ]
    )


def sizes_known(term: Term) -> tuple[Any, ...]:
    return term.type.shape if None not in term.type.shape else _sizes[term]


def same_sizes(left: Term, right: Term) -> bool:
    """Whether both shapes are certainly equal at run time."""
    if None not in left.type.shape and None not in right.type.shape:
        return bool(left.type.shape == right.type.shape)
    return sizes(left) == sizes(right)
