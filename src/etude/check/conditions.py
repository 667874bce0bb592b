"""The conditions of rules, decided for types and evaluated on sampled values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from etude.rules.conditions import BY_TYPE, said_of_types
from etude.terms import MATRIX_WORDS, ArrayType, Variable

__all__ = ["conjuncts", "holds", "literals", "possible", "text", "without_types", "words"]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def conjuncts(condition: Any) -> tuple[Any, ...]:
    """The parts of which all must hold."""
    if condition is None:
        return ()
    if condition[0] == "and":
        return tuple(part for inner in condition[1:] for part in conjuncts(inner))
    return (condition,)


def _atoms(condition: Any) -> Iterator[Any]:
    if condition is None:
        return
    if condition[0] in ("and", "or", "not"):
        for part in condition[1:]:
            yield from _atoms(part)
    else:
        yield condition


@lru_cache(maxsize=1024)
def words(condition: Any, name: str) -> frozenset[str]:
    """The words said of a variable anywhere in the condition."""
    return frozenset(
        atom[0] for atom in _atoms(condition) for part in atom[1:] if isinstance(part, Variable) and part.name == name
    )


def literals(condition: Any) -> list[float]:
    """The numbers with which variables are compared."""
    found = [atom[2] for atom in _atoms(condition) if atom[0] in _COMPARE]
    return [number for number in found if isinstance(number, (int, float)) and not isinstance(number, bool)]


def possible(condition: Any, types: Mapping[str, ArrayType], attributes: Mapping[str, Any]) -> bool:
    """Whether the condition can hold for variables of these types, whatever their values."""
    return condition is None or _decide(condition, types, attributes, True)


def _decide(condition: Any, types: Mapping[str, ArrayType], attributes: Mapping[str, Any], unknown: bool) -> bool:
    head, *rest = condition
    if head in ("and", "or"):
        return (all if head == "and" else any)(_decide(part, types, attributes, unknown) for part in rest)
    if head == "not":
        return not _decide(rest[0], types, attributes, not unknown)
    if head == "constant":
        return True
    if head in BY_TYPE:
        known = {**attributes, **types}
        if any(part.name not in known for part in rest):
            return unknown
        return said_of_types(head, tuple([known[part.name] for part in rest]))
    if head in _COMPARE and rest[0].name in attributes:
        return bool(_COMPARE[head](attributes[rest[0].name], rest[1]))
    if head in MATRIX_WORDS:
        kind = types.get(rest[0].name)
        return unknown if kind is None or (kind.ndim >= 2 and kind.shape[-1] == kind.shape[-2]) else False
    return unknown


def without_types(condition: Any, types: Mapping[str, ArrayType], attributes: Mapping[str, Any]) -> Any:
    """What a condition that is possible at these types and attributes still asks of values; None where nothing."""
    if condition is None or _decide(condition, types, attributes, False):
        return None
    head, *rest = condition
    if head not in ("and", "or"):
        return condition
    parts = [without_types(part, types, attributes) for part in rest if possible(part, types, attributes)]
    kept = [part for part in parts if part is not None]
    return None if not kept else kept[0] if len(kept) == 1 else (head, *kept)


def holds(condition: Any, values: Mapping[str, Any], types: Mapping[str, ArrayType], samples: int | None) -> Any:
    """Where the condition holds: one truth value a sample (the leading axis), or one in all where `samples` is None."""
    if condition is None:
        return np.ones(samples, bool) if samples is not None else np.True_
    head, *rest = condition
    if head in ("and", "or"):
        combine = np.logical_and if head == "and" else np.logical_or
        return combine.reduce([holds(part, values, types, samples) for part in rest])
    if head == "not":
        return np.logical_not(holds(rest[0], values, types, samples))
    if head == "constant":
        found = np.asarray(True)
    elif head in BY_TYPE:
        found = np.asarray(_decide(condition, types, {}, True))
    elif head in _COMPARE:
        value = values[rest[0].name]
        if not isinstance(value, (np.ndarray, np.generic)):
            return np.asarray(_COMPARE[head](value, rest[1])) & holds(None, values, types, samples)
        found = _reduced(_COMPARE[head](value, rest[1]), samples)
    else:
        found = _word(head, values[rest[0].name], samples)
    return np.broadcast_to(found, (samples,)) if samples is not None else found


def _reduced(truth: Any, samples: int | None) -> Any:
    array = np.asarray(truth)
    return (
        np.all(array) if samples is None else np.all(array.reshape(array.shape[0], -1), axis=1) if array.ndim else array
    )


def _word(word: str, value: Any, samples: int | None) -> Any:
    if word in MATRIX_WORDS:
        return np.asarray(_is_matrix(word, np.asarray(value)))
    number = np.asarray(value)
    if word == "number":
        return _same_everywhere(number, samples)
    if number.dtype.kind == "c" and word in ("positive", "nonnegative", "negative"):
        return _reduced(np.zeros(number.shape, bool), samples)
    test: dict[str, Callable[[Any], Any]] = {
        "positive": lambda x: x > 0,
        "nonnegative": lambda x: x >= 0,
        "negative": lambda x: x < 0,
        "nonzero": lambda x: x != 0,
        "finite": np.isfinite,
        "unbounded": np.isinf,
        "integer": lambda x: np.isfinite(x) & (x == np.rint(x)) if x.dtype.kind == "f" else x == x,
    }
    return _reduced(test[word](number), samples)


def _same_everywhere(value: Any, samples: int | None) -> Any:
    """Whether an array holds one number, as a constant that was broadcast does."""
    flat = value.reshape(1 if samples is None else len(value), -1)
    found = np.all((flat == flat[:, :1]) | ((flat != flat) & (flat[:, :1] != flat[:, :1])), axis=1) & bool(flat.size)
    return found[0] if samples is None else found


def _is_matrix(word: str, value: Any) -> bool:
    if value.ndim < 2 or value.shape[-1] != value.shape[-2]:
        return False
    across = np.swapaxes(value, -1, -2)
    if word == "diagonal":
        return bool(np.all(value == np.eye(value.shape[-1]) * value))
    if word in ("lower_triangular", "upper_triangular"):
        return bool(np.all(value == (np.tril if word == "lower_triangular" else np.triu)(value)))
    if word == "identity":
        return bool(np.all(value == np.eye(value.shape[-1])))
    if not np.all(np.isfinite(value)):
        return False
    if word == "orthogonal":
        return bool(np.allclose(across @ value, np.eye(value.shape[-1]), atol=1e-10))
    symmetric = bool(np.all(value == across))
    if word == "symmetric" or not symmetric:
        return symmetric
    least = np.min(np.linalg.eigvalsh(value), initial=np.inf)
    return bool(least > 0 if word == "positive_definite" else least >= -1e-9 * np.max(np.abs(value), initial=1.0))


def text(condition: Any) -> str:
    """The condition as it is written in a rule."""
    head, *rest = condition
    if head in ("and", "or"):
        return f" {head} ".join(f"({text(part)})" if part[0] in ("and", "or") else text(part) for part in rest)
    if head == "not":
        return f"not ({text(rest[0])})"
    if head in _COMPARE:
        return f"{rest[0].name} {head} {rest[1]!r}"
    return f"{head}({', '.join(part.name for part in rest)})"
