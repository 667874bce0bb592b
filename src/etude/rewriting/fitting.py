"""Fitting a replacement to the type of what it replaces: a cast, a broadcast, or a refusal."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.ops import CATALOGUE
from etude.ops.sizes import shape_source
from etude.terms import CONSTANT, ArrayType, Term, constant, scalar_value

__all__ = ["CONSTANT_HEADS", "Refused", "fit", "number_of"]


class Refused(Exception):
    """A rule cannot be applied here without changing a type."""


def fit(term: Term, like: Term) -> Term:
    """`term` cast and broadcast to the type of `like`; raises `Refused` where that would lose something."""
    kind = like.type
    found = term.type
    if found is kind:
        return term
    if not isinstance(found, ArrayType) or not isinstance(kind, ArrayType):
        raise Refused
    if found.dtype != kind.dtype:
        term = _cast(term, kind.dtype)
    return term if term.type is kind else _spread(term, like)


def _cast(term: Term, dtype: np.dtype[Any]) -> Term:
    value = scalar_value(term)
    if value is not None:
        with np.errstate(all="ignore"):
            fresh = np.asarray(value).astype(dtype)[()] if not (np.iscomplexobj(value) and dtype.kind != "c") else None
        if fresh is None or not (fresh == value or fresh != fresh or dtype.kind in "fc"):
            raise Refused
        return constant(fresh)
    if not np.can_cast(term.type.dtype, dtype, "same_kind"):
        raise Refused
    result: Term = CATALOGUE["astype"](term, dtype=dtype)
    return result


def _spread(term: Term, like: Term) -> Term:
    kind, shape = like.type, term.type.shape
    if len(shape) > kind.ndim or any(
        dim != want and dim != 1 for dim, want in zip(shape[::-1], kind.shape[::-1], strict=False)
    ):
        raise Refused
    if kind.is_static:
        spread: Term = CATALOGUE["broadcast_to"](term, shape=kind.shape)
    else:
        spread = CATALOGUE["broadcast_like"](term, shape_source(like))
    if spread.type is not kind:
        raise Refused
    return spread


_SPREADING = frozenset((CATALOGUE["broadcast_to"], CATALOGUE["broadcast_like"]))
CONSTANT_HEADS = _SPREADING | {CONSTANT}  # of terms that may be one number everywhere
_LARGE = 4096


def number_of(term: Term) -> Any:
    """The Python number that a constant or a broadcast constant holds everywhere, or None."""
    parts = term._tuple
    while True:
        head = parts[0]
        if head is CONSTANT:
            break
        if head not in _SPREADING or not isinstance(parts[1], Term):
            return None
        parts = parts[1]._tuple
    number, value = parts[1].number, parts[1].value
    if number is None:
        if not 0 < value.size <= _LARGE:
            return None
        first: Any = value.flat[0]
        return first.item() if bool((value == first).all()) else None
    return number
