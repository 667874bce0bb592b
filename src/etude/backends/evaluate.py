"""Values of expressions at once, without keeping what was compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from etude.backends.arguments import Arguments
from etude.backends.numpy_backend import compile_numpy
from etude.errors import MissingValueError
from etude.program import lower
from etude.terms import Term, symbol_name

__all__ = ["evaluate", "is_shared", "stored_value"]


def evaluate(outputs: Sequence[Term], values: Mapping[Term, Any]) -> list[np.ndarray[Any, Any]]:
    """The values of `outputs` where the terms in `values` (symbols, or any other sub-terms) have these values.

    Shared variables have their own. Values are checked and cast like the arguments of a compiled function.
    """
    program, symbols = lower(outputs, list(values))
    for term in symbols:
        if not is_shared(term):
            name = symbol_name(term)
            raise MissingValueError(f"{name} ({term.type}) has no value; give it one: eval({{{name}: ...}})")
    arguments = Arguments(program.inputs[: len(values)], program.types[: len(values)], place="eval")
    given = arguments(tuple(values.values()))
    found: list[np.ndarray[Any, Any]] = compile_numpy(program, limit=0)(*given, *map(stored_value, symbols))
    return found


def is_shared(symbol: Term) -> bool:
    """Whether the symbol stands for a container with a value of its own."""
    return hasattr(symbol._tuple[4], "get_value")


def stored_value(symbol: Term) -> Any:
    """The present value of a shared variable, as programs take it."""
    value = np.asarray(symbol._tuple[4].get_value(borrow=True))
    return value if value.ndim else value[()]
