"""The conditions of rules as data: words about a variable, comparisons with a literal, and / or / not.

A condition is a nested tuple: ("and", c, ...), ("or", c, ...), ("not", c), (word, variable, ...) or
(comparison, variable, number).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from etude.ops.sizes import covers, same_sizes
from etude.terms import ASSUMPTIONS, ArrayType, Term, Variable, is_constant, scalar_value

__all__ = [
    "BY_TYPE", "COMPARISONS", "OF_ONE_TYPE", "STRUCTURAL", "WORDS", "holds", "parse_condition", "said_of_types", "structural",
]  # fmt: skip


def _conformable(left: ArrayType, right: ArrayType) -> bool:
    """Whether a product of matrices or vectors has equal inner sizes."""
    if not left.shape or not right.shape:
        return False
    return left.shape[-1] is not None and left.shape[-1] == right.shape[-2 if right.ndim > 1 else -1]


def _broadcast(one: Any, other: Any) -> Any:
    try:
        return np.broadcast_shapes(one, other)
    except (TypeError, ValueError):
        return None


def _leading(kind: ArrayType, shape: Any, axes: Any) -> bool:
    """Whether broadcasting to the shape adds just these axes, in front of those that there are."""
    added = len(shape) - kind.ndim
    return added > 0 and axes == tuple(range(added)) and kind.shape == tuple(shape[added:])


def _kronecker(shape: Any, left: Any, right: Any) -> bool:
    """Whether a shape is that of the Kronecker product of two matrices."""
    if not (isinstance(left, ArrayType) and isinstance(right, ArrayType)) or left.ndim != 2 or right.ndim != 2:
        return False
    if not (left.is_static and right.is_static):
        return False
    sizes: Any = zip(left.shape, right.shape, strict=True)
    return bool(shape == tuple([one * other for one, other in sizes]))


def _restores(spec: Any, axes: Any) -> bool:
    """Whether a subscript does nothing but put axes of size 1 where these axes were."""
    whole = all(entry in (None, ("slice", None, None, None)) for entry in spec)
    return whole and axes == tuple([place for place, entry in enumerate(spec) if entry is None])


def _picks(spec: Any) -> bool:
    """Whether a subscript takes a part of an axis, by an index or a slice that is more than a reversal."""
    return any(entry is not None and entry not in _ALL for entry in spec)


def _rearranges(spec: Any) -> bool:
    """Whether a subscript takes all elements, in whatever order, with new axes or without."""
    return all(entry is None or entry in _ALL for entry in spec)


_ALL = (("slice", None, None, None), ("slice", None, None, -1))

# What a word says of types; of several variables it is said of each. An attribute that is a dtype has no shape.
_OF_DTYPES: dict[str, Callable[[np.dtype[Any]], bool]] = {
    "floating": lambda dtype: dtype.kind in "fc",
    "real": lambda dtype: dtype.kind != "c",
    "complex": lambda dtype: dtype.kind == "c",
    "boolean": lambda dtype: dtype.kind == "b",
    "integral": lambda dtype: dtype.kind in "biu",
}
_OF_SHAPES: dict[str, Callable[[ArrayType], bool]] = {
    "scalar": lambda kind: kind.ndim == 0,
    "vector": lambda kind: kind.ndim == 1,
    "matrix": lambda kind: kind.ndim >= 2,
    "unbatched": lambda kind: kind.ndim <= 2,
    "stack": lambda kind: kind.ndim == 3,
    "square": lambda kind: kind.ndim >= 2 and kind.shape[-1] is not None and kind.shape[-1] == kind.shape[-2],
    "static": lambda kind: kind.is_static,
    "filled": lambda kind: all(isinstance(size, int) and size > 0 for size in kind.shape),
}
OF_ONE_TYPE = frozenset(_OF_DTYPES) | frozenset(_OF_SHAPES)
_TOGETHER: dict[str, Callable[..., bool]] = {
    "same_type": lambda first, *rest: all(kind == first for kind in rest),
    "same_shape": lambda first, *rest: None not in first.shape and all(kind.shape == first.shape for kind in rest),
}
_OF_TYPES_AND_ATTRIBUTES: dict[str, Callable[..., bool]] = {
    "conformable": _conformable,
    "covers": lambda kind, other: _broadcast(kind.shape, other.shape) == kind.shape,
    "has_shape": lambda kind, shape: kind.shape == shape,
    "has_dtype": lambda kind, dtype: kind.dtype == dtype,
    "holds_all": lambda kind, dtype: np.can_cast(kind.dtype, dtype, "safe"),
    "leading": _leading,
    "kronecker": _kronecker,
    "from_front": lambda axes: axes is not None and all(axis >= 0 for axis in (axes if isinstance(axes, tuple) else (axes,))),
    "ascending": lambda axes: axes is not None and axes == tuple(sorted(axes)),
    "outermost": lambda axes: isinstance(axes, tuple) and axes == tuple(range(len(axes))),
    "restores": _restores,
    "picks": _picks,
    "rearranges": _rearranges,
}
BY_TYPE = frozenset({*_OF_DTYPES, *_OF_SHAPES, *_TOGETHER, *_OF_TYPES_AND_ATTRIBUTES})
STRUCTURAL = BY_TYPE | {"number", "constant"}
WORDS = ASSUMPTIONS | STRUCTURAL | {"unbounded"}  # which is found of terms, not declared of symbols
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Fail = Callable[[str, ast.AST], Exception]


def parse_condition(
    node: ast.expr, variable: Callable[[ast.Name], Variable], fail: Fail, nearest: Callable[[str, Any], str]
) -> Any:
    """The data of a condition's syntax tree. `fail` makes the error for a node, `nearest` a suggestion."""
    return _Reader(variable, fail, nearest).read(node)


