"""Operators in high precision but with the range of their dtype, to tell rounding from a wrong value.

Overflow, underflow to zero, infinities, nan and signed zeros are those of IEEE arithmetic; only rounding is taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from etude.check.precise_arrays import OF_ARRAYS, STRUCTURAL, objects
from etude.check.precise_numbers import (
    CHOICES,
    COMPARISONS,
    ZERO_IS_EXACT,
    Imprecise,
    ScalarMeaning,
    context,
    is_special,
    limited,
    table,
)
from etude.terms import Term, constant_value, is_constant, is_leaf, postorder

__all__ = ["Imprecise", "evaluate_precisely", "is_precise"]


def is_precise(root: Term) -> bool:
    """Whether each operator of a term has a high-precision meaning."""
    return all(is_leaf(term) or _known(term._tuple[0].name) for term in postorder(root))


def _known(name: str) -> bool:
    return name in table() or name in COMPARISONS or name in STRUCTURAL or name in CHOICES or name in OF_ARRAYS


def _by_numpy(op: Any, values: tuple[Any, ...]) -> Any:
    with np.errstate(all="ignore"):
        return float(op.evaluate(*[value if type(value) is int else np.float64(float(value)) for value in values]))


@lru_cache(maxsize=1 << 15)
def _of_numbers(name: str, *numbers: Any) -> Any:
    """A function of reals, given as mpmath keeps them; remembered, as rules are tried at the same ones."""
    return table()[name](*[context().make_mpf(number) for number in numbers])


def _scalar_meaning(op: Any, dtype: np.dtype[Any]) -> ScalarMeaning:
    name = op.name
    direct = CHOICES.get(name) or COMPARISONS.get(name)

    def apply(*values: Any) -> Any:
        if direct is not None:
            return limited(direct(*values), dtype)
        infinite = any(is_special(value) and (value != 0 or name in ZERO_IS_EXACT) for value in values)
        if infinite and dtype.kind == "f":
            return limited(_by_numpy(op, values), dtype)
        try:
            found = limited(_of_numbers(name, *[context().mpf(value)._mpf_ for value in values]), dtype)
        except (ArithmeticError, ValueError):
            return limited(_by_numpy(op, values), dtype)
        return found if found == found else limited(_by_numpy(op, values), dtype)  # a limit, as of xlogy at 0

    return apply


def evaluate_precisely(roots: tuple[Term, ...], values: Mapping[Term, Any], wide: bool = False) -> list[Any]:
    """The values of typed terms as object arrays; raises `Imprecise` where an operator has only its NumPy meaning.

    `wide` gives every floating dtype the range of float64.
    """
    if not _all_precise(roots):
        raise Imprecise
    known: dict[Term, Any] = {}
    for term in postorder(*roots):
        if is_leaf(term):
            raw = np.asarray(constant_value(term) if is_constant(term) else values[term])
            if raw.dtype.kind == "c":
                raise Imprecise
            known[term] = objects(lambda value, dtype=raw.dtype: limited(value, dtype), raw)
            continue
        known[term] = _applied(term, [known[part] for part in term.operands], wide)
    return [known[root] for root in roots]


@lru_cache(maxsize=512)
def _all_precise(roots: tuple[Term, ...]) -> bool:
    return all(map(is_precise, roots))


def _applied(term: Term, operands: list[Any], wide: bool) -> Any:
    op, kind = term._tuple[0], term.type
    if getattr(kind, "dtype", None) is None or kind.dtype.kind == "c" or not _known(op.name):
        raise Imprecise
    if wide and kind.dtype.kind == "f":
        kind = kind.with_dtype(np.float64)
    if op.name in STRUCTURAL or op.name in OF_ARRAYS:
        if kind.dtype.kind == "f":
            operands = [objects(lambda value: limited(value, kind.dtype), part) for part in operands]
        try:
            with np.errstate(all="ignore"):
                meaning = OF_ARRAYS.get(op.name, op.evaluate)
                found = meaning(*operands, **dict(zip(op.attributes, term.attributes, strict=True)))
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise Imprecise from error
        return objects(lambda value: limited(value, kind.dtype), np.asarray(found, dtype=object))
    return objects(_scalar_meaning(op, kind.dtype), *operands)
