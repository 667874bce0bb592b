"""What may stand in a term for a part not yet known: the pattern variables of rules, and logic variables."""

from __future__ import annotations

from typing import Any

__all__ = ["Variable", "is_variable", "register_variable_type"]


class Variable:
    """A pattern variable. Equal names are equal; a star (`*rest`) stands for any number of operands."""

    __slots__ = ("_hash", "name", "star")

    def __init__(self, name: str, star: bool = False):
        self.name, self.star = name, star
        self._hash = hash((Variable, name, star))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variable) and self.name == other.name and self.star == other.star

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return Variable, (self.name, self.star)

    def __repr__(self) -> str:
        return f"*{self.name}" if self.star else self.name


_types: tuple[type, ...] = (Variable,)


def register_variable_type(kind: type) -> None:
    """Let instances of `kind` count as variables (a logic-programming library's own)."""
    global _types  # noqa: PLW0603  # the one table of the module, and a tuple because isinstance wants one
    if kind not in _types:
        _types = (*_types, kind)


def is_variable(part: Any) -> bool:
    return isinstance(part, _types)
