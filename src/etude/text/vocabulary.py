"""What an expression may call, under every name that NumPy, SciPy and the Array API have for it, as functions of terms."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np

from etude import ops
from etude.errors import TermTypeError
from etude.ops import CATALOGUE, Op
from etude.ops.aliases import ALIASES
from etude.ops.arranging import ARRANGING
from etude.ops.distributions import DISTRIBUTIONS
from etude.ops.fourier import FOURIER
from etude.ops.matrix_functions import MATRIX_FUNCTIONS
from etude.ops.selection import SELECTIONS
from etude.ops.sequences import SEQUENCES
from etude.ops.statistics import STATISTICS
from etude.ops.subscripts import subscript_of
from etude.terms import Term, TupleType, constant, is_typed
from etude.text.numpy_calls import CALLS

__all__ = [
    "ATTRIBUTES",
    "DTYPES",
    "FUNCTIONS",
    "RESULTS",
    "call_operator",
    "cast",
    "define",
    "operand",
    "stacked",
    "subscript",
    "updated",
]

DTYPES: Mapping[str, np.dtype[Any]] = MappingProxyType({
    **{name: np.dtype(name) for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64", "complex64", "complex128")},
    "bool_": np.dtype(bool), "int_": np.dtype("int64"), "int": np.dtype("int64"), "float": np.dtype("float64"),
})  # fmt: skip


def call_operator(op: Op, args: tuple[Any, ...], named: Mapping[str, Any]) -> Term:
    """The term of an operator applied as a function: operands may be nested lists, attributes lists and NumPy numbers."""
    operands, attributes = op.bind(args, named)
    values = tuple([_attribute(op, name, value) for name, value in zip(op.attributes, attributes, strict=True)])
    given = tuple(map(operand, operands))
    if len(given) > 2 and "associative" in op.properties:  # sums of many are a normal form's; slopes are those of pairs
        return reduce(lambda left, right: op.apply((left, right), values), given)  # type: ignore[no-any-return]
    return op.apply(given, values)


def operand(value: Any) -> Any:
    """A term, a number or an array as it is; a list of numbers as a constant."""
    if isinstance(value, (list, tuple)) and not isinstance(value, Term):
        return stacked(value)
    if value is None or isinstance(value, (str, np.dtype, slice)):
        raise TermTypeError(f"{value!r} is no array")
    return value


def _attribute(op: Op, name: str, value: Any) -> Any:
    if isinstance(value, Term):
        raise TermTypeError(f"{op.name}: {name} must be a plain value, not an expression")
    if isinstance(value, (list, tuple)):
        return tuple([_attribute(op, name, item) for item in value])
    if isinstance(value, np.ndarray):
        return _attribute(op, name, value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def cast(value: Any, dtype: np.dtype[Any]) -> Term:
    """A number as a constant of this dtype; a term cast to it."""
    if is_typed(value):
        return CATALOGUE["astype"](value, dtype=dtype)
    return constant(value, dtype)


def _as_function(op: Op) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Term:
        return call_operator(op, args, named)

    call.__name__, call.__doc__ = op.name, op.doc
    call.op = op  # type: ignore[attr-defined]  # for callers that know a shorter way
    return call


def _array(value: Any, dtype: Any = None) -> Term:
    """Numbers, arrays and nested lists as an array."""
    made = stacked(value)
    return made if dtype is None else cast(made, np.dtype(dtype)) if _holds_terms(value) else constant(value, dtype)


def _functions() -> dict[str, Callable[..., Any]]:
    found = {name: _as_function(op) for name, op in CATALOGUE.items()}
    found.update(CALLS)
    found.update(ops.COMPOSITIONS)
    found.update(FOURIER)
    found.update({**SELECTIONS, **STATISTICS, **ARRANGING, **SEQUENCES, **DISTRIBUTIONS})
    found.update({name: function for name, function in MATRIX_FUNCTIONS.items() if name != "cond"})
    found.update(array=_array, asarray=_array, constant=_array)
    found.update({alias: found[name] for alias, name in ALIASES.items() if name in found and alias not in found})
    return found


_functions_now = _functions()
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions_now)


def define(op: Op) -> None:
    """Let expressions call a user's operator by its name."""
    _functions_now[op.name] = _as_function(op)


