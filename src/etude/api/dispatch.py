"""What NumPy's own functions do when they are called on Arrays: the terms of `np.sin(x)`, `np.sum(x, axis=0)`, ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from etude.errors import TermTypeError
from etude.ops import CATALOGUE
from etude.ops.matrix_functions import MATRIX_FUNCTIONS
from etude.terms import Term
from etude.text.vocabulary import FUNCTIONS, cast

__all__ = ["function_term", "ufunc_term"]

_REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any",
    "logaddexp": "logsumexp",
}  # fmt: skip
_ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod"}
_IGNORED = {"casting", "order", "subok", "signature"}  # of how NumPy computes, not of what


def ufunc_term(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
    """The meaning of a ufunc, or of its `reduce`, `accumulate` and `outer`, on terms."""
    name = ufunc.__name__
    given = _plain(f"np.{name}", named)
    dtype = given.pop("dtype", None)
    if dtype is not None:
        inputs = tuple([cast(value, np.dtype(dtype)) for value in inputs])
    match method:
        case "__call__" if name in FUNCTIONS:
            return FUNCTIONS[name](*inputs, **given)
        case "reduce" if name in _REDUCTIONS:
            return _along(_REDUCTIONS[name], inputs, given)
        case "accumulate" if name in _ACCUMULATIONS:
            return _along(_ACCUMULATIONS[name], inputs, given)
        case "outer" if name in FUNCTIONS and len(inputs) == 2:
            left, right = map(_term, inputs)
            spread = FUNCTIONS["reshape"](left, (*left.type.shape, *[1] * right.type.ndim)) if right.type.ndim else left
            return FUNCTIONS[name](spread, right)
    called = f"np.{name}" if method == "__call__" else f"np.{name}.{method}"
    raise TermTypeError(f"{called} has no counterpart for symbolic Arrays")


def _term(value: Any) -> Term:
    return CATALOGUE["positive"](value)


def _along(name: str, inputs: tuple[Any, ...], given: dict[str, Any]) -> Any:
    axis = inputs[1] if len(inputs) > 1 else given.pop("axis", 0)
    return FUNCTIONS[name](inputs[0], axis=axis, **given)


def _plain(name: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that mean something here."""
    if any(part is not None for part in named.get("out") or ()):
        raise TermTypeError(f"{name}: an Array is never written into, and no result of Arrays goes into out=; write a = a + x")
    if named.get("where", True) is not True:
        raise TermTypeError(f"{name}: where= has no meaning for Arrays; use et.where(condition, ..., ...)")
    return {key: value for key, value in named.items() if key not in ("out", "where") and key not in _IGNORED}


def function_term(function: Any, args: Any, named: Mapping[str, Any]) -> Any:
    """The meaning of a NumPy function that is no ufunc, on terms."""
    name, module = function.__name__, getattr(function, "__module__", "numpy")
    found = FUNCTIONS.get(name) if module.startswith("numpy") else None
    if module == "numpy.linalg" and name in MATRIX_FUNCTIONS:  # np.linalg.cond is no choice between two functions
        found = MATRIX_FUNCTIONS[name]
    if found is None:
        place = module.replace("numpy", "np", 1)
        raise TermTypeError(f"{place}.{name} has no counterpart for symbolic Arrays")
    out = named.get("out")
    if out is not None:
        raise TermTypeError(f"np.{name}: no result of Arrays goes into out=; take the result")
    return found(*args, **{key: value for key, value in named.items() if key != "out"})
