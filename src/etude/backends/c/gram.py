"""A matrix times its own transpose: half of the products, by blocks of rows that threads share."""

from __future__ import annotations

from etude.backends.c.blas import GEMM
from etude.backends.c.parts import PART
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Writer, sharing

__all__ = ["gram_matrix"]

SYRK = "scipy.linalg.cython_blas:{}syrk"
_LEAST, _WORK = 16, 100_000  # rows, multiplications of half of the products; below, half is not worth another call
_ROWS = 256  # of a block, the same for any number of threads

_TEXT = """{part}{pointers}  const int64_t first = {rows} * low, end = {rows} * high, last = end < {m} ? end : {m};
  int m = (int)(last - first), rest = (int)({m} - last), k = {k}, lead = {lead}, n = {m};
  {kind} one = 1, zero = 0, *const o = {out};
  const {kind} *const a = {a};
  ((void (*)(char *, char *, int *, int *, {kind} *, const {kind} *, int *, {kind} *, {kind} *, int *))X[{syrk}])
    ("L", "{trans}", &m, &k, &one, a + first * {step}, &lead, &zero, o + first * {m} + first, &n);
  if (rest) ((void (*)(char *, char *, int *, int *, int *, {kind} *, const {kind} *, int *, const {kind} *, int *, {kind} *,
                       {kind} *, int *))X[{gemm}])
    ("{trans}", "{other}", &rest, &m, &k, &one, a + last * {step}, &lead, a + first * {step}, &lead, &zero,
     o + first * {m} + last, &n);
  for (int64_t i = first; i < last; i++) for (int64_t j = i + 1; j < {m}; j++) o[j * {m} + i] = o[i * {m} + j];
}}
"""


def gram_matrix(writer: Writer, number: int, pointers: str, operand: str, out: str) -> str | None:
    """The product of an m x k matrix with its transpose; None where the second operand is another, or the work small."""
    graph = writer.graph
    node = graph.nodes[number]
    first, second = [graph.view_of(arg) for arg in node.args]
    (m, k), strides = graph.nodes[node.args[0]].shape, first.strides
    same = first.base == second.base and first.offset == second.offset and strides == second.strides[::-1]
    if not same or node.shape != (m, m) or m < _LEAST or m * m * k // 2 < _WORK or node.dtype.char not in "fd":
        return None
    by_rows = strides[1] == 1
    if not by_rows and strides[0] != 1:
        return None
    letter, name = "s" if node.dtype.char == "f" else "d", f"part{len(writer.functions)}"
    parts = -(-m // _ROWS)
    lead, step = (max(strides[0], k), strides[0]) if by_rows else (max(strides[1], m), 1)
    writer.functions.append(
        _TEXT.format(
            part=PART.format(name=name, step=1, size=parts), pointers=pointers, rows=_ROWS, m=m, k=k, lead=lead, step=step,
            kind=C_TYPES[node.dtype.char], out=out, a=operand, syrk=writer.external(SYRK.format(letter)),
            gemm=writer.external(GEMM.format(letter)), trans="TN"[not by_rows], other="NT"[not by_rows],
        )
    )  # fmt: skip
    if parts > 1:
        writer.parts[writer.plan.place[number]] = parts
    return sharing(writer, parts, name, "0", products=True)
