"""Subscripts of what is itself subscripted, laid out anew or joined, as subscripts of what that is made of.

Each function raises ValueError where there is no such subscript, or where it depends on a size that is not known. They
are for subscripts without index arrays.
"""

from __future__ import annotations

from typing import Any

from etude.ops.subscripts import FULL, subscripted_shape
from etude.terms import ArrayType, Term

__all__ = [
    "adjacent",
    "beginning",
    "beyond",
    "column_part",
    "in_padding",
    "merged",
    "row_part",
    "subscripted",
    "through_new_axes",
    "through_order",
    "through_spreading",
    "through_transpose",
]

_NOTHING = ("slice", 0, 0, None)
Spec = tuple[Any, ...]


def _plain(*specs: Spec) -> None:
    for spec in specs:
        if any(isinstance(entry, str) or (isinstance(entry, tuple) and "?" in entry) for entry in spec):
            raise ValueError("a subscript has operands")


def _whole(spec: Spec, rank: int) -> list[Any]:
    """The subscript with an entry for each of `rank` axes."""
    used = sum(entry is not None for entry in spec)
    return [*spec, *[FULL] * (rank - used)]


def _by_axis(spec: Spec, rank: int) -> list[Any]:
    """The entry of each axis; there are no new axes."""
    if None in spec:
        raise ValueError("a subscript has new axes")
    return _whole(spec, rank)


# ---------------------------------------------------------------- one after the other


def merged(first: Spec, then: Spec, operand: Term) -> Spec:
    """The subscript that takes at once what `first` takes of an operand, and `then` of that."""
    _plain(first, then)
    shape = iter(operand.type.shape)
    pending = [(entry, None if entry is None else next(shape)) for entry in _whole(first, operand.type.ndim)]
    pending.reverse()
    found: list[Any] = []
    for entry in then:
        if entry is None:
            found.append(None)
            continue
        while isinstance(pending[-1][0], int):
            found.append(pending.pop()[0])
        before, dim = pending.pop()
        if before is None:
            found += _of_new_axis(entry)
        else:
            found.append(_taken(before, entry, dim))
    return (*found, *[entry for entry, _ in reversed(pending)])


def _of_new_axis(entry: Any) -> list[Any]:
    if isinstance(entry, int):
        return []
    if len(range(1)[slice(*entry[1:])]) != 1:
        raise ValueError("nothing is left of a new axis")
    return [None]


def _taken(before: Any, entry: Any, dim: Any) -> Any:
    """An index or slice of what a slice takes of an axis."""
    if entry == FULL:
        return before
    if before == FULL:
        return entry
    if not isinstance(dim, int):
        return _taken_of_unknown(before, entry)
    places = range(dim)[slice(*before[1:])]
    return places[entry] if isinstance(entry, int) else _as_slice(places[slice(*entry[1:])])


def adjacent(first: Spec, then: Spec, axis: int, operand: Term) -> Spec:
    """The subscript that takes what two take of an operand, one after the other along an axis."""
    _plain(first, then)
    shape = operand.type.shape
    found, others = _by_axis(first, len(shape)), _by_axis(then, len(shape))
    if any(isinstance(entry, int) for entry in (*found, *others)):
        raise ValueError("an axis is gone")
    one, other = found[axis], others[axis]
    found[axis], others[axis] = FULL, FULL
    if found != others or not {one[3], other[3]} <= {None, 1}:
        raise ValueError("the parts are not of the same other axes, or elements between are left out")
    found[axis] = _one_after_the_other(one, other, shape[axis])
    return tuple(found)


def _one_after_the_other(one: Any, other: Any, dim: Any) -> Any:
    """The slice of an axis that two slices of it make up."""
    if isinstance(dim, int):
        start, stop, _ = slice(*one[1:]).indices(dim)
        again, end, _ = slice(*other[1:]).indices(dim)
        known = start <= stop == again <= end
        whole = (start, end) == (0, dim)
    else:
        (start, stop), (again, end) = (one[1] or 0, one[2]), other[1:3]
        known = stop is not None and 0 <= start <= stop == again and (end is None or end >= stop)
        whole = start == 0 and end is None
    if not known:
        raise ValueError("the parts do not follow each other")
    return FULL if whole else ("slice", start, end, None)


def _as_slice(places: range) -> Any:
    if not places:
        return _NOTHING
    return ("slice", places.start, places.stop if places.stop >= 0 else None, places.step)


def _taken_of_unknown(before: Any, entry: Any) -> Any:
    backwards = ("slice", None, None, -1)
    if before == entry == backwards:
        return FULL
    start, stop, step = before[1] or 0, before[2], before[3] or 1
    if start < 0 or step < 0:
        raise ValueError("where the slice begins depends on the size")
    if isinstance(entry, int):
        place = start + entry * step
        if entry < 0 or (stop is not None and not place < stop):
            raise ValueError("whether the index is inside depends on the size")
        return place
    return _sliced_again(start, stop, step, entry)


def _sliced_again(start: int, stop: int | None, step: int, entry: Any) -> Any:
    first, last, stride = entry[1] or 0, entry[2], entry[3] or 1
    if first < 0 or stride < 0:
        raise ValueError("where the slice begins depends on the size")
    if last is None:
        end = stop
    elif last >= 0 and (stop is None or stop >= 0):
        end = start + last * step if stop is None else min(stop, start + last * step)
    elif last < 0 and step == 1 and (stop is None or stop < 0):
        end = last + (stop or 0)
    else:
        raise ValueError("where the slice ends depends on the size")
    return ("slice", start + first * step, end, step * stride)


# ---------------------------------------------------------------- of what is laid out anew


