"""Nodes being made one after the other, equal ones once; layouts as views by strides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from etude.backends.c.nodes import Node, View, row_major

__all__ = ["Builder"]

Shape = tuple[int, ...]


class Builder:
    """What graphs are made with."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[Any, int] = {}
        self._numbers: dict[Any, int] = {}

    def enter(self, node: Node) -> int:
        """The node's number; equal operations are one node."""
        if node.kind in ("elementwise", "reduce"):
            key = (node.op, node.args, node.dtype, node.shape, node.axes, node.loop)
            found = self._known.setdefault(key, len(self.nodes))
            if found < len(self.nodes):
                return found
        self.nodes.append(node)
        return len(self.nodes) - 1

    def base_of(self, node: int) -> int:
        """The node whose memory a node's elements are in."""
        found = self.nodes[node].view
        return node if found is None else found.base

    def view_of(self, node: int) -> View:
        found = self.nodes[node].view
        return View(node, 0, row_major(self.nodes[node].shape)) if found is None else found

    def viewed(self, source: int, shape: Shape, offset: int, strides: Shape) -> int:
        node = Node("view", "view", (), self.nodes[source].dtype, shape)
        node.view = View(self.view_of(source).base, self.view_of(source).offset + offset, strides)
        return self.enter(node)

    def elementwise(self, op: str, args: Sequence[int], dtype: Any = None, loop: Any = None) -> int:
        """An operator on elements; by default of the first operand's dtype throughout."""
        kinds = [self.nodes[arg] for arg in args]
        dtype = kinds[0].dtype if dtype is None else np.dtype(dtype)
        node = Node("elementwise", op, args, dtype, np.broadcast_shapes(*[kind.shape for kind in kinds]))
        node.loop = tuple(loop) if loop is not None else (kinds[0].dtype,) * len(args)
        last = kinds[-1]
        if last.kind == "constant" and not last.shape and last.dtype.kind != "c":
            node.exponent = float(last.value)
        return self.enter(node)

    def number(self, value: Any, dtype: Any) -> int:
        node = Node("constant", "constant", (), np.dtype(dtype), ())
        node.value = np.asarray(value, dtype)
        key = (node.value.tobytes(), node.dtype)
        if key not in self._numbers:
            self._numbers[key] = self.enter(node)
        return self._numbers[key]

    def copied(self, arg: int) -> int:
        return self.elementwise("copy", [arg])

    def reduced(self, how: str, arg: int, axis: Any, keepdims: bool, dtype: Any = None) -> int:
        source = self.nodes[arg]
        axes = tuple(range(len(source.shape))) if axis is None else tuple(axis)
        kept = tuple([1 if place in axes else dim for place, dim in enumerate(source.shape)])
        node = Node("reduce", how, [arg], source.dtype if dtype is None else dtype, kept)
        node.axes = axes
        found = self.enter(node)
        if keepdims:
            return found
        shape = tuple([dim for place, dim in enumerate(source.shape) if place not in axes])
        return self.viewed(found, shape, 0, row_major(shape))

    # ---------------------------------------------------------------- layout

    def by_rows(self, arg: int, steps: bool) -> int:
        """The node where its elements (those of each row where `steps`) lie side by side, a copy otherwise."""
        node, strides = self.nodes[arg], self.view_of(arg).strides
        return arg if strides[steps:] == row_major(node.shape)[steps:] else self.copied(arg)

    def strided(self, arg: int, function: Callable[[Any], Any]) -> int:
        """What NumPy makes of an array of these strides; it is never read."""
        dummy = self.dummy(self.nodes[arg].shape, self.view_of(arg).strides)
        found = function(dummy)
        offset = found.__array_interface__["data"][0] - dummy.__array_interface__["data"][0] if found.size else 0
        return self.viewed(arg, found.shape, offset, found.strides)

    @staticmethod
    def dummy(shape: Shape, strides: Shape) -> Any:
        return as_strided(np.empty(1, np.int8), shape, strides)

    def reshaped(self, arg: int, shape: Shape) -> int:
        node = self.nodes[arg]
        if self.view_of(arg).strides != row_major(node.shape) and node.size > 1:
            try:
                return self.strided(arg, lambda dummy: np.reshape(dummy, shape, copy=False))
            except ValueError:
                arg = self.copied(arg)
        return self.viewed(arg, shape, 0, row_major(shape))
