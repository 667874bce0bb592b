"""Arithmetic, rounding, comparison, logic and choice, element by element."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from etude.errors import TermTypeError
from etude.ops.elementwise import boolean, elementwise, promoted, ufunc_dtype
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, as_dtype


def _folded(ufunc: Any) -> Any:
    pair = ufunc_dtype(lambda: ufunc)

    def infer(types: Types, attributes: Attributes) -> Any:
        if len(types) == 2:
            return pair(types, attributes)
        return reduce(lambda left, right: pair((left, right), attributes), types)  # type: ignore[arg-type, return-value]  # ArrayType throughout

    return infer


def _rounded(types: Types, attributes: Attributes) -> ArrayType:
    return types[0].with_dtype(np.float16) if types[0].dtype == np.bool_ else types[0]


def _sum_of(name: str, ufunc: Any, properties: str, doc: str) -> Op:
    """A binary operator that a normal form may hold with more operands."""
    return register(
        Op(
            name,
            ("a", "b", "*more"),
            lambda *values: ufunc(*values) if len(values) == 2 else reduce(ufunc, values),
            _folded(ufunc),
            properties=f"elementwise commutative associative {properties}",
            doc=doc,
        )
    )


add = _sum_of("add", np.add, "", "a + b")
multiply = _sum_of("multiply", np.multiply, "", "a * b")
subtract = elementwise("subtract", np.subtract, "a b", doc="a - b")
divide = elementwise("divide", np.true_divide, "a b", doc="a / b, true division")
negative = elementwise("negative", np.negative, doc="-x")
positive = elementwise("positive", np.positive, doc="+x")
power = elementwise("power", np.power, "a b", doc="a ** b")
float_power = elementwise("float_power", np.float_power, "a b", doc="a ** b in floating point")
floor_divide = elementwise("floor_divide", np.floor_divide, "a b", doc="a // b, rounded down")
remainder = elementwise("remainder", np.remainder, "a b", doc="a % b, with the sign of b")
fmod = elementwise("fmod", np.fmod, "a b", doc="remainder with the sign of a, as in C")
reciprocal = elementwise("reciprocal", np.reciprocal, doc="1 / x")
square = elementwise("square", np.square, doc="x ** 2")
sqrt = elementwise("sqrt", np.sqrt, doc="square root")
rsqrt = elementwise("rsqrt", lambda x: 1 / np.sqrt(x), infer=ufunc_dtype(lambda: np.sqrt), doc="1 / sqrt(x)")
cbrt = elementwise("cbrt", np.cbrt, doc="real cube root")
hypot = elementwise("hypot", np.hypot, "a b", properties="commutative", doc="sqrt(a**2 + b**2) without overflow")
abs_ = elementwise("abs", np.abs, doc="absolute value")
sign = elementwise("sign", np.sign, doc="-1, 0 or 1 (z/|z| for complex)")
heaviside = elementwise("heaviside", np.heaviside, "x h", doc="0 below 0, h at 0, 1 above")
copysign = elementwise("copysign", np.copysign, "a b", doc="|a| with the sign of b")
nextafter = elementwise("nextafter", np.nextafter, "a b", doc="the next floating number after a towards b")
spacing = elementwise("spacing", np.spacing, doc="distance to the next floating number")
floor = elementwise("floor", np.floor, doc="the greatest integer not above x")
ceil = elementwise("ceil", np.ceil, doc="the least integer not below x")
trunc = elementwise("trunc", np.trunc, doc="rounded towards zero")
rint = elementwise("rint", np.rint, doc="the nearest integer, ties to even")
round_ = elementwise(
    "round", np.round, infer=_rounded, attributes={"decimals": 0}, doc="rounded to decimals, ties to even"
)
maximum = elementwise(
    "maximum", np.maximum, "a b", properties="commutative associative", doc="the greater; nan if one is nan"
)
minimum = elementwise(
    "minimum", np.minimum, "a b", properties="commutative associative", doc="the smaller; nan if one is nan"
)
fmax = elementwise("fmax", np.fmax, "a b", properties="commutative", doc="the greater; a nan is ignored")
fmin = elementwise("fmin", np.fmin, "a b", properties="commutative", doc="the smaller; a nan is ignored")
clip = elementwise("clip", np.clip, "x lower upper", infer=promoted(), doc="minimum(upper, maximum(x, lower))")
deg2rad = elementwise("deg2rad", np.deg2rad, doc="x * pi / 180")
rad2deg = elementwise("rad2deg", np.rad2deg, doc="x * 180 / pi")
gcd = elementwise("gcd", np.gcd, "a b", properties="commutative", doc="greatest common divisor")
lcm = elementwise("lcm", np.lcm, "a b", properties="commutative", doc="least common multiple")
ldexp = elementwise("ldexp", np.ldexp, "x i", weak=(0,), doc="x * 2**i")

equal = elementwise("equal", np.equal, "a b", infer=boolean, properties="commutative", doc="a == b")
not_equal = elementwise("not_equal", np.not_equal, "a b", infer=boolean, properties="commutative", doc="a != b")
less = elementwise("less", np.less, "a b", infer=boolean, doc="a < b")
less_equal = elementwise("less_equal", np.less_equal, "a b", infer=boolean, doc="a <= b")
greater = elementwise("greater", np.greater, "a b", infer=boolean, doc="a > b")
greater_equal = elementwise("greater_equal", np.greater_equal, "a b", infer=boolean, doc="a >= b")
logical_and = elementwise(
    "logical_and", np.logical_and, "a b", infer=boolean, properties="commutative associative", doc="a and b"
)
logical_or = elementwise(
    "logical_or", np.logical_or, "a b", infer=boolean, properties="commutative associative", doc="a or b"
)
logical_xor = elementwise(
    "logical_xor", np.logical_xor, "a b", infer=boolean, properties="commutative", doc="either a or b"
)
logical_not = elementwise("logical_not", np.logical_not, infer=boolean, doc="not x")
isnan = elementwise("isnan", np.isnan, infer=boolean, doc="whether x is nan")
isinf = elementwise("isinf", np.isinf, infer=boolean, doc="whether x is infinite")
isfinite = elementwise("isfinite", np.isfinite, infer=boolean, doc="whether x is neither nan nor infinite")
signbit = elementwise("signbit", np.signbit, doc="whether the sign bit is set")
bitwise_and = elementwise("bitwise_and", np.bitwise_and, "a b", properties="commutative associative", doc="a & b")
bitwise_or = elementwise("bitwise_or", np.bitwise_or, "a b", properties="commutative associative", doc="a | b")
bitwise_xor = elementwise("bitwise_xor", np.bitwise_xor, "a b", properties="commutative associative", doc="a ^ b")
invert = elementwise("invert", np.invert, doc="~x")
left_shift = elementwise("left_shift", np.left_shift, "a b", doc="a << b")
right_shift = elementwise("right_shift", np.right_shift, "a b", doc="a >> b")

where = elementwise(
    "where", np.where, "condition a b", infer=promoted(1), weak=(1, 2), doc="a where the condition holds, b elsewhere"
)

real = elementwise("real", np.real, infer=lambda t, a: t[0].with_dtype(t[0].dtype.type(0).real.dtype), doc="real part")
imag = elementwise(
    "imag", np.imag, infer=lambda t, a: t[0].with_dtype(t[0].dtype.type(0).real.dtype), doc="imaginary part"
)
conj = elementwise("conj", np.conj, doc="complex conjugate")
angle = elementwise(
    "angle",
    np.angle,
    infer=lambda t, a: t[0].with_dtype(np.arctan2.resolve_dtypes((int, t[0].dtype.type(0).real.dtype, None))[-1]),
    doc="argument of a complex number",
)


def _cast_canonical(types: Types, attributes: Attributes) -> Attributes:
    return (as_dtype(attributes[0]),)


def _cast(types: Types, attributes: Attributes) -> ArrayType:
    if types[0].dtype.kind == "c" and attributes[0].kind not in "cb":
        raise TermTypeError("a complex operand is not cast to a real dtype; take et.real(x) or et.abs(x)")
    return types[0].with_dtype(attributes[0])


astype = register(
    Op(
        "astype",
        ("x",),
        lambda x, dtype: np.asarray(x).astype(dtype)[()],
        _cast,
        attributes={"dtype": None},
        canonical=_cast_canonical,
        properties="elementwise",
        doc="x in another dtype",
        build=lambda op, operands, attributes: operands[0] if operands[0].type.dtype == attributes[0] else None,
    )
)
