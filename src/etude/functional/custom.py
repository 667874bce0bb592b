"""`custom_rule`: a function with a differential of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from etude.api.array import Array
from etude.api.construct import asarray, symbol
from etude.api.operators import defop
from etude.errors import TermTypeError

__all__ = ["custom_rule"]


def custom_rule(
    fun: Callable[..., Any], differential: str | Iterable[str], name: str | None = None, c: str | None = None
) -> Callable[..., Any]:
    """`fun`, differentiated by rule lines of its own in place of what it is made of.

    fun: a function of arrays, written with NumPy; it gives one array. differential: its lines as in a rule file, each
    `d(name(u, v)) = ...` with the name of the function, see `et.defop`. name: what the lines call it, unless that is
    `fun.__name__`. c: C text for backends that compile, of a function that works element by element.

    The function that comes back takes numbers, and then runs `fun`, and Arrays, and then is one operator: it is not
    rewritten, and the gradient goes by the lines.

    Raises RuleError for lines that are none, TermTypeError for a name of the library and for a `fun` that gives no array.

    >>> import numpy as np
    >>> from etude.functional import custom_rule, grad
    >>> def held(u):
    ...     return np.clip(u, -1.0, 1.0)
    >>> straight = custom_rule(held, "d(held(u)) = d(u)")
    >>> grad(straight)(5.0)
    array(1.)
    """
    called = name if name is not None else str(getattr(fun, "__name__", ""))
    operator = defop(called, _meaning(fun), differential, c, infer=_inferred(called, fun))

    @functools.wraps(fun)
    def call(*args: Any) -> Any:
        return operator(*args) if any(isinstance(arg, Array) for arg in args) else fun(*args)

    return call


def _meaning(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun` of values, also where it is written with functions of Arrays."""

    @functools.wraps(fun)
    def meaning(*values: Any) -> Any:
        found = fun(*values)
        return found.eval() if isinstance(found, Array) else np.asarray(found)

    return meaning


def _inferred(name: str, fun: Callable[..., Any]) -> Callable[..., Any]:
    """The type that `fun` gives, found by running it on symbols of its operands' types."""

    def infer(*kinds: Any) -> Any:
        try:
            return asarray(fun(*[symbol(None, kind.shape, kind.dtype) for kind in kinds])).term.type
        except (TypeError, ValueError) as error:
            given = ", ".join(map(str, kinds))
            raise TermTypeError(f"{name}: its function fails on arrays of types {given}: {error}") from error

    return infer
