"""C for a program: each kernel a function, one entry that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from etude.backends.c.blocking import planned
from etude.backends.c.bytecode import INTERPRET, interpreter
from etude.backends.c.csource import CSource
from etude.backends.c.graph import Graph
from etude.backends.c.kernels import Schedule
from etude.backends.c.parts import PROLOGUE
from etude.backends.c.scalars import COMPLEX, PRELUDE
from etude.backends.c.scans import PARAMETERS
from etude.backends.c.texts import texts
from etude.backends.c.traffic import copies, kernel_info
from etude.backends.c.writer import Writer
from etude.program import Program
from etude.terms import bulk

__all__ = ["generate"]

FILE_LINES = 3000
_CLOCK = "  clock_gettime(CLOCK_MONOTONIC, &at);\n"
_SECONDS = "(double)(at.tv_sec - before.tv_sec) + 1e-9 * (double)(at.tv_nsec - before.tv_nsec)"

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


@bulk()
def generate(program: Program, *, timed: bool = False) -> CSource:
    """C source for a program of known sizes, the same for any number of threads. Where `timed` it has one more output:
    the seconds of each kernel, copies of results at the end among them.

    Raises `Unsupported`, naming the operator, where the program has to stay on NumPy.
    """
    graph, plan = planned(program)
    writer = Writer(graph, plan)
    bodies, before = [], []
    start = 0
    for text in texts(writer):
        bodies.append(text)
        before.append("".join(writer.functions[start:]))
        start = len(writer.functions)
    name = "etude_" + sha256("".join([*before, *bodies]).encode()).hexdigest()[:16]
    run = interpreter(list(writer.cases))
    files = _files(name, bodies, before, _entry(name, graph, plan, len(bodies), timed), run)
    infos = tuple([kernel_info(writer, number) for number in range(len(plan.kernels))])
    dtypes = tuple([graph.nodes[number].dtype for number in graph.outputs])
    shapes = tuple([graph.nodes[number].shape for number in graph.outputs])
    if timed:
        infos = (*infos, copies(writer))
        dtypes, shapes = (*dtypes, np.dtype(float)), (*shapes, (len(infos),))
    return CSource(files, name, tuple(writer.externals), tuple(writer.constants), infos, dtypes, shapes, plan.bytes)


def _files(name: str, bodies: Sequence[str], before: Sequence[str], entry: str, run: str) -> tuple[str, ...]:
    """Translation units of limited length; the entry is in the last."""
    heads = [f"int {name}_k{number}({PARAMETERS})" for number in range(len(bodies))]
    hidden = '__attribute__((visibility("hidden"))) '
    rows = zip(before, heads, bodies, strict=True)
    whole = [f"{functions}{hidden}{head} {{\n{body}  return 0;\n}}\n" for functions, head, body in rows]
    files: list[str] = []
    parts: list[str] = []
    lines = 0
    for text in whole:
        count = text.count("\n")
        if parts and lines + count > FILE_LINES:
            files.append(_head(parts, run) + "".join(parts))
            parts, lines = [], 0
        parts.append(text)
        lines += count
    declared = "".join(f"{hidden}{head};\n" for head in heads)
    return (*files, _head(parts, run) + declared + "".join(parts) + (_PACK if "pack(" in entry else "") + entry)


def _head(parts: Sequence[str], run: str) -> str:
    """What these functions need before them."""
    complex_numbers = COMPLEX if any("_Complex" in text for text in parts) else ""
    return PRELUDE + complex_numbers + PROLOGUE + (run if any(INTERPRET in text for text in parts) else "")


def _entry(name: str, graph: Graph, plan: Schedule, count: int, timed: bool) -> str:
    checks, packing = [], []
    at = 0
    for place, node in enumerate(graph.nodes[: graph.inputs]):
        rank, item = len(node.shape), node.dtype.itemsize
        checks += [f"dims[{at + axis}] != {dim}" for axis, dim in enumerate(node.shape)]
        places = f"{rank}, dims + {at}, strides + {at}, {item}"
        packing.append(
            f"  if (((uintptr_t)d[{place}] % {node.dtype.alignment}) || !contiguous({places})) {{\n"
            f"    d[{place}] = owned[{place}] = pack(d[{place}], {places});\n"
            f"    if (!d[{place}]) {{ code = 2; goto end; }}\n  }}\n"
        )
        at += rank
    inputs = max(graph.inputs, 1)
    calls = _CLOCK if timed else ""
    for number in range(count):
        calls += f"  if ((code = {name}_k{number}(d, constants, out, w, externals, threads))) goto end;\n"
        calls += f"  before = at;\n{_CLOCK}  times[{number}] = {_SECONDS};\n" if timed else ""
    small = plan.bytes <= 32768
    memory = (
        f"  _Alignas(64) char stack[{max(plan.bytes, 1)}];\n  if (!w) w = stack;\n"
        if small
        else f"  if (!w) {{\n    if (!arena) arena = aligned_alloc(64, {plan.bytes});\n    w = arena;\n"
        "    if (!w) return 2;\n  }\n"
    )
    return (
        ("#include <time.h>\n" if timed else "")
        + ("" if small else "static __thread char *arena;\n")
        + f"int {name}(char **data, const int64_t *dims, const int64_t *strides, void **externals, char **constants,\n"
        "    char **out, char *workspace, int threads) {\n"
        f"  char *d[{inputs}], *owned[{inputs}] = {{0}}, *w = workspace;\n  int code = 0;\n"
        + (f"  struct timespec at, before;\n  double *const times = (double *)out[{len(graph.outputs)}];\n" if timed else "")
        + (f"  if ({' || '.join(checks)}) return 1;\n" if checks else "")
        + memory
        + f"  for (int i = 0; i < {graph.inputs}; i++) d[i] = data[i];\n"
        + "".join(packing)
        + calls
        + f"end:\n  for (int i = 0; i < {graph.inputs}; i++) if (owned[i]) free(owned[i]);\n  return code;\n}}\n"
    )
