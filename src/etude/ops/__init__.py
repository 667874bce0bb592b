"""The catalogue of operators: names, type rules and NumPy meanings."""

from collections.abc import Mapping
from types import MappingProxyType

from etude.ops import (  # noqa: F401  # each family registers its operators  # noqa: F401
    arithmetic,
    binders,
    contraction,
    draws,
    exponential_sums,
    fourier,
    gradient_marks,
    indexing,
    joining,
    layout,
    likes,
    linear_algebra,
    loops,
    matrices,
    matrix_functions,
    products,
    reductions,
    scans,
    selection,
    shapes,
    sorting,
    special,
    transcendental,
)
from etude.ops.compositions import COMPOSITIONS
from etude.ops.op import Op, _registered

__all__ = ["CATALOGUE", "COMPOSITIONS", "Op"]

CATALOGUE: Mapping[str, Op] = MappingProxyType(_registered)
