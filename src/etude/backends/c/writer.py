"""Where operands lie, as C text: pointers, steps along the axes of a loop, and plain loop nests over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from etude.backends.c.csource import Callback
from etude.backends.c.graph import Graph
from etude.backends.c.kernels import Schedule
from etude.backends.c.nodes import Node, View, row_major
from etude.backends.c.scalars import C_TYPES, expression, has_form, literal
from etude.backends.c.special import foreign
from etude.backends.c.threads import SHARE, SHARE_PRODUCTS

__all__ = ["Access", "Writer", "element", "nest", "sharing"]

Shape = tuple[int, ...]


class Access(NamedTuple):
    """Where an element lies: a pointer, a constant offset and a step for each axis of the loop."""

    pointer: str
    offset: int
    steps: Shape


class Writer:
    """Where the nodes of a schedule lie; collects the constants, the external functions and the functions kernels need.

    The bodies of loops have writers of their own, which collect into the lists of the `outer` one.
    """

    def __init__(self, graph: Graph, plan: Schedule, outer: Writer | None = None):
        self.graph, self.plan = graph, plan
        self.constants: list[np.ndarray[Any, Any]] = [] if outer is None else outer.constants
        self.externals: list[str | Callback] = [] if outer is None else outer.externals
        self.functions: list[str] = [] if outer is None else outer.functions
        self.cases: dict[str, int] = {} if outer is None else outer.cases  # of the interpreter
        self.parts: dict[int, int] = {}  # of kernels that threads share
        self.interpreted: set[int] = set()  # kernels
        self._constant_places: dict[int, int] = {}

    # ---------------------------------------------------------------- operands

    def external(self, name: str | Callback) -> int:
        if name not in self.externals:
            self.externals.append(name)
        return self.externals.index(name)

    def constant(self, value: np.ndarray[Any, Any]) -> int:
        """The place of a new constant."""
        self.constants.append(value)
        return len(self.constants) - 1

    def place(self, base: int) -> tuple[str, int]:
        """Where a node's memory is: an input, a constant, an output (D, G, O), or bytes from the workspace's begin (W)."""
        node = self.graph.nodes[base]
        if node.kind == "input":
            return "D", base
        if node.kind == "constant":
            if base not in self._constant_places:
                self._constant_places[base] = self.constant(np.asarray(node.value))
            return "G", self._constant_places[base]
        if base in self.plan.given:
            return "O", self.plan.given[base]
        return "W", self.plan.offsets[base]

    def memory(self, base: int) -> str:
        """The address of a node's memory, as C text."""
        letter, index = self.place(base)
        return f"W + {index}" if letter == "W" else f"{letter}[{index}]"

    def copied(self) -> list[int]:
        """The places of outputs that no kernel writes: views, inputs, constants, and what is given twice."""
        outputs = enumerate(self.graph.outputs)
        return [place for place, number in outputs if self.plan.given.get(self.graph.base_of(number)) != place]

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
        base = self.graph.nodes[self.graph.base_of(arg)]
        return literal(base.value[()], base.dtype) if base.kind == "constant" and not base.shape else None

    def value(self, node: Node, operands: list[str]) -> str:
        """The C expression of an elementwise node."""
        kind = node.loop[1] if node.op == "where" else node.loop[0]
        if node.op == "astype" and node.dtype.kind == "b":
            return f"{operands[0]} != 0"
        found = None if has_form(node.op, kind) else foreign(node.op, len(operands), kind.char)
        if found is None:
            return expression(node.op, operands, kind, node.exponent)
        name, number = found
        return f"(({number} (*)({f'{number}, ' * len(operands)}int))X[{self.external(name)}])({', '.join(operands)}, 0)"

    def element(self, arg: int, domain: Shape, pointers: dict[int, str]) -> Access | str:
        number = self.number_of(arg)
        return self.access(arg, domain, pointers) if number is None else number

    def index_access(self, arg: int, axis: int, width: int, rank: int, pointers: dict[int, str]) -> Access:
        view = self.graph.view_of(arg)
        steps = [0] * rank
        steps[axis : axis + width] = view.strides
        return Access(self.pointer(view.base, pointers), view.offset, tuple(steps))

    def check_index(self, arg: int, size: int, pointers: dict[int, str]) -> str:
        node = self.graph.nodes[arg]
        names = [f"i{place}" for place in range(len(node.shape))]
        place = self.element(arg, node.shape, pointers)
        text = element(place, names)
        if 0 in node.shape:
            return ""
        return nest(node.shape, [], f"if ((int64_t){text} < -{size} || (int64_t){text} >= {size}) return 3; ")


def sharing(writer: Writer, parts: int | str, function: str, memory: str, products: bool = False) -> str:
    """The call of a part's function for all parts, which have `memory` in common; `products`: BLAS may be called in them."""
    call = f"  const struct call call = {{D, G, O, W, X, {memory}}};\n"
    how, name = ("share_products", SHARE_PRODUCTS) if products else ("share", SHARE)
    return f"{call}  {how}(X[{writer.external(name)}], T, {parts}, {function}, &call);\n"


def nest(domain: Shape, moves: Sequence[tuple[Access, str, Access | str]], before: str = "") -> str:
    """Loops that assign elements; `before` is put into the innermost."""
    if 0 in domain:
        return ""
    names = [f"i{axis}" for axis in range(len(domain))]
    lines = [f"for (int64_t {name} = 0; {name} < {dim}; {name}++) " for name, dim in zip(names, domain, strict=True)]
    text = "".join(f"{element(to, names)} {how} {element(what, names)}; " for to, how, what in moves)
    return "  " + "".join(lines) + "{ " + before + text + "}\n"


def element(what: Access | str, names: Sequence[str]) -> str:
    """The C text of an element."""
    if isinstance(what, str):
        return what
    terms = [name if step == 1 else f"{step} * {name}" for name, step in zip(names, what.steps, strict=True) if step]
    if what.offset or not terms:
        terms.append(str(what.offset))
    head = what.pointer if "[" in what.pointer else f"{what.pointer}["
    return f"{head}{' + '.join(terms)}]"
