"""`out=`: results written to arrays of the caller's, which are checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from etude.api.array import Array
from etude.backends import Arguments

__all__ = ["destinations", "write_results"]


def destinations(out: Any, outputs: Sequence[Array], single: bool, arguments: Arguments) -> tuple[Any, ...]:
    """The arrays as a tuple; an ArgumentError names the one that cannot take its result."""
    arrays = (out,) if single else tuple(out) if isinstance(out, (list, tuple)) else None
    if arrays is None or len(arrays) != len(outputs):
        raise arguments.error(f"out is a list of {len(outputs)} arrays, one for each output")
    for position, (array, output) in enumerate(zip(arrays, outputs, strict=True)):
        kind, place = output.term.type, "out" if single else f"out[{position}]"
        if not isinstance(array, np.ndarray):
            raise arguments.error(f"{place} is {type(array).__name__}, no NumPy array")
        if array.dtype != kind.dtype:
            raise arguments.error(f"{place} has dtype {array.dtype}; the output has {kind.dtype}")
        if not array.flags.writeable:
            raise arguments.error(f"{place} is read-only")
        fits = array.ndim == len(kind.shape) and all(
            size == dim for size, dim in zip(array.shape, kind.shape, strict=True) if isinstance(dim, int)
        )
        if not fits:
            raise arguments.error(f"{place} has shape {array.shape}; the output has {kind}")
    for position, array in enumerate(arrays):
        if any(np.shares_memory(array, other) for other in arrays[:position] if np.may_share_memory(array, other)):
            raise arguments.error(f"out[{position}] shares memory with another array of out")
    return arrays


def write_results(results: Sequence[Any], arrays: Sequence[Any], arguments: Arguments) -> None:
    """Copy results to the arrays, none of them where a shape known only now does not fit."""
    for position, (result, array) in enumerate(zip(results, arrays, strict=True)):
        if result.shape != array.shape:
            raise arguments.error(f"out[{position}] has shape {array.shape}; the result has {result.shape}")
    for result, array in zip(results, arrays, strict=True):
        np.copyto(array, result)
