"""Sums of multiples of matrix products as one node, so that BLAS scales and adds up where it multiplies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from etude.backends.c.builder import Builder
from etude.backends.c.nodes import Node

__all__ = ["LARGE", "NARROW", "Form", "sums_of_products"]

NARROW = 16  # elements of a side, up to which loops of our own are faster than BLAS
LARGE = 200_000  # multiplications from which on a product is a call of BLAS with nothing else about it


class Form(NamedTuple):
    """What a node `matmul` of several products is: the sum of `scales[i]` times the product of args 2 i and 2 i + 1, and
    of `start` times the last of the args, where their number is odd.
    """

    scales: tuple[float, ...]
    start: float = 0.0


def sums_of_products(graph: Builder, outputs: list[int]) -> None:
    """Change the sums, differences and multiples in which a product is used alone to nodes `matmul` of such a form."""
    uses, readers = _uses(graph, outputs)
    for number in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[number]
        if node.kind != "elementwise" or node.dtype.char not in "fd" or len(node.shape) != 2 or not uses[number]:
            continue
        found = _Sum(graph, uses, number)
        if found.products and found.pays(readers[number]):
            found.become()


def _uses(graph: Builder, outputs: list[int]) -> tuple[list[int], list[list[int]]]:
    """Of each node how often its memory is read by what is needed, and the nodes that read it."""
    uses, readers = [0] * len(graph.nodes), [list[int]() for _ in graph.nodes]
    for number in outputs:
        uses[graph.base_of(number)] += 1
    for number in range(len(graph.nodes) - 1, -1, -1):
        if uses[number] or graph.nodes[number].kind == "result":
            for arg in graph.nodes[number].args:
                uses[graph.base_of(arg)] += 1
                readers[graph.base_of(arg)].append(number)
    return uses, readers


class _Sum:
    """A sum taken apart into products and other addends, each with its number, the last one first."""

    def __init__(self, graph: Builder, uses: list[int], number: int):
        self.graph, self.uses, self.number, self.root = graph, uses, number, graph.nodes[number]
        self.products: list[tuple[int, float]] = []
        self.others: list[tuple[int, float]] = []
        self.inside: list[int] = []
        pending = [(number, 1.0)]
        while pending and len(self.others) < 2:
            pending += self._taken_apart(*pending.pop())

    def _taken_apart(self, number: int, scale: float) -> list[tuple[int, float]]:
        node = self.graph.nodes[number]
        if number == self.number or self._alone(number):
            if node.kind == "matmul" and self._large(node):
                self.products.append((number, scale))
                return []
            found = self._addends(node) if node.kind == "elementwise" else None
            if found is not None:
                self.inside.append(number)
                return [(arg, scale * factor) for arg, factor in found]
        self.others.append((number, scale))
        return []

    def _alone(self, number: int) -> bool:
        node, root = self.graph.nodes[number], self.root
        return self.uses[number] == 1 and node.view is None and node.shape == root.shape and node.dtype == root.dtype

    def _large(self, node: Node) -> bool:
        (m, n), k = node.shape, self.graph.nodes[node.args[0]].shape[-1]
        gram = self.graph.base_of(node.args[0]) == self.graph.base_of(node.args[1])
        return node.spec is None and not gram and min(m, n, k) > NARROW and m * n * k > LARGE

    def _addends(self, node: Node) -> list[tuple[int, float]] | None:
        if any(kind != node.dtype for kind in node.loop):
            return None
        if node.op == "negative":
            return [(node.args[0], -1.0)]
        if node.op in ("add", "subtract") and len(node.args) == 2:
            return [(node.args[0], 1.0), (node.args[1], -1.0 if node.op == "subtract" else 1.0)]
        if node.op == "multiply" and len(node.args) == 2:
            for one, other in (node.args, node.args[::-1]):
                number = self.graph.nodes[one]
                if number.kind == "constant" and number.shape == ():
                    return [(other, float(number.value))]
        return None

    def pays(self, readers: list[int]) -> bool:
        """Whether a pass over memory is saved: not where the sum would be made on the way to something else."""
        nodes = self.graph.nodes
        if len(self.others) > 1 or not all(np.isfinite(scale) and scale for _, scale in (*self.products, *self.others)):
            return False
        if len(self.products) < 2 and any(nodes[reader].kind in ("elementwise", "reduce", "gather") for reader in readers):
            return False
        for number, _ in self.others:
            other = nodes[number]
            alone = other.kind == "elementwise" and self.uses[number] == 1
            if alone or other.shape != self.root.shape or other.dtype != self.root.dtype:
                return False
        return True

    def become(self) -> None:
        """Put one node in the sum's place."""
        nodes = self.graph.nodes
        args = [arg for product, _ in self.products[::-1] for arg in nodes[product].args] + [other for other, _ in self.others]
        node = Node("matmul", "matmul", args, self.root.dtype, self.root.shape)
        node.spec = Form(tuple([scale for _, scale in self.products[::-1]]), *[scale for _, scale in self.others])
        nodes[self.number] = node
        for number in (*self.inside, *[product for product, _ in self.products]):
            self.uses[number] = 0
