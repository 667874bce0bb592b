"""Operators in high precision but with the range of their dtype, to tell rounding from a wrong value.

Overflow, underflow to zero, infinities, nan and signed zeros are those of IEEE arithmetic; only rounding is taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from etude.terms import Term, constant_value, is_constant, is_leaf, postorder

__all__ = ["DIGITS", "Imprecise", "evaluate_precisely", "is_precise"]

DIGITS = 700  # differences of numbers as large as float64 has them, to be seen in full
_Scalar = Callable[..., Any]


class Imprecise(Exception):  # no error: the operator only has its NumPy meaning
    """A term that has no value in high precision."""


def _special(value: Any) -> bool:
    """Whether a number is kept as a Python float: zeros of both signs, infinities, nan."""
    return isinstance(value, (float, bool))


def _plain(mp: Any) -> dict[str, _Scalar]:
    """Functions of nonzero finite reals; complex results mean nan."""
    half = mp.mpf(1) / 2
    names = (
        "exp expm1 log10 log1p sqrt sin cos tan sinh cosh tanh erf erfc erfi gamma rgamma digamma beta "
        "floor ceil sec csc cot"
    )
    table = {name: getattr(mp, name) for name in names.split() if hasattr(mp, name)}
    for short in ("sin", "cos", "tan", "sinh", "cosh", "tanh"):
        table[f"arc{short}"] = getattr(mp, f"a{short}")
    table |= {
        "log": mp.log,
        "erfinv": mp.workdps(60)(mp.erfinv),  # by a search, too slow in all digits
        "exp2": lambda x: mp.power(2, x),
        "log2": lambda x: mp.log(x) / mp.log(2),
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
        "rsqrt": lambda x: 1 / mp.sqrt(x),
        "square": lambda x: x * x,
        "reciprocal": lambda x: 1 / x,
        "negative": lambda x: -x,
        "positive": lambda x: x,
        "abs": abs,
        "sign": mp.sign,
        "trunc": lambda x: mp.floor(x) if x > 0 else mp.ceil(x),
        "rint": mp.nint,
        "subtract": lambda a, b: a - b,
        "divide": lambda a, b: a / b,
        "power": mp.power,
        "float_power": mp.power,
        "hypot": lambda a, b: mp.sqrt(a * a + b * b),
        "arctan2": mp.atan2,
        "floor_divide": lambda a, b: mp.floor(a / b),
        "remainder": lambda a, b: a - b * mp.floor(a / b),
        "fmod": mp.fmod,
        "logaddexp": lambda a, b: max(a, b) + mp.log1p(mp.exp(-abs(a - b))),
        "logaddexp2": lambda a, b: max(a, b) + mp.log1p(mp.power(2, -abs(a - b))) / mp.log(2),
        "deg2rad": lambda x: x * mp.pi / 180,
        "rad2deg": lambda x: x * 180 / mp.pi,
        "sinc": lambda x: mp.sin(mp.pi * x) / (mp.pi * x),
        "gammaln": lambda x: mp.log(abs(mp.gamma(x))),
        "betaln": lambda a, b: mp.log(abs(mp.beta(a, b))),
        "expit": lambda x: 1 / (1 + mp.exp(-x)),
        "logit": lambda x: mp.log(x) - mp.log1p(-x),
        "log_expit": lambda x: -mp.log1p(mp.exp(-x)) if x > 0 else x - mp.log1p(mp.exp(x)),
        "softplus": lambda x: mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x)),
        "log1mexp": lambda x: mp.log(-mp.expm1(x)),
        "exprel": lambda x: mp.expm1(x) / x,
        "ndtr": mp.ncdf,
        "log_ndtr": lambda x: mp.log(half * mp.erfc(-x / mp.sqrt(2))),
        "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
        "xlogy": lambda x, y: x * mp.log(y),
        "xlog1py": lambda x, y: x * mp.log1p(y),
        "entr": lambda x: -x * mp.log(x),
        "sech": mp.sech,
        "csch": mp.csch,
        "cosm1": lambda x: -2 * mp.sin(x / 2) ** 2,
        "powm1": lambda x, y: mp.expm1(y * mp.log(x)) if x > 0 else mp.power(x, y) - 1,
        "ldexp": lambda x, i: x * mp.power(2, i),
        "heaviside": lambda x, h: h if x == 0 else mp.mpf(int(x > 0)),
        "expi": mp.ei,
        "exp1": mp.e1,
        "y0": lambda x: mp.bessely(0, x) if x > 0 else mp.nan,
        "y1": lambda x: mp.bessely(1, x) if x > 0 else mp.nan,
        "k0": lambda x: mp.besselk(0, x) if x > 0 else mp.nan,
        "k1": lambda x: mp.besselk(1, x) if x > 0 else mp.nan,
        "j0": lambda x: mp.besselj(0, x),
        "j1": lambda x: mp.besselj(1, x),
        "i0": lambda x: mp.besseli(0, x),
        "i1": lambda x: mp.besseli(1, x),
    }
    return table


_COMPARISONS: dict[str, _Scalar] = {
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b),
    "logical_xor": lambda a, b: bool(a) is not bool(b),
    "logical_not": lambda a: not a,
    "isfinite": lambda a: bool(np.isfinite(float(a))),
    "isnan": lambda a: a != a,
    "isinf": lambda a: _special(a) and bool(np.isinf(a)),
    "signbit": lambda a: bool(np.signbit(float(a))),
}
_ZERO_IS_EXACT = frozenset(
    "heaviside ldexp csch expi exp1 y0 y1 k0 k1 powm1 "
    "multiply divide power float_power reciprocal copysign arctan2 sign abs negative positive".split()
)
# NumPy's own code serves numbers of any kind in object arrays.
_STRUCTURAL = frozenset(
    "sum prod mean max min cumsum cumprod matmul dot tensordot outer trace diag diagonal tril triu transpose "
    "matrix_transpose swapaxes moveaxis reshape expand_dims squeeze broadcast_to concatenate stack tile repeat flip roll "
    "item take size shape full".split()
)


def is_precise(root: Term) -> bool:
    """Whether each operator of a term has a high-precision meaning."""
    return all(is_leaf(term) or _known(term._tuple[0].name) for term in postorder(root))


def _known(name: str) -> bool:
    return name in _table() or name in _COMPARISONS or name in _STRUCTURAL or name in _CHOICES or name in _OF_ARRAYS


@cache
def _context() -> Any:
    try:
        import mpmath
    except ImportError:
        raise Imprecise from None
    context = mpmath.mp.clone()
    context.dps = DIGITS
    return context


@cache
def _table() -> dict[str, _Scalar]:
    return _plain(_context())


def _logsumexp(x: Any, axis: Any, keepdims: bool) -> Any:
    if any(_special(value) and not np.isfinite(value) for value in x.flat):
        raise Imprecise
    total = np.sum(_objects(_context().exp, x), axis=axis, keepdims=keepdims)
    return _objects(_context().log, np.asarray(total, dtype=object))


def _round(value: Any, decimals: int) -> Any:
    if _special(value):
        return value
    scale = _context().power(10, decimals)
    return _context().nint(value * scale) / scale


# Of arrays, by their definition: in so many digits nothing overflows.
_OF_ARRAYS: dict[str, _Scalar] = {
    "round": lambda x, decimals=0: _objects(lambda value: _round(value, decimals), x),
    "logsumexp": lambda x, axis=None, keepdims=False: _logsumexp(x, axis, keepdims),
    "log_softmax": lambda x, axis=None: x - _logsumexp(x, axis, True),
    "softmax": lambda x, axis=None: _objects(_context().exp, x - _logsumexp(x, axis, True)),
}


def _maximum(*values: Any) -> Any:
    return next((v for v in values if v != v), None) or max(values)


def _minimum(*values: Any) -> Any:
    return next((v for v in values if v != v), None) or min(values)


def _number_of(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What fmax and fmin look at: all but nan, if there is anything else."""
    return tuple([value for value in values if value == value]) or values


