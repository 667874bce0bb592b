"""Linear systems whose columns come one by one; exact as long as the numbers are."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from etude.integration.laurent import Laurent, added
from etude.rewriting.numbers import quotient

__all__ = ["Echelon"]

Key = tuple[int, ...]


class Echelon:
    """Columns reduced by those before them; each knows which sum of the given ones it is."""

    def __init__(self) -> None:
        self.rows: list[tuple[Hashable, Laurent, Laurent]] = []

    def add(self, name: Key, column: Laurent) -> None:
        rest, used = self._reduced(column)
        if rest:
            pivot = max(rest, key=lambda key: (abs(rest[key]), key))
            scale = quotient(1, rest[pivot])
            self.rows.append((pivot, _scaled(rest, scale), _scaled(added({name: 1}, used, -1), scale)))

    def solved(self, target: Laurent) -> dict[Any, Any] | None:
        """The coefficients of the columns whose sum is the target, None where there are none."""
        rest, used = self._reduced(target)
        return None if rest else used

    def _reduced(self, column: Laurent) -> tuple[Laurent, Laurent]:
        rest = column
        used: Laurent = {}
        for pivot, row, combination in self.rows:
            factor = rest.get(pivot, 0)  # type: ignore[call-overload]  # pivots are keys
            if factor:
                rest, used = added(rest, row, -factor), added(used, combination, factor)
        return rest, used


def _scaled(parts: Laurent, factor: Any) -> Laurent:
    return {key: value * factor for key, value in parts.items()}
