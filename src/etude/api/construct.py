"""Making Arrays: symbols, constants, shared variables, and Arrays of text and of terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from etude.api.array import Array, as_term, wrap
from etude.api.shared import SharedVariable, is_shared
from etude.errors import TermTypeError
from etude.terms import Term, as_dtype
from etude.terms import constant as constant_term
from etude.terms import symbol as symbol_term
from etude.text.parser import parse_term
from etude.text.vocabulary import cast

__all__ = [
    "array",
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
]


def symbol(name: str | None = None, shape: Iterable[Any] | int | str = (), dtype: Any = "float64", **assumptions: bool) -> Array:
    """A symbolic array.

    `shape` is a tuple of ints, names (equal names are equal sizes) and None (unknown). Assumptions are `positive`,
    `nonnegative`, `negative`, `nonzero`, `integer`, `finite`, and of square matrices `symmetric`,
    `positive_semidefinite`, `positive_definite`, `diagonal`, `lower_triangular`, `upper_triangular`, `orthogonal`,
    `identity`. The same name, type and assumptions give the same symbol; without a name a fresh one is made.

    >>> import etude as et
    >>> et.symbol("x", (3, "n")) == et.symbol("x", (3, "n"))
    parse('x == x', x=symbol('x', (3, 'n')))
    """
    words = [word for word, holds in assumptions.items() if holds] if assumptions else ()
    return wrap(symbol_term(name, shape, dtype, words))  # type: ignore[arg-type]


def _of_rank(shape: tuple[Any, ...], doc: str) -> Any:
    def make(name: str | None = None, dtype: Any = "float64", **assumptions: bool) -> Array:
        return symbol(name, shape, dtype, **assumptions) if assumptions else wrap(symbol_term(name, shape, dtype))

    make.__doc__ = doc
    return make


scalar = _of_rank((), "A symbolic number.")
vector = _of_rank((None,), "A symbolic vector of unknown length.")
matrix = _of_rank((None, None), "A symbolic matrix of unknown shape.")
tensor3 = _of_rank((None,) * 3, "A symbolic array of three dimensions.")
tensor4 = _of_rank((None,) * 4, "A symbolic array of four dimensions.")
row = _of_rank((1, None), "A symbolic matrix of one row.")
col = _of_rank((None, 1), "A symbolic matrix of one column.")


def symbols(names: str, **same: Any) -> tuple[Array, ...]:
    """Several symbols that differ only in their names.

    >>> import etude as et
    >>> x, y = et.symbols("x y", positive=True)
    """
    return tuple([symbol(name, **same) for name in names.replace(",", " ").split()])


def constant(value: Any, dtype: Any = None) -> Array:
    """The constant of a number, an array or nested lists of them."""
    if type(value) is not float and isinstance(value, (Array, Term, list, tuple)):
        term = as_term(value)
        return wrap(term if dtype is None else cast(term, as_dtype(dtype)))
    return wrap(constant_term(value, dtype))


def asarray(value: Any, dtype: Any = None, *, device: Any = None, copy: bool | None = None) -> Array:
    """`value` as an Array: Arrays stay what they are; numbers and arrays become constants, lists are stacked.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> et.asarray([x, 2 * x, 1]).shape
    (3,)
    """
    if isinstance(value, Array) and dtype is None:
        return value
    return constant(value, dtype)


def array(value: Any, dtype: Any = None) -> Array:
    """`value` as an Array, as `asarray` has it."""
    return asarray(value, dtype)


def parse(text: str, /, **names: Any) -> Array:
    """The Array that a text spells: Python expression syntax with bare NumPy and SciPy names. Nothing is executed.

    A keyword tells what a name stands for: an Array (or a number or a NumPy array), or assumption words separated by
    blanks, for a float64 scalar. Keywords that do not occur are allowed; other names are float64 scalars, but for the
    constants pi, e, inf, nan and euler_gamma.

    Raises ParseError, which points at line and column.

    >>> import etude as et
    >>> et.parse("log(a) @ x", a=et.vector("a", positive=True), x=et.vector("x")).shape
    ()
    """
    return wrap(parse_term(text, {name: _named_term(name, given) for name, given in names.items()}))


def _named_term(name: str, given: Any) -> Term:
    if not isinstance(given, str):
        return as_term(given)
    try:
        return symbol_term(name, assumptions=given.split())
    except TermTypeError as error:
        raise TermTypeError(f"{name}={given!r}: {error}") from None


def from_term(term: Term) -> Array:
    """The Array of a term that has an array type; TypeError for any other."""
    return SharedVariable(term) if is_shared(term) else Array(term)
