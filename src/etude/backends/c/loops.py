"""Fused loops: elementwise operators, gathers and reductions over one domain."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from etude.backends.c.csource import Unsupported
from etude.backends.c.kernels import Kernel, in_register
from etude.backends.c.nodes import Node, row_major
from etude.backends.c.parts import BLOCK, PART, Cut, cut, weight
from etude.backends.c.reductions import joined, start_of
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Access, Writer, element, sharing

__all__ = ["Loop"]

Shape = tuple[int, ...]


class Loop:
    """One fused loop nest."""

    def __init__(self, writer: Writer, kernel: Kernel, domain: Shape, number: int):
        self.writer, self.graph, self.domain, self.number = writer, writer.graph, domain, number
        self.members = kernel.members
        self.pointers: dict[int, str] = {}
        self.loads: dict[int, Access | str] = {}
        self.gathers: dict[int, tuple[Access, Access, int, int]] = {}
        self.stores: dict[int, Access] = {}
        self.checks = ""
        self.cut: Cut | None = None
        for member in self.members:
            self._operands(member)
        self._collapse()

    def _operands(self, member: int) -> None:
        node, writer = self.graph.nodes[member], self.writer
        if node.kind == "gather":
            self._gathered(member, node)
        else:
            for arg in node.args:
                if arg not in self.loads and not self._in_register(member, arg):
                    self.loads[arg] = writer.element(arg, self.domain, self.pointers)
        if node.kind == "reduce":
            steps = row_major(node.shape)
            kept = tuple([0 if axis in node.axes else step for axis, step in enumerate(steps)])
            self.stores[member] = Access(writer.pointer(member, self.pointers), 0, kept)
        elif member in writer.plan.stored:
            self.stores[member] = writer.store(member, self.pointers)

    def _gathered(self, member: int, node: Node) -> None:
        view, axis, size, width = node.spec
        steps = (*view.strides[:axis], *[0] * width, *view.strides[axis + 1 :])
        index = node.args[1]
        if self.writer.number_of(index) is not None:
            raise Unsupported("getitem", "by a constant 0-dimensional array")
        base = Access(self.writer.pointer(view.base, self.pointers), view.offset, steps)
        picked = self.writer.index_access(index, axis, width, len(self.domain), self.pointers)
        self.checks += self.writer.check_index(index, size, self.pointers)
        self.gathers[member] = (base, picked, view.strides[axis], size)

    def _in_register(self, member: int, arg: int) -> bool:
        return self.writer.plan.place.get(arg) == self.number and in_register(self.graph, member, arg)

    # ---------------------------------------------------------------- axes

    def _collapse(self) -> None:
        """Axes that all operands run through alike become one; axes of size 1 go."""
        rows = [access for access in self.loads.values() if isinstance(access, Access)]
        rows += [*self.stores.values(), *[part for gather in self.gathers.values() for part in gather[:2]]]
        axes: list[list[int]] = []
        for axis, dim in enumerate(self.domain):
            if dim == 1:
                continue
            if axes and all(row.steps[axes[-1][-1]] == row.steps[axis] * dim for row in rows):
                axes[-1].append(axis)
            else:
                axes.append([axis])
        self.dims = [prod(self.domain[axis] for axis in group) for group in axes]
        last = [group[-1] for group in axes]

        def short(access: Access) -> Access:
            return access._replace(steps=tuple([access.steps[axis] for axis in last]))

        self.loads = {key: short(row) if isinstance(row, Access) else row for key, row in self.loads.items()}
        self.stores = {key: short(row) for key, row in self.stores.items()}
        self.gathers = {key: (short(a), short(b), c, d) for key, (a, b, c, d) in self.gathers.items()}
        self.names = [f"i{axis}" for axis in range(len(self.dims))]

    # ---------------------------------------------------------------- text

    def text(self) -> str:
        reductions = [member for member in self.members if self.graph.nodes[member].kind == "reduce"]
        head = "".join(self.pointers.values()) + self.checks + "".join(map(self._start, reductions))
        if 0 in self.domain:
            return head
        body = "".join(map(self._line, self.members))
        self.cut = cut(self.dims, self._work(), *self._results(reductions))
        loops = self._loops(reductions, body)
        return head + (loops if self.cut is None else self._shared(self.cut, loops))

    def _work(self) -> int:
        """For one element, in accesses to memory and operations."""
        nodes = [self.graph.nodes[member] for member in self.members]
        operations = sum(weight(node.op) if node.kind == "elementwise" else 1 for node in nodes)
        return operations + len(self.loads) + len(self.stores) + 2 * len(self.gathers)

    def _results(self, reductions: Sequence[int]) -> tuple[dict[int, Shape], dict[int, int]]:
        nodes = self.graph.nodes
        steps = {member: self.stores[member].steps for member in reductions}
        return steps, {member: nodes[member].size * nodes[member].dtype.itemsize for member in reductions}

    def _shared(self, found: Cut, loops: str) -> str:
        """The loops as a function of a part's number, and what calls it for all parts."""
        name = f"part{len(self.writer.functions)}"
        pointers = dict(self.pointers)
        for member, place in found.places.items():
            kind = C_TYPES[self.graph.nodes[member].dtype.char]
            pointers[member] = f"  {kind} *restrict p{member} = ({kind} *)(call->Q + number * {found.room} + {place});\n"
        head = PART.format(name=name, step=found.step, size=self.dims[found.axis])
        text = "".join([head, *pointers.values(), *map(self._start, found.places), loops])
        self.writer.functions.append(f"{text}}}\n")
        self.writer.parts[self.number] = found.parts
        memory = f"  _Alignas(64) char q[{found.parts * found.room}];\n" if found.room else ""
        run = sharing(self.writer, found.parts, name, "q" if found.room else "NULL")
        return memory + run + "".join(self._gathered_up(found, member) for member in found.places)

    def _gathered_up(self, found: Cut, member: int) -> str:
        """The parts' results of a reduction joined, in the order of the parts."""
        node = self.graph.nodes[member]
        text = joined(node, f"p{member}[i]", "r[i]")
        place = f"q + k * {found.room} + {found.places[member]}"
        return (
            f"  for (int64_t k = 0; k < {found.parts}; k++) {{\n"
            f"    const {C_TYPES[node.dtype.char]} *r = (void *)({place});\n"
            f"    for (int64_t i = 0; i < {node.size}; i++) p{member}[i] = {text};\n  }}\n"
        )

    def _range(self, axis: int) -> tuple[str, str]:
        return ("low", "high") if self.cut is not None and self.cut.axis == axis else ("0", str(self.dims[axis]))

    def _loops(self, reductions: Sequence[int], body: str) -> str:
        if not self.dims:
            return body
        ranges = [self._range(axis) for axis in range(len(self.dims))]
        heads = [f"  for (int64_t {n} = {a}; {n} < {b}; {n}++)" for n, (a, b) in zip(self.names, ranges, strict=True)]
        outer = "".join(f"{head}\n" for head in heads[:-1])
        inner = [member for member in reductions if not self.stores[member].steps[-1]]
        if inner:
            return outer + self._blocked(inner, body)
        aliases = any(not all(self.stores[member].steps[-1:]) for member in reductions)
        pragma = "" if aliases else self._pragma("")
        return f"{outer}  {{\n{pragma}{heads[-1]} {{\n{body}  }}\n  }}\n"

    def _pragma(self, clauses: str) -> str:
        return f"#pragma omp simd{clauses}\n" if self.dims[-1] >= 4 else ""

    def _blocked(self, inner: Sequence[int], body: str) -> str:
        """Rows in blocks, each with sums of its own, so that rounding errors do not pile up."""
        name, size = self.names[-1], self.dims[-1]
        declared = "".join(
            f"  {C_TYPES[self.graph.nodes[member].dtype.char]} a{member} = {start_of(self.graph.nodes[member])};\n"
            for member in inner
        )
        nodes = [(member, self.graph.nodes[member].op) for member in inner]
        clauses = ""
        for how, sign in (("sum", "+"), ("prod", "*")):
            named = ", ".join(f"a{member}" for member, op in nodes if op == how)
            clauses += f" reduction({sign}:{named})" if named else ""
        plain = all(op in ("sum", "prod") and self.graph.nodes[member].dtype.kind != "c" for member, op in nodes)
        pragma = self._pragma(clauses) if plain else ""
        ends = "".join(f"  {self._joined(member)}\n" for member in inner)
        low, high = self._range(len(self.dims) - 1)
        if size <= BLOCK:
            loop = f"  for (int64_t {name} = {low}; {name} < {high}; {name}++) {{\n{body}  }}\n"
            return f"  {{\n{declared}{pragma}{loop}{ends}  }}\n"
        loop = f"  for (int64_t {name} = b; {name} < e; {name}++) {{\n{body}  }}\n"
        return (
            f"  for (int64_t b = {low}; b < {high}; b += BLOCK) {{\n"
            f"  const int64_t e = b + BLOCK < {high} ? b + BLOCK : {high};\n"
            f"{declared}{pragma}{loop}{ends}  }}\n"
        )

    def _start(self, member: int) -> str:
        node = self.graph.nodes[member]
        return f"  for (int64_t i = 0; i < {node.size}; i++) p{member}[i] = {start_of(node)};\n"

    def _joined(self, member: int) -> str:
        place = element(self.stores[member], self.names)
        return f"{place} = {joined(self.graph.nodes[member], place, f'a{member}')};"

    def _value(self, member: int, arg: int) -> str:
        return f"v{arg}" if self._in_register(member, arg) else element(self.loads[arg], self.names)

    def _line(self, member: int) -> str:
        node = self.graph.nodes[member]
        kind = C_TYPES[node.dtype.char]
        if node.kind == "reduce":
            return self._reduction_line(member, node, kind)
        if node.kind == "gather":
            base, picked, step, size = self.gathers[member]
            text = element(base, self.names)
            at = f"x{member}"
            line = f"    int64_t {at} = {element(picked, self.names)}; {at} = ({at} < 0 ? {at} + {size} : {at}) * {step};\n"
            line += f"    const {kind} v{member} = {text[:-1]} + {at}];\n"
        else:
            line = self._elementwise_line(member, node, kind)
        if member in self.stores:
            line += f"    {element(self.stores[member], self.names)} = v{member};\n"
        return line

    def _elementwise_line(self, member: int, node: Node, kind: str) -> str:
        operands, line = [], ""
        for place, (arg, wanted) in enumerate(zip(node.args, node.loop, strict=True)):
            text, given = self._value(member, arg), self.graph.nodes[arg].dtype
            simple = text[0] == "v" and given == wanted
            if not simple:
                name = f"t{member}_{place}"
                cast = f"{text} != 0" if wanted.kind == "b" and given.kind != "b" else text
                line += f"    const {C_TYPES[wanted.char]} {name} = {cast};\n"
                text = name
            operands.append(text)
        return line + f"    const {kind} v{member} = {self.writer.value(node, operands)};\n"

    def _reduction_line(self, member: int, node: Node, kind: str) -> str:
        value = f"({kind})({self._value(member, node.args[0])})"
        if node.op in ("all", "any"):
            value = f"({self._value(member, node.args[0])} != 0)"
        inner = bool(self.dims) and not self.stores[member].steps[-1]
        target = f"a{member}" if inner else element(self.stores[member], self.names)
        name = f"u{member}"
        return f"    const {kind} {name} = {value};\n    {target} = {joined(node, target, name)};\n"
