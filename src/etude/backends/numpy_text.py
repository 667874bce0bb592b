"""What NumPy's own syntax says in less time than a function that looks at its arguments: the same bits, sooner.

NumPy's functions written in Python take 2 to 10 us before they do anything, which is what a step of a loop over small
arrays is made of. Where types are known beforehand, subscripts, methods and ufuncs say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from etude.ops import Op
from etude.ops.subscripts import ARRAY, OPERAND

__all__ = ["direct_function", "expression", "statements"]

_FOLDS = {"sum": np.add.reduce, "prod": np.multiply.reduce, "max": np.maximum.reduce, "min": np.minimum.reduce}
_CHANGES = {"set_at": "=", "add_at": "+="}


def direct_function(op: Op, kinds: Sequence[Any]) -> Callable[..., Any] | None:
    """A quicker function of the same operands and attributes; `kinds` are the result's type and the operands'."""
    if op.name in _FOLDS and len(kinds) == 2 and kinds[1].ndim:
        return _FOLDS[op.name]
    if kinds[0].ndim and all(kind.dtype.char == "d" for kind in kinds):
        plain: Callable[..., Any] | None = getattr(op.evaluate, "plain", None)
        return plain
    return None


def expression(op: Op, names: Sequence[str], kinds: Sequence[Any], attributes: tuple[Any, ...]) -> str | None:
    """The instruction as an expression of its operands' names, if it has such a form."""
    if op.name == "getitem" and kinds[1].ndim:
        return f"{names[0]}[{_subscript(attributes[0], names[1:])}]"
    if op.name == "expand_dims":
        return f"{names[0]}[{', '.join('None' if axis in attributes[0] else ':' for axis in range(kinds[0].ndim))}]"
    if op.name == "squeeze" and kinds[0].ndim:
        return f"{names[0]}.squeeze({attributes[0]})"
    return None


def statements(
    op: Op, names: Sequence[str], kinds: Sequence[Any], attributes: tuple[Any, ...], target: str, inside: bool
) -> list[str] | None:
    """The instruction as statements that change `target`, which `inside` says is the first operand's own memory."""
    sign = _CHANGES.get(op.name)
    if sign is None or kinds[0].dtype != kinds[1].dtype or not kinds[0].ndim:
        return None
    if op.name == "add_at" and ARRAY in attributes[0]:
        return None  # equal places would be added to once
    change = f"{target}[{_subscript(attributes[0], names[2:])}] {sign} {names[1]}"
    return [change] if inside else [f"{target} = copy({names[0]})", change]


def _subscript(spec: tuple[Any, ...], names: Sequence[str]) -> str:
    """What stands between the brackets, the operands by name."""
    given = iter(names)

    def bound(item: Any) -> str:
        return "" if item is None else next(given) if item == OPERAND else str(item)

    parts: list[str] = []
    for entry in spec:
        if isinstance(entry, tuple):
            start, stop, step = map(bound, entry[1:])
            parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        else:
            parts.append(next(given) if entry == ARRAY else str(entry))
    return ", ".join(parts) or "..."
