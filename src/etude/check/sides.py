"""Both sides of a rule at given values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from etude.check.derivatives import slopes
from etude.check.instances import FitError, Instance, attribute_variables, spelled, typed_instance
from etude.check.sampling import value_of
from etude.errors import TermTypeError
from etude.rules import Rule, variables_of
from etude.rules import rule as parsed
from etude.terms import ArrayType, symbol

__all__ = ["sides"]


def sides(rule: str | Rule, /, **inputs: Any) -> tuple[Any, Any]:
    """The values of the left and of the right side where its variables have these values, in the type of the left side.

    Raises KeyError for a variable without a value or a value without a variable, TermTypeError where a side has no value of
    that type. Of the line of a derivative, see `slopes`.
    """
    made = parsed(rule) if isinstance(rule, str) else rule
    if made.kind in ("differential", "adjoint"):
        return slopes(made, inputs)
    if made.kind == "meaning":
        raise TermTypeError(f"{made.name}: a line that says what operators mean has no sides")
    attributes = attribute_variables(made.lhs, made.rhs)
    arrays = {name: np.asarray(value) for name, value in inputs.items() if name not in attributes}
    symbols = {name: symbol(name, value.shape, value.dtype) for name, value in arrays.items()}
    types = {name: ArrayType(value.dtype, value.shape) for name, value in arrays.items()}
    given = {name: value for name, value in inputs.items() if name in attributes}
    fault = "an operand does not fit"
    for lhs, rhs, turned in _ways(made, set(inputs)):
        try:
            found = typed_instance(lhs, rhs, types, symbols, given)
        except FitError as error:
            fault = str(error)
            continue
        if found is not None:
            values = _values(found, arrays)
            return values[::-1] if turned else values
    raise TermTypeError(f"{made.name}: there are no values of one type at {_described(types)}: {fault}")


def _ways(rule: Rule, names: set[str]) -> Iterator[tuple[Any, Any, bool]]:
    """Both sides over just these names, a star variable spelled out as `x0, x1, ...`, and whether they are turned round."""
    fault = ""
    for lhs, rhs in spelled(rule):
        wanted = {variable.name for variable in variables_of(lhs) | variables_of(rhs)}
        if wanted == names:
            yield lhs, rhs, False
            if rule.kind == "equation":
                yield rhs, lhs, True
            return
        fault = fault or ", ".join(f"{name} has no value" for name in sorted(wanted - names)) or (
            f"{', '.join(sorted(names - wanted))} does not occur, {', '.join(sorted(wanted))} does"
        )  # fmt: skip
    raise KeyError(f"{rule.name}: {fault}")


def _values(found: Instance, arrays: dict[str, Any]) -> tuple[Any, Any]:
    given = {found.inputs[name]: value for name, value in arrays.items() if name in found.inputs}
    left, right = value_of(found.left, given), value_of(found.right, given)
    if isinstance(left, tuple):
        return left, right
    with np.errstate(all="ignore"):
        left, right = (np.asarray(side).astype(found.left.type.dtype) for side in (left, right))
    return left, np.broadcast_to(right, left.shape) if right.ndim < left.ndim else right


def _described(types: dict[str, ArrayType]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in types.items()) or "no operands"
