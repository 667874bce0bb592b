"""C for a program: each kernel a function, one entry that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from math import prod

from etude.backends.c.blocking import planned
from etude.backends.c.bodies import PARAMETERS, operations
from etude.backends.c.csource import CSource, KernelInfo
from etude.backends.c.graph import Graph
from etude.backends.c.kernels import Schedule
from etude.backends.c.loops import Writer
from etude.backends.c.scalars import PRELUDE
from etude.program import Program

__all__ = ["generate"]

FILE_LINES = 3000

_PACK = """
static int contiguous(int n, const int64_t *d, const int64_t *s, int64_t item) {
  for (int k = n - 1; k >= 0; k--) { if (d[k] != 1 && s[k] != item) return 0; item *= d[k]; }
  return 1;
}
static char *pack(const char *p, int n, const int64_t *d, const int64_t *s, int64_t item) {
  int64_t size = 1, at[64] = {0};
  for (int k = 0; k < n; k++) size *= d[k];
  char *r = malloc((size_t)(size * item) + 64);
  if (r) for (int64_t i = 0; i < size; i++) {
    const char *q = p;
    for (int k = 0; k < n; k++) q += at[k] * s[k];
    memcpy(r + i * item, q, (size_t)item);
    for (int k = n - 1; k >= 0; k--) { if (++at[k] < d[k]) break; at[k] = 0; }
  }
  return r;
}
"""


def generate(program: Program, *, threads: int = 1) -> CSource:
    """C source for a program of known sizes.

    Raises `Unsupported`, naming the operator, where the program has to stay on NumPy. Loops are not shared among
    threads yet, so `threads` changes nothing.
    """
    graph, plan = planned(program)
    writer = Writer(graph, plan)
    bodies, before = [], []
    for number in range(len(plan.kernels)):
        start = len(writer.functions)
        bodies.append(writer.kernel(number))
        before.append("".join(writer.functions[start:]))
    bodies.append(writer.results())
    before.append("")
    name = "etude_" + sha256("".join([*before, *bodies]).encode()).hexdigest()[:16]
    files = _files(name, bodies, before, _entry(name, graph, plan, len(bodies)))
    infos = tuple([_info(writer, number) for number in range(len(plan.kernels))])
    dtypes = tuple([graph.nodes[number].dtype for number in graph.outputs])
    shapes = tuple([graph.nodes[number].shape for number in graph.outputs])
    return CSource(files, name, tuple(writer.externals), tuple(writer.constants), infos, dtypes, shapes, plan.bytes)


def _files(name: str, bodies: Sequence[str], before: Sequence[str], entry: str) -> tuple[str, ...]:
    """Translation units of limited length; the entry is in the last."""
    heads = [f"int {name}_k{number}({PARAMETERS})" for number in range(len(bodies))]
    hidden = '__attribute__((visibility("hidden"))) '
    parts = zip(before, heads, bodies, strict=True)
    whole = [f"{functions}{hidden}{head} {{\n{body}  return 0;\n}}\n" for functions, head, body in parts]
    files: list[str] = []
    texts: list[str] = []
    lines = 0
    for text in whole:
        count = text.count("\n")
        if texts and lines + count > FILE_LINES:
            files.append(PRELUDE + "".join(texts))
            texts, lines = [], 0
        texts.append(text)
        lines += count
    declared = "".join(f"{hidden}{head};\n" for head in heads)
    return (*files, PRELUDE + declared + "".join(texts) + _PACK + entry)


def _entry(name: str, graph: Graph, plan: Schedule, count: int) -> str:
    checks, packing = [], []
    at = 0
    for place, node in enumerate(graph.nodes[: graph.inputs]):
        rank, item = len(node.shape), node.dtype.itemsize
        checks += [f"dims[{at + axis}] != {dim}" for axis, dim in enumerate(node.shape)]
        packing.append(
            f"  if (((uintptr_t)d[{place}] % {item}) || !contiguous({rank}, dims + {at}, strides + {at}, {item})) {{\n"
            f"    d[{place}] = owned[{place}] = pack(d[{place}], {rank}, dims + {at}, strides + {at}, {item});\n"
            f"    if (!d[{place}]) {{ code = 2; goto end; }}\n  }}\n"
        )
        at += rank
    inputs = max(graph.inputs, 1)
    calls = "".join(f"  if ((code = {name}_k{number}(d, constants, out, w, externals))) goto end;\n" for number in range(count))
    small = plan.bytes <= 32768
    memory = (
        f"  _Alignas(64) char stack[{max(plan.bytes, 1)}];\n  if (!w) w = stack;\n"
        if small
        else f"  if (!w) {{\n    if (!arena) arena = aligned_alloc(64, {plan.bytes});\n    w = arena;\n"
        "    if (!w) return 2;\n  }\n"
    )
    return (
        ("" if small else "static __thread char *arena;\n")
        + f"int {name}(char **data, const int64_t *dims, const int64_t *strides, void **externals, char **constants,\n"
        "    char **out, char *workspace, int threads) {\n"
        f"  char *d[{inputs}], *owned[{inputs}] = {{0}}, *w = workspace;\n  int code = 0;\n  (void)threads;\n"
        + (f"  if ({' || '.join(checks)}) return 1;\n" if checks else "")
        + memory
        + f"  for (int i = 0; i < {graph.inputs}; i++) d[i] = data[i];\n"
        + "".join(packing)
        + calls
        + f"end:\n  for (int i = 0; i < {graph.inputs}; i++) if (owned[i]) free(owned[i]);\n  return code;\n}}\n"
    )


def _info(writer: Writer, number: int) -> KernelInfo:
    graph, plan = writer.graph, writer.plan
    kernel = plan.kernels[number]
    read = {
        graph.view_of(arg).base
        for member in kernel.members
        for arg in graph.nodes[member].args
        if plan.place.get(graph.view_of(arg).base) != number
    }
    read = {base for base in read if graph.nodes[base].kind != "constant" or graph.nodes[base].shape}
    written = [member for member in kernel.members if member in plan.stored]
    flops = len(kernel.members) * prod(kernel.domain) if kernel.domain is not None else 0
    if kernel.domain is None and graph.nodes[kernel.members[0]].kind == "matmul":
        node = graph.nodes[kernel.members[0]]
        flops = 2 * node.size * graph.nodes[node.args[0]].shape[-1]
    if graph.nodes[kernel.members[0]].kind == "bodies":
        flops = operations(graph, kernel.members[0])
    ops = [graph.nodes[member].op for member in kernel.members]
    shown = " ".join(ops[:12]) + (f" ... {len(ops) - 12} more" if len(ops) > 12 else "")
    loop = "call" if kernel.domain is None else f"loop {'x'.join(map(str, kernel.domain)) or '1'}"
    return KernelInfo(
        f"k{number}",
        f"{loop}: {shown}",
        sum(graph.nodes[base].size * graph.nodes[base].dtype.itemsize for base in read),
        sum(graph.nodes[base].size * graph.nodes[base].dtype.itemsize for base in written),
        flops,
    )
