"""Operators with bodies: each body a C function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from etude.backends.c.scans import PARAMETERS, Scan, operands, tables
from etude.backends.c.writer import Writer

__all__ = ["bodied"]

_LINES = 800  # of one function; more make the C compiler slow


Texts = Callable[[Writer], Iterable[str]]


def bodied(writer: Writer, number: int, texts: Texts) -> str:
    """The kernel of a scan, a map or a choice; `texts` gives those of the kernels of a body."""
    node = writer.graph.nodes[number]
    graphs, plans = node.spec[0], writer.plan.bodies[number]
    bodies = [_function(Writer(graph, plan, writer), texts) for graph, plan in zip(graphs, plans, strict=True)]
    return Scan(writer, number).text(bodies) if node.op != "cond" else _choice(writer, number, bodies)


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


def _choice(writer: Writer, number: int, bodies: Sequence[str]) -> str:
    node, results = writer.graph.nodes[number], writer.graph.results_at(number)
    count = len(node.args) - 1
    given = "".join(f"  d[{place}] = a{place + 1};\n" for place in range(count))
    taken = "".join(f"  o[{place}] = r{place};\n" for place in range(len(results)))
    calls = [f"{body}(d, G, o, w, X, T)" for body in bodies]
    return (
        f"{operands(writer, number)}{tables(count, len(results))}{given}{taken}"
        f"  if ((code = *(uint8_t *)a0 ? {calls[0]} : {calls[1]})) return code;\n"
    )
