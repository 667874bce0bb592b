"""The gradient of a scalar cost, with the meaning of `aesara.gradient.grad`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from etude.api.array import Array, reached
from etude.api.construct import asarray
from etude.calculus import DisconnectedType, NullType, one_like, zero_like
from etude.differentiation import differentiate
from etude.errors import DisconnectedInputError, NullTypeGradError
from etude.terms import Term, shape_text
from etude.text.printer import to_text

__all__ = ["checked_option", "container", "delivered", "grad", "listed"]

OPTIONS = {
    "disconnected_inputs": ("raise", "warn", "ignore"),
    "return_disconnected": ("zero", "none", "disconnected"),
    "null_gradients": ("raise", "return"),
}


def grad(
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Any] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Mapping[Any, Any] | None = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
    simplify: bool = True,
) -> Any:
    """The gradient of `cost`, an Array of shape (), with respect to each of `wrt`.

    Parameters
    ----------
    cost : Array of shape (), floating, integer or boolean; None where `known_grads` are given
    wrt : Array, or a list, tuple or other iterable of them
        Inputs, shared variables, constants or intermediate expressions.
    consider_constant : iterable of Arrays through which nothing is propagated
    disconnected_inputs : "raise", "warn" or "ignore", for a `wrt` on which the cost does not depend
    add_names : whether a gradient is called `(d<cost>/d<wrt>)` where both have names
    known_grads : mapping from Arrays to their gradients, which replace what would be derived
    return_disconnected : "zero", "none" or "disconnected", what is given for a disconnected `wrt`
    null_gradients : "raise" or "return", for gradients that are undefined or not implemented
    simplify : whether the gradient is brought to a normal form

    Returns
    -------
    One gradient for each `wrt`, of its shape and (floating) dtype, in a tuple for a tuple, in a list for another
    iterable, and by itself for a single Array.

    Raises
    ------
    TypeError for a cost that is no scalar; DisconnectedInputError (a ValueError); NullTypeGradError (a TypeError);
    ValueError for an unknown option.

    Examples
    --------
    >>> import etude as et
    >>> x = et.scalar("x")
    >>> str(et.grad(et.sin(x), x))
    'cos(x)'

    """
    chosen = {
        "disconnected_inputs": disconnected_inputs,
        "return_disconnected": return_disconnected,
        "null_gradients": null_gradients,
    }
    for name, value in chosen.items():
        checked_option(name, value)
    targets, back = container(wrt, "wrt")
    constants = listed(consider_constant, "consider_constant")
    known = _known(known_grads)
    seeds = _seed(cost, known)
    terms = [target.term for target in targets]
    results = differentiate(seeds, terms, [array.term for array in constants], known, simplify)
    cost_name = cost.name if isinstance(cost, Array) else None
    arrays = [
        delivered(result, target, cost_name, chosen, add_names) for result, target in zip(results, targets, strict=True)
    ]
    return back(arrays)


def checked_option(name: str, value: Any) -> None:
    if value not in OPTIONS[name]:
        raise ValueError(f"{name} is one of {', '.join(map(repr, OPTIONS[name]))}, not {value!r}")


def container(given: Any, what: str) -> tuple[list[Array], Any]:
    """The Arrays of a container, and the function that puts as many results into such a container."""
    if isinstance(given, Array):
        return [given], lambda results: results[0]
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise TypeError(f"{what} is an Array or an iterable of Arrays, not {type(given).__name__}")
    arrays = list(given)
    for position, array in enumerate(arrays):
        if not isinstance(array, Array):
            raise TypeError(f"{what}[{position}] is {array!r}, no Array; use et.constant or et.shared for values")
    return arrays, tuple if isinstance(given, tuple) else list


def listed(given: Iterable[Any] | None, what: str) -> list[Array]:
    if given is None:
        return []
    if isinstance(given, (Array, str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{what} is an iterable of Arrays, not {type(given).__name__}; put a single one into a list")
    return container(given, what)[0]


def _known(known_grads: Mapping[Any, Any] | None) -> dict[Term, Any]:
    if known_grads is None:
        return {}
    pairs = known_grads.items() if isinstance(known_grads, Mapping) else known_grads
    found: dict[Term, Any] = {}
    for key, value in pairs:
        if not isinstance(key, Array):
            raise TypeError(f"known_grads has the key {key!r}, which is no Array")
        found[key.term] = _known_value(key, value)
    return found


def _known_value(key: Array, value: Any) -> Any:
    if isinstance(value, (DisconnectedType, NullType)):
        return value
    array = asarray(value)
    label = _label(key)
    if array.dtype.kind not in "fc":
        raise TypeError(
            f"known_grads[{label}] has dtype {array.dtype}; a gradient is floating, also that of an integer"
        )
    shape, wanted = array.term.type.shape, key.term.type.shape
    fits = len(shape) == len(wanted) and all(map(_may_equal, shape, wanted))
    if not fits:
        raise ValueError(
            f"known_grads[{label}] has shape {shape_text(shape)}, but {label} has shape {shape_text(wanted)}"
        )
    return array.term


def _may_equal(size: Any, wanted: Any) -> bool:
    return size == wanted or not (isinstance(size, int) and isinstance(wanted, int))


def _seed(cost: Any, known: dict[Term, Any]) -> dict[Term, Any]:
    if cost is None:
        if not known:
            raise ValueError("cost is None and known_grads is empty; give at least one of them")
        return {}
    if isinstance(cost, NullType):
        raise NullTypeGradError(f"the cost is null: {cost.why}")
    if not isinstance(cost, Array):
        if not isinstance(cost, (int, float, complex, np.generic, np.ndarray)):
            raise TypeError(f"cost is an Array of shape (), not {type(cost).__name__}")
        cost = asarray(cost)
    if cost.ndim != 0:
        raise TypeError(
            f"cost {_label(cost)} has shape {shape_text(cost.term.type.shape)}; a gradient is taken of a scalar. "
            "Sum it, or use et.jacobian, et.Lop or et.Rop"
        )
    return {} if cost.term in known else {cost.term: one_like(cost.term)}


def _label(array: Array) -> str:
    return array.name or to_text(array.term, 60)


def delivered(result: Any, target: Array, cost_name: str | None, chosen: Mapping[str, str], add_names: bool) -> Any:
    """A result as the options ask for it."""
    cost = f"cost {cost_name}" if cost_name else "cost"
    if isinstance(result, DisconnectedType):
        message = f"the {cost} does not depend on {_label(target)} ({target.term.type}): {result.why}"
        if chosen["disconnected_inputs"] == "raise":
            raise DisconnectedInputError(f"{message}. Pass disconnected_inputs='ignore' to get zeros for it")
        if chosen["disconnected_inputs"] == "warn":
            warnings.warn(message, UserWarning, stacklevel=3)
        if chosen["return_disconnected"] != "zero":
            return None if chosen["return_disconnected"] == "none" else result
        result = zero_like(target.term)
    if isinstance(result, NullType):
        if chosen["null_gradients"] == "raise":
            raise NullTypeGradError(
                f"the gradient of the {cost} with respect to {_label(target)} is null: {result.why}"
            )
        return result
    array = reached(result)
    if add_names and cost_name and target.name:
        array.name = f"(d{cost_name}/d{target.name})"
    return array
