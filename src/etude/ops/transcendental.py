"""Exponentials, logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

import numpy as np

from etude.ops.elementwise import elementwise

exp = elementwise("exp", np.exp, doc="e ** x")
exp2 = elementwise("exp2", np.exp2, doc="2 ** x")
expm1 = elementwise("expm1", np.expm1, doc="exp(x) - 1, accurate near 0")
log = elementwise("log", np.log, doc="natural logarithm")
log2 = elementwise("log2", np.log2, doc="logarithm to base 2")
log10 = elementwise("log10", np.log10, doc="logarithm to base 10")
log1p = elementwise("log1p", np.log1p, doc="log(1 + x), accurate near 0")
logaddexp = elementwise(
    "logaddexp", np.logaddexp, "a b", properties="commutative associative", doc="log(exp(a) + exp(b))"
)
logaddexp2 = elementwise(
    "logaddexp2", np.logaddexp2, "a b", properties="commutative associative", doc="log2(2**a + 2**b)"
)

sin = elementwise("sin", np.sin, doc="sine of radians")
cos = elementwise("cos", np.cos, doc="cosine of radians")
tan = elementwise("tan", np.tan, doc="tangent of radians")
arcsin = elementwise("arcsin", np.arcsin, doc="inverse sine, in radians")
arccos = elementwise("arccos", np.arccos, doc="inverse cosine, in radians")
arctan = elementwise("arctan", np.arctan, doc="inverse tangent, in radians")
arctan2 = elementwise("arctan2", np.arctan2, "y x", doc="angle of the point (x, y), in radians")
sinh = elementwise("sinh", np.sinh, doc="hyperbolic sine")
cosh = elementwise("cosh", np.cosh, doc="hyperbolic cosine")
tanh = elementwise("tanh", np.tanh, doc="hyperbolic tangent")
arcsinh = elementwise("arcsinh", np.arcsinh, doc="inverse hyperbolic sine")
arccosh = elementwise("arccosh", np.arccosh, doc="inverse hyperbolic cosine")
arctanh = elementwise("arctanh", np.arctanh, doc="inverse hyperbolic tangent")
