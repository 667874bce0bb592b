"""Subscripts: elements picked by index arrays, and arrays changed at some places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from etude.backends.c.builder import Builder
from etude.backends.c.csource import Unsupported
from etude.backends.c.nodes import Node, View, row_major
from etude.ops.subscripts import index_values

__all__ = ["changed", "getitem"]

Shape = tuple[int, ...]


class _Picked(NamedTuple):
    """Elements by an index array: a view, whose `axis` of `size` elements it goes into, and the shape of what is picked."""

    view: View
    axis: int
    size: int
    places: int
    shape: Shape


def getitem(graph: Builder, args: list[int], spec: Any, shape: Shape) -> int:
    if len(args) == 1:
        return graph.strided(args[0], lambda dummy: dummy[_whole(index_values(spec, ()))])
    found = _picked(graph, args[0], spec, args[1:])
    node = Node("gather", "getitem", [found.view.base, found.places], graph.nodes[args[0]].dtype, shape)
    node.spec = (*found[:3], len(graph.nodes[found.places].shape))
    return graph.enter(node)


def changed(graph: Builder, name: str, args: list[int], spec: Any, dtype: np.dtype[Any], shape: Shape) -> int:
    place = graph.enter(Node("layout", name, (), dtype, shape))
    if len(args) == 2:
        dummy = graph.dummy(shape, row_major(shape))
        found = dummy[_whole(index_values(spec, ()))]
        offset = found.__array_interface__["data"][0] - dummy.__array_interface__["data"][0] if found.size else 0
        target = Node(name, name, args, dtype, shape)
        target.spec = (View(place, offset, found.strides), found.shape)
    else:
        picked = _picked(graph, place, spec, args[2:])
        target = Node(name, name, [*args[:2], picked.places], dtype, shape)
        target.spec = (picked.view, picked.shape, picked.axis, picked.size, len(graph.nodes[picked.places].shape))
    return graph.enter(target)


def _picked(graph: Builder, arg: int, spec: Any, indices: Sequence[int]) -> _Picked:
    """What index arrays, which stand side by side, pick."""
    if any(graph.nodes[index].dtype.kind not in "iu" for index in indices):
        raise Unsupported("getitem", "with a mask has a size that is not known")
    if any(isinstance(entry, tuple) and "?" in entry for entry in spec):
        raise Unsupported("getitem", "with computed bounds is not written in C yet")
    picking = [place for place, entry in enumerate(spec) if entry == "array" or isinstance(entry, int)]
    if picking != list(range(picking[0], picking[-1] + 1)):
        raise Unsupported("getitem", "with index arrays apart from each other is not written in C yet")
    plain = [slice(*entry[1:]) if isinstance(entry, tuple) else slice(None) if entry == "array" else entry for entry in spec]
    axis, count = picking[0], len(indices)
    viewed = graph.strided(arg, lambda dummy: dummy[_whole(tuple(plain))])
    dims, view = graph.nodes[viewed].shape, graph.view_of(viewed)
    size, index = dims[axis], indices[0]
    if count > 1:
        steps = view.strides[axis : axis + count]
        if min(steps) < 0:
            raise Unsupported("getitem", "with several index arrays into a reversed array is not written in C yet")
        size = sum((dim - 1) * step for dim, step in zip(dims[axis : axis + count], steps, strict=True)) + 1
        index = _joined(graph, indices, dims[axis : axis + count], steps, size)
        view = view._replace(strides=(*view.strides[:axis], 1, *view.strides[axis + count :]))
    shape = (*dims[:axis], *graph.nodes[index].shape, *dims[axis + count :])
    return _Picked(view, axis, size, index, shape)


def _joined(graph: Builder, indices: Sequence[int], dims: Shape, steps: Shape, size: int) -> int:
    """One index array for several: how many elements from the begin; too many where one of them is out of bounds."""
    if 0 in dims:
        raise Unsupported("getitem", "with several index arrays into nothing")
    if all(graph.nodes[index].kind == "constant" for index in indices):
        values = np.broadcast_arrays(*[graph.nodes[index].value for index in indices])
        known = zip(values, dims, steps, strict=True)
        return _constant(graph, sum(np.where(_inside(v, d), (v.astype(np.int64) % d) * s, size) for v, d, s in known))
    parts = []
    for arg, dim, step in zip(indices, dims, steps, strict=True):
        index = graph.elementwise("astype", [arg], np.int64, (graph.nodes[arg].dtype,))
        zero, most, least = [graph.number(number, np.int64) for number in (0, dim, -dim)]
        negative = graph.elementwise("less", [index, zero], bool, (_INT, _INT))
        place = _where(graph, negative, graph.elementwise("add", [index, most]), index)
        low = graph.elementwise("less", [index, least], bool, (_INT, _INT))
        high = graph.elementwise("greater_equal", [index, most], bool, (_INT, _INT))
        wrong = graph.elementwise("logical_or", [low, high], bool, (np.dtype(bool),) * 2)
        offset = graph.elementwise("multiply", [place, graph.number(step, np.int64)])
        parts.append(_where(graph, wrong, graph.number(size, np.int64), offset))
    total = parts[0]
    for part in parts[1:]:
        total = graph.elementwise("add", [total, part])
    return total


_INT = np.dtype(np.int64)


def _where(graph: Builder, condition: int, left: int, right: int) -> int:
    return graph.elementwise("where", [condition, left, right], _INT, (np.dtype(bool), _INT, _INT))


def _inside(values: Any, dim: int) -> Any:
    return (values >= -dim) & (values < dim)


def _constant(graph: Builder, value: Any) -> int:
    node = Node("constant", "constant", (), _INT, np.shape(value))
    node.value = np.asarray(value, _INT)
    return graph.enter(node)


def _whole(subscript: tuple[Any, ...]) -> tuple[Any, ...]:
    return subscript if Ellipsis in subscript else (*subscript, Ellipsis)