# ---------------------------------------------------------------- subscripts


def subscript(value: Any, key: Any) -> Term:
    """`value[key]`: an entry, a slice or a selection of an array, or one of several results."""
    term = value if isinstance(value, Term) else stacked(value)
    if isinstance(term.type, TupleType):
        return CATALOGUE["item"](term, index=_result_number(key, len(term.type.items)))
    operands, spec = subscript_of(_plain_key(key))
    return CATALOGUE["getitem"].apply((term, *operands), (spec,))


def updated(term: Term, key: Any, value: Any, how: str) -> Term:
    """`term.at[key].set(value)`, or with `how` "add" the value added there."""
    operands, spec = subscript_of(_plain_key(key))
    return CATALOGUE[f"{how}_at"].apply((term, operand(value), *operands), (spec,))


def _plain_key(key: Any) -> Any:
    """The subscript with lists that hold terms as arrays."""
    if isinstance(key, tuple):
        return tuple(map(_plain_key, key))
    return stacked(key) if isinstance(key, list) and _holds_terms(key) else key


def _result_number(key: Any, count: int) -> int:
    if not isinstance(key, int) or not -count <= key < count:
        raise TermTypeError(f"one of {count} results is taken by its number, not by {key!r}")
    return key % count


# ---------------------------------------------------------------- lists


def _holds_terms(value: Any) -> bool:
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, Term):
            return True
        if isinstance(part, (list, tuple)):
            pending.extend(part)
    return False


def stacked(value: Any) -> Term:
    """Nested lists of numbers, arrays and terms as one array."""
    if isinstance(value, Term):
        return value
    if not isinstance(value, (list, tuple)) or not _holds_terms(value):
        return constant(value)
    items = _aligned([stacked(item) if isinstance(item, (list, tuple)) else item for item in value])
    return CATALOGUE["stack"](*items, axis=0) if "stack" in CATALOGUE else _laid_in(items)


def _laid_in(items: list[Term]) -> Term:
    """The items along a new first axis, set one by one into an array of zeros."""
    shape = items[0].type.shape
    if any(item.type.shape != shape or not item.type.is_static for item in items):
        raise TermTypeError("the items of a list must have one shape, and that must be known")
    made = constant(np.zeros((len(items), *shape), items[0].type.dtype))
    for place, item in enumerate(items):
        made = CATALOGUE["set_at"](made, item, spec=(place,))
    return made


def _aligned(items: list[Any]) -> list[Term]:
    """The items of a list, numbers among them in the dtype of the terms."""
    dtypes = [item.type.dtype for item in items if isinstance(item, Term)]
    dtypes += [item.dtype for item in items if isinstance(item, (np.ndarray, np.generic))]
    numbers = [item for item in items if type(item) in (bool, int, float, complex)]
    dtype = np.result_type(*dtypes, *numbers)
    return [cast(item, dtype) for item in items]


# ---------------------------------------------------------------- attributes and results

ATTRIBUTES: Mapping[str, Callable[[Term], Any]] = MappingProxyType({
    "T": FUNCTIONS["transpose"], "mT": FUNCTIONS["matrix_transpose"],
    "shape": FUNCTIONS["shape"], "size": FUNCTIONS["size"],
    "ndim": lambda x: x.type.ndim, "dtype": lambda x: x.type.dtype,
    "real": FUNCTIONS["real"], "imag": FUNCTIONS["imag"],
})  # fmt: skip

RESULTS: Mapping[str, Callable[..., Any]] = MappingProxyType({
    name: namedtuple(f"{name.capitalize()}Result", fields)
    for name, fields in {
        "slogdet": "sign logabsdet", "eigh": "eigenvalues eigenvectors", "eig": "eigenvalues eigenvectors",
        "qr": "Q R", "svd": "U S Vh", "unique_all": "values indices inverse_indices counts",
        "unique_counts": "values counts", "unique_inverse": "values inverse_indices",
    }.items()
})  # fmt: skip
