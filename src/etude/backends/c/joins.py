"""Parts of a concatenation that are computed where they stay, without a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etude.backends.c.graph import Graph, View, row_major

__all__ = ["parts_in_place"]

Shape = tuple[int, ...]


def parts_in_place(
    graph: Graph, needed: Sequence[int], place: Mapping[int, int], users: Mapping[int, Sequence[tuple[int, bool]]]
) -> dict[int, View]:
    """For the parts that nothing but one concatenation reads from memory, the elements of the whole that they are."""
    outputs = {graph.base_of(number) for number in graph.outputs}
    found: dict[int, View] = {}
    for number in reversed(needed):
        node = graph.nodes[number]
        if node.kind != "concatenate":
            continue
        whole = found.get(number) or View(number, 0, row_major(node.shape))
        axis, start = node.axes[0], 0
        for arg in node.args:
            base, size = graph.base_of(arg), graph.nodes[arg].shape[axis]
            readers = [user for user, direct in users.get(base, ()) if not direct or place[user] != place[base]]
            if readers == [number] and base not in outputs and _is_whole(graph, arg, node.dtype.char):
                strides = _strides(graph.nodes[base].shape, graph.nodes[arg].shape, whole.strides)
                found[base] = View(whole.base, whole.offset + start * whole.strides[axis], strides)
            start += size
    return found


def _is_whole(graph: Graph, arg: int, kind: str) -> bool:
    """Whether a part is all of a computed node, but for axes of size 1."""
    view, shape = graph.view_of(arg), graph.nodes[arg].shape
    base = graph.nodes[view.base]
    if base.kind not in ("elementwise", "gather", "concatenate") or base.dtype.char != kind or view.offset:
        return False
    plain = zip(shape, view.strides, row_major(shape), strict=True)
    return _long(base.shape) == _long(shape) and all(dim == 1 or step == own for dim, step, own in plain)


def _long(shape: Shape) -> Shape:
    return tuple([dim for dim in shape if dim != 1])


def _strides(shape: Shape, other: Shape, strides: Shape) -> Shape:
    """The strides along the axes of `shape`, given those of a shape that differs by axes of size 1."""
    given = iter([step for dim, step in zip(other, strides, strict=True) if dim != 1])
    return tuple([0 if dim == 1 else next(given) for dim in shape])
