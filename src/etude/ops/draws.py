"""Random numbers as functions of a key: equal keys give equal numbers, on every machine (Philox, Salmon et al. 2011)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.arithmetic import add, astype, floor, less, minimum, multiply, negative, subtract
from etude.ops.indexing import getitem
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.sorting import argsort
from etude.ops.subscripts import subscript_of
from etude.ops.transcendental import exp, log
from etude.terms import ArrayType, Term, as_shape, constant

__all__ = ["DRAWS"]

_KEY = np.dtype(np.int64)


def _generator(key: Any) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=int(key) % 2**64))


def _with_shape(types: Types, attributes: Attributes) -> Attributes:
    shape = as_shape(attributes[0])
    if not all(isinstance(size, int) for size in shape):
        raise ShapeError(f"the shape of random draws is known: a tuple of ints, not {attributes[0]!r}")
    return (shape, *attributes[1:])


def _checked(kind: ArrayType) -> None:
    if kind.dtype.kind not in "iu" or kind.shape:
        raise TermTypeError(f"a key is one integer, not {kind}; make it with et.random.key(seed)")


def _draw(name: str, draw: Callable[[np.random.Generator, tuple[int, ...]], Any], doc: str) -> Op:
    def infer(types: Types, attributes: Attributes) -> ArrayType:
        _checked(types[0])
        return ArrayType(np.float64, attributes[0])

    return register(Op(name, ("key",), lambda key, shape: np.asarray(draw(_generator(key), shape))[()], infer,
                       attributes={"shape": ()}, canonical=_with_shape, doc=doc))  # fmt: skip


random_uniform = _draw("random_uniform", lambda rng, shape: rng.random(shape), "numbers in [0, 1), all equally likely")
random_normal = _draw("random_normal", lambda rng, shape: rng.standard_normal(shape), "standard normal numbers")


def _split_type(types: Types, attributes: Attributes) -> ArrayType:
    _checked(types[0])
    return ArrayType(_KEY, (attributes[0],))


def _split(key: Any, count: int) -> Any:
    return _generator(key).integers(0, 2**63 - 1, count, dtype=_KEY)


split_key = register(Op("split_key", ("key",), _split, _split_type, attributes={"count": 2},
                        canonical=lambda types, attributes: (int(attributes[0]),),
                        doc="count keys that follow from one"))  # fmt: skip


# ---------------------------------------------------------------- distributions

_functions: dict[str, Callable[..., Any]] = {}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    _functions[function.__name__] = function
    return function


def _term(x: Any) -> Term:
    return x if isinstance(x, Term) else constant(x)


@_named
def key(seed: int) -> Term:
    """The key of a seed, an int."""
    return constant(np.int64(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> np.uint64(1)))


@_named
def split(key: Any, count: int = 2) -> tuple[Term, ...]:
    """`count` keys that follow from one: use each once, and the old one no more."""
    keys = split_key(_term(key), count=count)
    found = []
    for place in range(count):
        operands, spec = subscript_of(place)
        found.append(getitem.apply((keys, *operands), (spec,)))
    return tuple(found)


@_named
def uniform(key: Any, shape: Any = (), low: Any = 0.0, high: Any = 1.0) -> Term:
    """Numbers in [low, high), all equally likely: low + (high - low) u, with slopes in low and high."""
    drawn = random_uniform(_term(key), shape=shape)
    if type(low) is float and type(high) is float and (low, high) == (0.0, 1.0):
        return drawn
    return add(low, multiply(subtract(_term(high), low), drawn))


@_named
def normal(key: Any, shape: Any = (), loc: Any = 0.0, scale: Any = 1.0) -> Term:
    """Normal numbers of mean loc and standard deviation scale: loc + scale z, with slopes in loc and scale."""
    drawn = random_normal(_term(key), shape=shape)
    scaled = drawn if type(scale) is float and scale == 1.0 else multiply(scale, drawn)
    return scaled if type(loc) is float and loc == 0.0 else add(loc, scaled)


@_named
def lognormal(key: Any, shape: Any = (), mean: Any = 0.0, sigma: Any = 1.0) -> Term:
    """Numbers whose logarithm is normal."""
    made: Term = exp(normal(key, shape, mean, sigma))
    return made


@_named
def exponential(key: Any, shape: Any = (), scale: Any = 1.0) -> Term:
    """Waiting times of mean scale: -scale log(1 - u)."""
    return multiply(scale, negative(log(subtract(1.0, random_uniform(_term(key), shape=shape)))))


@_named
def bernoulli(key: Any, p: Any = 0.5, shape: Any = ()) -> Term:
    """Truth values, True with probability p. They have no slope in p."""
    return less(random_uniform(_term(key), shape=shape), p)


@_named
def integers(key: Any, low: int, high: int, shape: Any = ()) -> Term:
    """int64 numbers from low to high - 1, all equally likely."""
    if high <= low:
        raise ValueError(f"integers from {low} to below {high}: there are none")
    steps = floor(multiply(float(high - low), random_uniform(_term(key), shape=shape)))
    return add(int(low), astype(minimum(steps, float(high - low - 1)), dtype=_KEY))


@_named
def permutation(key: Any, n: int) -> Term:
    """The numbers 0 to n - 1 in random order, int64."""
    return argsort(random_uniform(_term(key), shape=(n,)), axis=0)


DRAWS: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
