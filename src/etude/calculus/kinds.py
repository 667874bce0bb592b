"""What stands for a gradient that is no array: disconnected, or null (undefined or not implemented)."""

from __future__ import annotations

from typing import Any

__all__ = ["DisconnectedType", "NullType", "disconnected_type", "null_type"]


class DisconnectedType:
    """The gradient with respect to a variable on which the cost does not depend. `why` says where the path ends.

    >>> from etude.gradient import DisconnectedType
    >>> isinstance(DisconnectedType("x does not occur"), DisconnectedType)
    True
    """

    def __init__(self, why: str = ""):
        self.why = why

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DisconnectedType)

    def __hash__(self) -> int:
        return hash(DisconnectedType)

    def __repr__(self) -> str:
        return f"disconnected({self.why})" if self.why else "disconnected"

    def __call__(self) -> Any:
        return self


class NullType:
    """A gradient that is undefined or not implemented; `why` gives the reason.

    >>> from etude.gradient import NullType
    >>> NullType("the order is a whole number").why
    'the order is a whole number'
    """

    def __init__(self, why: str = "undefined"):
        self.why = why

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NullType)

    def __hash__(self) -> int:
        return hash(NullType)

    def __repr__(self) -> str:
        return f"null({self.why})"

    def __call__(self, why: str = "undefined") -> NullType:
        return NullType(why)


disconnected_type = DisconnectedType()
null_type = NullType()
