"""Functions of numbers in high precision, with the infinities, nan and signed zeros of IEEE arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

__all__ = [
    "CHOICES", "COMPARISONS", "ZERO_IS_EXACT", "Imprecise", "ScalarMeaning", "context", "is_special", "limited", "table",
]  # fmt: skip

DIGITS = 700  # differences of numbers as large as float64 has them, to be seen in full
ScalarMeaning = Callable[..., Any]


class Imprecise(Exception):  # no error: the operator only has its NumPy meaning
    """A term that has no value in high precision."""


def is_special(value: Any) -> bool:
    """Whether a number is kept as a Python float: zeros of both signs, infinities, nan."""
    return isinstance(value, (float, bool))


@cache
def context() -> Any:
    try:
        import mpmath
    except ImportError:
        raise Imprecise from None
    context = mpmath.mp.clone()
    context.dps = DIGITS
    return context


@cache
def table() -> dict[str, ScalarMeaning]:
    return _plain(context())


def _plain(mp: Any) -> dict[str, ScalarMeaning]:
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


COMPARISONS: dict[str, ScalarMeaning] = {
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
    "isinf": lambda a: is_special(a) and bool(np.isinf(a)),
    "signbit": lambda a: bool(np.signbit(float(a))),
}
ZERO_IS_EXACT = frozenset(
    "heaviside ldexp csch expi exp1 y0 y1 k0 k1 powm1 "
    "multiply divide power float_power reciprocal copysign arctan2 sign abs negative positive".split()
)


def _maximum(*values: Any) -> Any:
    return next((v for v in values if v != v), None) or max(values)


def _minimum(*values: Any) -> Any:
    return next((v for v in values if v != v), None) or min(values)


def _numbers_of(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What fmax and fmin look at: all but nan, if there is anything else."""
    return tuple([value for value in values if value == value]) or values


CHOICES: dict[str, ScalarMeaning] = {
    "fmax": lambda *values: max(_numbers_of(values)),
    "fmin": lambda *values: min(_numbers_of(values)),
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


def _folded(pair: ScalarMeaning, values: tuple[Any, ...]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = pair(total, value)
    return total


def _number(value: Any) -> Any:
    return (1 if value else 0.0) if isinstance(value, bool) else value


def _add(a: Any, b: Any) -> Any:
    a, b = _number(a), _number(b)
    if is_special(a) and is_special(b):
        return float(np.float64(a) + np.float64(b))
    if a == 0 or b == 0:  # a zero is a float, which would round a large integer
        return b if a == 0 else a
    return a + b


def _multiply(a: Any, b: Any) -> Any:
    a, b = _number(a), _number(b)
    if is_special(a) or is_special(b):
        with np.errstate(all="ignore"):
            return float(np.float64(float(a)) * np.float64(float(b)))
    return a * b


def limited(value: Any, dtype: np.dtype[Any]) -> Any:
    """The value with the range of the dtype; zeros, infinities and nan as floats."""
    if dtype.kind == "f" and type(value) is context().mpf and _is_within(value, dtype):
        return value
    if dtype.kind == "b":
        return bool(value)
    if dtype.kind in "iu":
        return _wrapped(value, dtype)
    mp = context()
    if isinstance(value, mp.mpc):
        if value.imag != 0:
            return float("nan")
        value = value.real
    if isinstance(value, (int, np.integer, np.bool_, bool)):
        value = mp.mpf(int(value))
    elif isinstance(value, (float, np.floating)):
        number = float(value)
        value = number if number == 0 or not np.isfinite(number) else mp.mpf(number)
    return value if is_special(value) or _is_within(value, dtype) else _rounded_out(value, dtype)


def _rounded_out(value: Any, dtype: np.dtype[Any]) -> Any:
    """A real beyond the range of the dtype as infinity or zero."""
    if context().isnan(value):
        return float("nan")
    limits = np.finfo(dtype)
    if abs(value) > float(limits.max):
        return float("inf") if value > 0 else float("-inf")
    if abs(value) < float(limits.smallest_subnormal):
        return 0.0 if value >= 0 else -0.0
    return value


def _is_within(value: Any, dtype: np.dtype[Any]) -> bool:
    """Whether a real is in the range of the dtype, as far as its exponent shows; nan and the infinities have no digits."""
    _, digits, exponent, bits = value._mpf_
    low, high = _exponents(dtype)
    return bool(digits) and low < exponent + bits < high


@cache
def _exponents(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Between these, a power of two above a number and twice the number are in the range of the dtype."""
    limits: Any = np.finfo(dtype)
    return limits.minexp - limits.nmant, limits.maxexp


def _wrapped(value: Any, dtype: np.dtype[Any]) -> Any:
    if is_special(value) and not np.isfinite(value):
        raise Imprecise
    bits = dtype.itemsize * 8
    number = int(value) & ((1 << bits) - 1)
    return number - (1 << bits) if dtype.kind == "i" and number >> (bits - 1) else number
