"""What the patterns of rules hold beside operators: the differential, the mark, the words for no derivative."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from etude.terms import Term, Variable

__all__ = [
    "COMPUTED",
    "DISCONNECTED",
    "MARK",
    "OPERATOR",
    "UNDEFINED",
    "VALUE",
    "D",
    "FreeSymbol",
    "Marker",
    "pattern_parts",
    "variables_of",
]


class Marker:
    """A head that stands in patterns only."""

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name

    def __reduce__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return self.name


D = Marker("D")  # (D, u): the differential of u
MARK = Marker("MARK")  # (MARK, v): the operand in which an adjoint line is linear
UNDEFINED = Marker("UNDEFINED")  # (UNDEFINED, reason)
DISCONNECTED = Marker("DISCONNECTED")  # (DISCONNECTED,)
OPERATOR = Marker("OPERATOR")  # (OPERATOR, operands...): any operator of the catalogue
VALUE = Marker("VALUE")  # (VALUE, ...): the number that an operator applied to numbers means
COMPUTED = Marker("COMPUTED")  # (COMPUTED, function name, arguments...): an attribute to be computed


class FreeSymbol:
    """A function that is no operator, read where a text may use names outside the catalogue, with its keyword arguments."""

    __slots__ = ("keywords", "name")

    def __init__(self, name: str, keywords: tuple[tuple[str, Any], ...] = ()):
        self.name, self.keywords = name, keywords

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FreeSymbol) and (self.name, self.keywords) == (other.name, other.keywords)

    def __hash__(self) -> int:
        return hash((FreeSymbol, self.name, self.keywords))

    def __repr__(self) -> str:
        return self.name


def pattern_parts(pattern: Any) -> Iterator[Any]:
    """Every part of a pattern, tuples of attributes opened."""
    pending = [pattern]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, Term):
            pending.extend(part._tuple[1:])
        elif isinstance(part, tuple):
            pending.extend(part)


def variables_of(pattern: Any) -> set[Variable]:
    """The pattern variables that occur."""
    return {part for part in pattern_parts(pattern) if isinstance(part, Variable)}
