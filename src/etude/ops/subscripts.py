"""Subscripts as data: what stands between the brackets of `x[...]`, split into operands and a hashable spelling.

A subscript is a tuple with an entry for each item: an int, None (a new axis), "..." , a slice
`("slice", start, stop, step)`, or "array" for an index that is an operand. A "?" as a bound of a slice is an operand
too. Operands follow each other in the order in which they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from etude.errors import ShapeError, SubscriptError, TermTypeError
from etude.ops.axes import described
from etude.terms import ArrayType, Dim, Shape, Term, broadcast_shapes, constant, scalar_value

__all__ = ["FULL", "canonical_subscript", "index_values", "subscript_of", "subscripted_shape"]

FULL = ("slice", None, None, None)
OPERAND, ARRAY = "?", "array"


# ---------------------------------------------------------------- from Python's subscripts


def subscript_of(key: Any) -> tuple[tuple[Term, ...], tuple[Any, ...]]:
    """The operands and the spelling of `x[key]`; arrays, lists and terms become operands."""
    operands: list[Term] = []
    spec: list[Any] = []
    for entry in key if isinstance(key, tuple) else (key,):
        spec.append(_entry(entry, operands))
    return tuple(operands), tuple(spec)


def _entry(entry: Any, operands: list[Term]) -> Any:
    if entry is None:
        return None
    if entry is Ellipsis:
        return "..."
    if isinstance(entry, slice):
        return ("slice", *[_bound(bound, operands) for bound in (entry.start, entry.stop, entry.step)])
    number = _static_int(entry)
    if number is not None:
        return number
    operands.append(_index_term(entry))
    return ARRAY


def _static_int(entry: Any) -> int | None:
    if isinstance(entry, Term):
        entry = scalar_value(entry)
    if isinstance(entry, (bool, np.bool_)) or entry is None:
        return None
    try:
        return index(entry)
    except TypeError:
        return None


def _bound(bound: Any, operands: list[Term]) -> Any:
    if bound is None:
        return None
    number = _static_int(bound)
    if number is not None:
        return number
    if not isinstance(bound, Term) or bound.type.ndim or bound.type.dtype.kind not in "iu":
        raise SubscriptError(f"a slice is bounded by integers or None, not by {bound}")
    operands.append(bound)
    return OPERAND


def _index_term(entry: Any) -> Term:
    if isinstance(entry, Term):
        return entry
    array = np.asarray(entry)
    if array.size == 0 and not isinstance(entry, np.ndarray):
        array = array.astype(np.int64)
    if array.dtype.kind not in "biu":
        raise SubscriptError(
            f"an index is an integer, a slice, None, ... or an array of integers or booleans, not {entry!r}"
        )
    return constant(array)


# ---------------------------------------------------------------- to NumPy's subscripts


def index_values(spec: tuple[Any, ...], values: Sequence[Any]) -> tuple[Any, ...]:
    """The subscript with the operands' values (or whatever stands for them) in their places."""
    given = iter(values)

    def bound(item: Any) -> Any:
        return next(given) if item == OPERAND else item

    found: list[Any] = []
    for entry in spec:
        if isinstance(entry, tuple):
            found.append(slice(*[bound(item) for item in entry[1:]]))
        elif isinstance(entry, str):
            found.append(Ellipsis if entry == "..." else next(given))
        else:
            found.append(entry)
    return tuple(found)


# ---------------------------------------------------------------- the one spelling


def canonical_subscript(x: ArrayType, indices: tuple[ArrayType, ...], spec: Any) -> tuple[Any, ...]:
    """`spec` without ellipsis and trailing full slices, numbers counted from the front where sizes are known."""
    entries = tuple(spec)
    _check_operands(entries, indices)
    entries = _without_ellipsis(x.shape, indices, entries)
    given = iter(indices)
    axis, found = 0, []
    for entry in entries:
        if entry is None or entry == "...":
            found.append(entry)
            continue
        if entry == ARRAY:
            width = _width(next(given))
            found.append(ARRAY)
        else:
            width = 1
            dim = x.shape[axis]
            if isinstance(entry, tuple):
                for bound in entry[1:]:
                    if bound == OPERAND:
                        next(given)
                found.append(_canonical_slice(entry, dim))
            else:
                found.append(_canonical_int(index(entry), dim, axis, x.shape))
        axis += width
    while "..." not in found and found and found[-1] == FULL:
        found.pop()
    return tuple(found)


def _check_operands(entries: tuple[Any, ...], indices: tuple[ArrayType, ...]) -> None:
    wanted = sum((entry == ARRAY) + (isinstance(entry, tuple) and entry[1:].count(OPERAND)) for entry in entries)
    if wanted != len(indices):
        raise SubscriptError(f"subscript {entries} names {wanted} index operands, {len(indices)} are given")
    for kind in indices:
        if kind.dtype.kind not in "biu":
            raise TermTypeError(f"an index has an integer or boolean dtype, not {kind}")


def _width(kind: ArrayType) -> int:
    """How many axes an index operand takes."""
    return kind.ndim if kind.dtype.kind == "b" else 1


