"""Whether one form of an expression rounds as well as another: both evaluated in single precision, told by double."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from etude.rewriting.assumptions import knowledge
from etude.terms import CONSTANT, Term, constant_value, postorder

__all__ = ["rounds_as_well"]

# Small and large, of both signs, and no multiples of each other; each part that is no arithmetic has them in an order of its own.
_POINTS = np.array([0.003, -0.41, 0.97, -1.31, 2.3, -0.0007, 4.1, -5.9, 0.13, 8.3, -11.7, 0.55, -2.9, 1.73, 17.1, -0.031])
_ZEROS = np.zeros_like(_POINTS)
_SPACING = np.finfo(np.float32).eps
_BEGINNING = np.array([[*_POINTS[-start:], *_POINTS[:-start]] for start in range(len(_POINTS))])  # at each place
_ROWS = {(bool(sign), kind): (np.abs(_BEGINNING) if sign else _BEGINNING).astype(kind)
         for sign in (0, 1) for kind in (np.float64, np.float32)}  # fmt: skip
_STRIDES = (0, 5, 3, 11, 7, 13, 9, 1)
_LOST = 64.0  # times the spacing of numbers, and times the old form's error, that the new one may be off


def rounds_as_well(new: Term, old: Term, opaque: Callable[[Term], bool] | None = None) -> bool:
    """Whether `new` loses no more digits than `old` at some points, small and large.

    What is `opaque` in both stands for any number of either sign; unless told, what is not computed element by element
    stands for one of its known sign.
    """
    order = postorder(new, old, stop=opaque or _opaque)
    leaves = [node for node in order if (opaque or _opaque)(node) and node._tuple[0] is not CONSTANT]
    known = knowledge()
    signs = [opaque is None and known.holds("nonnegative", leaf) for leaf in leaves]
    places = dict(zip(leaves, enumerate(signs), strict=True))
    with np.errstate(all="ignore"):
        exact, fresh = _values((old, new), order, places, np.float64)
        single, rounded = _values((old, new), order, places, np.float32)
        size = np.abs(exact)
        usable = np.isfinite(exact) & np.isfinite(single) & (size > 1e-30) & (size < 1e30)
        allowed = _LOST * (_SPACING + np.abs(single - exact) / size)
        near = np.abs(rounded - exact) <= allowed * size
        same = np.abs(fresh - exact) <= (1e-6 + allowed * _SPACING) * size
    return bool(np.all(~usable | (near & same)))


def _values(roots: tuple[Term, Term], order: list[Term], places: dict[Term, tuple[int, bool]], dtype: Any) -> list[Any]:
    values: dict[Term, Any] = {}
    for node in order:
        parts = node._tuple
        if node in places:
            place, nonnegative = places[node]
            start = (_STRIDES[place % len(_STRIDES)] + place // len(_STRIDES)) % len(_POINTS)
            values[node] = _ROWS[nonnegative, dtype][start]
        elif parts[0] is CONSTANT:
            values[node] = _number(node, dtype)
        else:
            values[node] = parts[0].meaning(*[values[part] if type(part) is Term else part for part in parts[1:]])
    return [_ZEROS + values[root] for root in roots]


def _opaque(node: Term) -> bool:
    head = node._tuple[0]
    return head is CONSTANT or "elementwise" not in getattr(head, "properties", ()) or node.type.dtype.kind != "f"


def _number(node: Term, dtype: Any) -> Any:
    value = constant_value(node)
    return dtype(value) if np.ndim(value) == 0 else dtype(np.ravel(value)[0])
