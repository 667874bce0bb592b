"""Functions that speak to the gradient only; their value is that of their argument."""

from __future__ import annotations

from typing import Any

from etude.api.array import Array, wrap
from etude.api.construct import asarray
from etude.calculus import NullType
from etude.ops import CATALOGUE

__all__ = [
    "consider_constant",
    "disconnected_grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "undefined_grad",
    "zero_grad",
]


def _marked(name: str, x: Any, *attributes: Any) -> Array:
    return wrap(CATALOGUE[name].apply((asarray(x).term,), attributes))


def consider_constant(x: Any) -> Array:
    """`x`; the gradient takes it as a constant, so that what is below it is disconnected."""
    return _marked("consider_constant", x)


def zero_grad(x: Any) -> Array:
    """`x`; what is below it is connected, with slope zero."""
    return _marked("zero_grad", x)


def disconnected_grad(x: Any) -> Array:
    """`x`; what is below it is disconnected."""
    return _marked("disconnected_grad", x)


def undefined_grad(x: Any) -> Array:
    """`x`; the gradient of what is below it is null (undefined)."""
    return _marked("undefined_grad", x)


def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Array:
    """`x`; the gradient that comes back to it is clipped between the bounds.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> et.grad(et.grad_clip(x, -1, 1) ** 2, x).eval({x: 3.0})
    array(1.)
    """
    if not lower_bound <= upper_bound:
        raise ValueError(f"lower_bound {lower_bound} is above upper_bound {upper_bound}")
    return _marked("grad_clip", x, float(lower_bound), float(upper_bound))


def grad_scale(x: Any, multiplier: float) -> Array:
    """`x`; the gradient that comes back to it is multiplied.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> et.grad(et.grad_scale(x, 0.5) ** 2, x).eval({x: 3.0})
    array(3.)
    """
    return _marked("grad_scale", x, float(multiplier))


def grad_undefined(op: Any, i: int, x: Any, comment: str = "") -> NullType:
    """The null gradient of an operator's operand `i`, undefined mathematically; `comment` says why."""
    return NullType(_reason("is undefined", op, i, x, comment))


def grad_not_implemented(op: Any, i: int, x: Any, comment: str = "") -> NullType:
    """The null gradient of an operator's operand `i`, not implemented; `comment` says why."""
    return NullType(_reason("is not implemented", op, i, x, comment))


def _reason(what: str, op: Any, i: int, x: Any, comment: str) -> str:
    name = getattr(x, "name", None)
    called, because = f" ({name})" if name else "", f": {comment}" if comment else ""
    return f"the gradient of {op} with respect to its operand {i}{called} {what}{because}"
