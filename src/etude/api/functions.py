"""Every operator of the catalogue as a function of Arrays, numbers and NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etude.api.array import Array, wrap
from etude.ops import CATALOGUE
from etude.ops.aliases import ALIASES
from etude.terms import Term

__all__ = ["FUNCTIONS", "lift"]


def lift(function: Callable[..., Any], name: str, doc: str) -> Callable[..., Any]:
    """A function of terms as one of Arrays."""

    def call(*args: Any, **named: Any) -> Any:
        return _wrapped(function(*[_unwrapped(arg) for arg in args], **{key: _unwrapped(value) for key, value in named.items()}))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return call


def _unwrapped(value: Any) -> Any:
    if isinstance(value, Array):
        return value.term
    if isinstance(value, (list, tuple)):
        return type(value)(map(_unwrapped, value))
    return value


def _wrapped(value: Any) -> Any:
    if isinstance(value, Term):
        return wrap(value)
    return value


FUNCTIONS: dict[str, Callable[..., Any]] = {name: lift(op, name, op.doc) for name, op in CATALOGUE.items()}
FUNCTIONS.update({alias: FUNCTIONS[name] for alias, name in ALIASES.items() if name in FUNCTIONS})
