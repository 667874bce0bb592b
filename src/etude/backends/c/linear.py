"""Linear algebra: LAPACK by function pointer, matrix by matrix, on copies by columns."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from etude.backends.c.graph import Graph
from etude.backends.c.nodes import Node, row_major
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Access, Writer, element

__all__ = ["factored", "factoring_work"]

SINGULAR = 4  # what the entry returns; NumPy, run again, raises the error
Shape = tuple[int, ...]


class _Call(NamedTuple):
    """What is put before and after a matrix's LAPACK routine, and the routine's arguments."""

    before: str
    routine: str
    arguments: str
    after: str


def factored(writer: Writer, number: int) -> str:
    """The kernel of a node of the kind `lapack`."""
    node = writer.graph.nodes[number]
    sides = [writer.graph.nodes[arg].shape for arg in node.args]
    vector = len(sides) > 1 and len(sides[1]) == 1
    size, columns = sides[0][-1], _columns(writer.graph, node)
    batch = node.shape[: len(node.shape) - (1 if vector else 2)] if len(sides) > 1 else sides[0][:-2]
    pointers: dict[int, str] = {}
    names = [f"b{place}" for place in range(len(batch))]
    a = writer.access(node.args[0], (*batch, size, size), pointers)
    given = f"a[j * {size} + i] = {element(a, [*names, 'i', 'j'])};"
    rows = f"for (int64_t j = 0; j < {size}; j++) for (int64_t i = 0; i < {size}; i++) "
    fill = f"    {rows}{given}\n"
    if len(sides) > 1:
        b = writer.access(node.args[1], (size,) if vector else (*batch, size, columns), pointers)
        place = element(b, ["i"] if vector else [*names, "i", "k"])
        fill += f"    for (int64_t k = 0; k < {columns}; k++) for (int64_t i = 0; i < {size}; i++) b[k * {size} + i] = {place};\n"
    elif node.op == "inv":
        fill += f"    memset(b, 0, {size * size} * sizeof *b);\n    for (int64_t i = 0; i < {size}; i++) b[i * {size + 1}] = 1;\n"
    call = _call(writer, number, node, size, columns, names, batch, pointers)
    kind = C_TYPES[node.spec.char]
    letter = "s" if kind == "float" else "d"
    lapack = writer.external(f"scipy.linalg.cython_lapack:{letter}{call.routine}")
    loops = "".join(f"  for (int64_t {name} = 0; {name} < {dim}; {name}++)\n" for name, dim in zip(names, batch, strict=True))
    types = ", ".join(["void *"] * len(call.arguments.split(", ")))
    room = size * size + (size * columns if len(sides) > 1 or node.op == "inv" else 0)
    return (
        f"{''.join(pointers.values())}  int n = {size}, m = {columns}, info = 0;\n"
        f"  {kind} *const a = malloc({room} * sizeof *a + {size} * sizeof(int));\n  if (!a) return 2;\n"
        f"  {kind} *const b = a + {size * size};\n  int *const pivots = (int *)(a + {room});\n  (void)b, (void)m, (void)pivots;\n"
        f"{loops}  {{\n{fill}{call.before}    ((void (*)({types}))X[{lapack}])({call.arguments});\n"
        f"{call.after}  }}\n  free(a);\n"
    )


def _columns(graph: Graph, node: Node) -> int:
    if len(node.args) == 1:
        return graph.nodes[node.args[0]].shape[-1]
    right = graph.nodes[node.args[1]].shape
    return right[-1] if len(right) > 1 else 1


_FAILED = f"    if (info) {{ free(a); return {SINGULAR}; }}\n"


def _call(
    writer: Writer, number: int, node: Node, size: int, columns: int, names: list[str], batch: Shape, pointers: dict[int, str]
) -> _Call:
    if node.op in ("det", "slogdet"):
        return _Call("", "getrf", "&n, &n, a, &n, pivots, &info", _determinant(writer, number, node, size, names, batch))
    vector = len(node.shape) == len(batch) + 1
    out = Access(writer.pointer(number, pointers), 0, (*row_major(node.shape), *[0] * vector))
    place = element(out, [*names, "i", "k"])
    rows = f"    for (int64_t i = 0; i < {size}; i++) for (int64_t k = 0; k < {columns}; k++) "
    if node.op == "cholesky":
        kept = f"{rows}{place} = i < k ? 0 : a[k * {size} + i];\n"
        return _Call("", "potrf", '"L", &n, a, &n, &info', _FAILED + kept)
    solved = f"{_FAILED}{rows}{place} = b[k * {size} + i];\n"
    if node.op == "solve_triangular":
        lower, unit = node.axes
        options = f'"{"L" if lower else "U"}", "N", "{"U" if unit else "N"}"'
        finite = f"    for (int64_t i = 0; i < {size * (size + columns)}; i++) if (!(fabs(a[i]) < INFINITY)) info = 1;\n"
        return _Call(f"{finite}{_FAILED}", "trtrs", f"{options}, &n, &m, a, &n, b, &n, &info", solved)
    return _Call("", "gesv", "&n, &m, a, &n, pivots, b, &n, &info", solved)


def _determinant(writer: Writer, number: int, node: Node, size: int, names: list[str], batch: Shape) -> str:
    """By the logarithm of the magnitudes, which does not overflow on the way."""
    kind, f = C_TYPES[node.spec.char], "f" if node.spec.char == "f" else ""
    steps = row_major(batch)
    at = " + ".join([f"{step} * {name}" for name, step in zip(names, steps, strict=True)]) or "0"
    text = (
        f"    {kind} sign = info ? 0 : 1, logarithm = info ? -INFINITY : 0;\n"
        f"    if (!info) for (int64_t i = 0; i < {size}; i++) {{\n"
        f"      const {kind} d = a[i * {size + 1}];\n      if (pivots[i] != i + 1) sign = -sign;\n"
        f"      if (d < 0) sign = -sign;\n      logarithm += log{f}(fabs{f}(d));\n    }}\n"
    )
    if node.op == "det":
        return f"{text}    (({kind} *)({writer.memory(number)}))[{at}] = sign * exp{f}(logarithm);\n"
    signs, logarithms = [writer.memory(result) for result in writer.graph.results_at(number)]
    return f"{text}    (({kind} *)({signs}))[{at}] = sign;\n    (({kind} *)({logarithms}))[{at}] = logarithm;\n"


def factoring_work(graph: Graph, number: int) -> int:
    """Floating-point operations, those of lower order left out."""
    node = graph.nodes[number]
    size, columns = graph.nodes[node.args[0]].shape[-1], _columns(graph, node)
    matrices = prod(graph.nodes[node.args[0]].shape[:-2])
    cubes = {"cholesky": size**3 // 3, "solve_triangular": 0}.get(node.op, 2 * size**3 // 3)
    if node.op in ("solve", "inv", "solve_triangular"):
        cubes += (2 - (node.op == "solve_triangular")) * size**2 * columns
        matrices = max(matrices, prod(node.shape) // max(size * columns, 1))
    return matrices * cubes
