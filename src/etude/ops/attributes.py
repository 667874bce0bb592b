"""Functions of attributes that rules may use for a computed attribute, as in `axes=inverse(k)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

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
        columns, composed, elements, interior, inverse, joined, negate, opposite, product_shape, rows, sized, to_left, to_right,
    )
}
