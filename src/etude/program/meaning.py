"""What may be taken for granted of an operator's NumPy meaning: whether it is a ufunc, whether its result is new."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from etude.ops import Op
from etude.ops.scipy_functions import scipy_special

__all__ = ["binary_ufunc", "is_ufunc", "keyword_arguments", "makes_new", "ufunc_of"]

_FOLDED = {"add": np.add, "multiply": np.multiply}

# Operators that are no ufuncs and yet never return (a view of) an operand. What is not listed may do so.
_NEW = frozenset(
    "where clip rsqrt astype angle sum prod mean var std max min argmax argmin all any cumsum cumprod logsumexp norm "
    "matmul dot tensordot outer trace inv det slogdet solve cholesky concatenate stack tile repeat roll take sort "
    "argsort arange zeros ones full eye zeros_like ones_like shape eigh svd qr set_at add_at map".split()
)


@cache
def ufunc_of(op: Op) -> np.ufunc | None:
    """The ufunc that an operator is, or None."""
    if isinstance(op.evaluate, np.ufunc):
        return op.evaluate
    if op.name in _FOLDED:
        return _FOLDED[op.name]
    if "ufunc" in op.properties:
        found = scipy_special(op.name)
        return found if isinstance(found, np.ufunc) else None
    return None


@cache
def is_ufunc(op: Op) -> bool:
    """Whether the operator runs as a ufunc of one result, so that it takes `out=`."""
    found = ufunc_of(op)
    return found is not None and found.nout == 1 and op.is_elementwise


def binary_ufunc(op: Op) -> bool:
    """Whether more than two operands are folded by a ufunc, from the left."""
    return op.name in _FOLDED


@cache
def makes_new(op: Op) -> bool:
    """Whether the result shares no memory with an operand."""
    return op.name in _NEW or is_ufunc(op)


def keyword_arguments(op: Op, attributes: tuple[Any, ...]) -> dict[str, Any]:
    """The attributes by name, as `op.evaluate` takes them."""
    return dict(zip(op.attributes, attributes, strict=True))
