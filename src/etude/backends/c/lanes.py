"""Operators along one axis, each lane by itself: running sums, places of the greatest, order, search, indices along it."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.backends.c.nodes import Node, row_major
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Access, Writer, element, nest

__all__ = ["along_lanes"]

Shape = tuple[int, ...]

# what a running result begins with, and a step of it on element v
_RUNNING = {
    "cumsum": ("0", "r += v; o[k * so] = r;"),
    "cumprod": ("1", "r *= v; o[k * so] = r;"),
    "exclusive_cumprod": ("1", "o[k * so] = r; r *= v;"),
    "shift": ("0", "o[k * so] = r; r = v;"),
    "linear_recurrence": ("0", "r = v * r + ({t})y[k * sy]; o[k * so] = r;"),
}
_RUN = 16  # elements that are put in order one by one


def along_lanes(writer: Writer, number: int) -> str:
    """The kernel of a node of the kind `lanes`."""
    node = writer.graph.nodes[number]
    if node.op == "searchsorted":
        return _searched(writer, number, node)
    pointers: dict[int, str] = {}
    axis, domain = node.axes[0], node.shape
    before = after = ""
    if node.op in _RUNNING:
        body = _running(node)
    elif node.op in ("argmax", "argmin"):
        domain = writer.graph.nodes[node.args[0]].shape
        body = _extreme(writer, node)
    elif node.op in ("sort", "argsort"):
        before, body, after = _ordered(writer, node)
    else:
        domain = node.spec
        if node.op == "add_along_axis":
            whole = Access(writer.pointer(number, pointers), 0, row_major(node.shape))
            before = nest(node.shape, [(whole, "=", writer.access(node.args[0], node.shape, pointers))])
        body = _picked(writer, node)
    if 0 in domain:
        return "".join(pointers.values()) + (before if node.op == "add_along_axis" else "")
    loops = _lanes(writer, number, domain, axis, pointers)
    return f"{''.join(pointers.values())}{before}{loops}{body}  }}\n{after}"


def _lanes(writer: Writer, number: int, domain: Shape, axis: int, pointers: dict[int, str]) -> str:
    """Loops over all axes but one; in them the lanes x, y, z of the operands and o of the result, and their steps."""
    node = writer.graph.nodes[number]
    names = ["0" if place == axis else f"i{place}" for place in range(len(domain))]
    out = Access(writer.pointer(number, pointers), 0, _steps(node.shape, row_major(node.shape)))
    rows = [(writer.access(arg, domain, pointers), "const ") for arg in node.args] + [(out, "")]
    kinds = [writer.graph.nodes[arg].dtype for arg in node.args] + [node.dtype]
    text = "".join(
        f"  for (int64_t i{place} = 0; i{place} < {dim}; i{place}++)\n" for place, dim in enumerate(domain) if place != axis
    )
    text += f"  {{\n    const int64_t n = {domain[axis]};\n"
    for (row, constant), kind, name in zip(rows, kinds, [*"xyz"[: len(node.args)], "o"], strict=True):
        text += (
            f"    {constant}{C_TYPES[kind.char]} *{name} = &{element(row, names)}; const int64_t s{name} = {row.steps[axis]};\n"
        )
    return text


def _steps(shape: Shape, strides: Shape) -> Shape:
    return tuple([0 if dim == 1 else step for dim, step in zip(shape, strides, strict=True)])


def _running(node: Node) -> str:
    kind = C_TYPES[node.dtype.char]
    start, step = _RUNNING[node.op]
    if node.op == "cumsum" and node.dtype.kind == "f":
        start = "-0.0"  # to which a zero of either sign is added as itself
    place = "n - 1 - i" if node.spec else "i"
    value = f"const {kind} v = ({kind})x[k * sx]; "
    return (
        f"    {kind} r = {start};\n"
        f"    for (int64_t i = 0; i < n; i++) {{ const int64_t k = {place}; {value}{step.format(t=kind)} }}\n"
    )


def _extreme(writer: Writer, node: Node) -> str:
    """The first place of the greatest or least element; a nan is both."""
    dtype = writer.graph.nodes[node.args[0]].dtype
    kind, number = C_TYPES[dtype.char], " && best == best" if dtype.kind == "f" else ""
    keeps = "<=" if node.op == "argmax" else ">="
    return (
        f"    {kind} best = x[0];\n    int64_t at = 0;\n"
        f"    for (int64_t k = 1; k < n{number}; k++) if (!(x[k * sx] {keeps} best)) {{ best = x[k * sx]; at = k; }}\n"
        "    *o = at; (void)so;\n"
    )


def _picked(writer: Writer, node: Node) -> str:
    size = writer.graph.nodes[node.args[0]].shape[node.axes[0]]
    how = "o[k * so] = x[at * sx];" if node.op == "take_along_axis" else "o[at * so] += z[k * sz];"
    return (
        "    for (int64_t k = 0; k < n; k++) {\n      int64_t at = (int64_t)y[k * sy];\n"
        f"      if (at < -{size} || at >= {size}) return 3;\n      at += at < 0 ? {size} : 0; {how}\n    }}\n"
    )


# ---------------------------------------------------------------- order


def _less(left: str, right: str, dtype: np.dtype[Any]) -> str:
    """Whether an element comes before another: nan is the last."""
    if dtype.kind != "f":
        return f"({left} < {right})"
    return f"({left} < {right} || ({right} != {right} && {left} == {left}))"


def _ordered(writer: Writer, node: Node) -> tuple[str, str, str]:
    """What comes before, in and after the loop over lanes: a stable merge sort of a copy, of the places too for argsort."""
    places = node.op == "argsort"
    dtype = writer.graph.nodes[node.args[0]].dtype
    kind = C_TYPES[dtype.char]
    name = f"sorted{len(writer.functions)}"
    writer.functions.append(_merge_sort(name, dtype, places))
    size = max(node.shape[node.axes[0]], 1)
    before = f"  {kind} *a = malloc(2 * {size} * sizeof *a);\n  if (!a) return 2;\n"
    after = "  free(a);\n"
    if places:
        before += f"  int64_t *at = malloc(2 * {size} * sizeof *at);\n  if (!at) {{ free(a); return 2; }}\n"
        after += "  free(at);\n"
    body = f"    for (int64_t k = 0; k < n; k++) {{ a[k] = x[k * sx];{' at[k] = k;' if places else ''} }}\n"
    body += f"    {name}(a, a + n, {'at, at + n, ' if places else ''}n);\n"
    body += f"    for (int64_t k = 0; k < n; k++) o[k * so] = {'at' if places else 'a'}[k];\n"
    return before, body, after


def _merge_sort(name: str, dtype: np.dtype[Any], places: bool) -> str:
    """Runs put in order one by one, then merged; `y` and `there` are room for as many elements again."""
    kind = C_TYPES[dtype.char]

    def also(text: str) -> str:
        return text if places else ""

    return (
        f"static void {name}({kind} *x, {kind} *y, {also('int64_t *at, int64_t *there, ')}int64_t n) {{\n"
        f"  for (int64_t low = 0; low < n; low += {_RUN})\n"
        f"    for (int64_t i = low + 1; i < n && i < low + {_RUN}; i++) {{\n"
        f"      const {kind} v = x[i]; {also('const int64_t p = at[i]; ')}int64_t j = i;\n"
        f"      for (; j > low && {_less('v', 'x[j - 1]', dtype)}; j--) {{ x[j] = x[j - 1]; {also('at[j] = at[j - 1]; ')}}}\n"
        f"      x[j] = v; {also('at[j] = p;')}\n    }}\n"
        f"  for (int64_t run = {_RUN}; run < n; run *= 2) {{\n"
        "    for (int64_t low = 0; low < n; low += 2 * run) {\n"
        "      const int64_t middle = low + run < n ? low + run : n, end = low + 2 * run < n ? low + 2 * run : n;\n"
        "      for (int64_t i = low, a = low, b = middle; i < end; i++) {\n"
        f"        const int64_t p = a == middle || (b < end && {_less('x[b]', 'x[a]', dtype)}) ? b++ : a++;\n"
        f"        y[i] = x[p]; {also('there[i] = at[p];')}\n      }}\n    }}\n"
        f"    memcpy(x, y, (size_t)n * sizeof *x); {also('memcpy(at, there, (size_t)n * sizeof *at);')}\n  }}\n}}\n"
    )


def _searched(writer: Writer, number: int, node: Node) -> str:
    """Bisection for every element."""
    pointers: dict[int, str] = {}
    sorted_, values = node.args
    size = writer.graph.nodes[sorted_].shape[0]
    row = writer.access(sorted_, (size,), pointers)
    out = Access(writer.pointer(number, pointers), 0, row_major(node.shape))
    value = element(writer.access(values, node.shape, pointers), [f"i{place}" for place in range(len(node.shape))])
    middle = element(row, ["middle"])
    dtype = writer.graph.nodes[values].dtype
    goes_on = _less(middle, "v", dtype) if node.spec == "left" else f"!{_less('v', middle, dtype)}"
    kind = C_TYPES[dtype.char]
    before = (
        f"const {kind} v = {value}; int64_t low = 0, high = {size}; while (low < high) "
        f"{{ const int64_t middle = low + (high - low) / 2; if ({goes_on}) low = middle + 1; else high = middle; }} "
    )
    return "".join(pointers.values()) + nest(node.shape, [(out, "=", "low")], before)
