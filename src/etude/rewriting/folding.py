"""The values of operators on small constants."""

from __future__ import annotations

from math import isfinite, prod
from typing import Any

import numpy as np

from etude.terms import ArrayType, Term, constant, constant_value, is_constant

__all__ = ["folded"]

_FOLDED = 64
_FLOAT = ArrayType(np.float64)


def folded(term: Term) -> Term | None:
    """The value of an operator on small constants, where it is finite."""
    operands = term.operands
    if not operands or not all(map(is_constant, operands)) or not term.type.is_static:
        return None
    if any(prod(part.type.shape) > _FOLDED for part in (term, *operands)):
        return None
    try:
        with np.errstate(all="ignore"):
            found = term._tuple[0].meaning(*[_value(part) for part in term._tuple[1:]])
    except Exception:  # noqa: BLE001  # any operator may refuse its values; then the term stays
        return None
    if type(found) is np.float64 and term.type is _FLOAT:
        return constant(float(found)) if isfinite(found) else None
    value = np.asarray(found)
    if value.dtype != term.type.dtype or value.shape != term.type.shape or not np.isfinite(value).all():
        return None
    return constant(value)


def _value(part: Any) -> Any:
    return constant_value(part) if isinstance(part, Term) else part
