"""Samples of a rule's inputs under its condition, and the values of both sides on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from etude.check.conditions import MATRIX_WORDS, holds, literals, words
from etude.check.values import array_sample, column_samples, is_binding
from etude.rules import pattern_parts
from etude.terms import ArrayType, Term, constant_value, is_constant, is_symbol, postorder

__all__ = ["FACTORIZATIONS", "all_binding", "arrays", "columns", "mentioned", "value_of"]


# LAPACK does not say what it makes of nan and infinities, and may not come back from them.
FACTORIZATIONS = frozenset(
    "inv det cholesky cofactor solve solve_triangular slogdet eigh svd qr pinv expm expm_slope expm_curvature eig "
    "matrix_rank".split()
)


def value_of(term: Term, values: Mapping[Term, Any], moved: Callable[[Any], Any] | None = None) -> Any:
    """The value of a term by the operators' NumPy meaning; raises LinAlgError for a factorization of what is not finite.

    `moved` is applied to the value of each step, constants aside.
    """
    known: dict[Term, Any] = {}
    with np.errstate(all="ignore"):
        for part in _order(term):
            if is_constant(part):
                known[part] = constant_value(part)
            elif is_symbol(part):
                known[part] = values[part]
            else:
                operands = [known[operand] for operand in part.operands]
                if part._tuple[0].name in FACTORIZATIONS and not all(np.all(np.isfinite(value)) for value in operands):
                    raise np.linalg.LinAlgError(f"{part._tuple[0].name} of an array that is not finite")
                known[part] = part._tuple[0].meaning(*operands, *part.attributes)
            if moved is not None and not is_constant(part):
                known[part] = moved(known[part])
    return known[term]


@lru_cache(maxsize=512)
def _order(term: Term) -> tuple[Term, ...]:
    return tuple(postorder(term))


def mentioned(condition: Any, *patterns: Any) -> list[float]:
    """The numbers in a rule: near them something may happen."""
    parts = [part for pattern in patterns for part in pattern_parts(pattern)]
    numbers = [float(part) for part in parts if type(part) in (int, float) and abs(part) < 1e15]
    return list(dict.fromkeys([*literals(condition), *numbers]))


def columns(
    names: list[str],
    types: Mapping[str, ArrayType],
    condition: Any,
    extra: list[float],
    count: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Scalar samples of each variable, one array each, all under the condition."""
    made = column_samples([types[name].dtype for name in names], count, rng, extra)
    bent = {name: _bent(column, words(condition, name), rng) for name, column in zip(names, made, strict=True)}
    if not names:
        return {}
    kept = np.asarray(holds(condition, bent, types, len(made[0])))
    return {name: column[kept] for name, column in bent.items()}


def _bent(values: Any, said: set[str], rng: np.random.Generator) -> Any:
    """The samples pushed towards what is said of them; some are left as they were, as conditions may have an `or`."""
    if values.dtype.kind == "b" or not said:
        return values
    bent = values
    with np.errstate(all="ignore"):
        if said & {"positive", "nonnegative"} and values.dtype.kind != "u":
            bent = np.where(bent >= 0, bent, np.abs(bent)) if values.dtype.kind != "c" else bent  # -0.0 stays
        if "negative" in said and values.dtype.kind in "fi":
            bent = np.where(rng.random(values.shape) < 0.5, -np.abs(values), bent).astype(values.dtype)
        if "integer" in said and values.dtype.kind == "f":
            bent = np.rint(bent)
    return np.where(rng.random(values.shape) < 0.9, bent, values).astype(values.dtype)


_SHAPED: dict[str, Callable[[Any], Any]] = {
    "symmetric": lambda a: (a + np.swapaxes(a, -1, -2)) / 2,
    "positive_definite": lambda a: a @ np.swapaxes(a, -1, -2) + np.eye(a.shape[-1]),
    "positive_semidefinite": lambda a: a[..., :1] * np.swapaxes(a[..., :1], -1, -2),
    "diagonal": lambda a: a * np.eye(a.shape[-1]),
    "lower_triangular": np.tril,
    "upper_triangular": np.triu,
    "identity": lambda a: np.broadcast_to(np.eye(a.shape[-1]), a.shape),
    "orthogonal": lambda a: np.linalg.qr(a)[0],
}


def arrays(
    types: Mapping[str, ArrayType], condition: Any, extra: list[float], kind: int, rng: np.random.Generator
) -> dict[str, Any] | None:
    """One sample of arrays under the condition; None where this draw does not meet it."""
    found = {}
    for name, type_ in types.items():
        said = words(condition, name)
        value = array_sample(
            type_.dtype,
            tuple(int(d or 0) for d in type_.shape),
            kind if not said & MATRIX_WORDS else kind % 2,
            rng,
            extra,
        )
        value = _bent_array(value, said)
        for word in sorted(said & MATRIX_WORDS):
            if value.ndim >= 2 and value.dtype.kind in "fc":
                value = _SHAPED[word](value).astype(value.dtype)
        found[name] = np.full_like(value, value.flat[0]) if "number" in said and value.size else value
    return found if bool(holds(condition, found, types, None)) else None


def _bent_array(value: Any, said: set[str]) -> Any:
    if value.dtype.kind in "fi":
        with np.errstate(all="ignore"):
            if said & {"positive", "nonnegative"}:
                value = np.where(value >= 0, value, np.abs(value)).astype(value.dtype)
            elif "negative" in said:
                value = -np.abs(value)
            if "integer" in said:
                value = np.rint(value).astype(value.dtype)
            if said & {"positive", "negative", "nonzero"}:
                value = np.where(value == 0, np.ones_like(value) * (-1 if "negative" in said else 1), value).astype(
                    value.dtype
                )
            if "finite" in said and value.dtype.kind == "f":
                value = np.where(np.isfinite(value), value, 1.5).astype(value.dtype)
    return np.asarray(value)


def all_binding(values: Mapping[str, Any], samples: bool, inputs: str) -> Any:
    """Whether every input is one on which the `real` promise binds; one truth value a sample if `samples`."""
    truths = [is_binding(np.asarray(value), inputs) for value in values.values()]
    if samples:
        return np.logical_and.reduce(truths)
    return all(bool(np.all(truth)) for truth in truths)
