"""Operators that hold a closed body: a term over positional parameters, evaluated many times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, Term, depends_on, is_constant, is_leaf, is_symbol, postorder, replace, symbol

__all__ = ["Body", "closed", "item_type", "lazily_closed", "map_", "mapped_over", "parameter"]


def parameter(position: int, kind: ArrayType) -> Term:
    """The parameter of a body at a position; equal positions and types are the same symbol."""
    return symbol(None, kind.shape, kind.dtype, identity=("parameter", position))


class Body:
    """Terms over parameters and nothing else. Equal bodies are equal values, whatever their parameters were called.

    `results` are its terms (`result` the first of them), `count` is the number of its parameters.
    """

    __slots__ = ("_plan", "count", "results")

    def __init__(self, results: Term | Sequence[Term], count: int):
        self.results = (results,) if isinstance(results, Term) else tuple(results)
        self.count = count
        self._plan: Any = None

    @property
    def result(self) -> Term:
        first: Term = self.results[0]
        return first

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self.results == other.results and self.count == other.count

    def __hash__(self) -> int:
        return hash((Body, self.results, self.count))

    def __reduce__(self) -> Any:
        return Body, (self.results, self.count)

    def __repr__(self) -> str:
        return f"body({', '.join(map(str, self.results))})"

    def over(self, terms: Sequence[Term]) -> Term:
        """The first result with terms in the place of the parameters."""
        return self.all_over(terms)[0]

    def all_over(self, terms: Sequence[Term]) -> list[Term]:
        """The results with terms in the place of the parameters."""
        return replace(self.results, {term: terms[place] for place, term in self.parameters().items()})

    def parameters(self) -> dict[int, Term]:
        """The parameters that occur, by position."""
        return {node._tuple[4][1]: node for node in postorder(*self.results) if _is_parameter(node)}

    def free(self) -> list[Term]:
        """Symbols that are no parameters, which a closed body has none of."""
        return [node for node in postorder(*self.results) if is_symbol(node) and not _is_parameter(node)]

    def __call__(self, values: Sequence[Any]) -> Any:
        """The value of the first result."""
        return self.values(*values)[0]

    def values(self, *values: Any) -> list[Any]:
        """The values of the results, one operator of the plan after the other."""
        if self._plan is None:
            self._plan = self._planned()
        steps, places = self._plan
        registers = list(values)
        for head, refs in steps:
            registers.append(head.meaning(*[registers[part] if type(part) is _Register else part for part in refs]))
        return [registers[place] for place in places]

    def _planned(self) -> tuple[list[tuple[Any, tuple[Any, ...]]], list[int]]:
        places: dict[Term, _Register] = {}
        plan: list[tuple[Any, tuple[Any, ...]]] = []
        for node in postorder(*self.results):
            if is_leaf(node) and not is_constant(node):
                places[node] = _Register(node._tuple[4][1])
                continue
            plan.append(
                (node._tuple[0], tuple([places[part] if isinstance(part, Term) else part for part in node._tuple[1:]]))
            )
            places[node] = _Register(self.count + len(plan) - 1)
        return plan, [places[result] for result in self.results]


def _is_parameter(node: Term) -> bool:
    identity = node._tuple[4] if is_symbol(node) else None
    return type(identity) is tuple and identity[0] == "parameter"


class _Register(int):
    __slots__ = ()


def closed(
    parameters: Sequence[Term], results: Term | Sequence[Term], outer: Sequence[Term] = ()
) -> tuple[Body, list[Term]]:
    """The body of `results` over `parameters`, and the terms it needs beside them, which become further parameters.

    What does not depend on the parameters is among these, so that it is computed once, outside. `outer` terms come
    first among them.
    """
    wanted = [results] if isinstance(results, Term) else list(results)
    moving = depends_on(wanted, parameters)
    outside: dict[Term, None] = dict.fromkeys(outer)
    for node in postorder(*wanted, stop=lambda term: term not in moving):
        if node not in moving and not is_constant(node):
            outside[node] = None
    return Body(*_positional(wanted, [*parameters, *outside])), list(outside)


def lazily_closed(parameters: Sequence[Term], results: Sequence[Term], outer: Sequence[Term]) -> tuple[Body, list[Term]]:
    """As `closed`, but only symbols and `outer` terms are taken from outside: all else is computed within."""
    stop = {*parameters, *outer}
    found = [node for node in postorder(*results, stop=stop.__contains__) if node in stop or is_symbol(node)]
    outside = [node for node in found if node not in parameters]
    return Body(*_positional(list(results), [*parameters, *outside])), outside


def _positional(results: list[Term], everything: list[Term]) -> tuple[list[Term], int]:
    mapping = {term: parameter(position, term.type) for position, term in enumerate(everything)}
    return replace(results, mapping), len(everything)


def _map_type(types: Types, attributes: Attributes) -> ArrayType:
    body, mapped = attributes
    lengths = {kind.shape[0] for kind in types[:mapped]}
    known = {size for size in lengths if isinstance(size, int)}
    if len(known) > 1:
        raise ShapeError(f"the arrays mapped over have lengths {sorted(known)}")
    length = known.pop() if known else next(iter(lengths)) if len(lengths) == 1 else None
    return ArrayType(body.result.type.dtype, (length, *body.result.type.shape))


def _map(*values: Any, body: Body, mapped: int) -> Any:
    lengths = {np.shape(value)[0] for value in values[:mapped]}
    if len(lengths) > 1:
        raise ShapeError(f"map: the arrays mapped over have lengths {sorted(lengths)}")
    length = lengths.pop()
    rows = [body([*[value[k] for value in values[:mapped]], *values[mapped:]]) for k in range(length)]
    kind = body.result.type
    if rows:
        return np.stack(rows).astype(kind.dtype, copy=False)
    return np.zeros((0, *[size if isinstance(size, int) else 0 for size in kind.shape]), kind.dtype)


map_ = register(Op("map", ("*operands",), _map, _map_type, attributes={"body": None, "mapped": 1}, properties="binder", weak=(),
                   doc="the body's value for each item along the first axis of the mapped operands, stacked"))


def mapped_over(xs: Sequence[Term], parameters: Sequence[Term], result: Term) -> Term:
    """`result` for each item of `xs` in the place of `parameters`, stacked along a new first axis."""
    body, outside = closed(parameters, result)
    return map_.apply((*xs, *outside), (body, len(xs)))


def item_type(kind: ArrayType) -> ArrayType:
    """The type of an item along the first axis."""
    if kind.ndim == 0:
        raise ShapeError("map goes over the first axis; a 0-dimensional array has none")
    return kind.with_shape(kind.shape[1:])

