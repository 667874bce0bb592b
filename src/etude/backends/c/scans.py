"""Loops with bodies as C: carries in two places by turns, rows written where they stay, steps in parts where they can be."""

from __future__ import annotations

from collections.abc import Sequence

from etude.backends.c.nodes import Node
from etude.backends.c.parts import PART, rounded
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.steps import steps_of
from etude.backends.c.writer import Writer, sharing

__all__ = ["PARAMETERS", "Scan", "operands", "tables"]

PARAMETERS = "char *const *D, char *const *G, char *const *O, char *W, void *const *X, int T"


def operands(writer: Writer, number: int) -> str:
    """The names of the workspace, of what goes in and of what comes out."""
    results = [writer.memory(result) for result in writer.graph.results_at(number)]
    lines = [f"  char *const w = {writer.memory(number)};\n"]
    lines += [f"  char *const a{place} = {writer.address(arg)};\n" for place, arg in enumerate(writer.graph.nodes[number].args)]
    return "".join([*lines, *[f"  char *const r{place} = {memory};\n" for place, memory in enumerate(results)]])


def tables(inputs: int, outputs: int) -> str:
    """The addresses that a body's function is given."""
    return f"  char *d[{max(inputs, 1)}], *o[{outputs + 1}];\n  int code;\n"


class Scan:
    """The text of one loop. `c` are the places of the carries, `t` and `s` the two they take turns in; step `i` reads and
    writes row `k`.
    """

    def __init__(self, writer: Writer, number: int):
        self.writer, self.graph, self.number = writer, writer.graph, number
        self.node = self.graph.nodes[number]
        self.named = self.node.spec[1]
        self.results = [self.graph.nodes[result] for result in self.graph.results_at(number)]
        self.carries = self.named.get("carries", 0)
        self.sequences = self.named["mapped"] if self.node.op == "map" else self.named["sequences"]
        self.steps = steps_of(self.graph, self.node)
        self.parts = writer.plan.parts.get(number, 1)
        self.room = 64 + max(plan.bytes for plan in writer.plan.bodies[number])

    def text(self, bodies: Sequence[str]) -> str:
        return self._whole(bodies) if self.parts == 1 else self._shared(bodies)

    def _whole(self, bodies: Sequence[str]) -> str:
        """All steps one after the other."""
        lines = [operands(self.writer, self.number), tables(len(self.node.args), len(self.results))]
        room = self.room
        for place in range(self.carries):
            lines.append(f"  char *c{place} = a{place}, *const t{place} = r{place}, *const s{place} = w + {room};\n")
            room += rounded(_size(self.results[place]))
        return "".join(lines) + self._loop(bodies, "0", "" if self.steps is None else f"i < {self.steps}", "return code;")

    def _shared(self, bodies: Sequence[str]) -> str:
        """Parts of the steps, each with carries of its own that begin at zero, but for the first; at the end their sums."""
        assert self.steps is not None
        room, places, lines = self.room, [], []
        for place in range(self.carries):
            size = _size(self.results[place])
            places.append(room)
            lines.append(f"  char *const t{place} = w + {room}, *const s{place} = w + {room + rounded(size)};\n")
            lines.append(f"  char *c{place} = number ? memset(s{place}, 0, {size}) : a{place};\n")
            room += 2 * rounded(size)
        step = -(-self.steps // self.parts)
        names = operands(self.writer, self.number)
        name = f"part{len(self.writer.functions)}"
        failed = "{ ((int *)call->Q)[number] = code; return; }"
        self.writer.functions.append(
            f"{PART.format(name=name, step=step, size=self.steps)}"
            "  const int T = 1;\n"
            f"{names.replace(' w = ', f' w = number * {room} + ', 1)}{tables(len(self.node.args), len(self.results))}"
            f"{''.join(lines)}{self._loop(bodies, 'low', 'i < high', failed)}}}\n"
        )
        self.writer.parts[self.writer.plan.place[self.number]] = self.parts
        text = f"{names}  int codes[{self.parts}] = {{0}};\n"
        text += sharing(self.writer, self.parts, name, "(char *)codes", products=True)
        text += f"  for (int64_t k = 0; k < {self.parts}; k++) if (codes[k]) return codes[k];\n"
        return text + "".join(self._total(place, start, room) for place, start in enumerate(places))

    def _total(self, place: int, start: int, room: int) -> str:
        node = self.results[place]
        kind = C_TYPES[node.dtype.char]
        return (
            f"  memcpy(r{place}, w + {start}, {_size(node)});\n"
            f"  for (int64_t k = 1; k < {self.parts}; k++) for (int64_t i = 0; i < {node.size}; i++)\n"
            f"    (({kind} *)r{place})[i] += (({kind} *)(w + k * {room} + {start}))[i];\n"
        )

    def _loop(self, bodies: Sequence[str], first: str, goes_on: str, failed: str) -> str:
        lines = [f"  d[{place}] = a{place};\n" for place in range(self.carries + self.sequences, len(self.node.args))]
        reverse = self.named.get("reverse", False)
        assert self.steps is not None or not reverse
        row = f"{(self.steps or 0) - 1} - i" if reverse else "i"
        lines.append(f"  for (int64_t i = {first}; {goes_on}; i++) {{\n    const int64_t k = {row}; (void)k;\n")
        lines += [f"    {line}\n" for line in self._step(bodies, failed)]
        lines.append("  }\n")
        for place in range(self.carries):
            lines.append(f"  if (c{place} != t{place}) memcpy(t{place}, c{place}, {_size(self.results[place])});\n")
        return "".join(lines)

    def _step(self, bodies: Sequence[str], failed: str) -> list[str]:
        lines = [f"d[{place}] = c{place};" for place in range(self.carries)]
        for place in range(self.carries, self.carries + self.sequences):
            arg = self.node.args[place]
            step = self.graph.view_of(arg).strides[0] * self.graph.nodes[arg].dtype.itemsize
            lines.append(f"d[{place}] = a{place} + k * {step};")
        stops = self.named.get("stops", False)
        if len(bodies) > 1:
            lines.append("o[0] = w;")
            lines.append(f"if ((code = {bodies[1]}(d, G, o, w + 64, X, T))) {failed}")
            lines.append("if (!*(uint8_t *)w) break;")
        lines += [f"o[{place}] = c{place} == t{place} ? s{place} : t{place};" for place in range(self.carries)]
        for place in range(self.carries, len(self.results)):
            result = self.results[place]
            rows = max(result.shape[0], 1)
            lines.append(f"o[{place}] = r{place} + k * {_size(result) // rows};")
        if stops:
            lines.append(f"o[{len(self.results)}] = w;")
        lines.append(f"if ((code = {bodies[0]}(d, G, o, w + 64, X, T))) {failed}")
        lines += [f"c{place} = o[{place}];" for place in range(self.carries)]
        return lines + (["if (*(uint8_t *)w) break;"] if stops else [])


def _size(node: Node) -> int:
    return node.size * node.dtype.itemsize
