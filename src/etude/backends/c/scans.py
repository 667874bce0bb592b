"""Scans and maps as C loops: the body is a program of its own, whose kernels are called once for each step."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from etude.backends.c.csource import Unsupported
from etude.ops import Op
from etude.program import Program, body_programs
from etude.terms import ArrayType, TupleType

if TYPE_CHECKING:
    from etude.backends.c.graph import Graph
    from etude.backends.c.kernels import Schedule
    from etude.backends.c.loops import Writer

__all__ = ["Scan", "enter_scan", "scan_of", "scan_text"]

_LINE = 64


class Scan(NamedTuple):
    """A loop over `steps`: `program` takes carries, an item of each sequence, and what stays; it gives carries and items."""

    program: Program
    carries: int
    sequences: int
    steps: int
    reverse: bool


def scan_of(op: Op, attributes: tuple[Any, ...], kinds: Sequence[ArrayType], shapes: Sequence[tuple[int, ...]]) -> Scan:
    """The loop that a `scan` or `map` of known sizes is; raises `Unsupported` where its number of steps is open."""
    named = dict(zip(op.attributes, attributes, strict=True))
    if named.get("stops") or named.get("condition") is not None:
        raise Unsupported(op.name, "that ends by a condition is not written in C yet")
    carries, sequences = (0, named["mapped"]) if op.name == "map" else (named["carries"], named["sequences"])
    lengths = {shape[0] for shape in shapes[carries : carries + sequences]}
    given = named.get("length")
    lengths |= {given} if isinstance(given, int) else set()
    if len(lengths) != 1:
        raise Unsupported(op.name, "has a number of steps that is not known")
    (program,) = body_programs(op, attributes, tuple(kinds))
    return Scan(program, carries, sequences, lengths.pop(), bool(named.get("reverse")))


def enter_scan(
    graph: Graph, node_class: Any, scan: Scan, body: Graph, plan: Schedule, args: list[int], kind: Any
) -> tuple[int, ...]:
    """The nodes of a loop's results; beside them one for its memory."""
    items = kind.items if isinstance(kind, TupleType) else (kind,)
    ready = [arg if _is_whole(graph, arg) else graph.copied(arg) for arg in args]
    loop = node_class("scan", "scan", ready, np.dtype(np.float64), ())
    number = graph._enter(loop)
    results = []
    for item in items:
        shape = tuple([dim if isinstance(dim, int) else scan.steps for dim in item.shape])
        results.append(graph._enter(node_class("part", "item", [number], item.dtype, shape)))
    room = _rounded(plan.bytes) + 2 * sum(map(_rounded, _carry_bytes(body, scan.carries)))
    space = graph._enter(node_class("part", "workspace", [number], np.dtype(np.int8), (max(room, 1),)))
    loop.spec = (scan, body, plan, tuple(results), space)
    return tuple(results)


def _is_whole(graph: Graph, arg: int) -> bool:
    """Whether the elements of an operand follow each other in memory."""
    shape, strides, size = graph.nodes[arg].shape, graph.view_of(arg).strides, 1
    for dim, stride in zip(reversed(shape), reversed(strides), strict=True):
        if dim != 1 and stride != size:
            return False
        size *= dim
    return True


def _carry_bytes(body: Graph, carries: int) -> list[int]:
    return [prod(body.nodes[place].shape) * body.nodes[place].dtype.itemsize for place in range(carries)]


def _rounded(size: int) -> int:
    return -(-max(size, 1) // _LINE) * _LINE


def scan_text(writer: Writer, number: int) -> str:
    """A loop that moves pointers and calls the body's kernels; carries alternate between two places."""
    node = writer.graph.nodes[number]
    scan, body, plan, results, space = node.spec
    calls = writer.nested(body, plan)
    split = scan.carries + scan.sequences
    memory = f"{writer.memory(space)}"
    lines = [
        f"  char *d[{max(len(node.args), 1)}], *o[{max(len(results), 1)}], *w = (char *)({memory});",
        "  int code;",
    ]
    at = _rounded(plan.bytes)
    sizes = _carry_bytes(body, scan.carries)
    for place, size in enumerate(sizes):
        lines.append(f"  char *c{place} = w + {at};")
        at += 2 * _rounded(size)
    starts = [_address(writer, arg) for arg in node.args]
    for place, start in enumerate(starts):
        declared = f"  char *q{place} = {start};" if scan.carries <= place < split else f"  d[{place}] = {start};"
        lines.append(declared)
    targets = [f"(char *)({writer.memory(result)})" for result in results]
    lines.append(f"  for (int64_t s = 0; s < {scan.steps}; s++) {{")
    lines.append(f"    const int64_t t = {f'{scan.steps - 1} - s' if scan.reverse else 's'};")
    for place in range(scan.carries, split):
        lines.append(f"    d[{place}] = q{place} + t * {_item_bytes(body, place)};")
    for place, size in enumerate(sizes):
        lines.append(f"    o[{place}] = c{place} + (s & 1) * {_rounded(size)};")
    for place in range(scan.carries, len(results)):
        output = body.nodes[body.outputs[place]]
        lines.append(f"    o[{place}] = {targets[place]} + t * {output.size * output.dtype.itemsize};")
    lines += [f"    if ((code = {call}(d, G, o, w, X))) return code;" for call in calls]
    lines += [f"    d[{place}] = o[{place}];" for place in range(scan.carries)]
    lines.append("  }")
    lines += [f"  memcpy({targets[place]}, d[{place}], {size});" for place, size in enumerate(sizes) if size]
    return "  {\n" + "\n".join(lines) + "\n  }\n"


def _item_bytes(body: Graph, place: int) -> int:
    node = body.nodes[place]
    return node.size * node.dtype.itemsize


def _address(writer: Writer, arg: int) -> str:
    view = writer.graph.view_of(arg)
    offset = view.offset * writer.graph.nodes[arg].dtype.itemsize
    return f"(char *)({writer.memory(view.base)})" + (f" + {offset}" if offset else "")
