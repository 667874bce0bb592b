"""The conditions of rules as data: words about a variable, comparisons with a literal, and / or / not.

A condition is a nested tuple: ("and", c, ...), ("or", c, ...), ("not", c), (word, variable, ...) or
(comparison, variable, number).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from etude.terms import ASSUMPTIONS, Variable

__all__ = ["COMPARISONS", "STRUCTURAL", "WORDS", "parse_condition"]

STRUCTURAL = frozenset(
    "scalar static same_type same_shape floating real complex boolean integral vector matrix number square constant".split()
)
WORDS = ASSUMPTIONS | STRUCTURAL
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Fail = Callable[[str, ast.AST], Exception]


def parse_condition(node: ast.expr, variable: Callable[[ast.Name], Variable], fail: Fail, nearest: Callable[[str, Any], str]) -> Any:
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
        parts = [one(COMPARISONS[type(op)], sides[i], sides[i + 1], node) for i, op in enumerate(node.ops) if type(op) in COMPARISONS]
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
