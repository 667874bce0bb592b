"""Very long programs of single numbers: not C text, of which compilers take a second for some thousand lines, but
numbers that a small interpreter in the program's C runs.

An instruction is six 32-bit numbers: what it does, a place in a table of float64 values, and four more. Its cases are
made of the same rows as other loops are. Going from one instruction to the next takes as long as several additions: a
case does what only one other operator needs together with that operator, and the sine with the cosine of a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from math import prod
from typing import Any, NamedTuple

import numpy as np

from etude.backends.c.kernels import LONG, Kernel, in_register, on_numbers
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Writer

__all__ = ["INTERPRET", "interpreted", "interpreter", "is_long"]

INTERPRET = "interpret("
_MOVES = {"load d": 0, "load ?": 1, "store d": 2, "store ?": 3}
_LETTERS = "DGOW"
_MOST = 2**31
_WIDTH = 6  # numbers of an instruction
_LEAVES, _STEPS = 4, 4  # operands and operators of a case at most
_CASES = 200  # of one program, from which on operators stand alone
_CHEAP = frozenset("add subtract multiply divide negative".split())
_PAIRED = {"sin": "cos", "cos": "sin"}


class _Tree(NamedTuple):
    """What an instruction computes: the operator of a node, on places in the table (by their nodes) and on trees."""

    node: int
    parts: tuple[int | _Tree, ...]

    @property
    def leaves(self) -> list[int]:
        return [leaf for part in self.parts for leaf in ([part] if isinstance(part, int) else part.leaves)]

    @property
    def steps(self) -> int:
        return 1 + sum([part.steps for part in self.parts if not isinstance(part, int)])


def is_long(writer: Writer) -> bool:
    """Whether a program has so many operators on single numbers that C text would compile slowly."""
    sizes = [len(kernel.members) for kernel in writer.plan.kernels if kernel.domain is not None and prod(kernel.domain) == 1]
    return sum(sizes) >= LONG


def interpreted(writer: Writer, kernel: Kernel, number: int) -> str | None:
    """The kernel as a call of the interpreter; None where it has more than elementwise operators on float64 and bool."""
    if kernel.domain is None or writer.plan.bytes >= _MOST or not all(on_numbers(writer.graph, k) for k in kernel.members):
        return None
    return _Code(writer, number, kernel.members).text()


class _Code:
    """The instructions of one kernel."""

    def __init__(self, writer: Writer, number: int, members: Sequence[int]):
        self.writer, self.graph, self.number = writer, writer.graph, number
        self.rows: list[tuple[int, ...]] = []
        self.places: dict[int, int] = {}
        self.numbers: list[float] = []
        self.members = members
        self.waiting: dict[int, _Tree] = {}  # what one other operator needs, and no one else
        self.texts: dict[Any, str] = {}
        nodes = self.graph.nodes
        self.uses = Counter(arg for member in members for arg in nodes[member].args)
        self.known = {(nodes[member].op, nodes[member].args): member for member in members if nodes[member].op in _PAIRED}

    def text(self) -> str:
        self._collect_numbers()
        for member in self.members:
            if member in self.places:  # done with its other half
                continue
            tree = self._tree(member)
            if self._may_wait(member):
                self.waiting[member] = tree
            else:
                self._emit(tree)
        code, numbers = np.array(self.rows, np.int32), np.array(self.numbers, float)
        start = f"memcpy(r, G[{self.writer.constant(numbers)}], {numbers.nbytes}); " if self.numbers else ""
        return (
            f"  double r[{len(self.places)}];\n"
            f"  {start}interpret((const int32_t *)G[{self.writer.constant(code)}], {len(code)}, r, D, G, O, W, X);\n"
        )

    def _collect_numbers(self) -> None:
        """Constants stand first in the table."""
        for member in self.members:
            for arg in self.graph.nodes[member].args:
                base = self.graph.nodes[self.graph.base_of(arg)]
                if arg not in self.places and base.kind == "constant" and not base.shape:
                    self.places[arg] = len(self.places)
                    self.numbers.append(float(base.value[()]))

    # ---------------------------------------------------------------- what an instruction does

    def _may_wait(self, member: int) -> bool:
        node = self.graph.nodes[member]
        plain = all(kind.char == "d" for kind in (node.dtype, *node.loop))
        return node.op in _CHEAP and plain and self.uses[member] == 1 and member not in self.writer.plan.stored

    def _tree(self, member: int) -> _Tree:
        """The operator with those of its operands that waited for it, while there is room; the others are computed now."""
        parts: list[int | _Tree] = list(self.graph.nodes[member].args)
        for place, arg in enumerate(self.graph.nodes[member].args):
            found = self.waiting.pop(arg, None)
            if found is None:
                continue
            wider = _Tree(member, (*parts[:place], found, *parts[place + 1 :]))
            if len(wider.leaves) <= _LEAVES and wider.steps <= _STEPS and self._has_case(wider):
                parts[place] = found
            else:
                self._emit(found)
        return _Tree(member, tuple(parts))

    def _has_case(self, tree: _Tree) -> bool:
        return len(self.writer.cases) < _CASES or self._case(tree) in self.writer.cases

    def _emit(self, tree: _Tree) -> None:
        leaves = [self._place(tree.node, leaf) for leaf in tree.leaves]
        text, members = self._case(tree), [tree.node]
        places = [self._new(tree.node)]
        node = self.graph.nodes[tree.node]
        other = self.known.get((_PAIRED[node.op], node.args)) if node.op in _PAIRED else None
        if other is not None and other != tree.node:
            text += " " + self._case(_Tree(other, tree.parts)).replace("r[c[1]]", "r[c[3]]")
            members.append(other)
            leaves.append(self._new(other))
        number = self.writer.cases.setdefault(text, len(_MOVES) + len(self.writer.cases))
        self.rows.append((number, *places, *leaves, *[0] * (_WIDTH - 2 - len(leaves))))
        for member in members:
            if member in self.writer.plan.stored:
                view = self.writer.plan.inside.get(member)
                base, offset = (member, 0) if view is None else (view.base, view.offset)
                self._move("store", member, base, offset)

    def _case(self, tree: _Tree) -> str:
        """The text of the interpreter's case."""
        key = self._key(tree)
        found = self.texts.get(key)
        if found is None:
            lines: list[str] = []
            value = self._written(tree, lines, count())
            kind = C_TYPES[self.graph.nodes[tree.node].dtype.char]
            found = self.texts[key] = f"{{ {' '.join(lines)} r[c[1]] = ({kind})({value}); }}"
        return found

    def _key(self, tree: _Tree) -> tuple[Any, ...]:
        node = self.graph.nodes[tree.node]
        parts = [None if isinstance(part, int) else self._key(part) for part in tree.parts]
        return (node.op, node.dtype, node.loop, node.exponent, *parts)

    def _written(self, tree: _Tree, lines: list[str], numbers: Iterator[int]) -> str:
        """The expression of a tree; its operands are read and its inner trees computed by `lines`."""
        operands = []
        for kind, part in zip(self.graph.nodes[tree.node].loop, tree.parts, strict=True):
            if isinstance(part, int):
                name = f"x{next(numbers)}"
                text = f"r[c[{int(name[1:]) + 2}]]{' != 0' if kind.kind == 'b' else ''}"
            else:
                text = self._written(part, lines, numbers)
                name = f"t{len(lines)}"
            lines.append(f"const {C_TYPES[kind.char]} {name} = {text};")
            operands.append(name)
        return self.writer.value(self.graph.nodes[tree.node], operands)

    # ---------------------------------------------------------------- the table

    def _new(self, node: int) -> int:
        return self.places.setdefault(node, len(self.places))

    def _place(self, member: int, arg: int) -> int:
        """Where an operand is in the table; what is not there yet is loaded."""
        if arg not in self.places:
            assert not (self.writer.plan.place.get(arg) == self.number and in_register(self.graph, member, arg))
            self._new(arg)
            view = self.graph.view_of(arg)
            self._move("load", arg, view.base, view.offset)
        return self.places[arg]

    def _move(self, what: str, node: int, base: int, offset: int) -> None:
        kind = self.graph.nodes[node].dtype
        letter, index = self.writer.place(base)
        start = index if letter == "W" else 0
        which = 0 if letter == "W" else index
        case = _MOVES[f"{what} {kind.char}"]
        self.rows.append((case, self.places[node], _LETTERS.index(letter), which, start + offset * kind.itemsize, 0))


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
        "    char *W, void *const *X) {\n"
        f"  for (const int32_t *end = c + {_WIDTH} * count; c < end; c += {_WIDTH}) switch (c[0]) {{\n{rows}  }}\n}}\n"
    )
