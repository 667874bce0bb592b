"""Adversarial values: zeros of both signs, ordinary numbers, limits, infinities, nan, denormals, huge numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np

__all__ = ["ARRAY_KINDS", "array_sample", "column_samples", "is_binding", "simplifications", "special_values"]

_BINDING = (
    "0 1e-8 1e-6 1e-3 0.1 0.25 0.5 0.9 1 1.5 1.5707963267948966 2 2.5 2.718281828459045 3 3.141592653589793 4 5 7.5 10 "
    "20.25 50 100 123.456 350 700 800 1000 inf"
)
_EXTENDED = (
    "5e-324 1e-320 2.2250738585072014e-308 1e-300 1e-200 1.6e-162 1e-160 1e-100 1e-45 1e-38 1e-30 1e-16 2e-16 1e-12 1e4 1e6 "
    "1e8 16777217 1e16 9007199254740993 1e19 1e30 1e38 1e100 1e150 1e154 1e160 1e200 1e300 1.7976931348623157e308"
)  # the square of 1e154 is the largest of a power of ten, that of 1.6e-162 is rounded to the smallest number
_INTEGERS = (
    0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -6, 7, 10, -10, 100, 127, -128, 255, 1000, 2**15, 2**16, 2**24 + 1, 2**31 - 1, -(2**31),
    2**31, 2**32, 3 * 10**9, 5 * 10**9, -5 * 10**9, 2**53 + 1, -(2**53) - 1, 2**62, 2**62 + 1, 2**63 - 1, -(2**63) + 1, -(2**63),
)  # fmt: skip
ARRAY_KINDS = 13
_SIGNS = np.array([-1.0, 1.0])
_CANCELLING = np.array([350.0, 370.0, 400.0, 700.0, -350.0, -370.0, -400.0])
_INFINITE = np.array([np.inf, -np.inf, 1.0, -0.0])
_HUGE = np.array([1e300, -1e300, 1e160, 1.0, 5e-324])
_COMPLEX_PARTS = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.25, 100.0, -1e-8)


def special_values(dtype: np.dtype[Any], extra: Sequence[float] = ()) -> Any:
    """The values worth trying alone and in every combination; `extra` are numbers that the rule itself mentions."""
    return _special_values(dtype, tuple(extra))


@lru_cache(maxsize=256)
def _special_values(dtype: np.dtype[Any], extra: tuple[float, ...]) -> Any:
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        around = [int(number) + step for number in extra if abs(number) < 2**62 for step in (-1, 0, 1)]
        return np.array([n for n in dict.fromkeys((*_INTEGERS, *around)) if limits.min <= n <= limits.max], dtype)
    if dtype.kind == "c":
        return np.array([complex(a, b) for a, b in product(_COMPLEX_PARTS, repeat=2)], dtype)
    positive = [float(word) for word in (_BINDING + " " + _EXTENDED).split()]
    near = [float(n) for number in extra for n in (number, np.nextafter(number, -np.inf), np.nextafter(number, np.inf))]
    near += [sign * (number + step) for number in extra for step in (0.01, -0.01, 1e-6, -1e-6) for sign in (1.0, -1.0)]
    everything = np.array([*positive, *[-value for value in positive], np.nan, *near])
    with np.errstate(all="ignore"):
        cast = everything.astype(dtype)
    return cast[np.isinf(everything) | ~np.isinf(cast)]


@lru_cache(maxsize=256)
def _binding_values(dtype: np.dtype[Any], extra: tuple[float, ...]) -> Any:
    special = _special_values(dtype, extra)
    return special[is_binding(special)]


@lru_cache(maxsize=256)
def _in_order(dtype: np.dtype[Any], extra: tuple[float, ...], binding: bool) -> Any:
    values = (_binding_values if binding else _special_values)(dtype, extra)
    return np.unique(values[values == values])


def _chosen(values: Any, count: int, rng: np.random.Generator) -> Any:
    """As `rng.choice` does, which takes longer to look at what it is given."""
    return values[rng.integers(0, len(values), count)]


def is_binding(values: Any, inputs: str = "any") -> Any:
    """Whether values are among those on which the `real` promise must hold, as made for these inputs."""
    if values.dtype.kind not in "fc":
        return np.ones(values.shape, bool)
    size = np.abs(values)
    if inputs == "ordinary":
        return (values == 0) | ((size >= 1e-2) & (size <= 1e2))
    return (values == 0) | ~np.isfinite(size) | ((size >= 0.99e-8) & (size <= 1.001e3))


def _random(dtype: np.dtype[Any], count: int, rng: np.random.Generator, extra: Sequence[float]) -> Any:
    if dtype.kind == "b":
        return rng.random(count) < 0.5
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        size = np.exp2(rng.uniform(0, dtype.itemsize * 8 - 2, count)).astype(np.int64)
        pool = [rng.integers(-12, 13, count), _chosen(_SIGNS, count, rng).astype(int) * size]
        return np.clip(np.choose(rng.integers(0, 2, count), pool), limits.min, limits.max).astype(dtype)
    if dtype.kind == "c":
        return (_reals(count, rng, extra) + 1j * _reals(count, rng, extra)).astype(dtype)
    return _reals(count, rng, extra).astype(dtype)


def _reals(count: int, rng: np.random.Generator, extra: Sequence[float]) -> Any:
    sign = _chosen(_SIGNS, count, rng)
    low, high = (min(extra), max(extra)) if extra else (0.0, 1.0)
    pool = [
        3 * rng.standard_normal(count),
        sign * 10 ** rng.uniform(-8, 3, count),
        rng.uniform(-1, 1, count),
        rng.uniform(low, high if high > low else low + 1, count),
        rng.integers(-9, 10, count).astype(float),
        rng.integers(-9, 10, count) / 2,
        rng.uniform(-10, 10, count),
    ]
    return np.choose(rng.integers(0, len(pool), count), pool)


def column_samples(
    dtypes: Sequence[np.dtype[Any]], count: int, rng: np.random.Generator, extra: Sequence[float] = ()
) -> list[Any]:
    """One array of samples for each variable: combinations of special values, then random and coinciding ones."""
    specials = [special_values(dtype, extra) for dtype in dtypes]
    size = int(np.prod([float(len(part)) for part in specials])) if specials else 0
    if 0 < size <= 3 * count:
        grids = [part.ravel() for part in np.meshgrid(*specials, indexing="ij")]
    else:
        grids = [part[rng.integers(0, len(part), count)] for part in specials]
    columns = []
    for index, dtype in enumerate(dtypes):
        fresh = _random(dtype, count, rng, extra)
        mixed = np.where(rng.random(count) < 0.15, specials[index][rng.integers(0, len(specials[index]), count)], fresh)
        columns.append(np.concatenate([grids[index], fresh, mixed]))
    return _with_coincidences(columns, rng)


def _with_coincidences(columns: list[Any], rng: np.random.Generator) -> list[Any]:
    """Some samples in which variables are equal or opposite, where random ones never are."""
    for index in range(1, len(columns)):
        other = columns[index - 1]
        if other.dtype != columns[index].dtype:
            continue
        chosen = rng.random(len(other)) < 0.08
        columns[index] = np.where(chosen, other, columns[index])
        if other.dtype.kind in "fc":
            opposite = rng.random(len(other)) < 0.04
            columns[index] = np.where(opposite, -other, columns[index])
    floats = [index for index, column in enumerate(columns) if column.dtype.kind == "f"]
    if len(floats) > 2:
        chosen = rng.random(len(columns[0])) < 0.04
        parts = _cancelling(len(floats), (len(columns[0]),), rng)
        for index, part in zip(floats, parts, strict=True):
            columns[index] = np.where(chosen, part.astype(columns[index].dtype), columns[index])
    return columns


def _cancelling(count: int, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Large numbers that sum to little along the first axis: exponentials of some overflow, of their sum they do not."""
    parts = _CANCELLING[rng.integers(0, len(_CANCELLING), (count, *shape))]
    parts[0] = np.clip(-parts[1:].sum(axis=0), -1000, 1000)
    return parts


