"""`et.antiderivatives`: the differential relation run from the derivative."""

from __future__ import annotations

from typing import Any

from etude import integration
from etude.api.array import Array, as_term, reached
from etude.api.construct import parse
from etude.errors import TermTypeError
from etude.ops import CATALOGUE
from etude.terms import Term, is_symbol, postorder, symbol_name

__all__ = ["antiderivatives"]


def antiderivatives(expr: Any, wrt: Any = None, limit: int = 1, max_seconds: float = 5.0) -> list[Array]:
    """Up to `limit` antiderivatives of a scalar expression in `wrt`, each verified; an empty list where none is found.

    expr: a floating scalar Array, or its text. wrt: a floating scalar symbol or its name; may be left out where `expr` has
    one symbol. Every answer was differentiated and agrees with `expr`, and it has a value wherever `expr` has one;
    `et.explain` gives the lines that led to it and whether its derivative simplifies to `expr` or was compared at sample
    points. The search ends after `max_seconds`.

    Raises TypeError for what is no floating scalar or no symbol, ValueError for a limit or time that is not positive.
    Source: Moses 1971, "Symbolic integration: the stormy decade"; the forms are lines of rules/integrals and
    rules/differentials.

    >>> import etude as et
    >>> [str(answer) for answer in et.antiderivatives("cos(x)")]
    ['sin(x)']
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit is a positive number of answers, not {limit!r}")
    if not max_seconds > 0:
        raise ValueError(f"max_seconds is a positive number of seconds, not {max_seconds!r}")
    term = as_term(parse(expr) if isinstance(expr, str) else expr)
    variable = _variable(wrt, term)
    if term.type.ndim == 0 and term.type.dtype.kind in "iu":
        term = CATALOGUE["astype"](term, dtype=variable.type.dtype)
    if term.type.ndim != 0 or term.type.dtype.kind != "f":
        raise TermTypeError(f"only floating scalars are integrated; the expression is {term.type}")
    return [reached(found) for found in integration.antiderivatives(term, variable, limit, max_seconds)]


def _variable(wrt: Any, term: Term) -> Term:
    symbols = [node for node in postorder(term) if is_symbol(node)]
    if wrt is None:
        if len(symbols) != 1:
            names = ", ".join(map(symbol_name, symbols)) or "none"
            raise TermTypeError(f"wrt is needed where the expression has not one symbol; it has {names}")
        return symbols[0]
    if isinstance(wrt, str):
        named = [node for node in symbols if symbol_name(node) == wrt]
        return named[0] if named else as_term(parse(wrt))
    variable = as_term(wrt)
    if not is_symbol(variable) or variable.type.ndim != 0 or variable.type.dtype.kind != "f":
        raise TermTypeError(f"wrt is a floating scalar symbol, not {Array(variable)}")
    return variable
