"""Which nodes share a loop: elementwise operators and reductions over one domain, fused greedily."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from math import prod

from etude.backends.c.graph import Graph
from etude.backends.c.joins import parts_in_place
from etude.backends.c.nodes import Node, View, row_major
from etude.backends.c.parts import rounded
from etude.backends.c.steps import step_parts

__all__ = ["INSTRUCTIONS", "LONG", "Kernel", "Schedule", "in_register", "on_numbers", "schedule"]

Shape = tuple[int, ...]
Users = dict[int, list[tuple[int, bool]]]  # of each node who reads it, and whether it could from a register
MEMBERS = 250  # nodes of one loop; more make the C compiler slow
WIDE = 1000  # the same for loops over many elements, where a value kept in memory costs more
MANY = 1000  # elements
LONG = 4000  # operators on single numbers, which then are no C text but instructions
INSTRUCTIONS = 32_000  # nodes of one kernel of these, whose values lie on the stack


@dataclass(slots=True)
class Kernel:
    """A loop over a domain, or one call where `domain` is None."""

    domain: Shape | None
    members: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Schedule:
    """Kernels in order; `stored` nodes live in memory, the others in registers; offsets are in bytes. Nodes `inside`
    others are elements of their memory; those `given` are computed where an output is wanted. Loops are made in `parts`.
    """

    kernels: list[Kernel]
    place: dict[int, int]
    stored: set[int]
    offsets: dict[int, int] = field(default_factory=dict)
    bytes: int = 0
    bodies: dict[int, list[Schedule]] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)
    inside: dict[int, View] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=dict)


def domain_of(graph: Graph, number: int) -> Shape | None:
    node = graph.nodes[number]
    if node.kind == "reduce":
        return graph.nodes[node.args[0]].shape
    return node.shape if node.kind in ("elementwise", "gather") else None


def in_register(graph: Graph, user: int, arg: int) -> bool:
    """Whether a node of the same loop could take an operand from a register."""
    source, node = graph.nodes[arg], graph.nodes[user]
    if source.kind not in ("elementwise", "gather") or node.kind not in ("elementwise", "reduce"):
        return False
    return source.shape == domain_of(graph, user)


def on_numbers(graph: Graph, number: int) -> bool:
    """Whether a node is an elementwise operator on one float64 number, or a boolean."""
    node = graph.nodes[number]
    if node.kind != "elementwise" or node.size != 1:
        return False
    return all(kind.char in "d?" for kind in (node.dtype, *node.loop, *[graph.nodes[arg].dtype for arg in node.args]))


def _most(domain: Shape, instructions: bool) -> int:
    if instructions:
        return INSTRUCTIONS
    return WIDE if prod(domain) >= MANY else MEMBERS


def schedule(graph: Graph) -> Schedule:
    needed = _needed(graph)
    long = sum(on_numbers(graph, number) for number in needed) >= LONG
    kernels: list[Kernel] = []
    place: dict[int, int] = {}
    roomy: dict[tuple[Shape, bool], list[int]] = {}  # the kernels of a domain that take more members
    for number in needed:
        node = graph.nodes[number]
        if node.kind == "result":
            place[number] = place[node.args[0]]
            kernels[place[number]].members.append(number)
            continue
        earliest = 0
        for arg in node.args:
            base = graph.base_of(arg)
            if base in place:
                earliest = max(earliest, place[base] + (not in_register(graph, number, arg)))
        domain = domain_of(graph, number)
        if domain is None:
            place[number] = len(kernels)
            kernels.append(Kernel(None, [number]))
            continue
        instructions = long and on_numbers(graph, number)
        rows = roomy.setdefault((domain, instructions), [])
        at = bisect_left(rows, earliest)
        if at == len(rows):
            rows.append(len(kernels))
            kernels.append(Kernel(domain))
        place[number] = rows[at]
        kernels[rows[at]].members.append(number)
        if len(kernels[rows[at]].members) >= _most(domain, instructions):
            rows.pop(at)
    users = _users(graph, needed)
    _sink(graph, needed, kernels, place, users)
    kernels, place = _without_empty(kernels, place)
    found = Schedule(kernels, place, _stored(graph, place, users))
    found.given = _given(graph, found.stored)
    found.inside = parts_in_place(graph, needed, place, users)
    found.bodies = {
        number: [schedule(body) for body in graph.nodes[number].spec[0]]
        for number in needed
        if graph.nodes[number].kind == "bodies"
    }
    found.parts = {
        number: step_parts(graph, number, _part(graph, bodies, graph.nodes[number], True))
        for number, bodies in found.bodies.items()
    }
    _place_in_memory(graph, found)
    return found


def _without_empty(kernels: list[Kernel], place: dict[int, int]) -> tuple[list[Kernel], dict[int, int]]:
    kept = [number for number, kernel in enumerate(kernels) if kernel.members]
    moved = {number: position for position, number in enumerate(kept)}
    for kernel in kernels:
        kernel.members.sort()
    return [kernels[number] for number in kept], {node: moved[number] for node, number in place.items()}


def _needed(graph: Graph) -> list[int]:
    """The nodes that are computed, operands first."""
    wanted = {graph.base_of(number) for number in graph.outputs}
    for number in range(len(graph.nodes) - 1, -1, -1):
        if number in wanted:
            wanted.update(graph.base_of(arg) for arg in graph.nodes[number].args)
    wanted.update(number for number, node in enumerate(graph.nodes) if node.kind == "result" and node.args[0] in wanted)
    return [number for number in sorted(wanted) if graph.nodes[number].kind not in ("input", "constant", "view", "layout")]


def _users(graph: Graph, needed: list[int]) -> Users:
    users: Users = {number: [] for number in needed}
    for number in needed:
        for arg in graph.nodes[number].args:
            base = graph.base_of(arg)
            if base in users:
                users[base].append((number, in_register(graph, number, arg)))
    return users


def _sink(graph: Graph, needed: list[int], kernels: list[Kernel], place: dict[int, int], users: Users) -> None:
    """A value wanted in one later loop only is computed there."""
    outputs = {graph.base_of(number) for number in graph.outputs}
    for number in reversed(needed):
        if graph.nodes[number].kind != "elementwise" or number in outputs or not graph.nodes[number].shape:
            continue
        targets = {place[user] for user, _ in users[number]}
        if len(targets) == 1 and all(direct for _, direct in users[number]):
            (target,) = targets
            if target != place[number] and len(kernels[target].members) < 2 * MEMBERS:
                kernels[place[number]].members.remove(number)
                kernels[target].members.append(number)
                place[number] = target


def _stored(graph: Graph, place: dict[int, int], users: Users) -> set[int]:
    stored = {graph.base_of(number) for number in graph.outputs} & set(place)
    for number, readers in users.items():
        if (
            domain_of(graph, number) is None
            or graph.nodes[number].kind == "reduce"
            or any(place[user] != place[number] or not direct for user, direct in readers)
        ):
            stored.add(number)
    return stored


def _given(graph: Graph, stored: set[int]) -> dict[int, int]:
    """The computed nodes that are outputs, perhaps in another shape, and which outputs they are."""
    found: dict[int, int] = {}
    for place, number in enumerate(graph.outputs):
        view, node = graph.view_of(number), graph.nodes[number]
        whole = not view.offset and node.size == graph.nodes[view.base].size and view.strides == row_major(node.shape)
        if view.base in stored and whole:
            found.setdefault(view.base, place)
    return found


def _room(graph: Graph, found: Schedule, number: int) -> int:
    """Bytes of a stored node; of a loop what its parts take."""
    node = graph.nodes[number]
    if node.kind == "bodies":
        parts = found.parts[number]
        return parts * _part(graph, found.bodies[number], node, parts > 1)
    return rounded(max(prod(node.shape), 1) * node.dtype.itemsize)


def _part(graph: Graph, bodies: list[Schedule], node: Node, own: bool) -> int:
    """Bytes of a loop's body, and of the carries of every other step, or of `own` ones for every step."""
    carried = [graph.nodes[arg] for arg in node.args[: node.spec[1].get("carries", 0)]]
    size = sum(rounded(carry.size * carry.dtype.itemsize) for carry in carried)
    return 64 + max(body.bytes for body in bodies) + size * (1 + own)


def _place_in_memory(graph: Graph, found: Schedule) -> None:
    """Where stored nodes lie in the workspace; the memory of dead ones is used again."""
    last: dict[int, int] = {}
    for number, place in found.place.items():
        last.setdefault(number, place)
        for arg in graph.nodes[number].args:
            base = graph.base_of(arg)
            last[base] = max(last.get(base, 0), place)
    for number in graph.outputs:
        last[graph.base_of(number)] = len(found.kernels)
    dying: dict[int, list[int]] = {}
    free: dict[int, list[int]] = {}
    top = 0
    for position, kernel in enumerate(found.kernels):
        for member in kernel.members:
            number = found.inside[member].base if member in found.inside else member
            if number not in found.stored or number in found.given or number in found.offsets:
                continue
            size = _room(graph, found, number)
            if free.get(size):
                found.offsets[number] = free[size].pop()
            else:
                found.offsets[number] = top
                top += size
            dying.setdefault(last[number], []).append(number)
        for number in dying.pop(position, ()):
            size = _room(graph, found, number)
            free.setdefault(size, []).append(found.offsets[number])
    found.bytes = top
