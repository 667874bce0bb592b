"""The short, never recursing text of a term that shows its parts as they are: `e(add, x, 1.0)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etuples.core import ExpressionTuple

__all__ = ["constructors", "nested_deeper", "sketch"]

LIMIT = 600


def sketch(term: Any, limit: int = LIMIT) -> str:
    """The parts of an expression tuple, cut off after about `limit` characters."""
    return _written(term, limit, "e(", ")", str)


def constructors(term: Any, limit: int = LIMIT) -> str:
    """The calls that build an untyped term, as etuples spells them: `ExpressionTuple((1, 'a'))`."""
    return _written(term, limit, "ExpressionTuple((", "))", repr)


def nested_deeper(term: Any, levels: int) -> bool:
    """Whether expression tuples are nested more than `levels` deep in `term`."""
    row = [term]
    for _ in range(levels + 1):
        row = list({id(part): part for whole in row for part in whole._tuple if isinstance(part, ExpressionTuple)}.values())
        if not row:
            return False
    return True


def _written(term: Any, limit: int, opening: str, closing: str, shown: Callable[[Any], str]) -> str:
    pieces: list[str] = []
    length = 0
    pending: list[Any] = [term]
    while pending:
        part = pending.pop()
        if isinstance(part, _Text):
            text = part.text
        elif isinstance(part, ExpressionTuple):
            short = getattr(part._tuple[0], "leaf_text", None) if part._tuple else None
            if short is None:
                pending.append(_Text("," + closing if shown is repr and len(part._tuple) == 1 else closing))
                for position, item in reversed(list(enumerate(part._tuple))):
                    pending.append(item)
                    if position:
                        pending.append(_Text(", "))
                text = opening
            else:
                text = short(part._tuple)
        else:
            text = shown(part)
        pieces.append(text)
        length += len(text)
        if length > limit:
            return "".join(pieces)[:limit] + "..."
    return "".join(pieces)


class _Text:
    __slots__ = ("text",)

    def __init__(self, text: str):
        self.text = text
