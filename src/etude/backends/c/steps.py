"""Loops with bodies before their text: how many steps, how much work, and which can be made in any order."""

from __future__ import annotations

from etude.backends.c.graph import Graph
from etude.backends.c.nodes import Node
from etude.backends.c.parts import WORTH

__all__ = ["operations", "step_parts", "steps_of"]

_UNKNOWN_STEPS = 10  # what a loop without a known end is taken for in estimates
_A_STEP = 100  # units of work that a step costs beside its body
_FEWEST = 6  # steps of a part: each part has memory of its own, which its first step brings into the cache
_MOST = 16  # parts
_MEMORY = 8 << 20  # bytes of all parts


def steps_of(graph: Graph, node: Node) -> int | None:
    """How many steps a loop makes at most; None where nothing says so."""
    named = node.spec[1]
    carries = named.get("carries", 0)
    end = named["mapped"] if node.op == "map" else carries + named.get("sequences", 0)
    lengths = [graph.nodes[arg].shape[0] for arg in node.args[carries:end]]
    given = named.get("length")
    return lengths[0] if lengths else given


def operations(graph: Graph, number: int) -> int:
    """About how many operations on elements a loop or a choice takes."""
    node = graph.nodes[number]
    if node.op == "cond":
        return max(map(_work, node.spec[0]))
    steps = steps_of(graph, node)
    return (_UNKNOWN_STEPS if steps is None else steps) * sum(map(_work, node.spec[0]))


def _work(graph: Graph) -> int:
    total = 0
    for number, node in enumerate(graph.nodes):
        if node.kind == "bodies":
            total += operations(graph, number)
        elif node.kind == "matmul":
            total += 2 * node.size * graph.nodes[node.args[0]].shape[-1]
        elif node.kind in ("elementwise", "reduce"):
            total += node.size
    return total


def step_parts(graph: Graph, number: int, room: int) -> int:
    """In how many parts threads can share the steps of a loop that takes `room` bytes; by its sizes alone, as other loops.

    The steps of a `map` know nothing of each other. Those of a scan do not where all that they carry is a sum of what
    each step adds.
    """
    node = graph.nodes[number]
    named = node.spec[1]
    steps = steps_of(graph, node) if node.op in ("map", "scan") else None
    if steps is None or named.get("stops") or len(node.spec[0]) > 1:
        return 1
    body = node.spec[0][0]
    if _calls(body) or not _sums_alone(body, named.get("carries", 0)):
        return 1
    work = operations(graph, number) + _A_STEP * steps
    return max(1, min(_MOST, steps // _FEWEST, work // WORTH, _MEMORY // room))


def _calls(graph: Graph) -> bool:
    """Whether NumPy is called, for which another thread would have to wait."""
    return any(node.kind == "call" or (node.kind == "bodies" and any(map(_calls, node.spec[0]))) for node in graph.nodes)


def _sums_alone(body: Graph, carries: int) -> bool:
    """Whether each carry is read by one addition, which is what it becomes."""
    adding: list[int] = []
    for place in range(carries):
        total = body.nodes[body.outputs[place]]
        if total.op != "add" or total.kind != "elementwise" or total.args.count(place) != 1:
            return False
        if total.dtype.kind not in "fiu" or total.loop[0] != total.dtype or body.outputs.count(body.outputs[place]) != 1:
            return False
        adding.append(body.outputs[place])
    read = [(reader, body.base_of(arg)) for reader, node in enumerate(body.nodes) for arg in node.args]
    if any((base < carries and adding[base] != reader) or base in adding for reader, base in read):
        return False
    return all(body.base_of(number) >= carries and body.base_of(number) not in adding for number in body.outputs[carries:])
