"""A relation asked by a line of text: `differentialo(?f, x, cos(x))`."""

from __future__ import annotations

import ast
import re
from typing import Any

from kanren import run, var

from etude.errors import ParseError
from etude.relations.derivatives import adjointo, differentialo, gradiento
from etude.relations.rewriting import equalo, rewriteo
from etude.relations.solving import limits
from etude.rules import RuleSet, default, defaults, load, parse_rules
from etude.terms import Term, Variable, constant, is_typed, symbol
from etude.text import parse_term

__all__ = ["RELATIONS", "ask"]

RELATIONS = {relation.__name__: relation for relation in (differentialo, gradiento, adjointo, rewriteo, equalo)}
_UNKNOWN = re.compile(r"\?([A-Za-z_]\w*)")
_PREFIX = "unknown_"


def ask(text: str, limit: int = 3, seconds: float = 5.0) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names of the unknowns of a question, and for each answer their values.

    text: a relation of `RELATIONS` and its arguments: expressions, unknowns such as `?f`, or expressions that hold some.
    The rules of `rewriteo` are the name of a set of the library's, or rule text in quotes. Without unknowns an answer is an
    empty tuple: the relation holds. The text is read, never executed.

    Raises `ParseError` for what is no such question.

    >>> names, answers = ask("differentialo(?f, x, cos(x))", limit=1)
    >>> names, len(answers)
    (['f'], 1)
    """
    call = _call(text)
    unknowns: dict[str, Any] = {}
    relation = RELATIONS[call.func.id]  # type: ignore[attr-defined]  # _call saw to it
    arguments = [_argument(relation.__name__, place, node, unknowns) for place, node in enumerate(call.args)]
    names = list(unknowns)
    with limits(seconds=seconds):
        found = run(limit, tuple(unknowns.values()) or True, relation(*arguments))
    return names, [answer if unknowns else () for answer in found]


def _call(text: str) -> ast.Call:
    try:
        node = ast.parse(_UNKNOWN.sub(lambda match: _PREFIX + match[1], text.strip()), mode="eval").body
    except SyntaxError as error:
        raise ParseError(f"{text!r} is no question: {error.msg}") from None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.keywords:
        raise ParseError(f"a question is a relation with its arguments, such as differentialo(?f, x, cos(x)); {text!r} is none")
    if node.func.id not in RELATIONS:
        raise ParseError(f"{node.func.id!r} is no relation; there are {', '.join(RELATIONS)}")
    wanted = RELATIONS[node.func.id].__code__.co_argcount
    if len(node.args) != wanted:
        names = ", ".join(RELATIONS[node.func.id].__code__.co_varnames[:wanted])
        raise ParseError(f"{node.func.id} takes {wanted} arguments ({names}), not {len(node.args)}")
    return node


def _argument(relation: str, place: int, node: ast.expr, unknowns: dict[str, Any]) -> Any:
    if relation == "rewriteo" and place == 0:
        return _rules(node)
    text = ast.unparse(node)
    if _PREFIX not in text:
        return parse_term(text)
    if isinstance(node, ast.Name):
        return unknowns.setdefault(node.id.removeprefix(_PREFIX), var())
    pattern = parse_rules(f"question: {text} -> 0").rules[0].lhs
    return _pattern(pattern, unknowns)


def _rules(node: ast.expr) -> RuleSet:
    if isinstance(node, ast.Name) and node.id in defaults():
        return default(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return load(node.value)
    raise ParseError(f"{ast.unparse(node)} are no rules; name one of {', '.join(defaults())}, or write rules in quotes")


def _pattern(part: Any, unknowns: dict[str, Any]) -> Any:
    """A rule's pattern with unknowns as logic variables, other names as symbols and numbers as constants."""
    if isinstance(part, Variable):
        if part.name.startswith(_PREFIX):
            return unknowns.setdefault(part.name.removeprefix(_PREFIX), var())
        return symbol(part.name, (), "float64")
    if isinstance(part, Term) and not is_typed(part):
        return Term((part._tuple[0], *[_pattern(inner, unknowns) for inner in part.operands], *part.attributes))
    return part if isinstance(part, Term) else constant(float(part))
