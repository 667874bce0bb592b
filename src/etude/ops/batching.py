"""A body evaluated for many items at once: each operator takes the items as one more axis in front.

How an operator takes that axis is a row of `ROWS`; an operator without a row, or in a form that its row does not
cover, is mapped over the items by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from etude.errors import EtudeError
from etude.ops.binders import mapped_over
from etude.ops.layout import broadcast_to, expand_dims
from etude.ops.op import Op, _registered
from etude.terms import Term, TupleType, depends_on, is_leaf, postorder, symbol

__all__ = ["ROWS", "by_row", "over_items"]

Row = Callable[[Op, list[Term], list[bool], tuple[Any, ...], Term], "Term | None"]
Length = Any


def over_items(xs: Sequence[Term], parameters: Sequence[Term], result: Term) -> Term:
    """`result` for each item of `xs` in the place of `parameters`, stacked along a new first axis, as one expression.

    The meaning is that of `mapped_over`. What does not depend on the parameters is computed once.
    """
    length = next((x.type.shape[0] for x in xs if isinstance(x.type.shape[0], int)), xs[0].type.shape[0])
    moving = depends_on([result], parameters)
    if result not in moving:
        if not isinstance(length, int):
            return mapped_over(xs, parameters, result)
        return broadcast_to(result, shape=(length, *result.type.shape))
    made: dict[Term, Term] = dict(zip(parameters, xs, strict=True))
    for node in postorder(result, stop=lambda term: term not in moving or term in made):
        if node in moving and node not in made:
            batched = _batched(node, made, length)
            if batched is None:
                return mapped_over(xs, parameters, result)
            made[node] = batched
    return made[result]


def by_row(node: Term, made: Mapping[Term, Term], length: Length) -> Term | None:
    """An operator's result for all items as `ROWS` have it; `made` are those operands that differ with the item, for all."""
    op = node._tuple[0]
    row = _elementwise if op.is_elementwise else ROWS.get(op.name)
    if row is None:
        return None
    operands = [made.get(part, part) for part in node.operands]
    moved = [part in made for part in node.operands]
    try:
        found = row(op, operands, moved, node.attributes, node)
    except EtudeError:
        return None
    return found if found is not None and _fits(found, node, length) else None


def _batched(node: Term, made: Mapping[Term, Term], length: Length) -> Term | None:
    if is_leaf(node):
        return None
    found = by_row(node, made, length)
    if found is not None:
        return found
    op = node._tuple[0]
    operands = [made.get(part, part) for part in node.operands]
    moved = [part in made for part in node.operands]
    if isinstance(node.type, TupleType) or any(isinstance(part.type, TupleType) for part in node.operands):
        return None
    return _mapped(op, operands, moved, node)


def _mapped(op: Op, operands: list[Term], moved: list[bool], node: Term) -> Term:
    """One operator, mapped over the items."""
    pairs = list(zip(node.operands, operands, moved, strict=True))
    places = [symbol(None, part.type.shape, part.type.dtype) if moves else part for part, _, moves in pairs]
    items = [place for place, (_, _, moves) in zip(places, pairs, strict=True) if moves]
    return mapped_over([stack for _, stack, moves in pairs if moves], items, op.apply(tuple(places), node.attributes))


def _fits(found: Term, node: Term, length: Length) -> bool:
    """Whether a result has the type of the items, with their number in front."""
    if isinstance(node.type, TupleType) or isinstance(found.type, TupleType):
        return isinstance(node.type, TupleType) and isinstance(found.type, TupleType)
    return bool(found.type.dtype == node.type.dtype and found.type.shape == (length, *node.type.shape))


# ---------------------------------------------------------------- rows


def _raised(x: Term, ndim: int) -> Term:
    """Items of as many axes as `ndim`, the new ones in front of the items' own."""
    missing = ndim + 1 - x.type.ndim
    return expand_dims(x, axis=tuple(range(1, missing + 1))) if missing > 0 else x


