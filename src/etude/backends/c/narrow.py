"""Products of matrices with a side of few elements, of which BLAS makes little: a block of sums is kept in vector registers."""

from __future__ import annotations

from typing import NamedTuple

from etude.backends.c.forms import NARROW
from etude.backends.c.parts import PART
from etude.backends.c.scalars import C_TYPES
from etude.backends.c.writer import Writer, sharing

__all__ = ["narrow_product"]

Strides = tuple[int, ...]
Operand = tuple[str, Strides]
_LONG = 32  # elements of the other two sides, from which on the loops here are worth it
_ROUND = 64  # parts of the long side are multiples of this, whatever a vector holds
_PART, _MOST = 500_000, 64  # multiplications of a part, some 20 microseconds; parts

WIDE = """#ifndef WIDE
#ifdef __AVX512F__
#define WIDE 64
#elif defined(__AVX__)
#define WIDE 32
#else
#define WIDE 16
#endif
#endif
"""

_HEAD = """{wide}{part}{pointers}  typedef {kind} lane __attribute__((vector_size(WIDE), aligned(sizeof({kind})), may_alias));
  enum {{ N = {short}, K = {terms}, TERMS = 256, LANES = WIDE / (int)sizeof({kind}) }};
  const {kind} *const a = {a}, *const b = {b};
  {kind} *const o = {out};
"""

# the terms of a row lie together: the products of R rows and all columns are summed at once
_ROWS = """  enum {{ V = (N + LANES - 1) / LANES, R = V > 3 ? 2 : 4 }};
  {kind} packed[TERMS * V * LANES];
  for (int64_t from = 0; from < K; from += TERMS) {{
    const int64_t terms = K - from < TERMS ? K - from : TERMS;
    for (int64_t l = 0; l < terms; l++) for (int j = 0; j < V * LANES; j++)
      packed[l * V * LANES + j] = j < N ? b[(from + l) * {b0} + j * {b1}] : 0;
    for (int64_t i = low; i < high; i += R) {{
      const {kind} *x[R];
      for (int r = 0; r < R; r++) x[r] = a + (i + r < high ? i + r : high - 1) * {a0} + from;
      lane sums[R][V];
      for (int r = 0; r < R; r++) for (int v = 0; v < V; v++) sums[r][v] = (lane){{0}};
      for (int64_t l = 0; l < terms; l++) {{
        const lane *const p = (const lane *)(packed + l * V * LANES);
        for (int r = 0; r < R; r++) for (int v = 0; v < V; v++) sums[r][v] += x[r][l] * p[v];
      }}
      for (int r = 0; r < R && i + r < high; r++) for (int j = 0; j < N; j++) {{
        {kind} *const q = o + (i + r) * {o0} + j * {o1}, s = sums[r][j / LANES][j % LANES];
        *q = from ? *q + s : s;
      }}
    }}
  }}
}}
"""

# rows lie beside each other: the products of a vector of them and all columns are summed at once
_COLUMNS = """  enum {{ U = N <= 12 && WIDE == 64 ? 2 : 1 }};
  {kind} packed[TERMS * N];
  for (int64_t from = 0; from < K; from += TERMS) {{
    const int64_t terms = K - from < TERMS ? K - from : TERMS;
    for (int64_t l = 0; l < terms; l++) for (int j = 0; j < N; j++)
      packed[l * N + j] = b[(from + l) * {b0} + j * {b1}];
    int64_t i = low;
    for (; i + U * LANES <= high; i += U * LANES) {{
      lane sums[N][U];
      for (int j = 0; j < N; j++) for (int u = 0; u < U; u++) sums[j][u] = (lane){{0}};
      for (int64_t l = 0; l < terms; l++) {{
        const lane *const x = (const lane *)(a + (from + l) * {a1} + i);
        for (int j = 0; j < N; j++) for (int u = 0; u < U; u++) sums[j][u] += x[u] * packed[l * N + j];
      }}
      for (int j = 0; j < N; j++) for (int r = 0; r < U * LANES; r++) {{
        {kind} *const q = o + (i + r) * {o0} + j * {o1}, s = sums[j][r / LANES][r % LANES];
        *q = from ? *q + s : s;
      }}
    }}
    for (; i < high; i++) for (int j = 0; j < N; j++) {{
      {kind} *const q = o + i * {o0} + j * {o1}, s = 0;
      for (int64_t l = 0; l < terms; l++) s += a[(from + l) * {a1} + i] * packed[l * N + j];
      *q = from ? *q + s : s;
    }}
  }}
}}
"""

