"""Interned, typed expression tuples: what every other room works on."""

from etude.terms.bulk import bulk
from etude.terms.flat import flatten, laid_out, taken_up, unflatten
from etude.terms.leaves import (
    ASSUMPTIONS,
    CONSTANT,
    SYMBOL,
    Literal,
    assumptions_of,
    constant,
    constant_value,
    is_constant,
    is_leaf,
    is_symbol,
    scalar_value,
    symbol,
    symbol_name,
)
from etude.terms.term import CORE, Head, Term, etuple, intern, is_typed, lasting
from etude.terms.traverse import depends_on, distinct, postorder, replace, transform, uses_of
from etude.terms.types import ArrayType, Dim, Shape, TupleType, as_dtype, as_shape, broadcast_shapes, shape_text
from etude.terms.variables import Variable, is_variable, register_variable_type

__all__ = [
    "ASSUMPTIONS",
    "CONSTANT",
    "CORE",
    "SYMBOL",
    "ArrayType",
    "Dim",
    "Head",
    "Literal",
    "Shape",
    "Term",
    "TupleType",
    "Variable",
    "as_dtype",
    "as_shape",
    "assumptions_of",
    "broadcast_shapes",
    "bulk",
    "constant",
    "constant_value",
    "depends_on",
    "distinct",
    "etuple",
    "flatten",
    "intern",
    "is_constant",
    "is_leaf",
    "is_symbol",
    "is_typed",
    "is_variable",
    "laid_out",
    "lasting",
    "postorder",
    "register_variable_type",
    "replace",
    "scalar_value",
    "shape_text",
    "symbol",
    "symbol_name",
    "taken_up",
    "transform",
    "unflatten",
    "uses_of",
]
