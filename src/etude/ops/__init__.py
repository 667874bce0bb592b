"""The catalogue of operators: names, type rules and NumPy meanings."""

from collections.abc import Mapping
from types import MappingProxyType

from etude.ops import arithmetic, gradient_marks, special, transcendental  # noqa: F401  # each family registers its operators
from etude.ops import binders, exponential_sums, indexing, layout, likes, products, reductions, scans, shapes, sorting  # noqa: F401
from etude.ops.op import Op, _registered

__all__ = ["CATALOGUE", "Op"]

CATALOGUE: Mapping[str, Op] = MappingProxyType(_registered)
