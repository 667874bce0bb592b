"""Values as text that Python reads again, and as plain data."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

__all__ = ["pasted", "plain", "shown_value"]

_FROM_NUMPY = ("array", "complex64", "complex128", "dtype", "float16", "float32", "float64", "inf", "nan", "zeros")
_NAMES = re.compile(r"(?<![\w.'])[a-z]\w*(?=\(|\b)")


def pasted(text: str, inputs: dict[str, Any]) -> str:
    """A program that prints both sides of a rule at these inputs."""
    given = ", ".join(f"{name}={shown_value(value)}" for name, value in inputs.items())
    needed = sorted({name for name in _NAMES.findall(given) if name in _FROM_NUMPY})
    first = f"from numpy import {', '.join(needed)}; " if needed else ""
    both = f"et.sides({_quoted(text)}{', ' * bool(given)}{given})"
    return f'import etude as et; {first}print(*(side.tolist() for side in {both}), sep="\\n")'


def _quoted(text: str) -> str:
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'


def shown_value(value: Any) -> str:
    """A value as it is typed in, with NumPy's names."""
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value)
    if isinstance(value, (np.ndarray, np.generic)):
        text = _number(value.item())
        return text if value.dtype in _PLAIN else f"{value.dtype}({text})"
    return repr(value)


_PLAIN = (np.float64, np.int64, np.bool_, np.complex128)


def _array(value: Any) -> str:
    if value.size == 0:
        text = f"zeros({value.shape}"
        return f"{text})" if value.dtype == np.float64 else f'{text}, "{value.dtype}")'
    own: Any = {"complex_kind": _number}
    numbers = np.array2string(value, separator=", ", threshold=100, floatmode="unique", max_line_width=10**6, formatter=own)
    kind = "" if value.dtype in _PLAIN else f', "{value.dtype}"'
    return f"array({' '.join(numbers.split())}{kind})"


def _number(value: Any) -> str:
    if not isinstance(value, (complex, np.complexfloating)):
        return repr(value)
    real, imag = float(value.real), float(value.imag)
    spelled = np.isfinite(value) and not np.signbit([real, imag]).any()  # else what is written out is another number
    return repr(value) if spelled else f"complex({real!r}, {imag!r})"


def plain(value: Any) -> Any:
    """The value as lists, numbers and text; nan and infinities are text."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return repr(value)
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)
