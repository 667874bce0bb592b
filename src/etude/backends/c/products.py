"""Matrix products: BLAS by function pointer, and loops where a call would cost more than the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from etude.backends.c.blas import GEMM, TILE, column_parts, row_parts
from etude.backends.c.forms import LARGE
from etude.backends.c.gram import gram_matrix
from etude.backends.c.narrow import narrow_product
from etude.backends.c.nodes import Node, row_major
from etude.backends.c.parts import PART
from etude.backends.c.scalars import C_TYPES, literal
from etude.backends.c.writer import Access, Writer, element, sharing

__all__ = ["product"]

Shape = tuple[int, ...]
Sizes = tuple[int, int, int]  # rows, columns, terms of a sum
_LETTERS = {"f": "s", "d": "d", "F": "c", "D": "z"}  # BLAS's
_LINE = 16  # columns that parts of columns are multiples of
TINY = 512  # multiplications; below, loops are faster than a call


def product(writer: Writer, number: int) -> str:
    """A @ b for stacks of matrices and for vectors."""
    graph = writer.graph
    node = graph.nodes[number]
    if node.spec is not None:
        return _sum(writer, number)
    pointers: dict[int, str] = {}
    out = writer.pointer(number, pointers)
    first, second = [_matrix(graph.nodes[arg].shape, graph.view_of(arg).strides, place) for place, arg in enumerate(node.args)]
    names = [writer.pointer(graph.base_of(arg), pointers) for arg in node.args]
    offsets = [graph.view_of(arg).offset for arg in node.args]
    (m, k), (_, n) = first[0], second[0]
    batch = node.shape[
        : len(node.shape) - (len(graph.nodes[node.args[0]].shape) > 1) - (len(graph.nodes[node.args[1]].shape) > 1)
    ]
    text = "".join(pointers.values())
    if 0 in node.shape:
        return text
    places = [f"{name} + {offset}" for name, offset in zip(names, offsets, strict=True)]
    operands = (places[0], first[1]), (places[1], second[1])
    narrow = None if batch else narrow_product(writer, number, text, (m, n, k), *operands, out)
    if narrow is not None:
        return narrow
    gram = None if batch or len(node.shape) < 2 else gram_matrix(writer, number, text, places[0], out)
    if gram is not None:
        return gram
    if not batch and node.dtype.kind == "f" and min(m, n) > 1 and m * n * k > LARGE:
        return _in_parts(writer, number, text, out, [_Product((m, n, k), *operands)])
    loops = [f"b{place}" for place in range(len(batch))]
    steps = [_batch_steps(graph.nodes[arg].shape[:-2], graph.view_of(arg).strides[:-2], len(batch)) for arg in node.args]
    places = [
        f"{name} + {' + '.join([str(offset), *[f'{step} * {loop}' for loop, step in zip(loops, row, strict=True) if step]])}"
        for name, offset, row in zip(names, offsets, steps, strict=True)
    ]
    result = " + ".join([out, *[f"{m * n * step} * {loop}" for loop, step in zip(loops, row_major(batch), strict=True)]])
    heads = "".join(f"  for (int64_t {loop} = 0; {loop} < {size}; {loop}++)\n" for loop, size in zip(loops, batch, strict=True))
    call = _call(writer, node, (m, n, k), (places[0], first[1]), (places[1], second[1]), result)
    return f"{text}{heads}  {{\n{call}  }}\n"


class _Product(NamedTuple):
    """Sizes and operands of a product, and what BLAS multiplies it and what was there before by."""

    sizes: Sizes
    a: tuple[str, Shape]
    b: tuple[str, Shape]
    scale: str = "1"
    start: str = "0"


def _sum(writer: Writer, number: int) -> str:
    """A sum of multiples of products, and of one matrix to start from."""
    graph = writer.graph
    node = graph.nodes[number]
    pointers: dict[int, str] = {}
    out = writer.pointer(number, pointers)
    products = []
    for place, scale in enumerate(node.spec.scales):
        pair = node.args[2 * place : 2 * place + 2]
        (m, k), (_, n) = [graph.nodes[arg].shape for arg in pair]
        views = [graph.view_of(arg) for arg in pair]
        a, b = [(f"{writer.pointer(view.base, pointers)} + {view.offset}", view.strides) for view in views]
        start = "1" if place else literal(node.spec.start, node.dtype)
        products.append(_Product((m, n, k), a, b, literal(scale, node.dtype), start))
    begin = writer.access(node.args[-1], node.shape, pointers) if node.spec.start else None
    return _in_parts(writer, number, "".join(pointers.values()), out, products, begin)


def _in_parts(
    writer: Writer, number: int, pointers: str, out: str, products: Sequence[_Product], begin: Access | None = None
) -> str:
    """Products added up in parts of rows, one for each thread, whose BLAS has none of its own meanwhile; the bits are those of
    the whole. Those of few rows have parts of columns.
    """
    m, n, _ = products[0].sizes
    parts = min(row_parts(*each.sizes) for each in products)
    columns = min(column_parts(*each.sizes) for each in products)
    name = f"part{len(writer.functions)}"
    if columns > 1:
        step = -(-n // columns // _LINE) * _LINE
        length, first, last, most = n, f"{step} * low", f"{step} * (low + 1)", -(-n // step)
        rows, inside = ("0", str(m)), ("first", "last")
    else:
        tiles = -(-m // TILE)
        first, last = (f"{TILE} * ({tiles} * ({place}) / parts)" for place in ("low", "low + 1"))
        length, most = m, parts
        rows, inside = ("first", "last"), ("0", str(n))
    text = f"  const int64_t {'' if columns > 1 else 'parts = *(const int64_t *)call->Q, '}"
    text += f"first = {first}, end = {last}, last = end < {length} ? end : {length};\n{pointers}"
    if begin is not None:
        loops = f"for (int64_t i0 = {rows[0]}; i0 < {rows[1]}; i0++) for (int64_t i1 = {inside[0]}; i1 < {inside[1]}; i1++)"
        text += f"  {loops} {out}[{n} * i0 + i1] = {element(begin, ['i0', 'i1'])};\n"
    for each in products:
        a = f"{each.a[0]} + {each.a[1][0]} * {rows[0]}", each.a[1]
        b = f"{each.b[0]} + {each.b[1][1]} * {inside[0]}", each.b[1]
        size = f"(int)({rows[1]} - {rows[0]})", f"(int)({inside[1]} - {inside[0]})"
        moved = each._replace(a=a, b=b)
        text += f"  {{\n{_gemm(writer, writer.graph.nodes[number], moved, f'{out} + {n} * {rows[0]} + {inside[0]}', size)}  }}\n"
    writer.functions.append(f"{PART.format(name=name, step=1, size=most)}{text}}}\n")
    if most > 1:
        writer.parts[writer.plan.place[number]] = most
    count = f"  const int64_t parts = {most if columns > 1 else f'T < {parts} ? T : {parts}'};\n"
    return count + sharing(writer, "parts", name, "(char *)&parts", products=True)


def _matrix(shape: Shape, strides: Shape, place: int) -> tuple[Shape, Shape]:
    """The matrix (of one row or column for a vector) and its strides."""
    if len(shape) == 1:
        return ((1, shape[0]), (0, strides[0])) if place == 0 else ((shape[0], 1), (strides[0], 0))
    return shape[-2:], strides[-2:]


def _batch_steps(shape: Shape, strides: Shape, rank: int) -> Shape:
    return (*[0] * (rank - len(shape)), *[0 if dim == 1 else step for dim, step in zip(shape, strides, strict=True)])


def _call(writer: Writer, node: Node, sizes: Shape, a: tuple[str, Shape], b: tuple[str, Shape], result: str) -> str:
    m, n, k = sizes
    if node.dtype.kind not in "fc" or m * n * k <= TINY or (m == 1 and n == 1):
        return _loops(node, sizes, a, b, result)
    letter = _LETTERS[node.dtype.char]
    kind = C_TYPES[node.dtype.char]
    if n == 1:
        return _gemv(writer, letter, kind, (m, k), a, (b[0], b[1][0]), result)
    if m == 1:
        return _gemv(writer, letter, kind, (n, k), (b[0], b[1][::-1]), (a[0], a[1][1]), result)
    return _gemm(writer, node, _Product((m, n, k), a, b), result)


def _gemm(writer: Writer, node: Node, given: _Product, result: str, part: tuple[str, str] | None = None) -> str:
    """The call for the product, or for a `part` of so many rows and columns of it."""
    (m, n, k), a, b = given.sizes, given.a, given.b
    rows, columns = part or (str(m), str(n))
    letter, kind = _LETTERS[node.dtype.char], C_TYPES[node.dtype.char]
    place = writer.external(GEMM.format(letter))
    trans_a, lead_a = _order((m, k), a[1])
    trans_b, lead_b = _order((k, n), b[1])
    return (
        f"    int m = {rows}, n = {columns}, k = {k}, la = {lead_a}, lb = {lead_b}, lo = {n};\n"
        f"    {kind} scale = {given.scale}, start = {given.start};\n"
        f"    ((void (*)(char *, char *, int *, int *, int *, {kind} *, {kind} *, int *, {kind} *, int *, {kind} *, "
        f"{kind} *, int *))X[{place}])\n"
        f'      ("{trans_b}", "{trans_a}", &n, &m, &k, &scale, {b[0]}, &lb, {a[0]}, &la, &start, {result}, &lo);\n'
    )


def _order(dims: Shape, strides: Shape) -> tuple[str, int]:
    """How BLAS, which counts by columns, sees a matrix: N where rows are contiguous; and its leading dimension."""
    rows, columns = dims
    if (strides[1] == 1 or columns == 1) and (rows == 1 or strides[0] >= columns):
        return "N", max(strides[0] if rows > 1 else columns, columns, 1)
    return "T", max(strides[1] if columns > 1 else rows, rows, 1)


def _gemv(writer: Writer, letter: str, kind: str, dims: Shape, a: tuple[str, Shape], x: tuple[str, int], result: str) -> str:
    m, k = dims
    order, lead = _order(dims, a[1])
    place = writer.external(f"scipy.linalg.cython_blas:{letter}gemv")
    trans, rows, columns = ("T", k, m) if order == "N" else ("N", m, k)
    return (
        f"    int m = {rows}, n = {columns}, la = {lead}, sx = {max(x[1], 1)}, sy = 1;\n    {kind} one = 1, zero = 0;\n"
        f"    ((void (*)(char *, int *, int *, {kind} *, {kind} *, int *, {kind} *, int *, {kind} *, {kind} *, "
        f"int *))X[{place}])\n"
        f'      ("{trans}", &m, &n, &one, {a[0]}, &la, {x[0]}, &sx, &zero, {result}, &sy);\n'
    )


def _loops(node: Node, sizes: Shape, a: tuple[str, Shape], b: tuple[str, Shape], result: str) -> str:
    m, n, k = sizes
    kind = C_TYPES[node.dtype.char]
    product = f"q[i * {a[1][0]} + l * {a[1][1]}]", f"r[l * {b[1][0]} + j * {b[1][1]}]"
    step = "s |= {} & {}" if node.dtype.kind == "b" else "s += {} * {}"
    if node.dtype.kind == "c":
        step = f"s += times{'f' if node.dtype.char == 'F' else ''}({{}}, {{}})"
    simd = "#pragma omp simd reduction(+:s)\n" if node.dtype.kind not in "bc" and k >= 4 else ""
    return (
        f"    const {kind} *q = {a[0]}, *r = {b[0]};\n    {kind} *o = {result};\n"
        f"    for (int64_t i = 0; i < {m}; i++) for (int64_t j = 0; j < {n}; j++) {{\n      {kind} s = 0;\n{simd}"
        f"      for (int64_t l = 0; l < {k}; l++) {step.format(*product)};\n"
        f"      o[i * {n} + j] = s;\n    }}\n"
    )
