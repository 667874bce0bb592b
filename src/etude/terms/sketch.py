"""The short, never recursing text of a term that shows its parts as they are: `e(add, x, 1.0)`."""

from __future__ import annotations

from typing import Any

from etuples.core import ExpressionTuple

__all__ = ["sketch"]

LIMIT = 600


def sketch(term: Any, limit: int = LIMIT) -> str:
    """The parts of an expression tuple, cut off after about `limit` characters."""
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
                pending.append(_Text(")"))
                for position, item in reversed(list(enumerate(part._tuple))):
                    pending.append(item)
                    if position:
                        pending.append(_Text(", "))
                text = "e("
            else:
                text = short(part._tuple)
        else:
            text = str(part)
        pieces.append(text)
        length += len(text)
        if length > limit:
            return "".join(pieces)[:limit] + "..."
    return "".join(pieces)


class _Text:
    __slots__ = ("text",)

    def __init__(self, text: str):
        self.text = text
