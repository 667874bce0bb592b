"""What a kernel does: the bytes it moves and its operations, counted exactly where no loop has an unknown end."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from etude.backends.c.csource import KernelInfo
from etude.backends.c.graph import Graph
from etude.backends.c.linear import factoring_work
from etude.backends.c.nodes import Node, View
from etude.backends.c.steps import operations
from etude.backends.c.writer import Writer

__all__ = ["copies", "kernel_info"]

_MOVES = frozenset(("copy", "astype", "getitem"))
_SHOWN = 12


def kernel_info(writer: Writer, number: int) -> KernelInfo:
    """Of a kernel of the schedule. Elements that are read or written twice count once; an operator counts one operation
    an element, whatever it costs, but for those that move or convert.
    """
    graph, plan = writer.graph, writer.plan
    kernel = plan.kernels[number]
    first = graph.nodes[kernel.members[0]]
    read = [arg for member in kernel.members for arg in graph.nodes[member].args if plan.place.get(graph.base_of(arg)) != number]
    written = [graph.nodes[member] for member in kernel.members if member in plan.stored]
    ops = [graph.nodes[member].op for member in kernel.members]
    shown = " ".join(ops[:_SHOWN]) + (f" ... {len(ops) - _SHOWN} more" if len(ops) > _SHOWN else "")
    loop = "call" if kernel.domain is None else f"loop {'x'.join(map(str, kernel.domain)) or '1'}"
    if number in writer.interpreted:
        loop = "interpreted"
    if kernel.domain is not None:
        work = prod(kernel.domain) * sum(op not in _MOVES for op in ops)
    elif first.kind == "matmul":
        work = 2 * first.size * sum(graph.nodes[arg].shape[-1] for arg in first.args[: len(first.args) // 2 * 2 : 2])
    elif first.kind == "lanes":
        work = graph.nodes[first.args[0]].size
    elif first.kind == "lapack":
        work = factoring_work(graph, kernel.members[0])
    else:
        work = operations(graph, kernel.members[0]) if first.kind == "bodies" else 0
    return KernelInfo(
        f"k{number}", f"{loop}: {shown}", _read(graph, read), sum(map(_bytes, written)), work, writer.parts.get(number, 1)
    )


def copies(writer: Writer) -> KernelInfo:
    """Of what is copied into outputs at the end."""
    graph, plan = writer.graph, writer.plan
    copied = [graph.outputs[place] for place in writer.copied()]
    written = sum(_bytes(graph.nodes[number]) for number in copied)
    return KernelInfo(f"k{len(plan.kernels)}", "copy: results", _read(graph, copied), written, 0)


def _bytes(node: Node) -> int:
    return node.size * node.dtype.itemsize


def _read(graph: Graph, args: Iterable[int]) -> int:
    """Bytes of the elements that operands have, each once; of views that may share elements no more than all there are."""
    views: dict[int, dict[tuple[View, tuple[int, ...]], int]] = {}
    for arg in args:
        view, shape = graph.view_of(arg), graph.nodes[arg].shape
        base = graph.nodes[view.base]
        if base.kind != "constant" or base.shape:
            elements = prod(dim for dim, step in zip(shape, view.strides, strict=True) if step or not dim)
            views.setdefault(view.base, {})[view, shape] = elements * base.dtype.itemsize
    return sum(min(sum(found.values()), _bytes(graph.nodes[base])) for base, found in views.items())
