"""The text of a kernel: loop nests over strided operands, fused elementwise operators and reductions."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from etude.backends.c.bodies import bodied
from etude.backends.c.callbacks import called
from etude.backends.c.csource import Callback, Unsupported
from etude.backends.c.graph import Graph, Node, View, row_major
from etude.backends.c.kernels import Kernel, Schedule, in_register
from etude.backends.c.products import product
from etude.backends.c.scalars import C_TYPES, expression, literal

__all__ = ["Access", "Writer"]

Shape = tuple[int, ...]
BLOCK = 1024


class Access(NamedTuple):
    """Where an element lies: a pointer, a constant offset and a step for each axis of the loop."""

    pointer: str
    offset: int
    steps: Shape


class Writer:
    """Writes the kernels of a schedule; collects the constants, the external functions and the functions they need.

    The bodies of loops have writers of their own, which collect into the lists of the `outer` one.
    """

    def __init__(self, graph: Graph, plan: Schedule, outer: Writer | None = None):
        self.graph, self.plan = graph, plan
        self.constants: list[np.ndarray[Any, Any]] = [] if outer is None else outer.constants
        self.externals: list[str | Callback] = [] if outer is None else outer.externals
        self.functions: list[str] = [] if outer is None else outer.functions
        self._constant_places: dict[int, int] = {}

    # ---------------------------------------------------------------- operands

    def external(self, name: str | Callback) -> int:
        if name not in self.externals:
            self.externals.append(name)
        return self.externals.index(name)

    def memory(self, base: int) -> str:
        """The address of a node's memory, as C text."""
        node = self.graph.nodes[base]
        if node.kind == "input":
            return f"D[{base}]"
        if node.kind == "constant":
            place = self._constant_places.get(base)
            if place is None:
                place = self._constant_places[base] = len(self.constants)
                self.constants.append(np.asarray(node.value))
            return f"G[{place}]"
        if base in self.plan.given:
            return f"O[{self.plan.given[base]}]"
        return f"W + {self.plan.offsets[base]}"

    def address(self, arg: int) -> str:
        """Where an operand begins, as C text of type char *."""
        view = self.graph.view_of(arg)
        return f"(char *)({self.memory(view.base)}) + {view.offset * self.graph.nodes[arg].dtype.itemsize}"

    def pointer(self, base: int, pointers: dict[int, str]) -> str:
        """The name of a node's pointer, declared in `pointers`."""
        if base not in pointers:
            kind = C_TYPES[self.graph.nodes[base].dtype.char]
            pointers[base] = f"  {kind} *restrict p{base} = ({kind} *)({self.memory(base)});\n"
        return f"p{base}"

    def access(self, arg: int, domain: Shape, pointers: dict[int, str]) -> Access:
        """An operand that broadcasts to the domain."""
        return self.view_access(self.graph.view_of(arg), self.graph.nodes[arg].shape, domain, pointers)

    def store(self, number: int, pointers: dict[int, str]) -> Access:
        """Where the elements of a node are written."""
        view = self.plan.inside.get(number) or View(number, 0, row_major(self.graph.nodes[number].shape))
        return Access(self.pointer(view.base, pointers), view.offset, view.strides)

    def view_access(self, view: View, shape: Shape, domain: Shape, pointers: dict[int, str]) -> Access:
        lead = len(domain) - len(shape)
        steps = [0] * lead + [0 if dim == 1 else step for dim, step in zip(shape, view.strides, strict=True)]
        return Access(self.pointer(view.base, pointers), view.offset, tuple(steps))

    def number_of(self, arg: int) -> str | None:
        """The literal of a constant number, or of a view of one."""
        base = self.graph.nodes[self.graph.view_of(arg).base]
        return literal(base.value[()], base.dtype) if base.kind == "constant" and not base.shape else None

    # ---------------------------------------------------------------- kernels

    def kernel(self, number: int) -> str:
        kernel = self.plan.kernels[number]
        if kernel.domain is not None:
            return _Loop(self, kernel, kernel.domain, number).text()
        node_number = kernel.members[0]
        node = self.graph.nodes[node_number]
        if node.kind == "matmul":
            return product(self, node_number)
        if node.kind == "bodies":
            return bodied(self, node_number)
        if node.kind == "call":
            return called(self, node_number)
        if node.kind == "concatenate":
            return self._concatenated(node_number)
        return self._changed(node_number)

    def results(self) -> str:
        """Copies for outputs that are views, inputs, constants or given twice."""
        parts = []
        for place, number in enumerate(self.graph.outputs):
            if self.plan.given.get(self.graph.view_of(number).base) == place:
                continue
            node, pointers = self.graph.nodes[number], dict[int, str]()
            source = self._element(number, node.shape, pointers)
            kind = C_TYPES[node.dtype.char]
            target = Access("r", 0, row_major(node.shape))
            body = self.nest(node.shape, [(target, "=", source)])
            declared = f"  {kind} *r = ({kind} *)O[{place}];\n"
            parts.append("  {\n" + "".join(pointers.values()) + declared + body + "  }\n")
        return "".join(parts)

    def _element(self, arg: int, domain: Shape, pointers: dict[int, str]) -> Access | str:
        number = self.number_of(arg)
        return self.access(arg, domain, pointers) if number is None else number

    def nest(self, domain: Shape, moves: Sequence[tuple[Access, str, Access | str]], before: str = "") -> str:
        """Loops that assign elements; `before` is put into the innermost."""
        if 0 in domain:
            return ""
        names = [f"i{axis}" for axis in range(len(domain))]
        lines = [f"for (int64_t {name} = 0; {name} < {dim}; {name}++) " for name, dim in zip(names, domain, strict=True)]
        text = "".join(f"{element(to, names)} {how} {element(what, names)}; " for to, how, what in moves)
        return "  " + "".join(lines) + "{ " + before + text + "}\n"

    def _concatenated(self, number: int) -> str:
        node = self.graph.nodes[number]
        axis, start = node.axes[0], 0
        pointers: dict[int, str] = {}
        out, text = self.store(number, pointers), ""
        for arg in node.args:
            shape = self.graph.nodes[arg].shape
            if self.graph.view_of(arg).base not in self.plan.inside:
                target = out._replace(offset=out.offset + start * out.steps[axis])
                text += self.nest(shape, [(target, "=", self._element(arg, shape, pointers))])
            start += shape[axis]
        return "".join(pointers.values()) + text

    def _changed(self, number: int) -> str:
        """A copy of the first operand in which the second is set or added at some places."""
        node = self.graph.nodes[number]
        pointers: dict[int, str] = {}
        whole, text = self.store(number, pointers), ""
        if self.graph.view_of(node.args[0]).base not in self.plan.inside:
            text = self.nest(node.shape, [(whole, "=", self._element(node.args[0], node.shape, pointers))])
        out = whole.pointer
        view, domain = node.spec[:2]
        how = "+=" if node.op == "add_at" else "="
        if node.dtype.kind == "b" and how == "+=":
            how = "|="
        value = self._element(node.args[1], domain, pointers)
        if len(node.spec) == 2:
            text += self.nest(domain, [(Access(out, view.offset, view.strides), how, value)])
            return "".join(pointers.values()) + text
        axis, size, width = node.spec[2:]
        index = node.args[2]
        text += self.check_index(index, size, pointers)
        names = [f"i{place}" for place in range(len(domain))]
        rank = len(domain)
        steps = (*view.strides[:axis], *[0] * width, *view.strides[axis + 1 :])
        picked = self.index_access(index, axis, width, rank, pointers)
        before = f"int64_t x = {element(picked, names)}; x = (x < 0 ? x + {size} : x) * {view.strides[axis]}; "
        return (
            "".join(pointers.values())
            + text
            + self.nest(domain, [(Access(f"{out}[x + ", view.offset, steps), how, value)], before)
        )

    def index_access(self, arg: int, axis: int, width: int, rank: int, pointers: dict[int, str]) -> Access:
        view = self.graph.view_of(arg)
        steps = [0] * rank
        steps[axis : axis + width] = view.strides
        return Access(self.pointer(view.base, pointers), view.offset, tuple(steps))

    def check_index(self, arg: int, size: int, pointers: dict[int, str]) -> str:
        node = self.graph.nodes[arg]
        names = [f"i{place}" for place in range(len(node.shape))]
        place = self._element(arg, node.shape, pointers)
        text = element(place, names)
        if 0 in node.shape:
            return ""
        return self.nest(node.shape, [], f"if ((int64_t){text} < -{size} || (int64_t){text} >= {size}) return 3; ")


