"""The value of a term by NumPy, one node at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from etude.errors import ArgumentError, MissingValueError
from etude.terms import Term, is_symbol, postorder, shape_text, symbol_name

__all__ = ["evaluate", "fitted"]


def evaluate(term: Term, values: Mapping[Term, Any]) -> np.ndarray[Any, Any]:
    """The value of `term`, given values for its symbols (or for any of its sub-terms)."""
    known: dict[Term, Any] = {key: fitted(key, value) for key, value in values.items()}
    _check_sizes(known)
    for node in postorder(term, stop=lambda part: part in known):
        if node in known:
            continue
        if is_symbol(node) and not hasattr(node._tuple[4], "get_value"):
            raise MissingValueError(
                f"{symbol_name(node)} ({node.type}) has no value; give it one: eval({{{symbol_name(node)}: ...}})"
            )
        known[node] = node._tuple[0].meaning(*[known[part] if isinstance(part, Term) else part for part in node._tuple[1:]])
    return np.asarray(known[term])


def fitted(leaf: Term, value: Any) -> np.ndarray[Any, Any]:
    """`value` as an array of the leaf's type, cast only where nothing is lost."""
    kind, name = leaf.type, symbol_name(leaf) if is_symbol(leaf) else str(leaf)
    array = np.asarray(value)
    if array.dtype != kind.dtype:
        if not _casts(value, array, kind.dtype):
            raise ArgumentError(f"{name} is {kind.dtype}; a value of dtype {array.dtype} does not cast to it without loss")
        array = array.astype(kind.dtype)
    fits = array.ndim == kind.ndim and all(
        not isinstance(dim, int) or dim == size for dim, size in zip(kind.shape, array.shape, strict=True)
    )
    if not fits:
        raise ArgumentError(f"{name} has shape {shape_text(kind.shape)}; the value given has shape {array.shape}")
    return array


def _casts(value: Any, array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> bool:
    if np.can_cast(array.dtype, dtype, casting="safe"):
        return True
    if isinstance(value, (np.ndarray, np.generic)) or array.dtype.kind not in "biufc":
        return False
    return np.can_cast(array.dtype, dtype, casting="same_kind") and bool(
        np.all(array.astype(dtype) == array) or dtype.kind in "fc"
    )


def _check_sizes(known: Mapping[Term, Any]) -> None:
    """Equal names of sizes must be equal sizes."""
    sizes: dict[str, tuple[int, str]] = {}
    for leaf, array in known.items():
        for dim, size in zip(leaf.type.shape, array.shape, strict=True):
            if isinstance(dim, str):
                name = symbol_name(leaf) if is_symbol(leaf) else str(leaf)
                seen = sizes.setdefault(dim, (size, name))
                if seen[0] != size:
                    raise ArgumentError(f"size {dim!r} is {seen[0]} in {seen[1]} and {size} in {name}")
