"""Loops and choices with a body: `scan` (of which `while_loop` and a map of several results are cases) and `cond`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.binders import Body
from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType, TupleType

__all__ = ["cond_", "parameter_types", "run_cond", "run_scan", "scan_"]

Call = Callable[..., Sequence[Any]]
_SCAN = {
    "body": None, "carries": 0, "sequences": 0, "length": None, "reverse": False, "stops": False, "condition": None,
}  # fmt: skip


def _length(types: Types, carries: int, sequences: int, length: Any, open_end: bool) -> Any:
    """The number of steps: an int, a name, or None where it is known only when the loop has run."""
    sizes = [kind.shape[0] for kind in types[carries : carries + sequences]]
    known = {size for size in [*sizes, length] if isinstance(size, int)}
    if len(known) > 1:
        raise ShapeError(f"the sequences and the length do not agree: lengths {sorted(known)}")
    if open_end or not (sizes or known):
        return None
    return known.pop() if known else sizes[0] if len(set(sizes)) == 1 else None


def _scan_type(types: Types, attributes: Attributes) -> TupleType:
    body, carries, sequences, length, _, stops, condition = attributes
    if len(types) < carries + sequences or body.count != len(types):
        raise TermTypeError(f"the body takes {body.count} arguments, {len(types)} operands are given")
    kinds = [result.type for result in body.results]
    for position, (kind, start) in enumerate(zip(kinds, types[:carries], strict=False)):
        if kind.dtype != start.dtype or not _compatible(kind.shape, start.shape):
            raise TermTypeError(f"carry {position} begins as {start} and is {kind} after a step; cast or reshape one of them")
    steps = _length(types, carries, sequences, length, stops or condition is not None)
    outputs = kinds[carries : len(kinds) - bool(stops)]
    return TupleType((*types[:carries], *[kind.with_shape((steps, *kind.shape)) for kind in outputs]))


def _compatible(shape: Any, other: Any) -> bool:
    if len(shape) != len(other):
        return False
    return not any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(shape, other, strict=True))


def _scan(*values: Any, **attributes: Any) -> tuple[Any, ...]:
    condition = attributes["condition"]
    return run_scan(attributes["body"].values, condition and condition.values, values, attributes, np)


def run_scan(
    step: Call, condition: Call | None, values: Sequence[Any], attributes: Any, module: Any
) -> tuple[Any, ...]:
    """The results of a scan whose body and condition are the functions `step` and `condition`."""
    body, carries, stops = attributes["body"], attributes["carries"], attributes["stops"]
    split = carries + attributes["sequences"]
    carry, rows, outside = list(values[:carries]), values[carries:split], values[split:]
    shapes = [np.shape(value) for value in carry]
    count = _steps([len(row) for row in rows], attributes)
    kinds = [result.type for result in body.results[carries : len(body.results) - bool(stops)]]
    kept = [_Column(kind, module, count, attributes["reverse"]) for kind in kinds]
    place, ahead = (0, 1) if not attributes["reverse"] else ((count or 0) - 1, -1)
    done = 0
    while done != count:
        if condition is not None and not condition(*carry, *[row[place] for row in rows], *outside)[0]:
            break
        results = step(*carry, *[row[place] for row in rows], *outside)
        carry = results[:carries]  # type: ignore[assignment]  # a list, as the step's results are
        if not done:
            _check_carries(carry, shapes)
        for column, value in zip(kept, results[carries:], strict=False):
            column.add(value, done)
        place += ahead
        done += 1
        if stops and results[-1]:
            break
    return (*carry, *[column.whole(done) for column in kept])


def _steps(lengths: list[int], attributes: Any) -> int | None:
    given = attributes["length"]
    found = {*lengths, *([given] if given is not None else [])}
    if len(found) > 1:
        raise ShapeError(f"scan: the sequences and the length do not agree: lengths {sorted(found)}")
    return found.pop() if found else None


def _check_carries(carry: Sequence[Any], shapes: list[Any]) -> None:
    for position, (value, shape) in enumerate(zip(carry, shapes, strict=True)):
        if np.shape(value) != shape:
            raise ShapeError(f"scan: carry {position} begins with shape {shape} and has shape {np.shape(value)} after a step")


class _Column:
    """What each step gives beside the carries: written to its row at once where NumPy knows the number of steps."""

    def __init__(self, kind: ArrayType, module: Any, count: int | None, reverse: bool):
        self.kind, self.module, self.count, self.reverse = kind, module, count, reverse
        self.rows: list[Any] = []
        self.made: Any = None
        self.direct = module is np and bool(kind.shape) and bool(count)

    def add(self, value: Any, done: int) -> None:
        if not self.direct:
            self.rows.append(value)
            return
        assert self.count is not None
        if self.made is None:
            self.made = np.empty((self.count, *value.shape), self.kind.dtype)
        self.made[self.count - 1 - done if self.reverse else done] = value

    def whole(self, done: int) -> Any:
        if self.made is not None and self.count is not None:
            if done == self.count:
                return self.made
            return (self.made[self.count - done :] if self.reverse else self.made[:done]).copy()
        if self.reverse:
            self.rows.reverse()
        return _stacked(self.rows, self.kind, self.module)


def _stacked(column: list[Any], kind: ArrayType, module: Any) -> Any:
    if module is not np:
        if column:
            return module.stack(column)
        return module.zeros((0, *_sizes(kind)), dtype=getattr(module, kind.dtype.name))
    if not column:
        return np.zeros((0, *_sizes(kind)), kind.dtype)
    if not kind.shape:
        return np.array(column, kind.dtype)
    result = np.empty((len(column), *column[0].shape), kind.dtype)
    for place, value in enumerate(column):
        result[place] = value
    return result


def _sizes(kind: ArrayType) -> list[int]:
    return [size if isinstance(size, int) else 0 for size in kind.shape]


scan_ = register(Op("scan", ("*operands",), _scan, _scan_type, attributes=_SCAN, properties="binder", weak=(),
                    doc="the carries after the last step, then what each step gives beside them, stacked"))  # fmt: skip


# ---------------------------------------------------------------- one of two


def _cond_type(types: Types, attributes: Attributes) -> TupleType:
    if not types or types[0].shape or types[0].dtype.kind != "b":
        raise TermTypeError("the predicate is a boolean of shape ()")
    left, right = ([result.type for result in body.results] for body in attributes)
    return TupleType([_common(position, a, b) for position, (a, b) in enumerate(zip(left, right, strict=True))])


def _common(position: int, left: ArrayType, right: ArrayType) -> ArrayType:
    if left.dtype != right.dtype or not _compatible(left.shape, right.shape):
        raise TermTypeError(f"result {position} is {left} if true and {right} if false; cast or reshape one of them")
    return left.with_shape([a if a == b else None for a, b in zip(left.shape, right.shape, strict=True)])


def _cond(pred: Any, *values: Any, if_true: Body, if_false: Body) -> tuple[Any, ...]:
    return run_cond(if_true.values, if_false.values, pred, values)


def run_cond(if_true: Call, if_false: Call, pred: Any, values: Sequence[Any]) -> tuple[Any, ...]:
    """The results of the branch that the predicate chooses; the other one is not run."""
    return tuple((if_true if pred else if_false)(*values))


cond_ = register(Op("cond", ("pred", "*operands"), _cond, _cond_type, attributes={"if_true": None, "if_false": None},
                    properties="binder", weak=(), doc="the results of one of two bodies"))  # fmt: skip



def parameter_types(op: Op, attributes: tuple[Any, ...], types: Sequence[ArrayType]) -> list[ArrayType]:
    """The types of the parameters of an operator's bodies, given those of its operands."""
    if op.name == "cond":
        return list(types[1:])
    first, end = (0, attributes[1]) if op.name == "map" else (attributes[1], attributes[1] + attributes[2])
    return [kind.with_shape(kind.shape[1:]) if first <= place < end else kind for place, kind in enumerate(types)]