def _index_operands(entries: tuple[Any, ...], indices: tuple[ArrayType, ...]) -> list[ArrayType | None]:
    """For each entry the type of its index operand."""
    given = iter(indices)
    found: list[ArrayType | None] = []
    for entry in entries:
        if isinstance(entry, tuple):
            for bound in entry[1:]:
                if bound == OPERAND:
                    next(given)
        found.append(next(given) if entry == ARRAY else None)
    return found


def _without_ellipsis(shape: Shape, indices: tuple[ArrayType, ...], entries: tuple[Any, ...]) -> tuple[Any, ...]:
    used = 0
    for entry, kind in zip(entries, _index_operands(entries, indices), strict=True):
        used += 0 if entry is None or entry == "..." else 1 if kind is None else _width(kind)
    if used > len(shape):
        raise SubscriptError(f"too many indices: {used} for {described(shape)}")
    places = [place for place, entry in enumerate(entries) if entry == "..."]
    if len(places) > 1:
        raise SubscriptError("an index has one ellipsis ('...') at most")
    missing = (FULL,) * (len(shape) - used)
    if not places:
        return entries + missing
    if not missing and _separates(entries, places[0]):
        return entries
    return entries[: places[0]] + missing + entries[places[0] + 1 :]


def _separates(entries: tuple[Any, ...], place: int) -> bool:
    """Whether an ellipsis that stands for no axis keeps advanced indices apart, which moves their axes to the front."""

    def ends(entry: Any) -> bool:
        return entry == ARRAY or isinstance(entry, int)

    return ARRAY in entries and any(map(ends, entries[:place])) and any(map(ends, entries[place + 1 :]))


def _canonical_int(number: int, dim: Dim, axis: int, shape: Shape) -> int:
    if not isinstance(dim, int):
        return number
    if not -dim <= number < dim:
        raise SubscriptError(f"index {number} is out of bounds for axis {axis} of {described(shape)}")
    return number % dim


def _canonical_slice(entry: tuple[Any, ...], dim: Dim) -> tuple[Any, ...]:
    _, start, stop, step = entry
    if step == 0:
        raise SubscriptError("a slice has a step other than 0")
    if OPERAND in (start, stop, step) or not isinstance(dim, int):
        return ("slice", None if start == 0 and not _negative(step) else start, stop, None if step == 1 else step)
    first, last, stride = slice(start, stop, step).indices(dim)
    count = len(range(first, last, stride))
    if count == 0:
        return ("slice", 0, 0, None)
    if count == 1:
        return ("slice", first or None, None if first + 1 == dim else first + 1, None)
    edge_first, edge_last = (0, dim) if stride > 0 else (dim - 1, -1)
    return (
        "slice", None if first == edge_first else first,
        None if last == edge_last or last < 0 else last, None if stride == 1 else stride,
    )  # fmt: skip


def _negative(step: Any) -> bool:
    return step == OPERAND or (step is not None and step < 0)


# ---------------------------------------------------------------- the shape


def subscripted_shape(x: ArrayType, indices: tuple[ArrayType, ...], spec: tuple[Any, ...]) -> Shape:
    """The shape of `x[...]` for a canonical subscript."""
    entries = _without_ellipsis(x.shape, indices, spec)
    operands = _index_operands(entries, indices)
    advanced = any(kind is not None and (kind.ndim or kind.dtype.kind == "b") for kind in operands)
    shape: list[Dim] = []
    arrays: list[Shape] = []
    places: list[int] = []  # of advanced entries
    position = axis = 0
    for place, (entry, kind) in enumerate(zip(entries, operands, strict=True)):
        if entry is None:
            shape.append(1)
        elif entry == "...":
            continue
        elif isinstance(entry, tuple):
            shape.append(_sliced(entry, x.shape[axis]))
            axis += 1
        elif advanced or kind is not None:
            if not places:
                position = len(shape)
            places.append(place)
            arrays.append(_array_shape(kind, x.shape[axis : axis + _width(kind)] if kind is not None else ()))
            axis += 1 if kind is None else _width(kind)
        else:
            axis += 1
    together = bool(places) and places == list(range(places[0], places[-1] + 1))
    try:
        common = broadcast_shapes(*arrays)
    except ShapeError:
        raise SubscriptError(
            f"index arrays of shapes {', '.join(map(str, arrays))} do not broadcast together"
        ) from None
    if not together:
        position = 0
    return (*shape[:position], *common, *shape[position:])


def _array_shape(kind: ArrayType | None, dims: Shape) -> Shape:
    if kind is None:
        return ()
    if kind.dtype.kind != "b":
        return kind.shape
    for mask, dim in zip(kind.shape, dims, strict=True):
        if isinstance(mask, int) and isinstance(dim, int) and mask != dim:
            raise SubscriptError(f"a boolean index of {described(kind.shape)} does not fit axes of {described(dims)}")
    return (None,)


def _sliced(entry: tuple[Any, ...], dim: Dim) -> Dim:
    _, start, stop, step = entry
    if start is None and stop is None and step in (None, -1):
        return dim
    if OPERAND in (start, stop, step):
        return None
    if isinstance(dim, int):
        return len(range(*slice(start, stop, step).indices(dim)))
    if start is not None and start == stop:
        return 0
    return None
