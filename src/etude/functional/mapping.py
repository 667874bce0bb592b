"""`vmap`: a function of items as a function of arrays of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from etude.api.array import Array, wrap
from etude.api.construct import asarray
from etude.functional.containers import flattened, rebuilt
from etude.functional.tracing import result_arrays, traced
from etude.ops import CATALOGUE
from etude.ops.batching import over_items
from etude.terms import symbol

__all__ = ["vmap"]

_moveaxis = CATALOGUE["transpose"]


def vmap(fun: Callable[..., Any], in_axes: Any = 0, out_axes: int = 0) -> Callable[..., Any]:
    """`fun` on each item along an axis of its arguments, the results stacked along `out_axes`.

    `in_axes` is an axis for all positional arguments, or a tuple with one for each: None for an argument that is the same
    for every item. Keyword arguments are the same for every item. The function is traced once, on one item.

    Raises ValueError where nothing is mapped or lengths differ, TypeError for `in_axes` of the wrong form.

    >>> import numpy as np
    >>> from etude.functional import vmap
    >>> vmap(lambda x, y: x @ y, (0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        xs: list[Array] = []
        items: list[Array] = []
        given = []
        for arg, axis in zip(args, _axes(in_axes, len(args)), strict=True):
            found: list[Any] = []
            structure = flattened(arg, found)
            if axis is not None:
                rows = [_first(asarray(leaf), axis) for leaf in found]
                found = [wrap(symbol(None, row.term.type.shape[1:], row.dtype)) for row in rows]
                xs, items = xs + rows, items + found
            given.append(rebuilt(structure, found))
        _refuse_unequal(xs)
        structure, results = result_arrays(fun(*given, **named))
        return rebuilt(structure, [_stacked(xs, items, result, out_axes) for result in results])

    return traced(fun, rule, simplify=False)


def _axes(in_axes: Any, count: int) -> Sequence[int | None]:
    axes = tuple(in_axes) if isinstance(in_axes, (tuple, list)) else (in_axes,) * count
    if len(axes) != count:
        raise ValueError(f"in_axes names {len(axes)} arguments; {count} were given")
    for axis in axes:
        if axis is not None and (isinstance(axis, bool) or not isinstance(axis, int)):
            raise TypeError(f"in_axes is an axis, None, or a tuple of these, not {in_axes!r}")
    return axes


def _first(array: Array, axis: int) -> Array:
    """The array with an axis moved to the front."""
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(f"in_axes has {axis}, but an array mapped over has {array.ndim} dimensions")
    return _moved(array, axis % array.ndim, 0)


def _moved(array: Array, source: int, target: int) -> Array:
    if source == target:
        return array
    order = [place for place in range(array.ndim) if place != source]
    order.insert(target, source)
    return wrap(_moveaxis(array.term, axes=tuple(order)))


def _refuse_unequal(xs: Sequence[Array]) -> None:
    if not xs:
        raise ValueError("vmap has nothing to map over: in_axes is None for every array")
    lengths = {size for size in (x.term.type.shape[0] for x in xs) if isinstance(size, int)}
    if len(lengths) > 1:
        raise ValueError(f"the arrays that vmap goes over have lengths {sorted(lengths)}")


def _stacked(xs: Sequence[Array], items: Sequence[Array], result: Array, out_axes: int) -> Array:
    ndim = result.ndim + 1
    if not -ndim <= out_axes < ndim:
        raise ValueError(f"out_axes is {out_axes}, but a stacked result has {ndim} dimensions")
    rows = over_items([x.term for x in xs], [item.term for item in items], result.term)
    return _moved(wrap(rows), 0, out_axes % ndim)
