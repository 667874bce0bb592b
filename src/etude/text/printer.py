"""Terms as text: Python expression syntax with bare NumPy names, which the parser reads back to the same term."""

from __future__ import annotations

import re
from typing import Any

from etude.terms import Term, constant_value, is_constant, is_symbol, symbol_name
from etude.text.forms import BOUND, Piece, form
from etude.text.literals import NAMED_NUMBERS, array_text

__all__ = ["LIMIT", "fits", "to_text", "written_symbols"]

LIMIT = 10_000
NESTING = 90  # brackets within brackets; Python's parsers stop at 100 to 200
_ARRAY_LIMIT = 100_000


def to_text(term: Any, limit: int | None = LIMIT) -> str:
    """`term` as a Python expression, in which shared sub-terms are written out wherever they occur.

    Above `limit` characters, or with brackets deeper than Python reads (`NESTING`), deep sub-terms are replaced by
    `...`, so that the outermost operations are seen; None writes everything. Read back with the same symbols,
    an unabbreviated text gives the same term (sums and
    products of more than two operands, which only normal forms hold, become nested pairs).

    >>> from etude.ops import CATALOGUE as ops
    >>> from etude.terms import symbol
    >>> to_text(ops["multiply"](2, ops["sin"](ops["add"](symbol("x"), 1))))
    '2 * sin(x + 1)'
    """
    return _shown(term, limit)[0]


def written_symbols(term: Term, limit: int | None = LIMIT) -> list[Term]:
    """The symbols that the text of a term shows, in the order in which they are met."""
    return list(_shown(term, limit)[1].symbols)


def _shown(term: Any, limit: int | None) -> tuple[str, _Window]:
    if limit is None or fits(term, limit):
        window = _Window(limit=limit)
        text = _written(term, window)
        if limit is None or (len(text) <= limit and _nesting(text) <= NESTING):
            return text, window
    nodes = max(limit // 4, 8)
    while nodes >= 8:
        window = _Window(_depth_of(term, nodes), nodes // 4, limit // 4)
        text = _written(term, window)
        if len(text) <= limit and _nesting(text) <= NESTING:
            return text, window
        nodes //= 2
    return "...", _Window()


def _nesting(text: str) -> int:
    """How deep brackets stand within brackets."""
    depth = deepest = 0
    for bracket in re.findall(r"[(\[\])]", text):
        depth += 1 if bracket in "([" else -1
        deepest = max(deepest, depth)
    return deepest


class _Window:
    """What is shown of a term: sub-terms down to a depth, so many operands of an operator, so much of an array."""

    __slots__ = ("depth", "limit", "named", "symbols", "width")

    def __init__(self, depth: int | None = None, width: int | None = None, limit: int | None = None):
        self.depth, self.width, self.limit = depth, width, limit
        self.symbols: dict[Term, None] = {}
        self.named = True  # whether numbers may be written `pi` and `e`: not beside symbols of these names


def _written(term: Any, window: _Window) -> str:
    out: list[str] = []
    stack: list[Any] = [(term, 0, 0)]
    while stack:
        piece = stack.pop()
        if type(piece) is str:
            out.append(piece)
            continue
        part, least, depth = piece
        if is_symbol(part) and part._tuple[4] != BOUND:
            window.symbols[part] = None
            if window.named and symbol_name(part) in NAMED_NUMBERS:
                window.named = False
                return _written(term, window)
        precedence, pieces = _form(part, depth, window)
        if precedence < least:
            pieces = ["(", *pieces, ")"]
        stack.extend([p if type(p) is str else (*p, depth + 1) for p in reversed(pieces)])
    return "".join(out)


def _form(part: Any, depth: int, window: _Window) -> tuple[int, list[Piece]]:
    if is_constant(part) and part.type.ndim:
        return 10, [array_text(constant_value(part), window.limit or _ARRAY_LIMIT)]
    if window.depth is not None and depth > window.depth and isinstance(part, Term) and part.operands:
        return 10, ["..."]
    precedence, pieces = form(part, window.named)
    if window.width is not None and len(pieces) > 2 * window.width:
        pieces = _narrowed(pieces, window.width)
    return precedence, pieces


def _narrowed(pieces: list[Piece], width: int) -> list[Piece]:
    """The first operands and the last one."""
    places = [place for place, piece in enumerate(pieces) if type(piece) is not str]
    if len(places) <= width:
        return pieces
    return [*pieces[: places[width - 2]], "...", *pieces[places[-2] + 1 :]]


def fits(term: Any, limit: int) -> bool:
    """Whether the text may be as short as `limit`: each node takes a character at least."""
    count, stack = 0, [term]
    while stack:
        count += 1
        if count > limit:
            return False
        part = stack.pop()
        if isinstance(part, Term) and part._tuple:
            stack.extend(part.operands)
    return True


def _depth_of(term: Any, nodes: int) -> int:
    """The greatest depth down to which the tree has at most so many nodes."""
    depth, total, level = 0, 1, [term]
    while level:
        level = [part for parent in level for part in parent.operands if isinstance(part, Term)]
        total += len(level)
        if total > nodes:
            break
        depth += 1
    return depth
