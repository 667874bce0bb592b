"""Étude: symbolic arrays whose calculus is data. `import etude as et`."""

from etude.api.array import Array
from etude.api.construct import (
    asarray,
    col,
    constant,
    from_term,
    matrix,
    row,
    scalar,
    symbol,
    symbols,
    tensor3,
    tensor4,
    vector,
)
from etude.api.functions import FUNCTIONS as _FUNCTIONS

__version__ = "0.1.0"

globals().update(_FUNCTIONS)

__all__ = [
    "Array",
    "asarray",
    "col",
    "constant",
    "from_term",
    "matrix",
    "row",
    "scalar",
    "symbol",
    "symbols",
    "tensor3",
    "tensor4",
    "vector",
    *_FUNCTIONS,
]
