"""What is computed where it stays, without a copy: parts of a concatenation, arrays of which some elements are changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from etude.backends.c.graph import Graph
from etude.backends.c.nodes import Node, View, row_major

__all__ = ["parts_in_place"]

Shape = tuple[int, ...]
CHANGED = ("add_at", "set_at")
_PARTS = ("elementwise", "gather", "concatenate")


def parts_in_place(
    graph: Graph, needed: Sequence[int], place: Mapping[int, int], users: Mapping[int, Sequence[tuple[int, bool]]]
) -> dict[int, View]:
    """For the arrays that nothing but one concatenation or change reads from memory, the elements of its result that they
    are.
    """
    outputs = {graph.base_of(number) for number in graph.outputs}
    found: dict[int, View] = {}
    for number in reversed(needed):
        node = graph.nodes[number]
        if node.kind not in ("concatenate", *CHANGED):
            continue
        whole = found.get(number) or View(number, 0, row_major(node.shape))
        for arg, start, kinds in _parts(graph, node):
            base = graph.base_of(arg)
            readers = [user for user, direct in users.get(base, ()) if not direct or place[user] != place[base]]
            if readers == [number] and base not in outputs and _is_whole(graph, arg, node.dtype.char, kinds):
                strides = _strides(graph.nodes[base].shape, graph.nodes[arg].shape, whole.strides)
                offset = start * whole.strides[node.axes[0]] if start else 0
                found[base] = View(whole.base, whole.offset + offset, strides)
    return found


def _parts(graph: Graph, node: Node) -> Iterator[tuple[int, int, Sequence[str]]]:
    """The operands that may be parts of the result, where each begins, and the kinds of nodes that can be written there."""
    if node.kind in CHANGED:
        yield node.args[0], 0, (*_PARTS, *CHANGED)
        return
    start = 0
    for arg in node.args:
        yield arg, start, _PARTS
        start += graph.nodes[arg].shape[node.axes[0]]


def _is_whole(graph: Graph, arg: int, kind: str, kinds: Sequence[str]) -> bool:
    """Whether a part is all of a computed node, but for axes of size 1."""
    view, shape = graph.view_of(arg), graph.nodes[arg].shape
    base = graph.nodes[view.base]
    if base.kind not in kinds or base.dtype.char != kind or view.offset:
        return False
    plain = zip(shape, view.strides, row_major(shape), strict=True)
    return _long(base.shape) == _long(shape) and all(dim == 1 or step == own for dim, step, own in plain)


def _long(shape: Shape) -> Shape:
    return tuple([dim for dim in shape if dim != 1])


def _strides(shape: Shape, other: Shape, strides: Shape) -> Shape:
    """The strides along the axes of `shape`, given those of a shape that differs by axes of size 1."""
    given = iter([step for dim, step in zip(other, strides, strict=True) if dim != 1])
    return tuple([0 if dim == 1 else next(given) for dim in shape])
