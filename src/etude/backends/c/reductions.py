"""Reductions: what each begins with, and how it takes in one more."""

from __future__ import annotations

import numpy as np

from etude.backends.c.nodes import Node
from etude.backends.c.scalars import literal

__all__ = ["joined", "start_of"]

_START = {"sum": "0", "prod": "1", "all": "1", "any": "0"}
_JOIN = {"sum": "{0} + {1}", "prod": "{0} * {1}", "all": "{0} & ({1} != 0)", "any": "{0} | ({1} != 0)",
         "max": "({0} >= {1}) | ({0} != {0}) ? {0} : {1}", "min": "({0} <= {1}) | ({0} != {0}) ? {0} : {1}"}  # fmt: skip


def start_of(node: Node) -> str:
    """What a reduction starts with."""
    if node.op in _START:
        return _START[node.op]
    if node.dtype.kind == "f":
        return "-INFINITY" if node.op == "max" else "INFINITY"
    if node.dtype.kind == "b":
        return "0" if node.op == "max" else "1"
    limits = np.iinfo(node.dtype)
    return literal(limits.min if node.op == "max" else limits.max, node.dtype)


def joined(node: Node, total: str, value: str) -> str:
    """The C text of a reduction that has taken in one more."""
    if node.op == "prod" and node.dtype.kind == "c":
        return f"times{'f' if node.dtype.char == 'F' else ''}({total}, {value})"
    return _JOIN[node.op].format(total, value)
