"""Whether one form of an expression rounds as well as another: both evaluated in single precision, told by double."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from etude.rewriting.assumptions import knowledge
from etude.terms import CONSTANT, Term, constant_value, postorder

__all__ = ["rounds_as_well"]

# Small and large, of both signs, and no multiples of each other; each part that is no arithmetic has them in an order of its own.
_POINTS = np.array([0.003, -0.41, 0.97, -1.31, 2.3, -0.0007, 4.1, -5.9, 0.13, 8.3, -11.7, 0.55, -2.9, 1.73, 17.1, -0.031])
_STRIDES = (0, 5, 3, 11, 7, 13, 9, 1)
_LOST = 64.0  # times the spacing of numbers, and times the old form's error, that the new one may be off


def rounds_as_well(new: Term, old: Term) -> bool:
    """Whether `new` loses no more digits than `old` at some points, small and large."""
    with np.errstate(all="ignore"):
        exact, fresh = _values((old, new), np.float64)
        single, rounded = _values((old, new), np.float32)
        spacing = np.finfo(np.float32).eps
        usable = np.isfinite(exact) & np.isfinite(single) & (np.abs(exact) > 1e-30) & (np.abs(exact) < 1e30)
        allowed = _LOST * (spacing + np.abs(single - exact) / np.abs(exact))
        near = np.abs(rounded - exact) <= allowed * np.abs(exact)
        same = np.abs(fresh - exact) <= 1e-6 * np.abs(exact) + allowed * spacing * np.abs(exact)
    return bool(np.all(~usable | (near & same)))


def _values(roots: tuple[Term, Term], dtype: Any) -> list[Any]:
    known = knowledge()
    values: dict[Term, Any] = {}
    leaves = 0
    for node in postorder(*roots, stop=_opaque):
        if node._tuple[0] is CONSTANT:
            values[node] = _number(node, dtype)
        elif _opaque(node):
            values[node] = _points(leaves, known.holds("nonnegative", node), dtype)
            leaves += 1
        else:
            values[node] = node._tuple[0].meaning(*[values.get(part, part) for part in node._tuple[1:]])
    return [np.broadcast_to(np.asarray(values[root], np.float64), _POINTS.shape) for root in roots]


@lru_cache(256)
def _points(leaf: int, nonnegative: bool, dtype: Any) -> Any:
    """What the leaf of this number stands for."""
    points = np.roll(_POINTS, _STRIDES[leaf % len(_STRIDES)] + leaf // len(_STRIDES))
    return (np.abs(points) if nonnegative else points).astype(dtype)


def _opaque(node: Term) -> bool:
    head = node._tuple[0]
    return head is CONSTANT or "elementwise" not in getattr(head, "properties", ()) or node.type.dtype.kind != "f"


def _number(node: Term, dtype: Any) -> Any:
    value = constant_value(node)
    return dtype(value) if np.ndim(value) == 0 else dtype(np.ravel(value)[0])
