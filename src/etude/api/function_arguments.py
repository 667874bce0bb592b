"""The checks of what `et.function` is given. Each error names the place: `inputs[1]`, `updates`, `givens` ..."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from etude.api.array import Array, wrap
from etude.backends import dask_module, is_shared
from etude.errors import ArgumentError, EtudeError, MissingValueError, TermTypeError
from etude.ops import CATALOGUE
from etude.program import Program
from etude.terms import Term, constant, depends_on, is_symbol, is_typed, shape_text, symbol_name

__all__ = [
    "array_namespace",
    "fitting",
    "input_symbols",
    "listed_outputs",
    "pairs",
    "refuse_missing",
    "replacements",
    "report_unused",
    "updated_variables",
]

_PYTHON_NUMBERS = (bool, int, float, complex)


def array_namespace(backend: Any) -> Any:
    if isinstance(backend, str) and backend in ("auto", "numpy", "c"):
        return np
    if backend == "dask":
        return dask_module()
    if isinstance(backend, ModuleType) and hasattr(backend, "asarray"):
        return backend
    raise ValueError(f"backend is 'auto', 'c', 'numpy', 'dask' or the module of an array namespace, not {backend!r}")


def input_symbols(inputs: Any) -> list[Term]:
    if isinstance(inputs, (Array, Term)):
        raise ArgumentError(f"inputs is a list of symbols; write [{_label(inputs)}]")
    if isinstance(inputs, (str, bytes, Mapping)) or not isinstance(inputs, Iterable):
        raise ArgumentError(f"inputs is a list of symbols in the order of the arguments, not {_kind(inputs)}")
    symbols: list[Term] = []
    for position, item in enumerate(inputs):
        term = item.term if isinstance(item, Array) else item
        place = f"inputs[{position}]"
        if not isinstance(term, Term):
            raise ArgumentError(f"{place} is {_kind(item)}, no symbol; make one with et.symbol, et.scalar ...")
        if not is_symbol(term):
            raise ArgumentError(f"{place} is the expression {_label(term)}, no symbol; replace expressions with givens")
        if is_shared(term):
            name = symbol_name(term)
            raise ArgumentError(f"{place} is the shared variable {name}, which has a value; replace it with givens")
        if term in symbols:
            raise ArgumentError(f"{place} is {symbol_name(term)}, which is an input already; give each symbol once")
        symbols.append(term)
    return symbols


def listed_outputs(outputs: Any) -> tuple[list[Array], bool | None]:
    """The outputs as a list, and whether there is one only (None: no outputs at all)."""
    if outputs is None:
        return [], None
    if isinstance(outputs, (Mapping, set, frozenset, str)):
        raise ArgumentError(f"outputs is an expression or a list of expressions, not {_kind(outputs)}")
    if isinstance(outputs, Iterable) and not isinstance(outputs, (Array, Term, np.ndarray, np.generic)):
        return [_expression(item, f"outputs[{position}]") for position, item in enumerate(outputs)], False
    return [_expression(outputs, "outputs")], True


def _expression(item: Any, place: str) -> Array:
    if isinstance(item, Array):
        return item
    if isinstance(item, Term):
        if not is_typed(item):
            raise ArgumentError(f"{place} is {_label(item)}, which has no array type")
        return wrap(item)
    try:
        return wrap(constant(item))
    except (EtudeError, TypeError, ValueError):
        raise ArgumentError(f"{place} is {_kind(item)}, no expression") from None


def pairs(given: Any, what: str) -> list[tuple[Term, Any]]:
    """A mapping or an iterable of pairs, its keys as terms."""
    if given is None:
        return []
    if isinstance(given, (str, Array, Term)) or not isinstance(given, Iterable):
        raise ArgumentError(f"{what} is a mapping or a list of pairs, not {_kind(given)}")
    pairs: list[tuple[Term, Any]] = []
    for pair in given.items() if isinstance(given, Mapping) else given:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ArgumentError(f"{what} holds {_kind(pair)} where a pair (variable, expression) was expected")
        key = getattr(pair[0], "term", pair[0])
        if not isinstance(key, Term) or key.type is None:
            raise ArgumentError(f"{what} has {_kind(pair[0])} as a key; keys are variables")
        if any(key is other for other, _ in pairs):
            raise ArgumentError(f"{what} has two entries for {_label(key)}")
        pairs.append((key, pair[1]))
    return pairs


def updated_variables(changes: Sequence[tuple[Term, Any]]) -> list[Term]:
    for key, _ in changes:
        if not is_symbol(key) or not is_shared(key):
            raise ArgumentError(f"updates: {_label(key)} is no shared variable, so it cannot be updated; use et.shared")
    return [key for key, _ in changes]


def replacements(givens: Any) -> dict[Term, Term]:
    return {key: fitting(value, key, "givens") for key, value in pairs(givens, "givens")}


def fitting(value: Any, target: Term, what: str) -> Term:
    """The expression that takes the place of `target`, cast to its dtype where that is safe."""
    kind = target.type
    if type(value) in _PYTHON_NUMBERS:
        try:
            term = constant(value, np.result_type(kind.dtype, value))
        except OverflowError:
            raise ArgumentError(f"{what}: {value} for {_label(target)} does not fit dtype {kind.dtype}") from None
    else:
        term = _expression(value, f"{what}: the value for {_label(target)}").term
    if not np.can_cast(term.type.dtype, kind.dtype, "safe"):
        raise ArgumentError(
            f"{what}: {_label(target)} has dtype {kind.dtype}; an expression of dtype {term.type.dtype} does not cast "
            f"safely; write (...).astype({str(kind.dtype)!r})"
        )
    found = term.type.shape
    fits = len(found) == len(kind.shape) and all(
        not (isinstance(have, int) and isinstance(want, int)) or have == want
        for have, want in zip(found, kind.shape, strict=True)
    )
    if not fits:
        wanted = f"{what}: {_label(target)} has shape {shape_text(kind.shape)}"
        raise ArgumentError(f"{wanted}; an expression of shape {shape_text(found)} was given")
    try:
        return CATALOGUE["astype"](term, dtype=kind.dtype)
    except TermTypeError as error:
        raise ArgumentError(f"{what}: {_label(target)}: {error}") from None


def refuse_missing(roots: Sequence[Term], count: int, others: Sequence[Term], symbols: Sequence[Term]) -> None:
    for term in others:
        if is_shared(term):
            continue
        above = depends_on(roots, [term])
        position = next(index for index, root in enumerate(roots) if root in above)
        where = f"output {position + 1}" if position < count else f"update {position - count + 1}"
        known = ", ".join(map(symbol_name, symbols)) or "none"
        raise MissingValueError(
            f"{where} depends on {symbol_name(term)} ({term.type}), which is no input; inputs are {known}; "
            f"add it to them, or give it a value with givens"
        )


def report_unused(program: Program, symbols: Sequence[Term], choice: str) -> None:
    if choice == "ignore":
        return
    for slot, term in enumerate(symbols):
        if program.last_use[slot] < 0:
            message = f"no output depends on input {symbol_name(term)}; leave it out, or pass on_unused_input='ignore'"
            if choice == "raise":
                raise ArgumentError(message)
            warnings.warn(message, UserWarning, stacklevel=3)


def _label(item: Any) -> str:
    term = item.term if isinstance(item, Array) else item
    return symbol_name(term) if is_symbol(term) else str(term)[:80]


def _kind(item: Any) -> str:
    return "None" if item is None else f"{type(item).__name__} {str(item)[:60]!r}"
