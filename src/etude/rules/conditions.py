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

from etude.ops.sizes import same_sizes
from etude.terms import ASSUMPTIONS, ArrayType, Term, Variable, is_constant, scalar_value

__all__ = ["COMPARISONS", "STRUCTURAL", "TYPED", "WORDS", "holds", "parse_condition", "structural", "typed"]

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


def _integral(kind: Any) -> bool:
    return isinstance(kind, (bool, int)) or getattr(kind, "dtype", kind).kind in "biu"


def _conformable(left: ArrayType, right: ArrayType) -> bool:
    """Whether a product of matrices or vectors has equal inner sizes."""
    if not left.shape or not right.shape:
        return False
    return left.shape[-1] is not None and left.shape[-1] == right.shape[-2 if right.ndim > 1 else -1]


def _leading(kind: ArrayType, shape: Any, axes: Any) -> bool:
    """Whether broadcasting to the shape adds just these axes, in front of those that there are."""
    added = len(shape) - kind.ndim
    return added > 0 and axes == tuple(range(added)) and kind.shape == tuple(shape[added:])


# said of types, or of attributes where these are dtypes, numbers, shapes or axes
_OF_ONE: dict[str, Callable[[Any], bool]] = {
    "scalar": lambda kind: kind.ndim == 0,
    "vector": lambda kind: kind.ndim == 1,
    "matrix": lambda kind: kind.ndim >= 2,
    "unbatched": lambda kind: kind.ndim <= 2,
    "square": lambda kind: kind.ndim >= 2 and kind.shape[-1] is not None and kind.shape[-1] == kind.shape[-2],
    "static": lambda kind: kind.is_static,
    "floating": lambda kind: kind.is_floating,
    "real": lambda kind: kind.dtype.kind != "c",
    "complex": lambda kind: kind.dtype.kind == "c",
    "boolean": lambda kind: kind.dtype.kind == "b",
    "integral": _integral,
    "from_front": lambda axes: axes is not None and all(axis >= 0 for axis in (axes if isinstance(axes, tuple) else (axes,))),
    "ascending": lambda axes: axes is not None and axes == tuple(sorted(axes)),
}
_OF_SEVERAL: dict[str, Callable[..., bool]] = {
    "same_type": lambda first, *others: all(kind is first for kind in others),
    "same_shape": lambda first, *others: None not in first.shape and all(kind.shape == first.shape for kind in others),
    "conformable": _conformable,
    "has_shape": lambda kind, shape: kind.shape == shape,
    "has_dtype": lambda kind, dtype: kind.dtype == dtype,
    "holds_all": lambda kind, dtype: np.can_cast(kind.dtype, dtype, "safe"),
    "leading": _leading,
}
TYPED = frozenset((*_OF_ONE, *_OF_SEVERAL))
STRUCTURAL = TYPED | {"number", "constant"}
WORDS = ASSUMPTIONS | STRUCTURAL


def typed(word: str, kinds: tuple[Any, ...]) -> bool:
    """A word of `TYPED`, decided by the types and attributes that it is said of; one word of several holds of each."""
    test = _OF_ONE.get(word)
    return all(map(test, kinds)) if test is not None else _OF_SEVERAL[word](*kinds)


def structural(word: str, parts: tuple[Any, ...]) -> bool | None:
    """A word that terms and attributes alone decide; None for another word."""
    first = parts[0]
    if word == "same_shape":
        return all(same_sizes(part, first) for part in parts)
    if word in TYPED:
        return typed(word, tuple([part.type if isinstance(part, Term) else part for part in parts]))
    if word in ("number", "constant"):
        return scalar_value(first) is not None or (word == "constant" and is_constant(first))
    return None