def subscripted(shape: tuple[int, ...], spec: Spec) -> tuple[Any, ...]:
    """The shape of what a subscript takes of an array of a shape."""
    _plain(spec)
    return subscripted_shape(ArrayType("float64", shape), (), spec)


def through_new_axes(axes: tuple[int, ...], spec: Spec, operand: Term) -> Spec:
    """The subscript of an operand that takes what `spec` takes of it with new axes of size 1."""
    rank = operand.type.ndim + len(axes)
    return merged(tuple([None if place in axes else FULL for place in range(rank)]), spec, operand)


def through_transpose(spec: Spec, matrix: Term) -> Spec:
    """The subscript of a matrix that takes what `spec` takes of its transpose."""
    rank = matrix.type.ndim
    return through_order((*range(rank - 2), rank - 1, rank - 2), spec)


def through_order(order: tuple[int, ...], spec: Spec) -> Spec:
    """The subscript that takes of an operand what `spec` takes of it with permuted axes; those left keep their order."""
    _plain(spec)
    entries = _by_axis(spec, len(order))
    left = [axis for axis, entry in zip(order, entries, strict=True) if not isinstance(entry, int)]
    if left != sorted(left):
        raise ValueError("the axes that are left change their order")
    return tuple([entry for _, entry in sorted(zip(order, entries, strict=True), key=lambda pair: pair[0])])


def through_spreading(shape: tuple[int, ...], spec: Spec, operand: Term) -> Spec:
    """The subscript of an operand after which it broadcasts to what `spec` takes of it, broadcast to a shape."""
    _plain(spec)
    added = len(shape) - operand.type.ndim
    found: list[Any] = []
    for size, wanted, entry in zip(operand.type.shape, shape[added:], _by_axis(spec, len(shape))[added:], strict=True):
        if size == wanted:
            found.append(entry)
        else:
            found.append(0 if isinstance(entry, int) else FULL)
    return tuple(found)


def in_padding(widths: tuple[tuple[int, int], ...], spec: Spec, operand: Term) -> Spec:
    """The subscript of an operand that takes what `spec` takes of it with zeros around it, if these are left out."""
    _plain(spec)
    found: list[Any] = []
    for (before, after), size, entry in zip(widths, operand.type.shape, _by_axis(spec, len(widths)), strict=True):
        if (before, after) == (0, 0):
            found.append(entry)
            continue
        places = range(before + size + after)
        taken = range(places[entry], places[entry] + 1) if isinstance(entry, int) else places[slice(*entry[1:])]
        if not taken or not (before <= min(taken[0], taken[-1]) and max(taken[0], taken[-1]) < before + size):
            raise ValueError("zeros are taken")
        found.append(_moved(entry, taken, before))
    return tuple(found)


def _moved(entry: Any, places: range, by: int) -> Any:
    if isinstance(entry, int):
        return places[0] - by
    return _as_slice(range(places.start - by, places.stop - by, places.step))


# ---------------------------------------------------------------- of what is joined


def _entry_along(spec: Spec, axis: int) -> tuple[int, Any]:
    """The place of the entry for an axis, and the entry."""
    axes = [place for place, entry in enumerate(spec) if entry is not None]
    if axis >= len(axes):
        raise ValueError("the whole axis is taken")
    return axes[axis], spec[axes[axis]]


def _bounds(entry: Any) -> tuple[int | None, int | None, int]:
    _, start, stop, step = entry
    if (start is not None and start < 0) or (stop is not None and stop < 0):
        raise ValueError("where the slice is depends on the size")
    return start, stop, step or 1


def beginning(spec: Spec, axis: int, first: Term) -> Spec:
    """The subscript of the first of several joined operands, if what is taken is all in it."""
    _plain(spec)
    size = first.type.shape[axis]
    _, entry = _entry_along(spec, axis)
    if isinstance(entry, int):
        inside = 0 <= entry < size
    else:
        start, stop, step = _bounds(entry)
        if step > 0:
            inside = stop is not None and all(place < size for place in range(start or 0, stop, step)[-1:])
        else:
            inside = start is not None and start < size
    if not inside:
        raise ValueError("other operands are taken")
    return spec


def beyond(spec: Spec, axis: int, first: Term) -> Spec:
    """The subscript of what is joined to a first operand, if nothing of that one is taken."""
    _plain(spec)
    size = first.type.shape[axis]
    place, entry = _entry_along(spec, axis)
    return (*spec[:place], _entry_beyond(entry, size), *spec[place + 1 :])


def _entry_beyond(entry: Any, size: int) -> Any:
    if isinstance(entry, int):
        if entry >= size:
            return entry - size
        raise ValueError("the first operand is taken")
    start, stop, step = _bounds(entry)
    if step < 0 and start is not None:
        places = range(start, -1 if stop is None else stop, step)
        if all(place >= size for place in places[-1:]):
            return _as_slice(range(start - size, max(places.stop - size, -1), step))
    elif step > 0 and start is not None and start >= size:
        return ("slice", start - size, stop if stop is None else max(stop - size, 0), step)
    elif step < 0 and stop is not None and stop >= size - 1:
        return ("slice", None, stop - size if stop >= size else None, step)
    raise ValueError("the first operand is taken")


# ---------------------------------------------------------------- of products


def row_part(spec: Spec) -> Spec:
    """What a subscript of a product of matrices takes of the left one."""
    _plain(spec)
    return tuple(_by_axis(spec, 2)[:1])


def column_part(spec: Spec) -> Spec:
    """What a subscript of a product of matrices takes of the right one."""
    _plain(spec)
    return (FULL, *_by_axis(spec, 2)[1:])
