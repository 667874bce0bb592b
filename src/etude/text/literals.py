"""Constants as text: the shortest literal that a reader turns back into the same constant.

A Python number takes the dtype of the other operands (NEP 50), so `2 * x` holds the constant 2.0 of a float64 `x`.
Where no plain number does, the dtype is written out: `float32(0.1)`. Arrays are written `array([1.0, 2.0])`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from etude.terms import Term, constant, constant_value, is_constant

__all__ = [
    "DTYPE_NAMES",
    "NAMED_NUMBERS",
    "array_text",
    "dtype_text",
    "literal_text",
    "number_text",
    "operand_literals",
]

NAMED_NUMBERS = {"pi": math.pi, "e": math.e, "euler_gamma": 0.5772156649015329, "inf": math.inf, "nan": math.nan}
DTYPE_NAMES = frozenset(
    "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)
_NAME_OF = {value: name for name, value in NAMED_NUMBERS.items() if name != "nan"}
_NAMED = [NAMED_NUMBERS[name] for name in ("pi", "e", "euler_gamma")]
_EDGE = 3  # entries shown at both ends of an array too long to be written out


def dtype_text(dtype: np.dtype[Any]) -> str:
    """The bare name of a dtype: `float64`, `bool_`."""
    return "bool_" if dtype.kind == "b" else dtype.name


def number_text(value: Any, named: bool = True) -> str:
    """A Python number as the parser reads it; where `named`, numbers that have a name are written by it."""
    if isinstance(value, complex):
        text = repr(value)
        return text if "inf" not in text and "nan" not in text else f"complex({value.real!r}, {value.imag!r})"
    if isinstance(value, float) and (named or abs(value) == math.inf):
        if value in _NAME_OF:
            return _NAME_OF[value]
        if -value in _NAME_OF:
            return f"-{_NAME_OF[-value]}"
    return repr(value)


def _candidates(term: Term) -> list[complex]:
    """Python numbers that may stand for a constant, the shortest spelling first."""
    scalar = constant_value(term)
    value = scalar.item()
    if not isinstance(value, (bool, int, float, complex)):
        value = float(value)  # extended precision has no Python number of its own
    found: list[complex] = [value]
    if isinstance(value, float):
        if scalar.dtype.itemsize < 8:
            found = [*_NAMED, float(str(scalar)), value]
        if abs(value) < 1e16 and value.is_integer():
            found.insert(0, int(value))
    return found


def _weak_text(term: Term, dtypes: Sequence[Any], named: bool) -> str | None:
    """The literal that becomes `term` beside operands of these dtypes, if one does."""
    for number in _candidates(term):
        try:
            if constant(number, np.result_type(*dtypes, number) if dtypes else None) is term:
                return number_text(number, named)
        except OverflowError:
            continue
    return None


def _typed_text(term: Term, named: bool) -> str:
    dtype = term.type.dtype
    fitting = [number for number in _candidates(term) if constant(number, dtype) is term]
    number = next((n for n in fitting if type(n) is not int), None) if dtype.kind == "f" else None
    number = number if number is not None else [*fitting, constant_value(term).item()][0]
    return f"{dtype_text(dtype)}({number_text(number, named)})"


def literal_text(term: Term, named: bool = True) -> str:
    """The text of a 0-dimensional constant that stands alone."""
    return _weak_text(term, (), named) or _typed_text(term, named)


def operand_literals(op: Any, operands: Sequence[Any], named: bool = True) -> list[str | None]:
    """For each operand that is a 0-dimensional constant its text in a call of `op`; None for the others."""
    texts: list[str | None] = [None] * len(operands)
    places = [i for i, part in enumerate(operands) if is_constant(part) and part.type.ndim == 0]
    if not places:
        return texts
    weak = range(len(operands)) if op.weak is None else op.weak
    dtypes = [operands[i].type.dtype for i in weak if i < len(operands) and i not in places and _is_typed(operands[i])]
    while places:
        stubborn = []
        for i in places:
            texts[i] = _weak_text(operands[i], dtypes if i in weak else (), named)
            if texts[i] is None:
                texts[i] = _typed_text(operands[i], named)
                stubborn.append(i)
        dtypes += [operands[i].type.dtype for i in stubborn if i in weak]
        places = [i for i in places if i not in stubborn] if stubborn else []
    return texts


def _is_typed(part: Any) -> bool:
    return getattr(part, "type", None) is not None


# ---------------------------------------------------------------- arrays


def array_text(value: np.ndarray[Any, Any], limit: int) -> str:
    """`array([1.0, 2.0])`, with the dtype where the entries do not give it; abbreviated above `limit` characters."""
    if value.size == 0:
        return f"empty({value.shape}, dtype={dtype_text(value.dtype)})"
    if value.size * 2 > limit:
        return _summary(value)
    entries = _nested(value.tolist())
    dtype = "" if _default_dtype(value) == value.dtype else f", dtype={dtype_text(value.dtype)}"
    text = f"array({entries}{dtype})"
    return text if len(text) <= limit else _summary(value)


def _default_dtype(value: np.ndarray[Any, Any]) -> np.dtype[Any]:
    return np.asarray(value.tolist()).dtype


def _nested(entries: Any) -> str:
    if isinstance(entries, list):
        return f"[{', '.join(map(_nested, entries))}]"
    return number_text(entries if isinstance(entries, (bool, int, float, complex)) else float(entries))


def _summary(value: np.ndarray[Any, Any]) -> str:
    flat = value.reshape(-1)
    first, last = (", ".join(_nested(item) for item in part.tolist()) for part in (flat[:_EDGE], flat[-_EDGE:]))
    brackets = "[" * value.ndim, "]" * value.ndim
    return f"array({brackets[0]}{first}, ..., {last}{brackets[1]})"
