"""Functions of attributes that rules may use for a computed attribute, as in `axes=inverse(k)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from etude.ops.merged_subscripts import (
    adjacent,
    beginning,
    beyond,
    column_part,
    in_padding,
    merged,
    row_part,
    subscripted,
    through_new_axes,
    through_order,
    through_spreading,
    through_transpose,
)
from etude.terms import Term

__all__ = ["COMPUTED_ATTRIBUTES"]


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes `axes`."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def negate(value: Any) -> Any:
    """The negative of a number or of each number of a tuple."""
    return tuple([-item for item in value]) if isinstance(value, tuple) else -value


def opposite(value: bool) -> bool:
    """The other direction."""
    return not value


def interior(widths: tuple[tuple[int, int], ...]) -> tuple[Any, ...]:
    """The subscript of what was padded."""
    return tuple([("slice", before, -after or None, None) for before, after in widths])


def to_left(subscripts: str) -> str:
    """What takes the result and the right operand of an Einstein sum back to the left one."""
    operands, result = subscripts.split("->")
    left, right = operands.split(",")
    return f"{result},{right}->{left}"


def to_right(subscripts: str) -> str:
    """What takes the result and the left operand of an Einstein sum back to the right one."""
    operands, result = subscripts.split("->")
    left, right = operands.split(",")
    return f"{result},{left}->{right}"


def composed(first: tuple[int, ...], then: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that does one after the other."""
    return tuple([first[axis] for axis in then])


def joined(first: tuple[int, ...], then: tuple[int, ...]) -> tuple[int, ...]:
    """The axes that are gone when some are, and then some of those that are left."""
    first, then = [axes if isinstance(axes, tuple) else (axes,) for axes in (first, then)]
    rank = len(first) + max(then) + 1
    left = [axis for axis in range(rank) if axis not in first]
    return tuple(sorted([*first, *[left[axis] for axis in then]]))


def swapped(axes: Any, matrix: Term) -> tuple[int, ...]:
    """The axes of an operand that are at `axes` of its matrix transpose, where those that are left keep their order."""
    rank = matrix.type.ndim
    return permuted((*range(rank - 2), rank - 1, rank - 2), axes)


def permuted(order: tuple[int, ...], axes: Any) -> tuple[int, ...]:
    """The axes that are at `axes` after a permutation, where those that are left keep their order."""
    chosen = axes if isinstance(axes, tuple) else (axes,)
    left = [axis for place, axis in enumerate(order) if place not in chosen]
    if left != sorted(left):
        raise ValueError("the axes that are left change their order")
    return tuple(sorted([order[place] for place in chosen]))


def expanded(first: tuple[int, ...], then: tuple[int, ...]) -> tuple[int, ...]:
    """The axes that are new when some are put in, and then some more."""
    free, count = iter(range(len(first) + len(then) + max((*first, *then)) + 1)), 0
    found = [*then]
    for place in free:
        if place not in then:
            found += [place] if count in first else []
            count += 1
    return tuple(sorted(found))


def expanded_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """A shape with axes of size 1 put in."""
    found = list(shape)
    for axis in axes:
        found.insert(axis, 1)
    return tuple(found)


def squeezed_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without some axes, which have size 1."""
    if any(shape[axis] != 1 for axis in axes):
        raise ValueError("an axis that goes has not size 1")
    return tuple([size for axis, size in enumerate(shape) if axis not in axes])


def reduced(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without some axes."""
    return tuple([size for axis, size in enumerate(shape) if axis not in axes])


def _spread(shape: tuple[int, ...], operand: Term) -> set[int]:
    """The axes of a shape along which an operand is repeated."""
    sizes = operand.type.shape
    added = len(shape) - len(sizes)
    return {axis for axis, size in enumerate(shape) if axis < added or sizes[axis - added] != size}


def repeated(shape: tuple[int, ...], axes: tuple[int, ...], operand: Term) -> tuple[int, ...]:
    """Those axes of an operand, broadcast to a shape, that are gone with `axes`, along all of which it is repeated."""
    if not _spread(shape, operand).issuperset(axes):
        raise ValueError("the operand is not repeated along all the axes")
    added = len(shape) - operand.type.ndim
    return tuple([axis - added for axis in axes if axis >= added])


def unrepeated(shape: tuple[int, ...], axes: tuple[int, ...], operand: Term) -> tuple[int, ...]:
    """The axes of an operand that are `axes` when it is broadcast to a shape, along none of which it is repeated."""
    if _spread(shape, operand) & set(axes):
        raise ValueError("the operand is repeated along one of the axes")
    return tuple([axis - len(shape) + operand.type.ndim for axis in axes])


def copies(shape: tuple[int, ...], operand: Term) -> float:
    """How often each element of an operand occurs when it is broadcast to a shape."""
    if prod(operand.type.shape) == 0:
        raise ValueError("the operand has no elements")
    return float(prod(shape) // prod(operand.type.shape))


def elements(shape: tuple[int, ...], axes: Any = None) -> float:
    """How many elements a shape has, in all or along axes."""
    return float(prod(shape if axes is None else [shape[axis] for axis in axes]))


def rows(matrix: Term) -> int:
    """The last size but one of an operand."""
    return int(matrix.type.shape[-2])


def columns(operand: Term) -> int:
    """The last size of an operand."""
    return int(operand.type.shape[-1])


def sized(*sizes: int) -> tuple[int, ...]:
    """A shape of these sizes."""
    return sizes


def product_shape(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a product of matrices, or of a matrix and a vector."""
    return (*left[:-1], *right[1:])


COMPUTED_ATTRIBUTES: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        adjacent, beginning, beyond, column_part, columns, composed, copies, elements, expanded, expanded_shape, in_padding,
        interior, inverse, joined, merged, negate, opposite, permuted, product_shape, reduced, repeated, row_part, rows, sized,
        squeezed_shape, subscripted, swapped, through_new_axes, through_order, through_spreading, through_transpose, to_left,
        to_right, unrepeated,
    )
}
