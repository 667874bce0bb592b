"""Random typed array expressions: dtypes, shapes, broadcasting, axes. Equal seeds give equal expressions."""

import random

import numpy as np

import etude as et
from etude.terms import constant, replace

SYMBOLS = [
    et.symbol("x", (), "float64"),
    et.symbol("y", (3,), "float64"),
    et.symbol("m", (2, 3), "float64"),
    et.symbol("n", (2, 3), "float64"),
    et.symbol("r", (1, 3), "float64"),
    et.symbol("c", (2, 1), "float64"),
    et.symbol("f", (3,), "float32"),
    et.symbol("i", (2, 3), "int64"),
    et.symbol("k", (), "int32"),
    et.symbol("b", (3,), "bool"),
    et.symbol("u", (None,), "float64"),
]
UNARY = [
    et.sin, et.cos, et.tanh, et.arctan, et.exp, et.log, et.sqrt, et.abs, et.sign, et.floor, et.log1p, et.expm1, et.square,
    et.expit, et.softplus, et.negative, et.negative, et.reciprocal, et.erf, et.cosh, et.sinh, et.arcsinh,
    lambda a: a**2, lambda a: a**3, lambda a: a * 2, lambda a: a + 1, lambda a: 1 - a, lambda a: a / 2, lambda a: 1 / a,
    lambda a: a * 0, lambda a: a * 1, lambda a: a + 0, lambda a: et.negative(et.negative(a)), lambda a: et.exp(et.log(a)), lambda a: a - a, lambda a: a / a,
]  # fmt: skip
BINARY = [
    et.add, et.add, et.subtract, et.multiply, et.multiply, et.divide, et.maximum, et.minimum, et.hypot, et.logaddexp,
    lambda a, b: et.where(a > b, a, b), lambda a, b: et.where(a <= b, a * b, 0.0), lambda a, b: a * b + a, lambda a, b: a - a * b,
    lambda a, b: (a + b) * (a - b), lambda a, b: et.exp(a) * et.exp(b), lambda a, b: et.floor_divide(a, b), lambda a, b: et.remainder(a, b),
    lambda a, b: et.where(et.logical_and(a > 0, b > 0), a, -b), et.equal, lambda a, b: a / b * b,
]  # fmt: skip
LAYOUTS = [
    lambda a: et.expand_dims(a, 0), lambda a: et.expand_dims(a, -1), et.squeeze, et.flip, lambda a: et.roll(a, 1), et.sort,
    lambda a: et.tile(a, 2), lambda a: et.pad(a, 1), lambda a: et.broadcast_to(a, (2, *a.shape)), lambda a: a.mT,
]  # fmt: skip
REDUCTIONS = [et.sum, et.mean, et.max, et.min, et.prod, et.logsumexp]


def grown(rng, size, symbols=SYMBOLS):
    """An expression of about `size` operators."""
    return several(rng, size, 1, symbols)[0]


def several(rng, size, outputs, symbols=SYMBOLS):
    """The last `outputs` expressions, or fewer, of a growth of `size` operators; they share what they are made of."""
    pool = [rng.choice(symbols) for _ in range(3)]
    for _ in range(size):
        try:
            pool.append(_step(rng, pool, symbols))
        except (TypeError, ValueError, IndexError):  # operands that do not fit each other
            continue
    return pool[-outputs:]


def _step(rng, pool, symbols):
    a, b = pool[-1] if rng.random() < 0.7 else rng.choice(pool), rng.choice(pool + symbols)
    kind = rng.random()
    if kind < 0.42:
        return rng.choice(UNARY)(a)
    if kind < 0.78:
        return rng.choice(BINARY)(a, b) if rng.random() < 0.5 else rng.choice(BINARY)(b, a)
    return _rearranged(rng, a, b)


def _rearranged(rng, a, b):
    choice = rng.randrange(12)
    if choice < 3 and a.ndim:
        axis = rng.choice([None, *range(-a.ndim, a.ndim)])
        return rng.choice(REDUCTIONS)(a, axis=axis, keepdims=rng.random() < 0.4)
    if choice == 3 and a.ndim == 2:
        return a.T
    if choice == 4 and a.ndim:
        return a[..., rng.choice([0, -1, slice(None, None, -1), slice(1, None), None])]
    if choice == 5:
        return a.astype(rng.choice(["float64", "float32", "int64"]))
    if choice == 6 and a.ndim:
        return et.reshape(a, (-1,))
    if choice == 7 and a.ndim == 2 and b.ndim == 2:
        return a @ b.T
    if choice == 8 and a.ndim:
        return a[rng.choice([slice(1, 3), slice(None, None, 2), slice(None, -1), slice(None, None, -1), 0, None])]
    if choice == 9 and a.ndim and b.ndim:
        return et.concatenate([a, b], axis=rng.randrange(a.ndim))
    if choice == 10 and a.ndim and b.ndim:
        return a @ b
    if choice == 11:
        return rng.choice(LAYOUTS)(a)
    return et.broadcast_to(a, (2, 3)) if a.ndim < 2 and None not in a.term.type.shape else a * b


def point(rng):
    """A value for each symbol."""
    draw = np.random.default_rng(rng.randrange(2**32))

    def value(kind):
        shape = tuple(3 if dim is None else dim for dim in kind.shape)
        if kind.dtype.kind == "b":
            return draw.integers(0, 2, shape).astype(bool)
        if kind.dtype.kind == "i":
            return draw.integers(-3, 4, shape).astype(kind.dtype)
        values = np.where(draw.random(shape) < 0.1, np.round(draw.normal(0, 2, shape)), draw.normal(0, 1.5, shape))
        return values.astype(kind.dtype)

    return {symbol: value(symbol.term.type) for symbol in SYMBOLS}


def meaning(term, values):
    """The reference value of a term: etuples' own evaluation of the ground term."""
    ground = replace([term], {symbol.term: constant(value) for symbol, value in values.items()})[0]
    with np.errstate(all="ignore"):
        return np.asarray(ground.evaled_obj)


def seeded(seed):
    return random.Random(seed)
