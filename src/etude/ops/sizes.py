"""Whether two terms are known to have the same shape at run time, also where sizes are unknown.

Every unknown size of a leaf gets a name of its own; the type rules of the operators carry the names on. Sizes that
broadcast against each other are named by all that take part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from etude.errors import EtudeError
from etude.ops.op import Op
from etude.terms import ArrayType, Shape, Term, is_leaf

__all__ = ["Equalities", "covers", "same_sizes", "shape_source", "sizes"]

_JOIN = "|"
_sizes: WeakKeyDictionary[Term, Shape] = WeakKeyDictionary()


def sizes(term: Term) -> Shape:
    """The shape, with a name for each size that nothing else is known of."""
    pending = [] if None not in term.type.shape or term in _sizes else [term]
    while pending:
        node = pending[-1]
        missing = [part for part in _sources(node) if None in part.type.shape and part not in _sizes]
        if missing:
            pending.extend(missing)
            continue
        _sizes[node] = _named(node)
        pending.pop()
    return _known(term)


def _known(term: Term) -> Shape:
    shape: Shape = term.type.shape
    return _sizes[term] if None in shape else shape


def _sources(node: Term) -> list[Term]:
    """The operands from which the shape of `node` follows."""
    if is_leaf(node):
        return []
    return [part for part in node.operands if isinstance(part, Term) and isinstance(part.type, ArrayType)]


def _named(node: Term) -> Shape:
    carried = _carried(node)
    return tuple(
        [
            dim if dim is not None else f"~{id(node):x}.{axis}" if name is None else name
            for axis, (dim, name) in enumerate(zip(node.type.shape, carried, strict=True))
        ]
    )


def _carried(node: Term) -> Shape:
    nothing: Shape = (None,) * node.type.ndim
    head, sources = node._tuple[0], _sources(node)
    if not isinstance(head, Op) or len(sources) != len(node.operands):
        return nothing
    shapes = [_known(part) for part in sources]
    if head.is_elementwise:
        return tuple([_joined([shape[-place] for shape in shapes if place <= len(shape)])
                      for place in range(node.type.ndim, 0, -1)])  # fmt: skip
    kinds = tuple([part.type.with_shape(shape) for part, shape in zip(sources, shapes, strict=True)])
    try:
        found = head.infer(kinds, node.attributes)
    except EtudeError:
        return nothing
    if not isinstance(found, ArrayType) or found.ndim != node.type.ndim:
        return nothing
    return _reached(shapes[0], found.shape) if head.name == "sum_like" else found.shape


def _reached(shape: Shape, wanted: Shape) -> Shape:
    """The sizes that a sum to a shape has for certain: what is summed may be smaller, and then stays as it is."""
    own = ((None,) * len(wanted) + shape)[len(shape) :]
    pairs = zip(own, wanted, strict=True)
    return tuple([want if have == want or _covers(have, want) else None for have, want in pairs])


def _covers(have: Any, want: Any) -> bool:
    both = isinstance(have, str) and isinstance(want, str)
    return both and set(want.split(_JOIN)) <= set(have.split(_JOIN))


def _joined(dims: Iterable[Any]) -> Any:
    """The size of what is broadcast from these sizes."""
    names: set[str] = set()
    for dim in dims:
        if dim is None:
            return None
        if isinstance(dim, str):
            names.update(dim.split(_JOIN))
        elif dim != 1:
            return dim
    return _JOIN.join(sorted(names)) if names else 1


class Equalities:
    """Sizes that must be equal wherever the given terms have values: the inner sizes of matrix products."""

    def __init__(self, order: Iterable[Term] = ()):
        self.parent: dict[str, str] = {}
        for node in order:
            head = node._tuple[0]
            if isinstance(head, Op) and head.name == "matmul":
                left, right = node.operands
                self._equal(sizes(left)[-1], sizes(right)[-2 if right.type.ndim > 1 else -1])

    def _equal(self, one: Any, other: Any) -> None:
        if isinstance(one, str) and isinstance(other, str) and _JOIN not in one + other:
            one, other = self._find(one), self._find(other)
            if one != other:
                self.parent[one] = other

    def _find(self, name: str) -> str:
        while name in self.parent:
            name = self.parent[name]
        return name

    def _settled(self, shape: Shape) -> list[Any]:
        return [
            dim if not isinstance(dim, str) else frozenset(map(self._find, dim.split(_JOIN))) for dim in shape
        ]

    def same(self, left: Term, right: Term) -> bool:
        """Whether both shapes are certainly equal at run time."""
        if None not in left.type.shape and None not in right.type.shape:
            return bool(left.type.shape == right.type.shape)
        one, other = sizes(left), sizes(right)
        return one == other or (bool(self.parent) and self._settled(one) == self._settled(other))


_NONE = Equalities()


def same_sizes(left: Term, right: Term) -> bool:
    """Whether both shapes are equal at run time whatever the sizes are."""
    return _NONE.same(left, right)


def covers(left: Term, right: Term) -> bool:
    """Whether what is broadcast from both has the shape of the left one whatever the sizes are."""
    one, other = sizes(left), sizes(right)
    pairs = zip(one[::-1], other[::-1], strict=False)
    return len(other) <= len(one) and all(_joined((have, more)) == have for have, more in pairs)


def shape_source(term: Term) -> Term:
    """The part of `term` nearest to its leaves, along operands, that certainly has the same shape."""
    while True:
        part = next((part for part in _sources(term) if part.type.ndim == term.type.ndim and same_sizes(part, term)), None)
        if part is None:
            return term
        term = part
