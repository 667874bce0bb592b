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

from etude.terms import ASSUMPTIONS, Term, Variable, scalar_value

__all__ = ["COMPARISONS", "STRUCTURAL", "WORDS", "holds", "parse_condition", "structural"]

STRUCTURAL = frozenset(
    "scalar static same_type same_shape floating real complex boolean integral vector matrix number square constant".split()
)
WORDS = ASSUMPTIONS | STRUCTURAL
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Fail = Callable[[str, ast.AST], Exception]


def parse_condition(
    node: ast.expr, variable: Callable[[ast.Name], Variable], fail: Fail, nearest: Callable[[str, Any], str]
) -> Any:
    """The data of a condition's syntax tree. `fail` makes the error for a node, `nearest` a suggestion."""

    def convert(node: ast.expr) -> Any:
        if isinstance(node, ast.BoolOp):
            return ("and" if isinstance(node.op, ast.And) else "or", *map(convert, node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ("not", convert(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            word = node.func.id
            if word not in WORDS:
                raise fail(f"{word!r} is no condition{nearest(word, WORDS)}", node)
            if not node.args or node.keywords or not all(isinstance(arg, ast.Name) for arg in node.args):
                raise fail(f"{word} is said of variables, as in {word}(x)", node)
            return (word, *[variable(arg) for arg in node.args if isinstance(arg, ast.Name)])
        if isinstance(node, ast.Compare):
            return compare(node)
        raise fail("a condition is a word about a variable, a comparison with a number, and / or / not", node)

    def compare(node: ast.Compare) -> Any:
        sides = [node.left, *node.comparators]
        parts = [
            one(COMPARISONS[type(op)], sides[i], sides[i + 1], node)
            for i, op in enumerate(node.ops)
            if type(op) in COMPARISONS
        ]
        if len(parts) != len(node.ops):
            raise fail("a comparison is one of < <= > >= == !=", node)
        return parts[0] if len(parts) == 1 else ("and", *parts)

    def one(sign: str, left: ast.expr, right: ast.expr, node: ast.expr) -> Any:
        if isinstance(left, ast.Name) and (number := _number(right)) is not _NONE:
            return (sign, variable(left), number)
        if isinstance(right, ast.Name) and (number := _number(left)) is not _NONE:
            return (_FLIPPED[sign], variable(right), number)
        raise fail("a comparison has a variable on one side and a number on the other", node)

    return convert(node)


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
    """A word that types alone decide; None for another word."""
    first = parts[0]
    if word == "integral" and not isinstance(first, Term):
        return isinstance(first, (bool, int)) or (isinstance(first, np.dtype) and first.kind in "biu")
    kind = first.type
    match word:
        case "scalar":
            return kind.ndim == 0
        case "vector":
            return kind.ndim == 1
        case "matrix":
            return kind.ndim >= 2
        case "square":
            return kind.ndim >= 2 and kind.shape[-1] is not None and kind.shape[-1] == kind.shape[-2]
        case "static":
            return bool(kind.is_static)
        case "floating":
            return kind.dtype.kind in "fc"
        case "real":
            return kind.dtype.kind != "c"
        case "complex":
            return kind.dtype.kind == "c"
        case "boolean":
            return kind.dtype.kind == "b"
        case "integral":
            return kind.dtype.kind in "biu"
        case "same_type":
            return all(part.type is kind for part in parts)
        case "same_shape":
            return all(part.type.shape == kind.shape and None not in kind.shape for part in parts)
        case "number":
            return scalar_value(first) is not None
        case "constant":
            return scalar_value(first) is not None or first._tuple[0].name == "constant"
    return None