def element(what: Access | str, names: Sequence[str]) -> str:
    """The C text of an element."""
    if isinstance(what, str):
        return what
    terms = [name if step == 1 else f"{step} * {name}" for name, step in zip(names, what.steps, strict=True) if step]
    if what.offset or not terms:
        terms.append(str(what.offset))
    head = what.pointer if "[" in what.pointer else f"{what.pointer}["
    return f"{head}{' + '.join(terms)}]"


_START = {"sum": "0", "prod": "1", "all": "1", "any": "0"}
_JOIN = {"sum": "{0} + {1}", "prod": "{0} * {1}", "all": "{0} & ({1} != 0)", "any": "{0} | ({1} != 0)",
         "max": "({0} >= {1}) | ({0} != {0}) ? {0} : {1}", "min": "({0} <= {1}) | ({0} != {0}) ? {0} : {1}"}  # fmt: skip


def start_of(node: Node) -> str:
    """What a reduction starts with."""
    if node.op in _START:
        return _START[node.op]
    if node.dtype.kind == "f":
        return "-INFINITY" if node.op == "max" else "INFINITY"
    if node.dtype.kind == "b":
        return "0" if node.op == "max" else "1"
    limits = np.iinfo(node.dtype)
    return literal(limits.min if node.op == "max" else limits.max, node.dtype)


