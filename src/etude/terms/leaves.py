"""The leaves of terms: symbols, shared variables and constants."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from etude.errors import MissingValueError, TermTypeError
from etude.terms.term import Parts, Term, intern, lasting
from etude.terms.types import ArrayType

__all__ = [
    "ASSUMPTIONS",
    "CONSTANT",
    "MATRIX_WORDS",
    "SYMBOL",
    "Literal",
    "assumptions_of",
    "constant",
    "constant_value",
    "is_constant",
    "is_leaf",
    "is_symbol",
    "scalar_value",
    "symbol",
    "symbol_name",
]

MATRIX_WORDS = tuple(
    "symmetric positive_semidefinite positive_definite diagonal lower_triangular upper_triangular orthogonal identity".split()
)
ASSUMPTIONS = frozenset([*MATRIX_WORDS, *"positive nonnegative negative nonzero integer finite".split()])
_fresh = itertools.count()


class _SymbolHead:
    """Head of `(symbol, name, type, assumptions, identity)`; identity is None, a number or a shared container."""

    attribute_count = 4
    name = "symbol"

    def typed_parts(self, parts: Parts) -> tuple[Parts, ArrayType | None]:
        return parts, parts[2] if len(parts) == 5 and isinstance(parts[2], ArrayType) else None

    def meaning(self, *parts: Any) -> Any:
        storage = parts[3] if len(parts) > 3 else None
        if storage is not None and hasattr(storage, "get_value"):
            return storage.get_value(borrow=True)
        name = self.leaf_text((self, *parts))
        raise MissingValueError(f"symbol {name} has no value; give it one or compile a function")

    def __call__(self, *parts: Any) -> Term:
        return Term((self, *parts))

    def leaf_text(self, parts: Parts) -> str:
        name, identity = parts[1], parts[4] if len(parts) > 4 else None
        return str(name) if name is not None else f"_{identity}"

    def __reduce__(self) -> str:
        return "SYMBOL"

    def __repr__(self) -> str:
        return self.name


class _ConstantHead:
    """Head of `(constant, literal)`."""

    attribute_count = 1
    name = "constant"

    def typed_parts(self, parts: Parts) -> tuple[Parts, ArrayType | None]:
        return parts, parts[1].type if len(parts) == 2 and isinstance(parts[1], Literal) else None

    def meaning(self, literal: Any) -> Any:
        return literal.value

    def __call__(self, *parts: Any) -> Term:
        return Term((self, *parts))

    def leaf_text(self, parts: Parts) -> str:
        return str(parts[1])

    def __reduce__(self) -> str:
        return "CONSTANT"

    def __repr__(self) -> str:
        return self.name


SYMBOL = _SymbolHead()
CONSTANT = _ConstantHead()


class Literal:
    """The value of a constant: a NumPy scalar, or a read-only array. Equal where type and bits are equal.

    `number` is a scalar as Python has it; None for an array.
    """

    __slots__ = ("_hash", "number", "type", "value")

    def __init__(self, value: Any):
        array = np.asarray(value)
        self.number: Any = None
        if array.ndim == 0:
            self.value: Any = array[()]
            self.number = self.value.item()
        else:
            array = array.copy(order="C")
            array.flags.writeable = False
            self.value = array
        self.type = ArrayType(array.dtype, array.shape)
        self._hash = hash((array.dtype.char, array.shape, array.tobytes()))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Literal) or self.type is not other.type or self._hash != other._hash:
            return False
        return bool(np.asarray(self.value).tobytes() == np.asarray(other.value).tobytes())

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return Literal, (self.value,)

    def __str__(self) -> str:
        if self.type.ndim == 0:
            return repr(self.value.item())
        return np.array2string(self.value, threshold=6, separator=", ").replace("\n", "")


for _part in (SYMBOL, CONSTANT, Literal):
    lasting(_part)

_plain: dict[Any, Term] = {}  # symbols without assumptions, by name, shape and dtype as they were given


def symbol(
    name: str | None = None,
    shape: Iterable[Any] = (),
    dtype: Any = "float64",
    assumptions: Iterable[str] = (),
    identity: Any = None,
) -> Term:
    """A symbol; the same name, type and assumptions give the same one, and no name a fresh one."""
    if not assumptions and name is not None and identity is None and type(shape) is tuple and type(dtype) is str:
        plain = (name, shape, dtype)
        found = _plain.get(plain)
        if found is None:
            kind = ArrayType(dtype, shape)
            found = intern((SYMBOL, name, kind, frozenset(), None), kind)
            if len(_plain) < 4096:
                _plain[plain] = found
        return found
    words, kind = frozenset(assumptions), ArrayType(dtype, shape)
    unknown = sorted(words - ASSUMPTIONS)
    if unknown:
        raise TermTypeError(f"{unknown[0]!r} is no assumption; known are {', '.join(sorted(ASSUMPTIONS))}")
    of_matrices = words.intersection(MATRIX_WORDS)
    if of_matrices and not _may_be_square(kind):
        raise TermTypeError(f"{name}: {min(of_matrices)} is said of square matrices, not of {kind}")
    if name is None and identity is None:
        identity = next(_fresh)
    return intern((SYMBOL, name, kind, words, identity), kind)


def _may_be_square(kind: ArrayType) -> bool:
    known = {size for size in kind.shape[-2:] if isinstance(size, int)}
    return kind.ndim >= 2 and len(known) < 2


_numbers: dict[Any, Term] = {}


def constant(value: Any, dtype: Any = None) -> Term:
    """The constant of a number or an array, in its own dtype or the given one."""
    kind = type(value)
    quick: Any = None
    if kind is float:
        quick = (kind, value, dtype) if value else (kind, str(value), dtype)  # 0.0 and -0.0 are equal
    elif kind is int or kind is bool:
        quick = (kind, value, dtype)
    if quick is not None:
        found = _numbers.get(quick)
        if found is not None:
            return found
    array = np.asarray(value, dtype=dtype)
    if array.dtype.kind not in "biufc":
        raise TermTypeError(f"{value!r} is no number or array of numbers (its dtype is {array.dtype})")
    if kind is not np.ndarray and isinstance(value, np.ndarray) and np.any(getattr(value, "mask", False)):
        raise TermTypeError("an array with masked elements is no constant; pass value.filled(...)")
    literal = Literal(array.astype(array.dtype.newbyteorder("="), copy=False))
    term = intern((CONSTANT, literal), literal.type)
    if quick is not None and value == value and len(_numbers) < 4096:
        _numbers[quick] = term
    return term


def is_symbol(term: Any) -> bool:
    return isinstance(term, Term) and len(term._tuple) == 5 and term._tuple[0] is SYMBOL


def is_constant(term: Any) -> bool:
    return isinstance(term, Term) and len(term._tuple) == 2 and term._tuple[0] is CONSTANT


def is_leaf(term: Any) -> bool:
    return isinstance(term, Term) and bool(term._tuple) and (term._tuple[0] is SYMBOL or term._tuple[0] is CONSTANT)


def constant_value(term: Term) -> Any:
    """The NumPy value of a constant."""
    return term._tuple[1].value


def scalar_value(term: Any) -> Any:
    """The number that a constant holds everywhere, as a NumPy scalar; None if it is no such constant."""
    if not is_constant(term):
        return None
    value = term._tuple[1].value
    return None if isinstance(value, np.ndarray) else value


def symbol_name(term: Term) -> str:
    """The name shown for a symbol, made up for one without."""
    return SYMBOL.leaf_text(term._tuple)


def assumptions_of(term: Term) -> frozenset[str]:
    """What was declared of a symbol."""
    words: frozenset[str] = term._tuple[3]
    return words
