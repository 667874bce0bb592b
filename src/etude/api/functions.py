"""Every operator and composition as a function of Arrays, numbers, NumPy arrays and nested lists of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etude.api.array import described, unwrapped, wrapped
from etude.errors import ShapeError, TermTypeError
from etude.text import vocabulary

__all__ = ["FUNCTIONS", "lift"]


def lift(function: Callable[..., Any], name: str, doc: str | None) -> Callable[..., Any]:
    """A function of terms as one of Arrays."""

    def call(*args: Any, **named: Any) -> Any:
        given = [unwrapped(arg) for arg in args]
        try:
            return wrapped(function(*given, **{key: unwrapped(value) for key, value in named.items()}))
        except (ShapeError, TermTypeError) as error:
            raise described(error, tuple(given)) from None

    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: lift(function, name, function.__doc__) for name, function in vocabulary.FUNCTIONS.items()
}
