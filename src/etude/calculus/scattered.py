"""Jacobians with few elements: a forward sweep that carries only those that can be other than zero.

The derivative of a node is a list of pieces. Each operator takes the pieces of its operands further: an elementwise one by
its differential line at the places of the piece, one that moves or adds elements by moving places. What is met besides, or
has too many elements, is left to the dense sweeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from etude.calculus.nodes import Link, edges
from etude.calculus.reverse import Sweep
from etude.ops import CATALOGUE
from etude.templates import DISCONNECTED_FROM, FLAT, UNDEFINED_IN
from etude.terms import ArrayType, Term, constant, constant_value, is_constant, is_leaf

__all__ = ["scattered"]

SMALLEST = 1024  # elements of a Jacobian; a smaller one is as well computed whole
SPARSE = 4  # there are at least as many times as many elements as are carried
PIECES = 64  # of one node; with more, terms grow too large

Places = np.ndarray[Any, Any]
_add, _add_at, _astype, _getitem, _reshape = (CATALOGUE[name] for name in ("add", "add_at", "astype", "getitem", "reshape"))


class Piece(NamedTuple):
    """Derivatives of elements `of` a node `by` elements of the variable, in pairs; one value for each pair or for all."""

    by: Places
    of: Places
    value: Term


def scattered(output: Term, wrt: Term, cut: Iterable[Term] = ()) -> Term | None:
    """The derivative of every element of `output` by every element of `wrt`, added into zeros where it may be another.

    The shape is `output.shape + wrt.shape`. None where the Jacobian is small or has no few elements, or an operator on the
    way is unknown here.
    """
    kinds = (output.type, wrt.type)
    if not all(isinstance(kind, ArrayType) and kind.is_static and kind.dtype.kind == "f" for kind in kinds):
        return None
    shape = (*output.type.shape, *wrt.type.shape)
    if prod(shape) < SMALLEST:
        return None
    pieces = _swept(output, wrt, cut, prod(shape) // SPARSE)
    return _whole(pieces, shape, prod(wrt.type.shape), output.type.dtype) if pieces else None


def _whole(pieces: Sequence[Piece], shape: tuple[int, ...], count: int, dtype: Any) -> Term:
    total = CATALOGUE["broadcast_to"](constant(0, dtype), shape=(prod(shape),))
    for piece in pieces:
        places = piece.of * count + piece.by
        found = _progression(places)
        operands = () if found else (constant(places),)
        total = _add_at.apply((total, piece.value, *operands), ((found or "array",),))
    return _reshape(total, shape=shape)


def _swept(output: Term, wrt: Term, cut: Iterable[Term], most: int) -> list[Piece] | None:
    sweep = Sweep([output], [wrt], cut)
    places = np.arange(prod(wrt.type.shape))
    carried = {wrt: [Piece(places, places, constant(1, wrt.type.dtype))]}
    for node in sweep.order:
        if node in carried or is_leaf(node) or node not in sweep.reaching:
            continue
        pieces = _through(node, sweep.links.get(node), carried)
        if pieces is None or len(pieces) > PIECES or sum(len(piece.of) for piece in pieces) > most:
            return None
        carried[node] = pieces
    return carried.get(output)


def _through(node: Term, found: Link | None, carried: Mapping[Term, list[Piece]]) -> list[Piece] | None:
    if found is None or edges(node) != node.operands:
        return None
    moved = [place for place, part in enumerate(node.operands) if part in carried]
    if any(found.kinds[place] == UNDEFINED_IN for place in moved):
        return None
    live = [place for place in moved if found.kinds[place] not in (DISCONNECTED_FROM, FLAT)]
    if live and not (node.type.is_static and node.type.dtype.kind == "f"):
        return None
    op = node._tuple[0]
    row = _elementwise if op.is_elementwise else ROWS.get(op.name)
    made: dict[Any, Piece] = {}
    for place in live:
        pieces = None if row is None else row(node, found, place, carried[node.operands[place]])
        if pieces is None:
            return None
        for piece in pieces:
            _join(made, piece)
    return list(made.values())


def _join(made: dict[Any, Piece], piece: Piece) -> None:
    """Pieces of the same places are one."""
    if not len(piece.of):
        return
    key = (piece.by.tobytes(), piece.of.tobytes())
    known = made.get(key)
    made[key] = piece if known is None else known._replace(value=_add.apply((known.value, piece.value)))


# ---------------------------------------------------------------- places


def _progression(places: Places) -> tuple[Any, ...] | None:
    """The slice that takes these places in this order."""
    first, step = int(places[0]), int(places[1] - places[0]) if len(places) > 1 else 1
    if step < 1 or not np.array_equal(places, first + step * np.arange(len(places))):
        return None
    return ("slice", first, int(places[-1]) + 1, step)


def _taken(x: Term, places: Places) -> Term:
    """The elements of a term of known size at these places of it laid flat."""
    size = prod(x.type.shape)
    if x.type.ndim == 0:
        return x
    flat = x if x.type.ndim == 1 else _reshape(x, shape=(size,))
    if not (places - places[0]).any():
        return _getitem.apply((flat,), ((int(places[0]),),))
    found = _progression(places)
    if found == ("slice", 0, size, 1):
        return flat
    return _getitem.apply((flat,), ((found,),)) if found else _getitem.apply((flat, constant(places)), (("array",),))


def _order(shape: Any) -> Places:
    return np.arange(prod(shape)).reshape(shape)


def _followed(piece: Piece, source: Places) -> Piece:
    """The piece where element q of a node is element `source[q]` of its operand; other numbers stand for none."""
    source = source.ravel()
    if piece.of.max() < len(source) and np.array_equal(source, np.arange(len(source))):
        return piece
    sort = np.argsort(piece.of, kind="stable")
    first, end = (np.searchsorted(piece.of[sort], source, side) for side in ("left", "right"))
    of = np.repeat(np.arange(len(source)), end - first)
    within = np.arange(len(of)) - np.repeat(np.cumsum(end - first) - (end - first), end - first)
    chosen = sort[np.repeat(first, end - first) + within]
    value = _taken(piece.value, chosen) if len(chosen) else piece.value
    return Piece(piece.by[chosen], of, value)


# ---------------------------------------------------------------- operators

Row = Callable[[Term, Link, int, list[Piece]], "list[Piece] | None"]


def _elementwise(node: Term, found: Link, place: int, pieces: list[Piece]) -> list[Piece] | None:
    shape = node.type.shape
    sources = [np.broadcast_to(_order(part.type.shape), shape).ravel() for part in node.operands]
    recipe = found.moving((place,))
    made = []
    for piece in pieces:
        moved = _followed(piece, sources[place])
        if not len(moved.of):
            continue
        parts = tuple([_taken(part, source[moved.of]) for part, source in zip(node.operands, sources, strict=True)])
        tangents = tuple([moved.value if position == place else None for position in range(len(parts))])
        value = recipe.build(found.reals(parts, node), node.attributes, tangents, None)
        if value.type.dtype != node.type.dtype:
            value = _astype.apply((value,), (node.type.dtype,))
        if value.type.shape not in ((), (len(moved.of),)):
            return None
        made.append(moved._replace(value=value))
    return made


def _moving(node: Term, found: Link, place: int, pieces: list[Piece]) -> list[Piece] | None:
    """The operator itself moves the places; a zero that it brings stands for none."""
    if place or not all(is_constant(part) for part in node.operands[1:]):
        return None
    rest = [constant_value(part) for part in node.operands[1:]]
    source = node._tuple[0].meaning(_order(node.operands[0].type.shape) + 1, *rest, *node.attributes) - 1
    return [_followed(piece, np.asarray(source)) for piece in pieces]


def _changing(node: Term, found: Link, place: int, pieces: list[Piece]) -> list[Piece] | None:
    """Elements set, or added to."""
    if place > 1 or not all(is_constant(part) for part in node.operands[2:]):
        return None
    rest = [constant_value(part) for part in node.operands[2:]]
    order = _order(node.type.shape)
    if place == 0:
        if node._tuple[0] is _add_at:
            return pieces
        return [_followed(piece, node._tuple[0].meaning(order, -1, *rest, *node.attributes)) for piece in pieces]
    target = np.asarray(_getitem.meaning(order, *rest, *node.attributes))
    if node._tuple[0] is not _add_at and len(np.unique(target)) < target.size:
        return None
    source = np.broadcast_to(_order(node.operands[1].type.shape), target.shape)
    return _carried_to(target, [_followed(piece, source) for piece in pieces])


def _joining(node: Term, found: Link, place: int, pieces: list[Piece]) -> list[Piece] | None:
    axis = node.attributes[0]
    sizes = [part.type.shape[axis] for part in node.operands]
    order = np.moveaxis(_order(node.type.shape), axis, 0)
    start = sum(sizes[:place])
    return _carried_to(np.moveaxis(order[start : start + sizes[place]], 0, axis), pieces)


def _summing(node: Term, found: Link, place: int, pieces: list[Piece]) -> list[Piece] | None:
    named = dict(zip(node._tuple[0].attributes, node.attributes, strict=True))
    shape, axis = node.operands[0].type.shape, named["axis"]
    axes = range(len(shape)) if axis is None else axis
    kept = tuple([1 if at in axes else size for at, size in enumerate(shape)])
    return _carried_to(np.broadcast_to(_order(kept), shape), pieces)


def _carried_to(target: Places, pieces: list[Piece]) -> list[Piece]:
    """The pieces where element p of the operand is part of element `target[p]` of the node."""
    flat = target.ravel()
    return [piece._replace(of=flat[piece.of]) for piece in pieces]


ROWS: Mapping[str, Row] = MappingProxyType({
    **dict.fromkeys(
        "reshape expand_dims squeeze matrix_transpose transpose broadcast_to getitem flip roll tile diagonal diag tril "
        "triu".split(), _moving),
    "set_at": _changing, "add_at": _changing, "concatenate": _joining, "sum": _summing,
})  # fmt: skip
