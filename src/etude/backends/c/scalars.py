"""The C form of each elementwise operator: one row each. `{0}` is an operand, `{f}` the suffix of libm's functions.

Rows are chosen by the kind of the loop's operands: f floating, c complex, i integer (u unsigned where it differs), b
boolean.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from etude.backends.c.csource import Unsupported

__all__ = ["COMPLEX", "C_TYPES", "PRELUDE", "expression", "has_form", "is_costly", "literal"]

C_TYPES = {
    "?": "uint8_t", "b": "int8_t", "B": "uint8_t", "h": "int16_t", "H": "uint16_t", "i": "int32_t", "I": "uint32_t",
    "l": "int64_t", "L": "uint64_t", "q": "int64_t", "Q": "uint64_t", "f": "float", "d": "double",
    "F": "float _Complex", "D": "double _Complex",
}  # fmt: skip

_VECTOR = "exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc cbrt"


def _declarations() -> str:
    lines = ["#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)"]
    lines.append("#if __GLIBC_PREREQ(2, 35)")
    for name in _VECTOR.split():
        for kind, suffix in (("double", ""), ("float", "f")):
            lines.append(f'__attribute__((simd("notinbranch"))) {kind} {name}{suffix}({kind});')
    for name in ("pow", "atan2", "hypot"):
        for kind, suffix in (("double", ""), ("float", "f")):
            lines.append(f'__attribute__((simd("notinbranch"))) {kind} {name}{suffix}({kind}, {kind});')
    return "\n".join([*lines, "#endif", "#endif"])


_PRODUCTS = """
static inline {t} _Complex times{f}({t} _Complex x, {t} _Complex y) {{
  const {t} a = creal{f}(x), b = cimag{f}(x), c = creal{f}(y), d = cimag{f}(y);
  return __builtin_complex(a * c - b * d, a * d + b * c);
}}
static inline {t} _Complex over{f}({t} _Complex x, {t} _Complex y) {{
  const {t} a = creal{f}(x), b = cimag{f}(x), c = creal{f}(y), d = cimag{f}(y);
  if (c == 0 && d == 0) return __builtin_complex(a / fabs{f}(c), b / fabs{f}(c));
  if (fabs{f}(c) >= fabs{f}(d)) {{
    const {t} q = d / c, s = 1 / (c + d * q);
    return __builtin_complex((a + b * q) * s, (b - a * q) * s);
  }}
  const {t} q = c / d, s = 1 / (d + c * q);
  return __builtin_complex((a * q + b) * s, (b * q - a) * s);
}}
"""
# where it is wanted: products and quotients as NumPy has them, which do not look for infinities in what is nan
COMPLEX = f"#include <complex.h>\n#undef I{_PRODUCTS.format(t='double', f='')}{_PRODUCTS.format(t='float', f='f')}"
PRELUDE = f"""#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
{_declarations()}
"""


def _all(text: str) -> dict[str, str]:
    return dict.fromkeys("fibc", text)


def _libm(name: str, count: int = 1) -> dict[str, str]:
    return {"f": f"{name}{{f}}({', '.join(f'{{{place}}}' for place in range(count))})"}


def _ordered(text: str) -> dict[str, str]:
    return dict.fromkeys("fib", text)


def _complex_libm(name: str) -> dict[str, str]:
    return {**_libm(name), "c": f"c{name}{{f}}({{0}})"}


def _spherical_j1() -> str:
    """(sin(z)/z - cos(z))/z, or where that cancels the series z/3 (1 - z**2/10 (1 - z**2/28 (1 - ...))), DLMF 10.53.1."""
    series = "1"  # {d} is nothing, of libm's functions of double
    for k in range(9, 0, -1):
        series = f"1 - {{0}} * (double){{0}} * (1.0 / {2 * k * (2 * k + 3)}) * ({series})"
    size, whole = "fabs((double){0})", "(sin{d}((double){0}) / {0} - cos{d}((double){0})) / {0}"
    return f"{{0}} == 0 ? 0 : {size} == INFINITY ? 1 / {{0}} : {size} < 1 ? {{0}} / 3.0 * ({series}) : {whole}"


def _ndtr() -> str:
    """erfc(z)/2 of z = -x/sqrt(2), DLMF 7.2.2, less what z lacks by its rounding: the slope of log(erfc) is -(2z + 1/z) about."""
    z = "(-0x1.6a09e667f3bcdp-1 * {0})"
    lacks = f"(fma(-0x1.6a09e667f3bcdp-1, {{0}}, -{z}) + 0x1.bdd3413b26456p-55 * {{0}})"
    return f"0.5 * erfc{{d}}({z}) * (({z} > 1) & ({z} < 28) ? 1 - {lacks} * (2 * {z} + 1 / {z}) : 1)"


_PI = "({t})0x1.921fb54442d18p+1"
ROWS: dict[str, dict[str, str]] = {
    "add": {"f": "{0} + {1}", "c": "{0} + {1}", "i": "{0} + {1}", "b": "{0} | {1}"},
    "subtract": {"f": "{0} - {1}", "c": "{0} - {1}", "i": "{0} - {1}"},
    "multiply": {"f": "{0} * {1}", "c": "times{f}({0}, {1})", "i": "{0} * {1}", "b": "{0} & {1}"},
    "divide": {"f": "{0} / {1}", "c": "over{f}({0}, {1})"},
    "negative": {"f": "-{0}", "c": "-{0}", "i": "-{0}"},
    "positive": {"f": "{0}", "c": "{0}", "i": "{0}"},
    "copy": _all("{0}"),
    "astype": _all("{0}"),
    "reciprocal": {"f": "1 / {0}"},
    "square": {"f": "{0} * {0}", "c": "times{f}({0}, {0})", "i": "{0} * {0}"},
    "sqrt": _complex_libm("sqrt"),
    "rsqrt": {"f": "1 / sqrt{f}({0})", "c": "over{f}(1, csqrt{f}({0}))"},
    "power": _libm("pow", 2),
    "float_power": _libm("pow", 2),
    "cbrt": _libm("cbrt"),
    "hypot": _libm("hypot", 2),
    "abs": {"f": "fabs{f}({0})", "c": "cabs{f}({0})", "i": "{0} < 0 ? -{0} : {0}", "u": "{0}", "b": "{0}"},
    "sign": {"f": "{0} != {0} ? {0} : ({0} > 0) - ({0} < 0)", "i": "({0} > 0) - ({0} < 0)"},
    "copysign": _libm("copysign", 2),
    "nextafter": _libm("nextafter", 2),
    "heaviside": {"f": "{0} != {0} ? {0} : {0} == 0 ? {1} : {0} > 0"},
    "floor": {**_libm("floor"), "i": "{0}", "b": "{0}"},
    "ceil": {**_libm("ceil"), "i": "{0}", "b": "{0}"},
    "trunc": {**_libm("trunc"), "i": "{0}", "b": "{0}"},
    "rint": _libm("rint"),
    "fmod": {"f": "fmod{f}({0}, {1})", "i": "{1} == 0 || {1} == ({t})-1 ? 0 : {0} % {1}",
             "u": "{1} == 0 ? 0 : {0} % {1}"},
    "remainder": {"i": "{1} == 0 || {1} == ({t})-1 ? 0 : ({0} % {1} + ((({0} % {1}) != 0) & (({0} ^ {1}) < 0)) * {1})",
                  "u": "{1} == 0 ? 0 : {0} % {1}"},
    "floor_divide": {"i": "{1} == 0 ? 0 : {1} == ({t})-1 ? -{0} : {0} / {1} - ((({0} % {1}) != 0) & (({0} ^ {1}) < 0))",
                     "u": "{1} == 0 ? 0 : {0} / {1}"},
    "maximum": {"f": "({0} >= {1}) | ({0} != {0}) ? {0} : {1}", "i": "{0} >= {1} ? {0} : {1}", "b": "{0} | {1}"},
    "minimum": {"f": "({0} <= {1}) | ({0} != {0}) ? {0} : {1}", "i": "{0} <= {1} ? {0} : {1}", "b": "{0} & {1}"},
    "fmax": {"f": "({0} >= {1}) | ({1} != {1}) ? {0} : {1}", "i": "{0} >= {1} ? {0} : {1}"},
    "fmin": {"f": "({0} <= {1}) | ({1} != {1}) ? {0} : {1}", "i": "{0} <= {1} ? {0} : {1}"},
    "deg2rad": {"f": "{0} * ({t})0x1.1df46a2529d39p-6"},
    "rad2deg": {"f": "{0} * ({t})0x1.ca5dc1a63c1f8p+5"},
    "equal": _all("{0} == {1}"),
    "not_equal": _all("{0} != {1}"),
    "less": _ordered("{0} < {1}"),
    "less_equal": _ordered("{0} <= {1}"),
    "greater": _ordered("{0} > {1}"),
    "greater_equal": _ordered("{0} >= {1}"),
    "logical_and": _all("({0} != 0) & ({1} != 0)"),
    "logical_or": _all("({0} != 0) | ({1} != 0)"),
    "logical_xor": _all("({0} != 0) ^ ({1} != 0)"),
    "logical_not": _all("{0} == 0"),
    "isnan": {"f": "{0} != {0}", "c": "{0} != {0}", "i": "0", "b": "0"},
    "isinf": {"f": "fabs{f}({0}) == INFINITY", "i": "0", "b": "0"},
    "isfinite": {"f": "fabs{f}({0}) < INFINITY", "c": "{0} - {0} == 0", "i": "1", "b": "1"},
    "signbit": {"f": "signbit({0}) != 0"},
    "bitwise_and": {"i": "{0} & {1}", "b": "{0} & {1}"},
    "bitwise_or": {"i": "{0} | {1}", "b": "{0} | {1}"},
    "bitwise_xor": {"i": "{0} ^ {1}", "b": "{0} ^ {1}"},
    "invert": {"i": "~{0}", "b": "!{0}"},
    "where": _all("{0} ? {1} : {2}"),
    "real": {"c": "creal{f}({0})"}, "imag": {"c": "cimag{f}({0})"}, "conj": {"c": "conj{f}({0})"},
    "exp": _complex_libm("exp"), "exp2": _libm("exp2"), "expm1": _libm("expm1"),
    "log": _complex_libm("log"), "log2": _libm("log2"), "log10": _libm("log10"), "log1p": _libm("log1p"),
    "sin": _complex_libm("sin"), "cos": _complex_libm("cos"), "tan": _libm("tan"),
    "arcsin": _libm("asin"), "arccos": _libm("acos"), "arctan": _libm("atan"), "arctan2": _libm("atan2", 2),
    "sinh": _complex_libm("sinh"), "cosh": _complex_libm("cosh"), "tanh": _complex_libm("tanh"),
    "arcsinh": _libm("asinh"), "arccosh": _libm("acosh"), "arctanh": _libm("atanh"),
    "logaddexp": {"f": "{0} == {1} ? {0} + ({t})0x1.62e42fefa39efp-1 : (({0} >= {1}) | ({0} != {0}) ? {0} : {1}) + "
                       "log1p{f}(exp{f}(-fabs{f}({0} - {1})))"},
    "logaddexp2": {"f": "{0} == {1} ? {0} + 1 : (({0} >= {1}) | ({0} != {0}) ? {0} : {1}) + "
                        "({t})0x1.71547652b82fep+0 * log1p{f}(exp2{f}(-fabs{f}({0} - {1})))"},
    "erf": _libm("erf"), "erfc": _libm("erfc"),
    "ndtr": {"f": _ndtr()},
    "expit": {"f": "1 / (1 + exp{f}(-{0}))"},
    "log_expit": {"f": "-(({0} >= 0 ? 0 : -{0}) + log1p{f}(exp{f}(-fabs{f}({0}))))"},
    "softplus": {"f": "({0} >= 0 || {0} != {0} ? {0} : 0) + log1p{f}(exp{f}(-fabs{f}({0})))"},
    "log1mexp": {"f": "{0} > -({t})0x1.62e42fefa39efp-1 ? log{f}(-expm1{f}({0})) : log1p{f}(-exp{f}({0}))"},
    "bose": {"f": "1 / expm1{f}({0})"},
    "sech": {"f": "2 * exp{f}(-fabs{f}({0})) / (1 + exp{f}(-fabs{f}({0})) * exp{f}(-fabs{f}({0})))"},
    "csch": {"f": "1 / sinh{f}({0})", "c": "over{f}(1, csinh{f}({0}))"},
    "sinc": {"f": f"{_PI} * {{0}} == 0 ? 1 : sin{{f}}({_PI} * {{0}}) / ({_PI} * {{0}})"},
    "spherical_jn of order 0": {"f": "{0} == 0 ? 1 : fabs((double){0}) == INFINITY ? 0 : sin{d}((double){0}) / {0}"},
    "spherical_jn of order 1": {"f": _spherical_j1()},
    "xlogy": {"f": "({0} == 0) & ({1} == {1}) ? 0 : {0} * log{f}({1})"},
    "xlog1py": {"f": "({0} == 0) & ({1} == {1}) ? 0 : {0} * log1p{f}({1})"},
}  # fmt: skip

_POWERS = {2.0: "{0} * {0}", 3.0: "{0} * {0} * {0}", 4.0: "({0} * {0}) * ({0} * {0})", 1.0: "{0}", -1.0: "1 / {0}"}


def literal(value: Any, dtype: np.dtype[Any]) -> str:
    """A number as C text, exactly."""
    kind = C_TYPES[dtype.char]
    if dtype.kind == "f":
        number = float(value)
        if number != number:
            return f"(({kind})NAN)"
        if number in (float("inf"), float("-inf")):
            return f"(({kind}){'-' if number < 0 else ''}INFINITY)"
        return f"(({kind}){number.hex()})"
    if dtype.kind == "c":
        part = np.dtype("f" if dtype.char == "F" else "d")
        return f"__builtin_complex({literal(value.real, part)}, {literal(value.imag, part)})"
    number = int(value)
    if number == -(2**63):
        return "INT64_MIN"
    return f"(({kind}){number}{'ULL' if number >= 2**63 else 'LL'})"


_CHEAP = re.compile(r"\b(fabs|copysign|floor|ceil|trunc|rint|signbit)\{f\}")


def is_costly(name: str) -> bool:
    """Whether an elementwise operator calls functions that take longer than a few additions, as all do that have no row."""
    text = _CHEAP.sub("", ROWS.get(name, {}).get("f", ""))
    return name not in ROWS or "{f}" in text or "{d}" in text


def has_form(name: str, dtype: np.dtype[Any]) -> bool:
    """Whether an operator has a C expression for operands of a dtype."""
    row = ROWS.get(name, {})
    return dtype.kind in row or (dtype.kind == "u" and "i" in row)


def expression(name: str, operands: list[str], dtype: np.dtype[Any], exponent: float | None = None) -> str:
    """The C expression of an operator on operands of the loop's `dtype`; `exponent` is a power's where known."""
    row = ROWS.get(name)
    kind = dtype.kind
    text = None if row is None else row.get(kind) or (row.get("i") if kind == "u" else None)
    if name in ("power", "float_power") and exponent in _POWERS and kind == "f":
        text = _POWERS[exponent]
    if text is None:
        raise Unsupported(name, f"no C form for dtype {dtype}")
    return text.format(*operands, f="f" if dtype.char in "fF" else "", d="", t=C_TYPES[dtype.char])
