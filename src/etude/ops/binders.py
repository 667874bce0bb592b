"""Operators that hold a closed body: a term over positional parameters, evaluated many times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, Term, depends_on, is_constant, is_leaf, postorder, replace, symbol

__all__ = ["Body", "closed", "item_type", "map_", "mapped_over", "parameter"]


def parameter(position: int, kind: ArrayType) -> Term:
    """The parameter of a body at a position; equal positions and types are the same symbol."""
    return symbol(None, kind.shape, kind.dtype, identity=("parameter", position))


class Body:
    """A term over parameters and nothing else. Equal bodies are equal values, whatever their parameters were called."""

    __slots__ = ("_plan", "count", "result")

    def __init__(self, result: Term, count: int):
        self.result, self.count = result, count
        self._plan: Any = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self.result is other.result and self.count == other.count

    def __hash__(self) -> int:
        return hash((Body, self.result, self.count))

    def __reduce__(self) -> Any:
        return Body, (self.result, self.count)

    def __repr__(self) -> str:
        return f"body({self.result})"

    def over(self, terms: Sequence[Term]) -> Term:
        """The result with terms in the place of the parameters."""
        given = {
            node: terms[node._tuple[4][1]] for node in postorder(self.result) if is_leaf(node) and not is_constant(node)
        }
        return replace([self.result], given)[0]

    def __call__(self, values: Sequence[Any]) -> Any:
        """The value of the body, one operator of its plan after the other."""
        if self._plan is None:
            self._plan = self._planned()
        registers = list(values)
        for head, refs in self._plan:
            registers.append(head.meaning(*[registers[part] if type(part) is _Register else part for part in refs]))
        return registers[-1] if self._plan else registers[self.result._tuple[4][1]]

    def _planned(self) -> list[tuple[Any, tuple[Any, ...]]]:
        places: dict[Term, _Register] = {}
        plan: list[tuple[Any, tuple[Any, ...]]] = []
        for node in postorder(self.result):
            if is_leaf(node) and not is_constant(node):
                places[node] = _Register(node._tuple[4][1])
                continue
            plan.append(
                (node._tuple[0], tuple([places[part] if isinstance(part, Term) else part for part in node._tuple[1:]]))
            )
            places[node] = _Register(self.count + len(plan) - 1)
        return plan


class _Register(int):
    __slots__ = ()


def closed(parameters: Sequence[Term], result: Term) -> tuple[Body, list[Term]]:
    """The body of `result` over `parameters`, and the terms it needs beside them, which become further parameters."""
    moving = depends_on([result], parameters)
    outside: dict[Term, None] = {}
    for node in postorder(result, stop=lambda term: term not in moving):
        if node not in moving and not is_constant(node):
            outside[node] = None
    everything = [*parameters, *outside]
    mapping = {term: parameter(position, term.type) for position, term in enumerate(everything)}
    return Body(replace([result], mapping)[0], len(everything)), list(outside)


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


map_ = register(Op("map", ("*operands",), _map, _map_type, attributes={"body": None, "mapped": 1}, properties="binder",
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