def array_sample(
    dtype: np.dtype[Any], shape: tuple[int, ...], kind: int, rng: np.random.Generator, extra: Sequence[float] = ()
) -> Any:
    """One array. Kinds: ordinary, small integers, many magnitudes, one special, all special, infinite, huge, cancelling, a
    few special values in several places, neighbors among those that bind, or among all.
    """
    count = math.prod(shape)
    extra = tuple(extra)
    special = _special_values(dtype, extra)
    ordinary = 3 * rng.standard_normal(count) if dtype.kind == "f" else _random(dtype, count, rng, extra)
    kind = kind % ARRAY_KINDS
    if kind == 1 and dtype.kind != "b":
        ordinary = rng.integers(0 if dtype.kind == "u" else -4, 5, count)
    elif kind == 2:
        ordinary = _random(dtype, count, rng, extra)
    elif kind == 3 and count:
        with np.errstate(all="ignore"):
            ordinary = np.asarray(ordinary).astype(dtype)
        ordinary[rng.integers(0, count)] = special[rng.integers(0, len(special))]
    elif kind == 4:
        ordinary = _chosen(_binding_values(dtype, extra), count, rng)
    elif kind == 5:
        ordinary = _chosen(special, count, rng)
    elif kind in (6, 7, 9) and dtype.kind == "f":
        ordinary = _chosen(_HUGE if kind == 7 else _INFINITE, count, rng)
    elif kind == 8 and dtype.kind == "f" and count > 1:
        ordinary = rng.permutation(_cancelling(count, (), rng))
    elif kind == 10:
        ordinary = _chosen(_chosen(_binding_values(dtype, extra), 3, rng), count, rng)
    elif kind in (11, 12):
        ordinary = _chosen(_neighbors(_in_order(dtype, extra, kind == 11), rng), count, rng)
    with np.errstate(all="ignore"):
        return np.asarray(ordinary).astype(dtype).reshape(shape)


def simplifications(value: Any) -> Iterator[Callable[[Any], Any]]:
    """Steps to an array with simpler numbers, each to be taken or not: all whole, then one after the other 0 or 1."""
    if value.dtype.kind not in "fi" or not value.ndim or not value.size:
        return
    yield lambda array: np.where(np.isfinite(array), np.rint(array) + 0.0, array).astype(array.dtype)
    for place in np.ndindex(value.shape):
        for number in (1, 0):
            yield partial(_with_entry, place, number)


def _with_entry(place: tuple[int, ...], number: int, array: Any) -> Any:
    changed = array.copy()
    changed[place] = number
    return changed


def _neighbors(ordered: Any, rng: np.random.Generator) -> Any:
    """Three values next to each other, often the least or greatest: of these an operator may overflow or round together."""
    last = max(len(ordered) - 3, 0)
    places = (0, last, *rng.integers(0, last + 1, 4))
    start = places[rng.integers(0, len(places))]
    return ordered[start : start + 3]