def _elementwise(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    parts = [_raised(part, node.type.ndim) if moves else part for part, moves in zip(operands, moved, strict=True)]
    return op.apply(tuple(parts), attributes)


def _trailing(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    """Acts on the last axes only, whatever stands in front."""
    return op.apply(tuple(operands), attributes) if all(moved) else None


def _along_axes(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    """Axes counted from the front; None means all of an item's."""
    if not all(moved):
        return None
    names = list(op.attributes)
    values = list(attributes)
    place = names.index("axis")
    axis = values[place]
    if axis is None:
        values[place] = tuple(range(1, operands[0].type.ndim))
        if not values[place]:
            return None
    else:
        values[place] = tuple([k + 1 for k in axis]) if isinstance(axis, tuple) else axis + 1
    return op.apply(tuple(operands), tuple(values))


def _both_along(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    """As `_along_axes`, of operands of one rank; those that do not move are repeated."""
    length = _length(operands, moved)
    parts = [_full(part, moves, length, node.type.ndim) for part, moves in zip(operands, moved, strict=True)]
    return _along_axes(op, parts, [True] * len(parts), attributes, node)


def _solve(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    """Right sides of one matrix are its columns; otherwise both are stacks of matrices."""
    a, b = operands
    columns = node.operands[1].type.ndim == 1
    if columns and not moved[0]:
        transposed = _registered["matrix_transpose"]
        return transposed(op.apply((a, transposed(b)), attributes)) if a.type.ndim == 2 else None
    if columns:
        axis = b.type.ndim
        return _registered["squeeze"](op.apply((a, expand_dims(b, axis=(axis,))), attributes), axis=(axis,))
    return op.apply((a, b), attributes)


def _transpose(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    return op.apply(tuple(operands), ((0, *[k + 1 for k in attributes[0]]),))


def _shaped(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    return op.apply(tuple(operands), ((operands[0].type.shape[0], *attributes[0]),))


def _broadcast(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    x = _raised(operands[0], node.type.ndim)
    return op.apply((x,), ((x.type.shape[0], *attributes[0]),))


def _padded(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    return op.apply(tuple(operands), (((0, 0), *attributes[0]),))


def _repeated(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    return op.apply(tuple(operands), ((1, *attributes[0]),))


def _full(x: Term, moves: bool, length: Length, ndim: int) -> Term:
    """Items of all operands alike: what does not move is the same for each."""
    return _raised(x, ndim) if moves else broadcast_to(x, shape=(length, *x.type.shape))


def _length(operands: list[Term], moved: list[bool]) -> Length:
    return next(part.type.shape[0] for part, moves in zip(operands, moved, strict=True) if moves)


def _joined(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    length = _length(operands, moved)
    parts = [_full(part, moves, length, node.type.ndim) for part, moves in zip(operands, moved, strict=True)]
    return op.apply(tuple(parts), (attributes[0] + 1,))


def _subscripted(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    if any(moved[1:]) or not _together(attributes[0]):
        return None
    return op.apply(tuple(operands), ((("slice", None, None, None), *attributes[0]),))


def _together(spec: tuple[Any, ...]) -> bool:
    """Whether the places picked by arrays and numbers stand side by side, so that their axes stay in place."""
    if "array" not in spec:
        return True
    if any(isinstance(part, str) and part != "array" for part in spec):
        return False
    picked = [k for k, part in enumerate(spec) if part == "array" or isinstance(part, int)]
    return picked[-1] - picked[0] + 1 == len(picked)


def _updated(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    x, v, *indices = operands
    if any(moved[2:]) or not _together(attributes[0]):
        return None
    length = _length(operands, moved)
    region = _registered["getitem"].apply((node.operands[0], *indices), attributes)
    x = x if moved[0] else broadcast_to(x, shape=(length, *x.type.shape))
    v = _raised(v, region.type.ndim) if moved[1] else v
    return op.apply((x, v, *indices), ((("slice", None, None, None), *attributes[0]),))


def _einsum(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    inputs, result = attributes[0].split("->")
    free = next((letter for letter in "zyxwvutsrqponm" if letter not in attributes[0]), None)
    if free is None:
        return None
    names = [free * moves + part for part, moves in zip(inputs.split(","), moved, strict=True)]
    return op.apply(tuple(operands), (f"{','.join(names)}->{free}{result}",))


def _matmul(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term | None:
    a, b = operands
    left, right = (part.type.ndim for part in node.operands)
    if left > 2 or right > 2:
        return _stacked_matmul(op, operands, moved, node)
    if moved == [True, False] and (left, right) in ((1, 2), (2, 2), (1, 1), (2, 1)):
        return op.apply((a, b), ())
    names = {(1, 1): ("k", "k", ""), (1, 2): ("k", "kj", "j"), (2, 1): ("ik", "k", "i"), (2, 2): ("ik", "kj", "ij")}
    first, second, result = names[left, right]
    if moved == [False, True] and right == 2:
        return op.apply((a, b), ())
    if moved == [False, True]:
        return op.apply((b, _registered["matrix_transpose"](a) if left == 2 else a), ())
    spec = f"{'z' * moved[0]}{first},{'z' * moved[1]}{second}->z{result}"
    if (left, right) == (2, 2):
        return op.apply((a, b), ())
    return _registered["einsum"](a, b, subscripts=spec)


def _stacked_matmul(op: Op, operands: list[Term], moved: list[bool], node: Term) -> Term | None:
    if min(part.type.ndim for part in node.operands) < 2:
        return None
    parts = [_raised(part, node.type.ndim) if moves else part for part, moves in zip(operands, moved, strict=True)]
    return op.apply(tuple(parts), ())


def _item(op: Op, operands: list[Term], moved: list[bool], attributes: Any, node: Term) -> Term:
    return op.apply(tuple(operands), attributes)


ROWS: Mapping[str, Row] = MappingProxyType({
    **dict.fromkeys(
        "sum mean max min all any prod count_nonzero var std norm argmax argmin logsumexp softmax log_softmax cumsum cumprod "
        "exclusive_cumprod shift flip sort argsort expand_dims squeeze".split(), _along_axes),
    **dict.fromkeys(
        "matrix_transpose inv det cholesky cofactor slogdet eigh svd qr pinv diagonal trace tril triu triangle half_lower "
        "zeros_like ones_like".split(), _trailing),
    "transpose": _transpose, "reshape": _shaped, "broadcast_to": _broadcast, "pad": _padded, "tile": _repeated,
    "roll": _along_axes, "concatenate": _joined, "getitem": _subscripted, "set_at": _updated, "add_at": _updated,
    "take_along_axis": _both_along, "add_along_axis": _both_along, "tie_mean": _both_along, "solve": _solve,
    "solve_triangular": _solve, "einsum": _einsum, "matmul": _matmul, "item": _item,
})  # fmt: skip
