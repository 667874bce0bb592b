"""Arrays of sets of places, told by numbers: equal sets have one number, and that of the empty set is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Numbers", "PlaceSets"]

Numbers = np.ndarray[Any, np.dtype[np.int64]]


class PlaceSets:
    """The sets met so far, as the bits of integers; at first the empty one and those of one of `count` places."""

    def __init__(self, count: int):
        self._bits = [0, *[1 << place for place in range(count)]]
        self._numbers = {bits: number for number, bits in enumerate(self._bits)}

    def singles(self, shape: Any) -> Numbers:
        """The sets of one place, in order."""
        return np.arange(1, int(np.prod(shape, dtype=int)) + 1).reshape(shape)

    def _number(self, bits: int) -> int:
        found = self._numbers.setdefault(bits, len(self._bits))
        if found == len(self._bits):
            self._bits.append(bits)
        return found

    def both(self, one: int, other: int) -> int:
        """The union of two sets."""
        return self._number(self._bits[one] | self._bits[other])

    def united(self, left: Numbers, right: Numbers) -> Numbers:
        """The unions of sets, element by element; each pair is united once."""
        if left is right:
            return left
        left, right = np.broadcast_arrays(left, right)
        if np.array_equal(left, right):
            return left
        count = len(self._bits)
        pairs, which = np.unique(left * count + right, return_inverse=True)
        made = np.array([self.both(*divmod(pair, count)) for pair in pairs.tolist()], np.int64)
        return made[which].reshape(left.shape)

    def union(self, sets: Numbers) -> int:
        """The union of all."""
        bits = 0
        for number in np.unique(sets).tolist():
            bits |= self._bits[number]
        return self._number(bits)

    def reduced(self, sets: Numbers, axis: int, keepdims: bool) -> Numbers:
        """The unions along an axis."""
        rows = np.moveaxis(sets, axis, 0)
        while len(rows) > 1:
            half = len(rows) // 2
            rows = np.concatenate([self.united(rows[:half], rows[half : 2 * half]), rows[2 * half :]])
        found = rows[0] if len(rows) else np.zeros(rows.shape[1:], np.int64)
        return np.expand_dims(found, axis) if keepdims else np.asarray(found)

    def accumulated(self, sets: Numbers, axis: int) -> Numbers:
        """The unions of each set with those before it along an axis."""
        rows, step = np.moveaxis(sets, axis, 0), 1
        while step < len(rows):
            rows = np.concatenate([rows[:step], self.united(rows[step:], rows[:-step])])
            step *= 2
        return np.moveaxis(rows, 0, axis)

    def places(self, number: int) -> tuple[int, ...]:
        """The places of a set, in order."""
        bits, places = self._bits[number], []
        while bits:
            low = bits & -bits
            places.append(low.bit_length() - 1)
            bits ^= low
        return tuple(places)