_CHOICES: dict[str, _Scalar] = {
    "fmax": lambda *values: max(_number_of(values)),
    "fmin": lambda *values: min(_number_of(values)),
    **dict.fromkeys(("real", "conj"), lambda x: x),
    "where": lambda c, a, b: a if c else b,
    "maximum": _maximum,
    "minimum": _minimum,
    "clip": lambda x, low, high: _minimum(_maximum(x, low), high),
    "astype": lambda x: x,
    "copysign": lambda a, b: abs(a) if not np.signbit(float(b)) else -abs(a),
    "add": lambda *values: _folded(_add, values),
    "multiply": lambda *values: _folded(_multiply, values),
}


def _folded(pair: _Scalar, values: tuple[Any, ...]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = pair(total, value)
    return total


def _number(value: Any) -> Any:
    return (1 if value else 0.0) if isinstance(value, bool) else value


def _add(a: Any, b: Any) -> Any:
    a, b = _number(a), _number(b)
    if _special(a) and _special(b):
        return float(np.float64(a) + np.float64(b))
    return a + b


def _multiply(a: Any, b: Any) -> Any:
    a, b = _number(a), _number(b)
    if _special(a) or _special(b):
        with np.errstate(all="ignore"):
            return float(np.float64(float(a)) * np.float64(float(b)))
    return a * b


def _limited(value: Any, dtype: np.dtype[Any]) -> Any:
    """The value with the range of the dtype; zeros, infinities and nan as floats."""
    mp = _context()
    if dtype.kind == "b":
        return bool(value)
    if dtype.kind in "iu":
        return _wrapped(value, dtype)
    if isinstance(value, mp.mpc):
        if value.imag != 0:
            return float("nan")
        value = value.real
    if isinstance(value, (int, np.integer, np.bool_, bool)):
        value = mp.mpf(int(value))
    elif isinstance(value, (float, np.floating)):
        number = float(value)
        value = number if number == 0 or not np.isfinite(number) else mp.mpf(number)
    if _special(value):
        return value
    if mp.isnan(value):
        return float("nan")
    limits = np.finfo(dtype)
    if abs(value) > float(limits.max):
        return float("inf") if value > 0 else float("-inf")
    if abs(value) < float(limits.smallest_subnormal):
        return 0.0 if value >= 0 else -0.0
    return value


def _wrapped(value: Any, dtype: np.dtype[Any]) -> Any:
    if _special(value) and not np.isfinite(value):
        raise Imprecise
    bits = dtype.itemsize * 8
    number = int(value) & ((1 << bits) - 1)
    return number - (1 << bits) if dtype.kind == "i" and number >> (bits - 1) else number


def _by_numpy(op: Any, values: tuple[Any, ...]) -> Any:
    with np.errstate(all="ignore"):
        return float(op.evaluate(*[np.float64(float(value)) for value in values]))


def _scalar_meaning(op: Any, dtype: np.dtype[Any]) -> _Scalar:
    name = op.name
    direct = _CHOICES.get(name) or _COMPARISONS.get(name)
    function = _table().get(name)

    def apply(*values: Any) -> Any:
        if direct is not None:
            return _limited(direct(*values), dtype)
        assert function is not None
        infinite = any(_special(value) and (value != 0 or name in _ZERO_IS_EXACT) for value in values)
        if infinite and dtype.kind == "f":
            return _limited(_by_numpy(op, values), dtype)
        try:
            return _limited(function(*[_context().mpf(value) for value in values]), dtype)
        except (ArithmeticError, ValueError):
            return _limited(_by_numpy(op, values), dtype)

    return apply


def evaluate_precisely(roots: tuple[Term, ...], values: Mapping[Term, Any], wide: bool = False) -> list[Any]:
    """The values of typed terms as object arrays; raises `Imprecise` where an operator has only its NumPy meaning.

    `wide` gives every floating dtype the range of float64.
    """
    known: dict[Term, Any] = {}
    for term in postorder(*roots):
        if is_leaf(term):
            raw = np.asarray(constant_value(term) if is_constant(term) else values[term])
            if raw.dtype.kind == "c":
                raise Imprecise
            known[term] = _objects(lambda value, dtype=raw.dtype: _limited(value, dtype), raw)
            continue
        known[term] = _applied(term, [known[part] for part in term.operands], wide)
    return [known[root] for root in roots]


def _objects(function: _Scalar, *arrays: Any) -> Any:
    return np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=object)


def _applied(term: Term, operands: list[Any], wide: bool) -> Any:
    op, kind = term._tuple[0], term.type
    if getattr(kind, "dtype", None) is None or kind.dtype.kind == "c" or not _known(op.name):
        raise Imprecise
    if wide and kind.dtype.kind == "f":
        kind = kind.with_dtype(np.float64)
    if op.name in _STRUCTURAL or op.name in _OF_ARRAYS:
        if kind.dtype.kind == "f":
            operands = [_objects(lambda value: _limited(value, kind.dtype), part) for part in operands]
        try:
            with np.errstate(all="ignore"):
                meaning = _OF_ARRAYS.get(op.name, op.evaluate)
                found = meaning(*operands, **dict(zip(op.attributes, term.attributes, strict=True)))
        except (TypeError, ValueError, AttributeError) as error:
            raise Imprecise from error
        return _objects(lambda value: _limited(value, kind.dtype), np.asarray(found, dtype=object))
    return _objects(_scalar_meaning(op, kind.dtype), *operands)