class _Loop:
    """One fused loop nest."""

    def __init__(self, writer: Writer, kernel: Kernel, domain: Shape, number: int):
        self.writer, self.graph, self.domain, self.number = writer, writer.graph, domain, number
        self.members = kernel.members
        self.pointers: dict[int, str] = {}
        self.loads: dict[int, Access | str] = {}
        self.gathers: dict[int, tuple[Access, Access, int, int]] = {}
        self.stores: dict[int, Access] = {}
        self.checks = ""
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
                    self.loads[arg] = writer._element(arg, self.domain, self.pointers)
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
        body = [self._line(member) for member in self.members]
        reductions = [member for member in self.members if self.graph.nodes[member].kind == "reduce"]
        starts = "".join(self._start(member) for member in reductions)
        head = self.checks + starts
        if 0 in self.domain:
            return "".join(self.pointers.values()) + head
        inner = [member for member in reductions if self.dims and not self.stores[member].steps[-1]]
        loops = "".join(f"  for (int64_t {n} = 0; {n} < {d}; {n}++)\n" for n, d in zip(self.names[:-1], self.dims, strict=False))
        if not self.dims:
            loop = "".join(body)
        elif inner:
            loop = loops + self._blocked(inner, "".join(body))
        else:
            aliases = any(not all(self.stores[member].steps[-1:]) for member in reductions)
            pragma = "" if aliases else self._pragma("")
            name = self.names[-1]
            head_line = f"  for (int64_t {name} = 0; {name} < {self.dims[-1]}; {name}++) {{\n"
            loop = f"{loops}  {{\n{pragma}{head_line}{''.join(body)}  }}\n  }}\n"
        return "".join(self.pointers.values()) + head + loop

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
        pragma = self._pragma(clauses) if all(op in ("sum", "prod") for _, op in nodes) else ""
        ends = "".join(f"  {self._joined(member)}\n" for member in inner)
        if size <= BLOCK:
            loop = f"  for (int64_t {name} = 0; {name} < {size}; {name}++) {{\n{body}  }}\n"
            return f"  {{\n{declared}{pragma}{loop}{ends}  }}\n"
        loop = f"  for (int64_t {name} = b; {name} < e; {name}++) {{\n{body}  }}\n"
        return (
            f"  for (int64_t b = 0; b < {size}; b += BLOCK) {{\n  const int64_t e = b + BLOCK < {size} ? b + BLOCK : {size};\n"
            f"{declared}{pragma}{loop}{ends}  }}\n"
        )

    def _start(self, member: int) -> str:
        node = self.graph.nodes[member]
        return f"  for (int64_t i = 0; i < {node.size}; i++) p{member}[i] = {start_of(node)};\n"

    def _joined(self, member: int) -> str:
        place = element(self.stores[member], self.names)
        return f"{place} = {_JOIN[self.graph.nodes[member].op].format(place, f'a{member}')};"

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
        kinds = node.loop[1:] if node.op == "where" else node.loop[:1]
        if node.op == "astype" and node.dtype.kind == "b":
            return line + f"    const {kind} v{member} = {operands[0]} != 0;\n"
        return line + f"    const {kind} v{member} = {expression(node.op, operands, kinds[0], node.exponent)};\n"

    def _reduction_line(self, member: int, node: Node, kind: str) -> str:
        value = f"({kind})({self._value(member, node.args[0])})"
        if node.op in ("all", "any"):
            value = f"({self._value(member, node.args[0])} != 0)"
        inner = bool(self.dims) and not self.stores[member].steps[-1]
        target = f"a{member}" if inner else element(self.stores[member], self.names)
        name = f"u{member}"
        return f"    const {kind} {name} = {value};\n    {target} = {_JOIN[node.op].format(target, name)};\n"
