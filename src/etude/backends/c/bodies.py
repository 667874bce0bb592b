"""Loops and choices with bodies: each body a C function, carries in two places by turns, rows written where they stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from etude.backends.c.graph import Graph, Node
from etude.backends.c.kernels import Schedule, rounded
from etude.backends.c.writer import Writer

__all__ = ["PARAMETERS", "bodied", "operations", "steps_of"]

PARAMETERS = "char *const *D, char *const *G, char *const *O, char *W, void *const *X, int T"
_LINES = 800  # of one function; more make the C compiler slow
_UNKNOWN_STEPS = 10  # what a loop without a known end is taken for in estimates


Texts = Callable[[Writer], Iterable[str]]


def bodied(writer: Writer, number: int, texts: Texts) -> str:
    """The kernel of a scan, a map or a choice; `texts` gives those of the kernels of a body."""
    node = writer.graph.nodes[number]
    graphs, plans = node.spec[0], writer.plan.bodies[number]
    bodies = [_function(Writer(graph, plan, writer), texts) for graph, plan in zip(graphs, plans, strict=True)]
    scratch = writer.memory(number)
    carries = node.spec[1].get("carries", 0)
    lines = [f"  char *const w = {scratch};\n"]
    lines += [f"  char *const a{place} = {writer.address(arg)};\n" for place, arg in enumerate(node.args)]
    results = writer.graph.results_at(number)
    lines += [f"  char *const r{place} = {writer.memory(result)};\n" for place, result in enumerate(results)]
    count = max(graph.inputs for graph in graphs)
    lines.append(f"  char *d[{max(count, 1)}], *o[{max(len(results) + 1, 1)}];\n  int code;\n")
    if node.op == "cond":
        return "".join(lines) + _choice(bodies, count, len(results))
    return "".join(lines) + _Scan(writer, node, carries, [writer.graph.nodes[result] for result in results]).text(bodies, plans)


def _function(writer: Writer, texts: Texts) -> str:
    """The name of a body's function, which is written into the writer's list."""
    parts, lines = [""], 0
    for text in texts(writer):
        count = text.count("\n")
        if lines and lines + count > _LINES:
            parts.append("")
            lines = 0
        parts[-1] += f"  {{\n{text}  }}\n"
        lines += count
    names = []
    for text in parts:
        names.append(f"body{len(writer.functions)}")
        writer.functions.append(f"static int {names[-1]}({PARAMETERS}) {{\n{text}  return 0;\n}}\n")
    if len(names) == 1:
        return names[0]
    whole = f"body{len(writer.functions)}"
    calls = "".join(f"  if ((code = {name}(D, G, O, W, X, T))) return code;\n" for name in names)
    writer.functions.append(f"static int {whole}({PARAMETERS}) {{\n  int code;\n{calls}  return 0;\n}}\n")
    return whole


def _choice(bodies: Sequence[str], count: int, results: int) -> str:
    given = "".join(f"  d[{place}] = a{place + 1};\n" for place in range(count))
    taken = "".join(f"  o[{place}] = r{place};\n" for place in range(results))
    calls = [f"{body}(d, G, o, w, X, T)" for body in bodies]
    return f"{given}{taken}  if ((code = *(uint8_t *)a0 ? {calls[0]} : {calls[1]})) return code;\n"


class _Scan:
    """The text of one loop. `c` are the places of the carries, `s` the second ones; step `i` reads and writes row `k`."""

    def __init__(self, writer: Writer, node: Node, carries: int, results: Sequence[Node]):
        self.graph, self.node, self.carries, self.results = writer.graph, node, carries, results
        self.named = node.spec[1]
        self.sequences = self.named["mapped"] if node.op == "map" else self.named["sequences"]
        self.steps = steps_of(self.graph, node)

    def text(self, bodies: Sequence[str], plans: Sequence[Schedule]) -> str:
        room = 64 + max(plan.bytes for plan in plans)
        lines = []
        for place in range(self.carries):
            size = self._size(self.results[place])
            lines.append(f"  char *c{place} = a{place}, *const s{place} = w + {room};\n")
            room += rounded(size)
        lines += [f"  d[{place}] = a{place};\n" for place in range(self.carries + self.sequences, len(self.node.args))]
        reverse = self.named.get("reverse", False)
        assert self.steps is not None or not reverse
        end = "" if self.steps is None else f"i < {self.steps}"
        row = f"{(self.steps or 0) - 1} - i" if reverse else "i"
        lines.append(f"  for (int64_t i = 0; {end}; i++) {{\n    const int64_t k = {row}; (void)k;\n")
        lines += [f"    {line}\n" for line in self._step(bodies)]
        lines.append("  }\n")
        for place in range(self.carries):
            lines.append(f"  if (c{place} != r{place}) memcpy(r{place}, c{place}, {self._size(self.results[place])});\n")
        return "".join(lines)

    def _step(self, bodies: Sequence[str]) -> list[str]:
        lines = [f"d[{place}] = c{place};" for place in range(self.carries)]
        for place in range(self.carries, self.carries + self.sequences):
            arg = self.node.args[place]
            step = self.graph.view_of(arg).strides[0] * self.graph.nodes[arg].dtype.itemsize
            lines.append(f"d[{place}] = a{place} + k * {step};")
        stops = self.named.get("stops", False)
        if len(bodies) > 1:
            lines.append("o[0] = w;")
            lines.append(f"if ((code = {bodies[1]}(d, G, o, w + 64, X, T))) return code;")
            lines.append("if (!*(uint8_t *)w) break;")
        lines += [f"o[{place}] = c{place} == r{place} ? s{place} : r{place};" for place in range(self.carries)]
        for place in range(self.carries, len(self.results)):
            result = self.results[place]
            rows = max(result.shape[0], 1)
            lines.append(f"o[{place}] = r{place} + k * {self._size(result) // rows};")
        if stops:
            lines.append(f"o[{len(self.results)}] = w;")
        lines.append(f"if ((code = {bodies[0]}(d, G, o, w + 64, X, T))) return code;")
        lines += [f"c{place} = o[{place}];" for place in range(self.carries)]
        return lines + (["if (*(uint8_t *)w) break;"] if stops else [])

    @staticmethod
    def _size(node: Node) -> int:
        return node.size * node.dtype.itemsize


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
