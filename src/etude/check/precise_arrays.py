"""Functions of arrays in high precision: arrays of Python objects, each a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.check.precise_numbers import Imprecise, ScalarMeaning, context, is_special

__all__ = ["OF_ARRAYS", "STRUCTURAL", "objects"]

# NumPy's own code serves numbers of any kind in object arrays.
STRUCTURAL = frozenset(
    "sum prod mean max min cumsum cumprod matmul dot tensordot outer trace diag diagonal tril triu transpose "
    "matrix_transpose swapaxes moveaxis reshape expand_dims squeeze broadcast_to concatenate stack tile repeat flip roll "
    "item take size shape full getitem set_at add_at pad zeros_like ones_like count_nonzero".split()
)


def objects(function: ScalarMeaning, *arrays: Any) -> Any:
    return np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=object)


def _finite(x: Any) -> Any:
    if any(is_special(value) and not np.isfinite(value) for value in x.flat):
        raise Imprecise
    return x


def _logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    if any(is_special(value) and not value < np.inf for value in x.flat):
        raise Imprecise  # of -inf the exponential is 0
    total = np.sum(objects(context().exp, x), axis=axis, keepdims=keepdims)
    return objects(context().log, np.asarray(total, dtype=object))


def _variance(x: Any, axis: Any, keepdims: bool, ddof: int) -> Any:
    mean = np.mean(_finite(x), axis=axis, keepdims=True)
    count = x.size // max(mean.size, 1) - ddof
    if count <= 0:
        raise Imprecise
    return np.sum((x - mean) ** 2, axis=axis, keepdims=keepdims) / context().mpf(count)


def _root(x: Any) -> Any:
    return objects(context().sqrt, np.asarray(x, dtype=object))


def _rounded(value: Any, decimals: int) -> Any:
    if is_special(value):
        return value
    power = context().mpf(10) ** decimals
    return context().nint(value * power) / power


def _ordered(x: Any) -> Any:
    """The elements, if they have an order."""
    if any(value != value for value in x.flat):
        raise Imprecise
    return x


def _truths(x: Any) -> Any:
    return objects(bool, x).astype(bool)


# Of arrays, by their definition: in so many digits nothing overflows.
OF_ARRAYS: dict[str, ScalarMeaning] = {
    "logsumexp": lambda x, axis=None, keepdims=False: _logsumexp(x, axis, keepdims),
    "log_softmax": lambda x, axis=None: x - _logsumexp(x, axis, True),
    "softmax": lambda x, axis=None: objects(context().exp, x - _logsumexp(x, axis, True)),
    "var": _variance,
    "std": lambda x, axis, keepdims, ddof: _root(_variance(x, axis, keepdims, ddof)),
    "norm": lambda x, axis, keepdims: _root(np.sum(_finite(x) ** 2, axis=axis, keepdims=keepdims)),
    "round": lambda x, decimals: objects(lambda value: _rounded(value, decimals), x),
    "all": lambda x, axis, keepdims: np.all(_truths(x), axis=axis, keepdims=keepdims),
    "any": lambda x, axis, keepdims: np.any(_truths(x), axis=axis, keepdims=keepdims),
    "sort": lambda x, axis: np.sort(_ordered(x), axis=axis, kind="stable"),
    "argsort": lambda x, axis: np.argsort(_ordered(x), axis=axis, kind="stable"),
    "argmax": lambda x, axis, keepdims: np.argmax(_ordered(x), axis=axis, keepdims=keepdims),
    "argmin": lambda x, axis, keepdims: np.argmin(_ordered(x), axis=axis, keepdims=keepdims),
}
