"""A function of arrays is traced once for each structure, shape and dtype of its arguments, then compiled."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from etude.api.array import Array, wrap
from etude.api.construct import asarray, symbol
from etude.api.function import Function, function
from etude.backends import is_shared
from etude.functional.containers import LEAF, Static, Structure, flattened, is_array, rebuilt
from etude.rewriting import simplify as simplified
from etude.terms import Term, assumptions_of, is_constant, is_leaf, is_symbol, postorder, replace

__all__ = ["TRACES", "Rule", "fresh_like", "result_arrays", "traced"]

TRACES = 256  # for each function: when there are more, the oldest is forgotten
Rule = Callable[[tuple[Any, ...], dict[str, Any]], Any]


def traced(fun: Callable[..., Any], rule: Rule, backend: str = "auto", simplify: bool = True) -> Callable[..., Any]:
    """The function that `rule` defines on Arrays, also on numbers: traced, compiled and remembered.

    Given Arrays, the result is simplified again where `simplify`: the arguments may be equal or constant.
    """
    traces: dict[Any, _Trace] = {}
    lock = threading.Lock()

    def call(*args: Any, **named: Any) -> Any:
        leaves: list[Any] = []
        structure = flattened(args, leaves), _keywords(named, leaves)
        kinds = []
        for place, leaf in enumerate(leaves):
            if type(leaf) is not np.ndarray:
                if isinstance(leaf, Array):
                    return _on_arrays(rule, structure, leaves, simplify)
                leaf = leaves[place] = _value(leaf)
            kinds.append((leaf.shape, leaf.dtype))
        key = structure, tuple(kinds)
        trace = traces.get(key)
        if trace is None:
            made = _traced(rule, structure, leaves, backend)
            if not isinstance(made, _Trace):
                return made
            trace = made
            with lock:
                trace = traces.setdefault(key, trace)
                while len(traces) > TRACES:
                    del traces[next(iter(traces))]
        return trace(leaves)

    with suppress(AttributeError, TypeError):  # of a callable without a name
        functools.update_wrapper(call, fun)
    return call


def _keywords(named: dict[str, Any], leaves: list[Any]) -> Structure:
    """Keyword arguments: integers and truth values there are options (an axis, a number of steps) and static."""
    return flattened(named, leaves, _is_array_or_float) if named else ()


def _is_array_or_float(value: Any) -> bool:
    return is_array(value) and type(value) is not int


def _value(leaf: Any) -> np.ndarray[Any, Any]:
    """A number as an array: a Python number is a float64, a complex one a complex128."""
    if isinstance(leaf, (int, float)) and not isinstance(leaf, np.generic):
        return np.asarray(leaf, np.float64)
    return np.asanyarray(leaf)


def fresh_like(array: Any) -> Array:
    """A fresh symbol of the type of an array, with the assumptions of a symbol."""
    if not isinstance(array, Array):
        return symbol(None, array.shape, array.dtype)
    term = array.term
    known = assumptions_of(term) if is_symbol(term) else ()
    return symbol(None, term.type.shape, term.type.dtype, **dict.fromkeys(known, True))


def _applied(rule: Rule, structure: Structure, leaves: Sequence[Any]) -> tuple[list[Array], Structure, list[Array]]:
    """The rule on fresh symbols: the symbols, the structure of the result and its Arrays."""
    inputs = [fresh_like(leaf) for leaf in leaves]
    places = iter(inputs)
    args = rebuilt(structure[0], [next(places) for _ in range(_count(structure[0]))])
    named = rebuilt(structure[1], list(places)) if structure[1] else {}
    shape, found = result_arrays(rule(args, named))
    return inputs, shape, found


def _count(structure: Structure) -> int:
    if structure is LEAF:
        return 1
    return 0 if isinstance(structure, Static) else sum(map(_count, structure[2]))


def result_arrays(value: Any) -> tuple[Structure, list[Array]]:
    """The structure of what a function gave, and its arrays as Arrays; Python numbers are float64."""
    found: list[Any] = []
    shape = flattened(value, found)
    return shape, [leaf if isinstance(leaf, Array) else asarray(_value(leaf)) for leaf in found]


def _on_arrays(rule: Rule, structure: Structure, leaves: Sequence[Any], simplify: bool) -> Any:
    """The result as Arrays, the arguments in the place of the symbols that stood for them."""
    given = [leaf if isinstance(leaf, Array) else asarray(_value(leaf)) for leaf in leaves]
    inputs, shape, outputs = _applied(rule, structure, given)
    results = _placed(inputs, given, outputs)
    return rebuilt(shape, [wrap(simplified(result.term)) for result in results] if simplify else results)


def _placed(inputs: Sequence[Array], given: Sequence[Array], outputs: Sequence[Array]) -> list[Array]:
    mapping = {place.term: array.term for place, array in zip(inputs, given, strict=True)}
    return [wrap(term) for term in replace([output.term for output in outputs], mapping)]


def _traced(rule: Rule, structure: Structure, leaves: Sequence[Any], backend: str) -> Any:
    """A trace; where the function closes over symbolic Arrays its result instead, which is then symbolic as well."""
    inputs, shape, outputs = _applied(rule, structure, leaves)
    if _open(inputs, outputs):
        return rebuilt(shape, _placed(inputs, [asarray(leaf) for leaf in leaves], outputs))
    single = len(outputs) == 1
    compiled = function(inputs, outputs[0] if single else outputs, backend=backend, on_unused_input="ignore")
    return _Trace(compiled, shape, single)


def _open(inputs: Sequence[Array], outputs: Sequence[Array]) -> bool:
    """Whether the outputs depend on symbols that are no inputs and have no value."""
    known = {array.term for array in inputs}
    return any(
        is_leaf(term) and not is_constant(term) and term not in known and not _has_value(term)
        for term in postorder(*[output.term for output in outputs])
    )


def _has_value(term: Term) -> bool:
    return bool(is_shared(term))


class _Trace:
    """A compiled trace and the structure of its result."""

    __slots__ = ("bare", "function", "shape", "single")

    def __init__(self, compiled: Function, shape: Structure, single: bool):
        self.function, self.shape, self.single = compiled, shape, single
        self.bare = single and shape is LEAF

    def __call__(self, leaves: Sequence[Any]) -> Any:
        found = self.function(*leaves)
        if self.bare:
            return found
        return rebuilt(self.shape, [found] if self.single else found)
