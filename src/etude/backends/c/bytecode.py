"""Very long programs of single numbers: not C text, of which compilers take a second for some thousand lines, but
numbers that a small interpreter in the program's C runs.

An instruction is five 32-bit numbers: what it does, a place in a table of float64 values, and three more. Its cases are
made of the same rows as other loops are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from etude.backends.c.kernels import Kernel, in_register
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Writer

__all__ = ["INTERPRET", "interpreted", "interpreter", "is_long"]

LONG = 4000  # operators of one program
INTERPRET = "interpret("
_MOVES = {"load d": 0, "load ?": 1, "store d": 2, "store ?": 3}
_LETTERS = "DGOW"
_MOST = 2**31


def is_long(writer: Writer) -> bool:
    """Whether a program has so many operators on single numbers that C text would compile slowly."""
    sizes = [len(kernel.members) for kernel in writer.plan.kernels if kernel.domain is not None and prod(kernel.domain) == 1]
    return sum(sizes) >= LONG


def interpreted(writer: Writer, kernel: Kernel, number: int) -> str | None:
    """The kernel as a call of the interpreter; None where it has more than elementwise operators on float64 and bool."""
    nodes = writer.graph.nodes
    kinds = {nodes[arg].dtype.char for member in kernel.members for arg in (member, *nodes[member].args)}
    loops = {kind.char for member in kernel.members for kind in nodes[member].loop}
    if prod(kernel.domain or ()) != 1 or any(nodes[member].kind != "elementwise" for member in kernel.members):
        return None
    if not kinds | loops <= set("d?") or writer.plan.bytes >= _MOST:
        return None
    return _Code(writer, number).text(kernel.members)


class _Code:
    """The instructions of one kernel."""

    def __init__(self, writer: Writer, number: int):
        self.writer, self.graph, self.number = writer, writer.graph, number
        self.rows: list[tuple[int, ...]] = []
        self.places: dict[int, int] = {}
        self.numbers: list[float] = []

    def text(self, members: Sequence[int]) -> str:
        self._collect_numbers(members)
        for member in members:
            given = [self._place(member, arg) for arg in self.graph.nodes[member].args]
            self.places[member] = len(self.places)
            self.rows.append((self._case(member), self.places[member], *given, *[0] * (3 - len(given))))
            if member in self.writer.plan.stored:
                view = self.writer.plan.inside.get(member)
                base, offset = (member, 0) if view is None else (view.base, view.offset)
                self._move("store", member, base, offset)
        code, numbers = np.array(self.rows, np.int32), np.array(self.numbers, float)
        start = f"memcpy(r, G[{self.writer.constant(numbers)}], {numbers.nbytes}); " if self.numbers else ""
        return (
            f"  double r[{len(self.places)}];\n"
            f"  {start}interpret((const int32_t *)G[{self.writer.constant(code)}], {len(code)}, r, D, G, O, W, X);\n"
        )

    def _collect_numbers(self, members: Sequence[int]) -> None:
        """Constants stand first in the table."""
        for member in members:
            for arg in self.graph.nodes[member].args:
                base = self.graph.nodes[self.graph.base_of(arg)]
                if arg not in self.places and base.kind == "constant" and not base.shape:
                    self.places[arg] = len(self.places)
                    self.numbers.append(float(base.value[()]))

    def _place(self, member: int, arg: int) -> int:
        """Where an operand is in the table; what is not there yet is loaded."""
        if arg not in self.places:
            assert not (self.writer.plan.place.get(arg) == self.number and in_register(self.graph, member, arg))
            self.places[arg] = len(self.places)
            view = self.graph.view_of(arg)
            self._move("load", arg, view.base, view.offset)
        return self.places[arg]

    def _move(self, what: str, node: int, base: int, offset: int) -> None:
        kind = self.graph.nodes[node].dtype
        letter, index = self.writer.place(base)
        start = index if letter == "W" else 0
        which = 0 if letter == "W" else index
        case = _MOVES[f"{what} {kind.char}"]
        self.rows.append((case, self.places[node], _LETTERS.index(letter), which, start + offset * kind.itemsize))

    def _case(self, member: int) -> int:
        """The number of the case of the interpreter that does what a node does."""
        node = self.graph.nodes[member]
        operands = [f"x{place}" for place in range(len(node.args))]
        value = self.writer.value(node, operands)
        given = "".join(
            f"const {C_TYPES[kind.char]} x{place} = r[c[{place + 2}]]{' != 0' if kind.kind == 'b' else ''}; "
            for place, kind in enumerate(node.loop)
        )
        text = f"{{ {given}r[c[1]] = ({C_TYPES[node.dtype.char]})({value}); }}"
        return self.writer.cases.setdefault(text, len(_MOVES) + len(self.writer.cases))


def interpreter(cases: Sequence[str]) -> str:
    """The C function that runs instructions of these cases."""
    at = "((c[2] == 0 ? D[c[3]] : c[2] == 1 ? G[c[3]] : c[2] == 2 ? O[c[3]] : W) + c[4])"
    moves = [
        f"r[c[1]] = *(const double *){at};", f"r[c[1]] = *(const uint8_t *){at};",
        f"*(double *){at} = r[c[1]];", f"*(uint8_t *){at} = r[c[1]] != 0;",
    ]  # fmt: skip
    rows = "".join(f"    case {number}: {text} break;\n" for number, text in enumerate([*moves, *cases]))
    return (
        "static void interpret(const int32_t *c, int64_t count, double *r, char *const *D, char *const *G, char *const *O,\n"
        "    char *W, void *const *X) {\n  for (const int32_t *end = c + 5 * count; c < end; c += 5) switch (c[0]) {\n"
        f"{rows}  }}\n}}\n"
    )
