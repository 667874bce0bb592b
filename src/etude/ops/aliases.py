"""Other names under which an operator is known: NumPy's and the Array API's spellings."""

from __future__ import annotations

__all__ = ["ALIASES"]

ALIASES: dict[str, str] = {
    "absolute": "abs", "fabs": "abs", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "pow": "power", "true_divide": "divide",
    "mod": "remainder", "conjugate": "conj", "bitwise_invert": "invert", "bitwise_not": "invert",
    "radians": "deg2rad", "degrees": "rad2deg", "fix": "trunc", "around": "round", "psi": "digamma", "loggamma": "gammaln",
    "mT": "matrix_transpose", "concat": "concatenate", "amax": "max", "amin": "min", "permute_dims": "transpose",
    "bitwise_left_shift": "left_shift", "bitwise_right_shift": "right_shift", "cumulative_sum": "cumsum",
    "cumulative_prod": "cumprod", "jn": "jv", "yn": "yv", "kn": "kv",
}  # fmt: skip
