"""Every operator and composition as a function of Arrays, numbers, NumPy arrays and nested lists of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etude.api.array import Array, unwrapped, wrap, wrapped
from etude.api.representation import described
from etude.errors import ShapeError, TermTypeError
from etude.text import vocabulary

__all__ = ["FUNCTIONS", "lift"]


def lift(function: Callable[..., Any], name: str, doc: str | None) -> Callable[..., Any]:
    """A function of terms as one of Arrays."""
    op = getattr(function, "op", None)  # an operator's own function, by the short way where it has one operand
    single = None
    if op is not None and op.is_elementwise and len(op.operands) == 1 and not (op.attributes or op.variadic):
        single = op.single

    def call(*args: Any, **named: Any) -> Any:
        if single is not None and len(args) == 1 and not named and type(args[0]) is Array:
            try:
                return wrap(single(args[0].term))
            except (ShapeError, TermTypeError) as error:
                raise described(error, (args[0].term,)) from None
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
