"""Loops in parts that threads share. Where a loop is cut depends on its sizes alone, so that results are the same for
any number of threads: reductions over the cut axis are made in each part, and the parts' joined in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from etude.backends.c.scalars import is_costly

__all__ = ["BLOCK", "PART", "PROLOGUE", "WORTH", "Cut", "cut", "rounded", "weight"]

BLOCK = 1024
MOST = 64  # parts of one loop
WORTH = 131_072  # units of work of a part, some 10 microseconds
ROOM = 65_536  # bytes on the stack for the reductions of all parts

PROLOGUE = """#define BLOCK 1024
struct call { char *const *D, *const *G, *const *O; char *W; void *const *X; char *Q; };
typedef void (*part_type)(const void *, int64_t);
static inline void share(void *run, int threads, int64_t parts, part_type part, const struct call *call) {
  if (run && threads > 1) ((void (*)(int, int64_t, part_type, const void *))run)(threads, parts, part, call);
  else for (int64_t number = 0; number < parts; number++) part(call, number);
}
static inline void share_products(void *run, int threads, int64_t parts, part_type part, const struct call *call) {
  if (run) ((void (*)(int, int64_t, part_type, const void *))run)(threads, parts, part, call);
  else for (int64_t number = 0; number < parts; number++) part(call, number);
}
"""


# the head of a function of a part's number, for the steps of an axis from `low` on
PART = """static void {name}(const void *given, int64_t number) {{
  const struct call *call = given;
  char *const *const D = call->D, *const *const G = call->G, *const *const O = call->O, *const W = call->W;
  void *const *const X = call->X;
  const int64_t low = number * {step}, high = low + {step} < {size} ? low + {step} : {size};
"""


def rounded(size: int) -> int:
    """Bytes up to the next cache line."""
    return -(-size // 64) * 64


class Cut(NamedTuple):
    """An axis cut every `step` items into `parts`; `places` says where the reductions over it lie in a part's `room`."""

    axis: int
    step: int
    parts: int
    places: dict[int, int]
    room: int


def weight(op: str) -> int:
    """About how long an operator takes on one element; an addition, or an access to memory, is 1."""
    return 8 if is_costly(op) else 1


def cut(dims: Sequence[int], work: int, steps: Mapping[int, Sequence[int]], bytes_of: Mapping[int, int]) -> Cut | None:
    """The best axis to cut, the outermost of equals; None where there is too little work. `steps` are those of the
    results of reductions, `bytes_of` what these take.
    """
    wanted = min(MOST, prod(dims) * work // WORTH)
    best: Cut | None = None
    for axis, dim in enumerate(dims):
        places: dict[int, int] = {}
        room = 0
        for member, row in steps.items():
            if not row[axis]:
                places[member] = room
                room += rounded(bytes_of[member])
        most = max(1, min(wanted, ROOM // room if room else wanted))
        grain = BLOCK if axis == len(dims) - 1 else 1
        step = -(-dim // most // grain) * grain
        parts = -(-dim // step)
        if parts > 1 and (best is None or parts > 2 * best.parts):
            best = Cut(axis, step, parts, places, room)
    return best
