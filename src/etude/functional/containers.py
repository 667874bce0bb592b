"""Arguments and results as their arrays and the structure around them: nested lists, tuples, dicts, and static values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from etude.api.array import Array

__all__ = ["LEAF", "Static", "Structure", "flattened", "is_array", "rebuilt", "with_static"]

_NUMBERS = (int, float, complex)


class _Leaf:
    """The place of an array in a structure."""

    def __repr__(self) -> str:
        return "array"


LEAF = _Leaf()


class Static:
    """A value that a trace takes as it is. Equal values of one type are equal; what has no hash is itself only."""

    __slots__ = ("_hash", "value")

    def __init__(self, value: Any):
        self.value = value
        try:
            self._hash = hash((type(value), value))
        except TypeError:
            self._hash = id(value)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static) or type(self.value) is not type(other.value) or self._hash != other._hash:
            return False
        return self.value is other.value or (type(self.value).__hash__ is not None and bool(self.value == other.value))

    def __repr__(self) -> str:
        return repr(self.value)


Structure = Any  # LEAF, a Static, or a tuple (type, keys or None, parts)


def is_array(value: Any) -> bool:
    """Whether a value is traced: an Array, a NumPy array or number, a Python number that is no truth value."""
    if isinstance(value, (Array, np.ndarray, np.generic)):
        return True
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def flattened(value: Any, found: list[Any], traced: Callable[[Any], bool] = is_array) -> Structure:
    """The structure of a value; its arrays are added to `found` in order."""
    kind = type(value)
    if kind is np.ndarray:
        found.append(value)
        return LEAF
    if kind is dict:
        return dict, tuple(value), tuple([flattened(part, found, traced) for part in value.values()])
    if isinstance(value, (list, tuple)):
        return kind, None, tuple([flattened(part, found, traced) for part in value])
    if traced(value):
        found.append(value)
        return LEAF
    if hasattr(value, "__array__") and not isinstance(value, (str, bytes, type)):
        found.append(np.asarray(value))
        return LEAF
    return Static(value)


def rebuilt(structure: Structure, leaves: Sequence[Any]) -> Any:
    """The value of a structure with these arrays in their places."""
    return _built(structure, iter(leaves).__next__, lambda value: value)


def with_static(structure: Structure, leaves: Sequence[Any], static: Any) -> Any:
    """As `rebuilt`, with one value in the place of each static one."""
    return _built(structure, iter(leaves).__next__, lambda value: static)


def _built(structure: Structure, leaf: Callable[[], Any], static: Callable[[Any], Any]) -> Any:
    if structure is LEAF:
        return leaf()
    if isinstance(structure, Static):
        return static(structure.value)
    kind, keys, parts = structure
    made = [_built(part, leaf, static) for part in parts]
    if kind is dict:
        return dict(zip(keys, made, strict=True))
    return kind(*made) if hasattr(kind, "_fields") else kind(made)