class _Reader:
    def __init__(self, variable: Callable[[ast.Name], Variable], fail: Fail, nearest: Callable[[str, Any], str]):
        self.variable, self.fail, self.nearest = variable, fail, nearest

    def read(self, node: ast.expr) -> Any:
        if isinstance(node, ast.BoolOp):
            return ("and" if isinstance(node.op, ast.And) else "or", *map(self.read, node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ("not", self.read(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.said(node.func.id, node)
        if isinstance(node, ast.Compare):
            return self.compared(node)
        raise self.fail("a condition is a word about a variable, a comparison with a number, and / or / not", node)

    def said(self, word: str, node: ast.Call) -> Any:
        if word not in WORDS:
            raise self.fail(f"{word!r} is no condition{self.nearest(word, WORDS)}", node)
        names = [arg for arg in node.args if isinstance(arg, ast.Name)]
        if not names or node.keywords or len(names) != len(node.args):
            raise self.fail(f"{word} is said of variables, as in {word}(x)", node)
        return (word, *map(self.variable, names))

    def compared(self, node: ast.Compare) -> Any:
        sides = [node.left, *node.comparators]
        if not all(type(op) in COMPARISONS for op in node.ops):
            raise self.fail("a comparison is one of < <= > >= == !=", node)
        parts = [self.one(COMPARISONS[type(op)], sides[i], sides[i + 1], node) for i, op in enumerate(node.ops)]
        return parts[0] if len(parts) == 1 else ("and", *parts)

    def one(self, sign: str, left: ast.expr, right: ast.expr, node: ast.expr) -> Any:
        if isinstance(left, ast.Name) and (number := _number(right)) is not _NONE:
            return (sign, self.variable(left), number)
        if isinstance(right, ast.Name) and (number := _number(left)) is not _NONE:
            return (_FLIPPED[sign], self.variable(right), number)
        raise self.fail("a comparison has a variable on one side and a number on the other", node)


_NONE = object()


def _number(node: ast.expr) -> Any:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return -inner if isinstance(inner, (int, float)) else _NONE
    if isinstance(node, ast.Constant) and (isinstance(node.value, (int, float, str)) or node.value is None):
        return node.value
    return _NONE


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def holds(condition: Any, lookup: Callable[[Variable], Any], word: Callable[[str, tuple[Any, ...]], bool]) -> bool:
    """Whether a condition holds where `lookup` gives a variable's term or attribute and `word` decides a word."""
    kind = condition[0]
    if kind == "and":
        return all(holds(part, lookup, word) for part in condition[1:])
    if kind == "or":
        return any(holds(part, lookup, word) for part in condition[1:])
    if kind == "not":
        return not holds(condition[1], lookup, word)
    if kind in _TESTS:
        value = _known(lookup(condition[1]))
        return value is not _NONE and _compared(kind, value, condition[2])
    return word(kind, tuple([lookup(variable) for variable in condition[1:]]))


def _known(part: Any) -> Any:
    if not isinstance(part, Term):
        return part
    value = scalar_value(part)
    return _NONE if value is None else value.item()


def _compared(kind: str, value: Any, literal: Any) -> bool:
    if kind in ("==", "!="):
        return _TESTS[kind](value, literal)
    return isinstance(value, (int, float)) and _TESTS[kind](value, literal)


def structural(word: str, parts: tuple[Any, ...]) -> bool | None:
    """A structural word said of terms and attributes; None for another word."""
    if word in ("number", "constant"):
        first = parts[0]
        return scalar_value(first) is not None or (word == "constant" and is_constant(first))
    if word not in BY_TYPE:
        return None
    if word == "integral" and all(isinstance(part, (bool, int)) for part in parts):
        return True
    if word == "covers":
        return covers(parts[0], parts[1])
    if word == "same_shape" and all(isinstance(part, Term) for part in parts):
        return all(same_sizes(part, parts[0]) for part in parts)
    return said_of_types(word, tuple([part.type if isinstance(part, Term) else part for part in parts]))


def said_of_types(word: str, kinds: tuple[Any, ...]) -> bool:
    """Whether a word of `BY_TYPE` holds for these types; for one that has no dtype or shape it does not."""
    if word in _OF_DTYPES:
        test = _OF_DTYPES[word]
        dtypes = [kind.dtype if isinstance(kind, ArrayType) else kind for kind in kinds]
        return all(isinstance(dtype, np.dtype) and test(dtype) for dtype in dtypes)
    if word in _OF_TYPES_AND_ATTRIBUTES:
        return bool(_OF_TYPES_AND_ATTRIBUTES[word](*kinds))
    if not all(isinstance(kind, ArrayType) for kind in kinds):
        return False
    return _TOGETHER[word](*kinds) if word in _TOGETHER else all(map(_OF_SHAPES[word], kinds))
