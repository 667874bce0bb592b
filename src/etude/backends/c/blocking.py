"""Whether a program goes over memory less often in blocks of rows, and how many rows a block has."""

from __future__ import annotations

from etude.backends.c.graph import Graph
from etude.backends.c.kernels import Schedule, schedule
from etude.backends.c.steps import steps_of
from etude.program import Program, even_block, in_blocks, row_counts

__all__ = ["planned", "traffic"]

CACHE = 512 << 10  # bytes that the values of a block may take
WORTH = 4 << 20  # bytes; less stays in the cache anyway
LESS = 0.7  # of the traffic, or blocks are not worth it
TRIED = 64  # rows of a block by which their size is estimated
SHORTEST, LONGEST = 16, 4096
CANDIDATES = 2


def planned(program: Program) -> tuple[Graph, Schedule]:
    """The graph and the schedule of the program, in blocks of rows where that saves memory traffic."""
    graph = Graph(program)
    plan = schedule(graph)
    best = traffic(graph, plan)
    if best < WORTH:
        return graph, plan
    for rows in row_counts(program)[:CANDIDATES]:
        tried = in_blocks(program, rows, TRIED)
        if tried is None:
            continue
        block = _block(rows, *_scheduled(tried))
        found = in_blocks(program, rows, block)
        assert found is not None
        other = _scheduled(found)
        if traffic(*other) < LESS * best:
            return other
    return graph, plan


def _scheduled(program: Program) -> tuple[Graph, Schedule]:
    graph = Graph(program)
    return graph, schedule(graph)


def _block(rows: int, graph: Graph, plan: Schedule) -> int:
    """As many rows as the cache has room for; a divisor of all rows where one is near."""
    used = 0
    for number, bodies in plan.bodies.items():
        node = graph.nodes[number]
        carries, sequences = node.spec[1].get("carries", 0), node.spec[1].get("sequences", 0)
        taken = sum(_bytes(graph, arg) // graph.nodes[arg].shape[0] for arg in node.args[carries : carries + sequences])
        given = sum(_bytes(graph, result) // rows * TRIED for result in graph.results_at(number)[carries:])
        used = max(used, sum(body.bytes for body in bodies) + taken + given)
    return even_block(rows, min(max(CACHE * TRIED // max(used, 1), SHORTEST), LONGEST))


def _bytes(graph: Graph, number: int) -> int:
    node = graph.nodes[number]
    return node.size * node.dtype.itemsize


def _of_steps(graph: Graph, number: int) -> int:
    """Beside once: a carry is read, computed and written, what is the same for all is read."""
    node = graph.nodes[number]
    carries, sequences = node.spec[1].get("carries", 0), node.spec[1].get("sequences", 0)
    steps = (steps_of(graph, node) or 1) - 1
    sizes = [_bytes(graph, arg) for arg in node.args]
    return steps * (3 * sum(sizes[:carries]) + sum(sizes[carries + sequences :]))


def traffic(graph: Graph, plan: Schedule) -> int:
    """Bytes that the kernels read and write, each array once for each kernel; in loops what each step reads and writes of the
    carries and of what is the same for all.
    """
    total = sum(_of_steps(graph, number) for number in plan.bodies)
    for number, kernel in enumerate(plan.kernels):
        bases = {graph.base_of(arg) for member in kernel.members for arg in graph.nodes[member].args}
        total += sum(_bytes(graph, base) for base in bases if plan.place.get(base) != number)
        total += sum(_bytes(graph, member) for member in kernel.members if member in plan.stored)
    return total
