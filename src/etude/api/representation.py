"""How users are shown terms: the repr of an Array, a call that makes it again with the types of its symbols, and errors."""

from __future__ import annotations

from typing import Any

from etude.errors import EtudeError
from etude.terms import Term, assumptions_of, is_constant, is_symbol, is_typed, symbol_name
from etude.text.printer import to_text, written_symbols

__all__ = ["described", "representation"]

_OF_RANK: dict[Any, str] = {
    (): "scalar", (None,): "vector", (None, None): "matrix", (None,) * 3: "tensor3", (None,) * 4: "tensor4",
    (1, None): "row", (None, 1): "col",
}  # fmt: skip


def representation(term: Term) -> str:
    """`parse('2 * x + 1', x=vector('x'))`; symbols that are plain float64 scalars are not mentioned."""
    if is_symbol(term):
        return _symbol(term)
    text = to_text(term)
    if is_constant(term):
        return text if term.type.ndim else f"constant({text})"
    given = []
    for leaf in written_symbols(term):
        plain = leaf.type.ndim == 0 and leaf.type.dtype == "float64" and leaf._tuple[4] is None
        words = sorted(assumptions_of(leaf))
        if not plain:
            given.append(f"{symbol_name(leaf)}={_symbol(leaf)}")
        elif words:
            given.append(f"{symbol_name(leaf)}={' '.join(words)!r}")
    return f"parse({', '.join([repr(text), *given])})"


def _symbol(leaf: Term) -> str:
    kind, name, identity = leaf.type, symbol_name(leaf), leaf._tuple[4]
    if identity is not None:
        return f"<{'shared' if hasattr(identity, 'get_value') else 'symbol'} {name}: {kind}>"
    words = [f"{word}=True" for word in sorted(assumptions_of(leaf))]
    dtype = [] if kind.dtype == "float64" else [f"dtype={kind.dtype.name!r}"]
    if kind.shape in _OF_RANK:
        return f"{_OF_RANK[kind.shape]}({', '.join([repr(name), *dtype, *words])})"
    return f"symbol({', '.join([repr(name), repr(kind.shape), *dtype, *words])})"


def described(error: EtudeError, operands: tuple[Any, ...]) -> EtudeError:
    """The error, with the operands as the user knows them."""
    shown = ", ".join(f"{to_text(part, 40)}: {part.type}" for part in operands if is_typed(part))
    return type(error)(f"{error}; operands: {shown}" if shown else str(error))
