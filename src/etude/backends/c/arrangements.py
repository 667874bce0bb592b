"""Operators that arrange elements or pass them on, as views, choices, concatenations and changes of zeros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from etude.backends.c.builder import Builder
from etude.backends.c.csource import Unsupported
from etude.backends.c.nodes import Node, View, row_major

__all__ = ["ARRANGED"]

Shape = tuple[int, ...]
Named = dict[str, Any]


def _same(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    """Marks for the calculus, and what is known of real numbers."""
    if graph.nodes[args[0]].dtype != dtype:
        raise Unsupported("a mark", f"no C form for dtype {dtype}")
    return args[0]


def _part(name: str) -> Callable[[Builder, list[int], Named, Any], int]:
    """A part of complex numbers, or their conjugates."""

    def made(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
        kind = graph.nodes[args[0]].dtype
        return graph.elementwise(name, args, dtype, (kind,)) if kind.kind == "c" else _same(graph, args, named, dtype)

    return made


def _imag(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    kind = graph.nodes[args[0]].dtype
    if kind.kind == "c":
        return graph.elementwise("imag", args, dtype, (kind,))
    return _zeros(graph, graph.nodes[args[0]].shape, dtype)


def _zeros(graph: Builder, shape: Shape, dtype: np.dtype[Any]) -> int:
    """Zeros that take no memory."""
    return graph.viewed(graph.number(0, dtype), shape, 0, (0,) * len(shape))


def _constant(graph: Builder, value: Any) -> int:
    node = Node("constant", "constant", (), value.dtype, value.shape)
    node.value = value
    return graph.enter(node)


def _scaled(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    if dtype.kind != "f":
        raise Unsupported("scaled", f"no C form for dtype {dtype}")
    return graph.elementwise("multiply", [args[0], graph.number(named["multiplier"], dtype)], dtype, (dtype, dtype))


def _clipped(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    if dtype.kind != "f":
        raise Unsupported("clipped", f"no C form for dtype {dtype}")
    found = args[0]
    for op, bound in (("maximum", named["lower_bound"]), ("minimum", named["upper_bound"])):
        found = found if bound is None else graph.elementwise(op, [found, graph.number(bound, dtype)])
    return found


def _round(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    if graph.nodes[args[0]].dtype != dtype or named["decimals"]:
        raise Unsupported("round", "to decimals is not written in C yet")
    return graph.elementwise("rint", args) if dtype.kind == "f" else args[0]


# ---------------------------------------------------------------- matrices


def _triangle(graph: Builder, arg: int, kept: Any) -> int:
    """The elements that are kept, zeros elsewhere."""
    dtype = graph.nodes[arg].dtype
    condition = _constant(graph, np.ascontiguousarray(kept))
    return graph.elementwise("where", [condition, arg, graph.number(0, dtype)], dtype, (np.dtype(bool), dtype, dtype))


def _tril(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    rows, columns = graph.nodes[args[0]].shape[-2:]
    return _triangle(graph, args[0], np.tri(rows, columns, named["k"], dtype=bool))


def _triu(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    rows, columns = graph.nodes[args[0]].shape[-2:]
    return _triangle(graph, args[0], ~np.tri(rows, columns, named["k"] - 1, dtype=bool))


def _half_lower(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    if dtype.kind != "f" or graph.nodes[args[0]].dtype != dtype:
        raise Unsupported("half_lower", f"no C form for dtype {dtype}")
    lower = _tril(graph, args, {"k": 0}, dtype)
    half = graph.elementwise("multiply", [graph.number(0.5, dtype), lower])
    eye = _constant(graph, np.eye(*graph.nodes[args[0]].shape[-2:], dtype=dtype))
    return graph.elementwise("subtract", [lower, graph.elementwise("multiply", [half, eye])])


def _trace(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    diagonal = graph.strided(args[0], lambda dummy: np.diagonal(dummy, named["offset"], -2, -1))
    return graph.reduced("sum", diagonal, (len(graph.nodes[diagonal].shape) - 1,), False, dtype)


def _placed(graph: Builder, arg: int, shape: Shape, part: Callable[[Any], Any], dtype: np.dtype[Any]) -> int:
    """Zeros, but for the elements of a node in a part of them."""
    dummy = graph.dummy(shape, row_major(shape))
    found = part(dummy)
    offset = found.__array_interface__["data"][0] - dummy.__array_interface__["data"][0] if found.size else 0
    place = graph.enter(Node("layout", "set_at", (), dtype, shape))
    node = Node("set_at", "set_at", [_zeros(graph, shape, dtype), arg], dtype, shape)
    node.spec = (View(place, offset, found.strides), found.shape)
    return graph.enter(node)


def _diag(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    size = graph.nodes[args[0]].shape[0] + abs(named["offset"])
    return _placed(graph, args[0], (size, size), lambda dummy: np.diagonal(dummy, named["offset"]), dtype)


def _diagonal_like(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    shape = graph.nodes[args[1]].shape
    return _placed(graph, args[0], shape, lambda dummy: np.diagonal(dummy, named["offset"], -2, -1), dtype)


# ---------------------------------------------------------------- along axes


def _pad(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    inner, widths = graph.nodes[args[0]].shape, named["pad_width"]
    shape = tuple([before + dim + after for (before, after), dim in zip(widths, inner, strict=True)])
    part = tuple([slice(before, before + dim) for (before, _), dim in zip(widths, inner, strict=True)])
    return _placed(graph, args[0], shape, lambda dummy: dummy[(*part, ...)], dtype)


def _roll(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    found = args[0]
    for shift, axis in zip(named["shift"], named["axis"], strict=True):
        shape = graph.nodes[found].shape
        shift %= max(shape[axis], 1)
        if shift:
            found = _rolled(graph, found, shape, shape[axis] - shift, axis, dtype)
    return found


def _rolled(graph: Builder, arg: int, shape: Shape, start: int, axis: int, dtype: np.dtype[Any]) -> int:
    before = (slice(None),) * axis
    parts = [
        graph.strided(arg, lambda dummy: dummy[(*before, slice(start, None), ...)]),
        graph.strided(arg, lambda dummy: dummy[(*before, slice(None, start), ...)]),
    ]
    node = Node("concatenate", "concatenate", parts, dtype, shape)
    node.axes = (axis,)
    return graph.enter(node)


def _tile(graph: Builder, args: list[int], named: Named, dtype: np.dtype[Any]) -> int:
    shape, reps = graph.nodes[args[0]].shape, named["reps"]
    rank = max(len(shape), len(reps))
    dims, times = (1,) * (rank - len(shape)) + shape, (1,) * (rank - len(reps)) + tuple(reps)
    apart = graph.reshaped(args[0], tuple([size for dim in dims for size in (1, dim)]))
    wide = tuple([size for dim, count in zip(dims, times, strict=True) for size in (count, dim)])
    repeated = graph.strided(apart, lambda dummy: np.broadcast_to(dummy, wide))
    return graph.reshaped(repeated, tuple([dim * count for dim, count in zip(dims, times, strict=True)]))


_MARKS = "hold consider_constant disconnected_grad zero_grad undefined_grad grad_clip clip_cotangent grad_scale"
ARRANGED: dict[str, Callable[[Builder, list[int], Named, Any], int]] = {
    "tril": _tril, "triu": _triu, "half_lower": _half_lower, "trace": _trace, "diag": _diag, "diagonal_like": _diagonal_like,
    "pad": _pad, "roll": _roll, "tile": _tile, "round": _round, "scaled": _scaled, "clipped": _clipped, "imag": _imag,
    "real": _part("real"), "conj": _part("conj"), **dict.fromkeys(_MARKS.split(), _same),
}  # fmt: skip
