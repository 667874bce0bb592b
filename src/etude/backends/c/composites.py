"""Composite operators, opened up into others, so that their parts can join loops."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from etude.backends.c.builder import Builder

__all__ = ["OPENED"]


def _mean(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    total = graph.reduced("sum", args[0], named["axis"], named["keepdims"], dtype)
    return graph.elementwise("divide", [total, graph.number(_count(graph, args[0], named["axis"]), dtype)])


def _count(graph: Builder, arg: int, axis: Any) -> int:
    shape = graph.nodes[arg].shape
    return prod(shape if axis is None else [shape[place] for place in axis])


def _floating(graph: Builder, arg: int, dtype: np.dtype[Any]) -> int:
    return arg if graph.nodes[arg].dtype == dtype else graph.elementwise("astype", [arg], dtype)


def _without(graph: Builder, arg: int, named: dict[str, Any]) -> int:
    """A reduction that kept its axes, without them where keepdims says so."""
    if named["keepdims"]:
        return arg
    shape, axis = graph.nodes[arg].shape, named["axis"]
    kept = () if axis is None else tuple([dim for place, dim in enumerate(shape) if place not in axis])
    return graph.reshaped(arg, kept)


def _var(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    x, axis = _floating(graph, args[0], dtype), named["axis"]
    count = _count(graph, x, axis)
    mean = graph.elementwise("divide", [graph.reduced("sum", x, axis, True), graph.number(count, dtype)])
    total = graph.reduced("sum", graph.elementwise("square", [graph.elementwise("subtract", [x, mean])]), axis, True)
    found = graph.elementwise("divide", [total, graph.number(max(count - named["ddof"], 0), dtype)])
    return _without(graph, found, named)


def _std(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    return graph.elementwise("sqrt", [_var(graph, args, named, dtype)])


def _norm(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    x = _floating(graph, args[0], dtype)
    total = graph.reduced("sum", graph.elementwise("square", [x]), named["axis"], named["keepdims"])
    return graph.elementwise("sqrt", [total])


def _shifted(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> tuple[int, int, int]:
    x = _floating(graph, args[0], dtype)
    moved = graph.elementwise("subtract", [x, graph.reduced("max", x, named["axis"], True)])
    powers = graph.elementwise("exp", [moved])
    return moved, powers, graph.reduced("sum", powers, named["axis"], True)


def _logsumexp(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    """The greatest element where it is infinite or nan; its powers are those of a softmax of the same."""
    _, _, total = _shifted(graph, args, named, dtype)
    top = graph.reduced("max", _floating(graph, args[0], dtype), named["axis"], True)
    finite = graph.elementwise("isfinite", [top], bool, (dtype,))
    sums = graph.elementwise("add", [graph.elementwise("log", [total]), top])
    return _without(graph, graph.elementwise("where", [finite, sums, top], dtype, (np.dtype(bool), dtype, dtype)), named)


def _softmax(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    _, powers, total = _shifted(graph, args, named, dtype)
    return graph.elementwise("divide", [powers, total])


def _log_softmax(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    moved, _, total = _shifted(graph, args, named, dtype)
    return graph.elementwise("subtract", [moved, graph.elementwise("log", [total])])


def _count_nonzero(graph: Builder, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    truth = graph.elementwise("astype", args, bool)
    return graph.reduced("sum", truth, named["axis"], named["keepdims"], dtype)


OPENED: dict[str, Callable[[Builder, list[int], dict[str, Any], Any], int]] = {
    "mean": _mean, "var": _var, "std": _std, "norm": _norm, "logsumexp": _logsumexp, "softmax": _softmax,
    "log_softmax": _log_softmax, "count_nonzero": _count_nonzero,
}  # fmt: skip
