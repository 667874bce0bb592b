"""The check of a compiled function's arguments against its inputs. Errors name the input and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from etude.errors import ArgumentError
from etude.terms import ArrayType, shape_text

__all__ = ["Arguments"]

_PYTHON_NUMBERS = (bool, int, float, complex)


class Arguments:
    """Called with a tuple of values, gives them as arrays and NumPy scalars of the inputs' types.

    Casts are safe ones (int32 to float64); a Python number goes into any input of its kind; `downcast=True` allows
    float64 into float32 and the like, `downcast=False` treats Python floats as float64. Named dimensions must agree
    over all inputs. Raises `ArgumentError`.
    """

    def __init__(self, names: Sequence[str], types: Sequence[ArrayType], downcast: bool | None = None, place: str = ""):
        self.names, self.types, self.downcast = tuple(names), tuple(types), downcast
        self.place = f"{place}: " if place else ""
        self.checks = tuple([self._check(position) for position in range(len(self.names))])
        self.named = [
            (position, [(axis, dim) for axis, dim in enumerate(kind.shape) if isinstance(dim, str)])
            for position, kind in enumerate(self.types)
            if any(isinstance(dim, str) for dim in kind.shape)
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return Arguments, (self.names, self.types, self.downcast, self.place.removesuffix(": "))

    def __call__(self, values: tuple[Any, ...]) -> list[Any]:
        if len(values) != len(self.checks):
            raise self.error(self._count_message(len(values)))
        result = [check(value) for check, value in zip(self.checks, values, strict=True)]
        if self.named:
            self._agree(result)
        return result

    def error(self, message: str) -> ArgumentError:
        return ArgumentError(f"{self.place}{message}")

    def _count_message(self, count: int) -> str:
        wanted = f"{len(self.names)} argument{'s' * (len(self.names) != 1)} ({', '.join(self.names)})"
        if count < len(self.names):
            return f"takes {wanted}, {count} given; input {self.names[count]} is missing"
        return f"takes {wanted}, {count} given"

    # ---------------------------------------------------------------- one value

    def _check(self, position: int) -> Callable[[Any], Any]:
        """The quick check of one input: what fits already passes untouched."""
        kind = self.types[position]
        dtype, shape, convert = kind.dtype, kind.shape, self.convert
        array, number, is_double = np.ndarray, kind.dtype.type, kind.dtype.char == "d"
        if not shape:

            def check(value: Any) -> Any:
                given = type(value)
                if given is number or (given is float and is_double):
                    return number(value)
                return convert(position, value)

        elif kind.is_static:

            def check(value: Any) -> Any:
                if type(value) is array and value.dtype is dtype and value.shape == shape:
                    return value
                return convert(position, value)

        else:
            rank, fixed = len(shape), [(axis, dim) for axis, dim in enumerate(shape) if isinstance(dim, int)]

            def check(value: Any) -> Any:
                if type(value) is not array or value.dtype is not dtype or value.ndim != rank:
                    return convert(position, value)
                for axis, size in fixed:
                    if value.shape[axis] != size:
                        return convert(position, value)
                return value

        return check

    def convert(self, position: int, value: Any) -> Any:
        """The value as an array or NumPy scalar of the input's type."""
        kind = self.types[position]
        array = self._as_array(position, value)
        self._check_shape(position, array)
        if array.dtype != kind.dtype and not self._may_cast(value, array.dtype, kind.dtype):
            raise self.error(self._dtype_message(position, value, array))
        try:
            integers = array.dtype.kind in "iu" and kind.dtype.kind in "iu"
            array = np.asarray(value if integers else array, dtype=kind.dtype)  # of an int, so that it is range-checked
        except OverflowError:
            raise self.error(f"input {self.names[position]}: {value!r} does not fit dtype {kind.dtype}") from None
        return array if array.ndim else array[()]

    def _as_array(self, position: int, value: Any) -> np.ndarray[Any, Any]:
        name = self.names[position]
        if hasattr(value, "term"):
            raise self.error(f"input {name} was given a symbolic expression; pass numbers, or evaluate it first")
        try:
            array = np.asarray(value)
        except (ValueError, TypeError) as problem:
            raise self.error(f"input {name} was given no array: {problem}") from None
        if isinstance(value, np.ndarray) and np.any(getattr(value, "mask", False)):
            raise self.error(f"input {name} was given an array with masked elements; pass value.filled(...)")
        if array.dtype.kind not in "biufc":
            raise self.error(f"input {name} ({self.types[position]}) was given {_shown(value)}, which holds no numbers")
        return array

    def _check_shape(self, position: int, array: np.ndarray[Any, Any]) -> None:
        kind, name = self.types[position], self.names[position]
        if array.ndim != len(kind.shape):
            wanted = f"{len(kind.shape)} dimension{'s' * (len(kind.shape) != 1)}, {shape_text(kind.shape)}"
            raise self.error(f"input {name} has {wanted}; it was given an array of shape {shape_text(array.shape)}")
        for axis, (dim, size) in enumerate(zip(kind.shape, array.shape, strict=True)):
            if isinstance(dim, int) and dim != size:
                given = f"size {size} along axis {axis}, shape {shape_text(array.shape)}"
                raise self.error(f"input {name} has shape {shape_text(kind.shape)}; it was given {given}")

    def _may_cast(self, value: Any, given: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
        if self.downcast:
            return not (given.kind == "c" and wanted.kind != "c")
        if np.can_cast(given, wanted, "safe"):
            return True
        if given.kind in "iu" and wanted.kind in "iu":
            return _is_python(value)
        return self.downcast is None and np.can_cast(given, wanted, "same_kind") and _is_python(value)

    def _dtype_message(self, position: int, value: Any, array: np.ndarray[Any, Any]) -> str:
        wanted = self.types[position].dtype
        given = f"{_shown(value)} of dtype {array.dtype}"
        message = f"input {self.names[position]} has dtype {wanted}; {given} does not cast safely"
        if array.dtype.kind == "c" and wanted.kind != "c":
            return f"{message}; pass its real part"
        return f"{message}; pass value.astype({str(wanted)!r}), or compile with allow_input_downcast=True"

    # ---------------------------------------------------------------- all values

    def _agree(self, values: list[Any]) -> None:
        """Whether equal names of dimensions are equal sizes."""
        sizes: dict[str, tuple[int, str]] = {}
        for position, dims in self.named:
            shape = values[position].shape
            for axis, dim in dims:
                found = sizes.setdefault(dim, (shape[axis], self.names[position]))
                if found[0] != shape[axis]:
                    place = f"{shape[axis]} in {self.names[position]} (axis {axis})"
                    raise self.error(f"dimension {dim!r} is {found[0]} in {found[1]} and {place}; they must be equal")


def _is_python(value: Any) -> bool:
    """Whether a value is made of Python numbers, which have no dtype of their own."""
    pending = [value]
    while pending:
        item = pending.pop()
        if type(item) in (list, tuple):
            pending.extend(item)
        elif type(item) not in _PYTHON_NUMBERS:
            return False
    return True


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"an object of type {type(value).__name__}"