# few terms: a row of the result is a sum of as many multiples of rows; two at once
_TERMS = """  {kind} packed[N * TERMS];
  for (int64_t from = 0; from < K; from += TERMS) {{
    const int64_t columns = K - from < TERMS ? K - from : TERMS;
    for (int l = 0; l < N; l++) for (int64_t j = 0; j < columns; j++)
      packed[l * TERMS + j] = b[l * {b0} + (from + j) * {b1}];
    for (int64_t i = low; i < high; i += 2) {{
      const int64_t next = i + 1 < high ? i + 1 : i;
      {kind} *const q = o + i * {o0} + from, *const r = o + next * {o0} + from;
      {kind} x[N], y[N];
      for (int l = 0; l < N; l++) x[l] = a[i * {a0} + l * {a1}], y[l] = a[next * {a0} + l * {a1}];
#pragma omp simd
      for (int64_t j = 0; j < columns; j++) {{
        const {kind} s = {sum}, t = {another};
        q[j] = s, r[j] = t;
      }}
    }}
  }}
}}
"""


class _Sides(NamedTuple):
    """A form of the loops, how long their sides are, and the operands and the result with their strides along these."""

    form: str
    long: int
    short: int
    other: int
    a: Operand
    b: Operand
    out: Strides


def _sides(sizes: tuple[int, int, int], a: Operand, b: Operand) -> _Sides | None:
    m, n, k = sizes
    if 1 < k <= NARROW and min(m, n) >= _LONG:
        return _Sides(_TERMS, m, k, n, a, b, (n, 1))
    if 1 < n <= NARROW and min(m, k) >= _LONG:
        long, short, first, second, out = m, n, a, b, (n, 1)
    elif 1 < m <= NARROW and min(n, k) >= _LONG:
        long, short, first, second, out = n, m, (b[0], b[1][::-1]), (a[0], a[1][::-1]), (1, n)
    else:
        return None
    form = _ROWS if first[1][1] == 1 else _COLUMNS if first[1][0] == 1 else None
    return None if form is None else _Sides(form, long, short, k, first, second, out)


def narrow_product(
    writer: Writer, number: int, pointers: str, sizes: tuple[int, int, int], a: Operand, b: Operand, out: str
) -> str | None:
    """The product of m x k by k x n where one of these is small, in parts that threads share; None where BLAS does as well."""
    node = writer.graph.nodes[number]
    sides = _sides(sizes, a, b) if node.dtype.char in "fd" else None
    if sides is None:
        return None
    parts = max(1, min(sides.long * sides.short * sides.other // _PART, _MOST))
    step = -(-sides.long // parts // _ROUND) * _ROUND
    parts, name = -(-sides.long // step), f"part{len(writer.functions)}"
    words = {
        "wide": WIDE,
        "part": PART.format(name=name, step=step, size=sides.long),
        "pointers": pointers,
        "kind": C_TYPES[node.dtype.char],
        "short": sides.short,
        "terms": sides.other,
        "sum": " + ".join(f"x[{term}] * packed[{term} * TERMS + j]" for term in range(sides.short)),
        "another": " + ".join(f"y[{term}] * packed[{term} * TERMS + j]" for term in range(sides.short)),
        "a": sides.a[0],
        "b": sides.b[0],
        "out": out,
    }
    for letter, strides in zip("abo", (sides.a[1], sides.b[1], sides.out), strict=True):
        words |= {f"{letter}0": strides[0], f"{letter}1": strides[1]}
    writer.functions.append((_HEAD + sides.form).format(**words))
    if parts > 1:
        writer.parts[writer.plan.place[number]] = parts
    return sharing(writer, parts, name, "0")
