"""Étude: symbolic arrays whose calculus is data. `import etude as et`."""

from etude.api.array import Array
from etude.api.construct import (
    asarray,
    col,
    constant,
    from_term,
    matrix,
    parse,
    row,
    scalar,
    symbol,
    symbols,
    tensor3,
    tensor4,
    vector,
)
from etude.api.functions import FUNCTIONS as _FUNCTIONS
from etude.gradient import *
from etude.gradient import __all__ as _gradient_names

__version__ = "0.1.0"

globals().update({name: function for name, function in _FUNCTIONS.items() if name not in _gradient_names})

__all__ = [
    "Array",
    "asarray",
    "col",
    "constant",
    "from_term",
    "matrix",
    "parse",
    "row",
    "scalar",
    "symbol",
    "symbols",
    "tensor3",
    "tensor4",
    "vector",
    *_FUNCTIONS,
    *_gradient_names,
]
