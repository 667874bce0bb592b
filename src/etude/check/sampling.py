"""Samples of a rule's inputs under its condition, and the values of both sides on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from etude.check.conditions import holds, literals, words
from etude.check.values import ARRAY_KINDS, array_sample, column_samples, is_binding
from etude.rules import pattern_parts
from etude.terms import MATRIX_WORDS, ArrayType, Term, constant_value, is_constant, is_symbol, postorder

__all__ = ["FACTORIZATIONS", "Arrays", "Draws", "all_binding", "columns", "mentioned", "value_among", "value_of"]


# LAPACK does not say what it makes of nan and infinities, and may not come back from them.
FACTORIZATIONS = frozenset(
    "inv det cholesky cofactor solve solve_triangular slogdet eigh svd qr pinv expm expm_slope expm_curvature eig "
    "matrix_rank".split()
)


def value_of(term: Term, values: Mapping[Term, Any], moved: Callable[[Any], Any] | None = None) -> Any:
    """The value of a term by the operators' NumPy meaning; raises LinAlgError for a factorization of what is not finite.

    `moved` is applied to the value of each step, constants aside.
    """
    with np.errstate(all="ignore"):
        return value_among(term, values, moved)


def value_among(term: Term, values: Mapping[Term, Any], moved: Callable[[Any], Any] | None = None) -> Any:
    """As `value_of`, where NumPy is to say nothing already."""
    start, steps = _program(term)
    known = list(start)
    for slot, part, function, places in steps:
        if function is None:
            value = values[part]
        else:
            operands = [known[place] for place in places]
            if part._tuple[0].name in FACTORIZATIONS and not all(np.isfinite(value).all() for value in operands):
                raise np.linalg.LinAlgError(f"{part._tuple[0].name} of an array that is not finite")
            value = function(*operands)
        known[slot] = value if moved is None else moved(value)
    return known[-1]


_Step = tuple[int, Term, "Callable[..., Any] | None", tuple[int, ...]]


@lru_cache(maxsize=512)
def _program(term: Term) -> tuple[tuple[Any, ...], tuple[_Step, ...]]:
    """Places for the values of all parts, those of constants filled in, and how the others come about, one after the other."""
    parts = tuple(postorder(term))
    places = {part: place for place, part in enumerate(parts)}
    start = tuple([constant_value(part) if is_constant(part) else None for part in parts])
    return start, tuple([_step(part, places) for part in parts if not is_constant(part)])


def _step(part: Term, places: Mapping[Term, int]) -> _Step:
    if is_symbol(part):
        return places[part], part, None, ()
    op = part._tuple[0]
    attributes = dict(zip(op.attributes, part.attributes, strict=True))
    function = partial(op.evaluate, **attributes) if attributes else op.evaluate
    return places[part], part, function, tuple([places[operand] for operand in part.operands])


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
    draws: Draws,
) -> dict[str, Any]:
    """Scalar samples of each variable, one array each, all under the condition."""
    made = draws.columns(tuple([types[name].dtype for name in names]), count, tuple(extra))
    bent = {name: _bent(column, words(condition, name), draws) for name, column in zip(names, made, strict=True)}
    if not names:
        return {}
    kept = np.asarray(holds(condition, bent, types, len(made[0])))
    return {name: column[kept] for name, column in bent.items()}


def _bent(values: Any, said: frozenset[str], draws: Draws) -> Any:
    """The samples pushed towards what is said of them; some are left as they were, as conditions may have an `or`."""
    if values.dtype.kind == "b" or not said:
        return values
    bent, rng = values, draws.rng
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


_Kind = tuple[np.dtype[Any], tuple[int, ...], int]  # what `array_sample` is told
_Position = tuple[int, int, int, int]
_Drawn = tuple[tuple[Any, ...], _Position]  # arrays, and where the stream is after them


class Draws:
    """A stream of random numbers. Arrays drawn from it are remembered: many rules are tried at the same ones.

    What is remembered is shared by the streams of all threads; a stream belongs to one of them.
    """

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)
        self._known: _Position | None = None  # where the stream is, where the generator is not there

    @property
    def rng(self) -> np.random.Generator:
        if self._known is not None:
            _go(self._rng, self._known)
            self._known = None
        return self._rng

    def arrays(self, kinds: tuple[_Kind, ...], extra: tuple[float, ...]) -> tuple[Any, ...]:
        """One array of each kind, not to be written to."""
        return self._drawn(
            _arrays(self._position(), kinds, extra),
            lambda rng: [array_sample(dtype, shape, kind, rng, extra) for dtype, shape, kind in kinds],
        )

    def columns(self, dtypes: tuple[np.dtype[Any], ...], count: int, extra: tuple[float, ...]) -> tuple[Any, ...]:
        """As `column_samples`, not to be written to."""
        return self._drawn(
            _columns(self._position(), dtypes, count, extra), lambda rng: column_samples(dtypes, count, rng, extra)
        )

    def _position(self) -> _Position:
        return _position(self._rng) if self._known is None else self._known

    def _drawn(self, remembered: list[_Drawn], draw: Callable[[np.random.Generator], list[Any]]) -> tuple[Any, ...]:
        if not remembered:
            made = tuple(draw(self.rng))
            for value in made:
                value.flags.writeable = False
            remembered.append((made, _position(self._rng)))
        found, self._known = remembered[0]
        return found


@lru_cache(maxsize=1 << 15)
def _arrays(position: _Position, kinds: tuple[_Kind, ...], extra: tuple[float, ...]) -> list[_Drawn]:
    """Where arrays drawn at a position are remembered; empty until they are drawn."""
    return []


@lru_cache(maxsize=64)
def _columns(position: _Position, dtypes: tuple[np.dtype[Any], ...], count: int, extra: tuple[float, ...]) -> list[_Drawn]:
    return []


def _position(rng: np.random.Generator) -> _Position:
    state: Any = rng.bit_generator.state
    return state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]


def _go(rng: np.random.Generator, position: _Position) -> None:
    state, inc, has, half = position
    named = {"bit_generator": "PCG64", "state": {"state": state, "inc": inc}, "has_uint32": has, "uinteger": half}
    rng.bit_generator.state = named


class Arrays:
    """Samples of arrays of these types under a condition."""

    def __init__(self, types: Mapping[str, ArrayType], condition: Any, extra: list[float]):
        self.types, self.condition, self.extra = types, condition, tuple(extra)
        self.said = [(name, words(condition, name)) for name in types]
        self.plain = not any(word for _, word in self.said)
        self.shapes = [(type_.dtype, _whole(type_.shape)) for type_ in types.values()]
        self.kinds: dict[int, tuple[_Kind, ...]] = {}

    def sample(self, kind: int, draws: Draws) -> dict[str, Any] | None:
        """One sample; None where this draw does not meet the condition."""
        kind %= 2 * ARRAY_KINDS
        if kind not in self.kinds:
            self.kinds[kind] = self._kinds(kind)
        drawn = draws.arrays(self.kinds[kind], self.extra)
        if self.plain:
            found = dict(zip(self.types, drawn, strict=True))
        else:
            pairs = zip(self.said, drawn, strict=True)
            found = {name: _meeting(value, word) if word else value for (name, word), value in pairs}
        return found if self.condition is None or bool(holds(self.condition, found, self.types, None)) else None

    def _kinds(self, kind: int) -> tuple[_Kind, ...]:
        few = [kind % 2 if word.intersection(MATRIX_WORDS) else kind % ARRAY_KINDS for _, word in self.said]
        return tuple([(dtype, shape, way) for (dtype, shape), way in zip(self.shapes, few, strict=True)])


@lru_cache(maxsize=1024)
def _whole(shape: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple([int(d or 0) for d in shape])


def _meeting(value: Any, said: frozenset[str]) -> Any:
    """A draw made to meet what is said of it."""
    value = _bent_array(value, said)
    for word in sorted(said.intersection(MATRIX_WORDS)):
        if value.ndim >= 2 and value.dtype.kind in "fc":
            value = _SHAPED[word](value).astype(value.dtype)
    return np.full_like(value, value.flat[0]) if "number" in said and value.size else value


def _bent_array(value: Any, said: frozenset[str]) -> Any:
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
