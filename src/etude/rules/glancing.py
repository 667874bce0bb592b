"""What shows of a rule's line before its sides are read: where they part, its kind, and the operator it is about."""

from __future__ import annotations

import re
from typing import Any

from etude.ops import CATALOGUE
from etude.ops.aliases import ALIASES

__all__ = ["glance", "parted", "scanned"]

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\(")
_FLAT = re.compile(r"""\s*([A-Za-z_]\w*)\(((?:[^()'"]|\([^()'"]*\))*)\)\s*""")  # a call of calls of none
_MARKS = re.compile(r"""'[^']*'?|"[^"]*"?|[([{)\]}]|->|[=<>!]=|=(?!=)| if """)
_ADJOINT = re.compile(r"""\s*adjoint\(\s*([A-Za-z_]\w*)\(([^()'"]*)\)\s*,\s*\w+\s*\)\s*""")
_SIGNS = {
    sign: (level, name)
    for level, row in enumerate([
        {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal", "!=": "not_equal"},
        {"|": "bitwise_or"}, {"^": "bitwise_xor"}, {"&": "bitwise_and"}, {"<<": "left_shift", ">>": "right_shift"},
        {"+": "add", "-": "subtract"},
        {"*": "multiply", "/": "divide", "//": "floor_divide", "%": "remainder", "@": "matmul"}, {"**": "power"},
    ])
    for sign, name in row.items()
}  # fmt: skip
_POWER = _SIGNS["**"][0]
_WORDS = frozenset("and or not if else in is lambda for await ~".split())
_PARTS = re.compile(
    r"""'[^']*'?|"[^"]*"?|\d[\w.]*(?:(?<=[eE])[-+]\d+)?|\w+|\*\*|//|<<|>>|[=!<>]=|[-+*/%@<>&^|~]|[([{)\]}]"""
)


def scanned(text: str) -> tuple[tuple[int, str] | None, int | None]:
    """The sign between the sides with its place, and the place of ` if `, both outside brackets and quotes."""
    depth, sign, condition = 0, None, None
    for match in _MARKS.finditer(text):
        found = match[0]
        if found in "([{":
            depth += 1
        elif found in ")]}":
            depth -= 1
        elif depth == 0 and found in ("->", "="):
            sign = sign or (match.start(), found)
        elif depth == 0 and found == " if ":
            condition = match.start() if condition is None else condition
    return sign, condition


def parted(text: str) -> tuple[int, str] | None:
    """The sign between the sides of a line known to hold no mistake, with its place."""
    if "'" not in text and '"' not in text:
        if text.count("->") == 1:
            return text.index("->"), "->"
        if text.count(" = ") == 1:  # as no attribute is written
            return text.index(" = ") + 1, "="
    return scanned(text)[0]


def _called(text: str) -> tuple[str, str]:
    """The function that a text calls, with what stands in its brackets, where the call is the whole text."""
    match = _FLAT.fullmatch(text)
    if match:
        return match[1], match[2]
    match, text = _CALL.match(text), text.rstrip()
    if match is None or text[-1] != ")":
        return "", ""
    depth = 0
    for mark in _MARKS.finditer(text, match.end() - 1):
        depth += (mark[0] in "([{") - (mark[0] in ")]}")
        if depth == 0:
            return ("", "") if text[mark.end() :] else (match[1], text[match.end() : mark.start()])
    return "", ""


def _infix(text: str) -> str:
    """The name of the sign between operands that is applied last; empty where the text has to be read for it."""
    depth, least, found, operand = 0, _POWER + 1, "", False  # `operand`: whether one stands before
    for match in _PARTS.finditer(text):
        part = match[0]
        depth += (part in "([{") - (part in ")]}")
        if depth or part not in _SIGNS:
            if part in _WORDS:
                return ""
            operand = True
            continue
        level, name = _SIGNS[part]
        if not operand:  # a sign of one operand
            return ""
        if level < least or level == least != _POWER:  # powers are taken from the right
            least, found = level, name
        operand = False
    return found


def glance(left: str, arrow: str) -> tuple[str, Any, str]:
    """A line's kind, the operator it is about, where that shows before the left side is read, and the name of a line of it
    that has none.
    """
    found = _ADJOINT.fullmatch(left) if arrow == "=" else None
    if found:
        name = ALIASES.get(found[1], found[1])
        marked = [str(place) for place, part in enumerate(found[2].split(",")) if part.lstrip()[:1] == "["]
        return "adjoint", CATALOGUE.get(name), f"adjoint_{name}_{'_'.join(marked)}"
    name, inside = _called(left)
    kind = "rewrite" if arrow == "->" else "equation"
    if name == "d":
        kind, left = "differential", inside
        name = _called(inside)[0]
    name = name or _infix(left)
    name = ALIASES.get(name, name)
    return kind, None if name == "item" else CATALOGUE.get(name), f"d_{name}"
