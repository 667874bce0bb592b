"""Which elements of a result depend on which elements of a variable, and colors for columns that share no row.

An element's dependence is a set of places; arrays of the numbers of such sets pass through the operators.
What only moves elements moves the sets; a sum unites them; an operator that is not known here makes every element depend on
all that its operands depend on, which is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.calculus.nodes import edges, link
from etude.calculus.placesets import Numbers, PlaceSets
from etude.errors import ShapeError
from etude.ops import CATALOGUE
from etude.templates import LINEAR
from etude.terms import Term, constant_value, is_constant, is_leaf, is_symbol, postorder, symbol_name
from etude.text import to_text

__all__ = ["colored", "dependences"]


def dependences(expression: Term, wrt: Term) -> tuple[list[tuple[int, ...]], Numbers]:
    """Sets of places of the elements of `wrt`, and for each element of `expression`, in order, on which of these it depends."""
    for term in (expression, wrt):
        if not term.type.is_static:
            name = symbol_name(term) if is_symbol(term) else str(term)[:60]
            raise ShapeError(f"the sparsity of a Jacobian needs known sizes; {name} is {term.type}")
    table = PlaceSets(int(np.prod(wrt.type.shape, dtype=int)))
    sets: dict[Term, Numbers] = {wrt: table.singles(wrt.type.shape)}
    for node in postorder(expression, stop=lambda term: term is wrt):
        if node not in sets and not is_leaf(node):
            found = _through(table, node, sets)
            if found is not None:
                sets[node] = found
    numbers = sets.get(expression, np.zeros(expression.type.shape, np.int64))
    met, which = np.unique(numbers, return_inverse=True)
    return [table.places(number) for number in met.tolist()], which.ravel()


def _through(table: PlaceSets, node: Term, sets: Mapping[Term, Numbers]) -> Numbers | None:
    found = link(node)
    operands = edges(node)
    live = [
        place
        for place, part in enumerate(operands)
        if part in sets and (found is None or found.kinds[place] == LINEAR)
    ]
    if not live:
        return None
    shape = node.type.shape
    if operands == node.operands and all(isinstance(size, int) for size in shape):
        op = node._tuple[0]
        row = _elementwise if op.is_elementwise else ROWS.get(op.name)
        parts = [sets[part] if place in live else None for place, part in enumerate(operands)]
        made = None if row is None else row(table, node, parts)
        if made is not None:
            return np.broadcast_to(made, shape)
    if not all(isinstance(size, int) for size in shape):
        raise ShapeError(f"the sparsity of a Jacobian needs known sizes; {to_text(node)[:60]} is {node.type}")
    return np.full(shape, reduce(table.both, [table.union(sets[operands[place]]) for place in live]))


Row = Callable[[PlaceSets, Term, list[Any]], Any]


def _elementwise(table: PlaceSets, node: Term, parts: list[Any]) -> Any:
    return reduce(table.united, [part for part in parts if part is not None])


def _moving(table: PlaceSets, node: Term, parts: list[Any]) -> Any:
    """Elements in other places: the operator itself moves the sets; what is no variable is the empty set."""
    values: list[Any] = []
    for place, (part, operand) in enumerate(zip(parts, node.operands, strict=True)):
        if part is not None:
            values.append(part)
        elif place in _index_places(node):
            if not is_constant(operand):
                return None
            values.append(constant_value(operand))
        else:
            values.append(np.zeros(operand.type.shape, np.int64))
    return node._tuple[0].meaning(*values, *node.attributes)


def _index_places(node: Term) -> range:
    first = {"getitem": 1, "set_at": 2, "add_at": 2, "take_along_axis": 1}.get(node._tuple[0].name)
    return range(0) if first is None else range(first, len(node.operands))


def _added(table: PlaceSets, node: Term, parts: list[Any]) -> Any:
    """Repeated places unite what is added to them."""
    x, indices = node.operands[0], node.operands[2:]
    if not all(map(is_constant, indices)):
        return None
    order = np.arange(int(np.prod(x.type.shape, dtype=int))).reshape(x.type.shape)
    places = CATALOGUE["getitem"].meaning(order, *map(constant_value, indices), *node.attributes)
    start = np.zeros(order.size, np.int64) if parts[0] is None else parts[0].ravel().copy()
    if parts[1] is not None:
        added = np.broadcast_to(parts[1], np.shape(places))
        for place, number in zip(np.ravel(places).tolist(), added.ravel().tolist(), strict=True):
            start[place] = table.both(start[place], number)
    return start.reshape(x.type.shape)


def _reducing(table: PlaceSets, node: Term, parts: list[Any]) -> Any:
    named = dict(zip(node._tuple[0].attributes, node.attributes, strict=True))
    if parts[0] is None:
        return None
    x, axis = parts[0], named["axis"]
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for place in sorted(axes, reverse=True):
        x = table.reduced(x, place, bool(named.get("keepdims", True)))
    return x


def _scanning(table: PlaceSets, node: Term, parts: list[Any]) -> Any:
    axis, backwards = node.attributes[:2]
    x = np.flip(parts[0], axis) if backwards else parts[0]
    found = table.accumulated(x, axis)
    return np.flip(found, axis) if backwards else found


def _multiplying(table: PlaceSets, node: Term, parts: list[Any]) -> Any:
    """Sums of products: a zero of a constant factor carries nothing."""
    if any(operand.type.ndim not in (1, 2) for operand in node.operands):
        return None
    a, b = (_factor(part, operand) for part, operand in zip(parts, node.operands, strict=True))
    left, right = a if a[0].ndim == 2 else tuple(x[None] for x in a), b if b[0].ndim == 2 else tuple(x[:, None] for x in b)
    both = left[1][:, :, None] & right[1][None]
    found = np.where(both, table.united(left[0][:, :, None], right[0][None]), 0)
    return table.reduced(found, 1, keepdims=False).reshape(node.type.shape)


def _factor(part: Any, operand: Term) -> tuple[Any, Any]:
    """The sets of a factor, and where it may be other than zero."""
    shape = operand.type.shape
    empty = np.zeros(shape, np.int64)
    if is_constant(operand):
        return empty, np.asarray(constant_value(operand) != 0)
    return empty if part is None else part, np.ones(shape, bool)


ROWS: Mapping[str, Row] = MappingProxyType({
    **dict.fromkeys(
        "reshape expand_dims squeeze matrix_transpose transpose broadcast_to getitem set_at concatenate flip roll tile pad "
        "diagonal diag tril triu take_along_axis shift".split(), _moving),
    **dict.fromkeys(
        "sum mean prod max min norm p_norm logsumexp var std softmax log_softmax sort".split(), _reducing),
    "cumsum": _scanning, "cumprod": _scanning, "add_at": _added, "matmul": _multiplying,
})  # fmt: skip


def colored(rows: Sequence[tuple[int, ...]], times: Sequence[int], count: int) -> list[int]:
    """A color for each of `count` columns, so that no two columns of one color have an element in one row; each row is there
    so many times.
    """
    columns: list[list[int]] = [[] for _ in range(count)]
    elements = [0] * count
    for row, (places, often) in enumerate(zip(rows, times, strict=True)):
        for place in places:
            columns[place].append(row)
            elements[place] += often
    colors = [0] * count
    taken = [0] * len(rows)  # the colors that a row has, as bits
    for column in sorted(range(count), key=lambda place: -elements[place]):
        within = columns[column]
        others = reduce(or_, [taken[row] for row in within], 0)
        free = ~others & (others + 1)
        colors[column] = free.bit_length() - 1
        for row in within:
            taken[row] |= free
    return colors
