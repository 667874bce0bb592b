"""Which arguments a derivative is taken by, and what a derivative asks of a function's result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etude.api.array import Array, wrap
from etude.api.construct import asarray
from etude.functional.containers import LEAF, Static, Structure, flattened, rebuilt, with_static
from etude.ops import CATALOGUE

__all__ = ["Chosen", "chosen_places", "one_real_element", "refuse_unlike"]


def chosen_places(argnums: Any) -> tuple[int, ...]:
    """`argnums` as a tuple."""
    places = tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
    for place in places:
        if isinstance(place, bool) or not isinstance(place, int):
            raise TypeError(f"argnums is a position or a tuple of positions, not {argnums!r}")
    return places


class Chosen:
    """The arguments at `argnums` of one call: their Arrays, and how results are put into their containers."""

    def __init__(self, args: Sequence[Any], argnums: Any, static_too: bool = False):
        self.single = not isinstance(argnums, (tuple, list))
        self.structures: list[Structure] = []
        self.counts: list[int] = []
        self.arrays: list[Array] = []
        self.args = list(args)
        for place in chosen_places(argnums):
            self._choose(place, static_too)

    def _choose(self, place: int, static_too: bool) -> None:
        if not -len(self.args) <= place < len(self.args):
            raise TypeError(f"argnums has {place}, but {len(self.args)} positional arguments were given")
        found: list[Any] = []
        structure = flattened(self.args[place], found)
        if isinstance(structure, Static) and not static_too:
            raise TypeError(f"argument {place} is {structure!r}, a static value; a derivative is taken by arrays")
        self.structures.append(structure)
        self.counts.append(len(found))
        self.arrays.extend(map(asarray, found))

    def packed(self, results: Sequence[Any]) -> Any:
        """One result for each Array, in the containers of the arguments; None for a static value."""
        left = list(results)
        made = []
        for structure, count in zip(self.structures, self.counts, strict=True):
            made.append(with_static(structure, left[:count], None))
            del left[:count]
        return made[0] if self.single else tuple(made)


def one_real_element(value: Any) -> Array:
    """The result of a function as a scalar cost; shapes (1,), (1, 1) ... are accepted."""
    found: list[Any] = []
    structure = flattened(value, found)
    if structure is not LEAF:
        if isinstance(structure, Static) and isinstance(structure.value, bool):
            return asarray(structure.value)
        raise TypeError(f"a gradient is taken of a function that gives one real element; it gave {_shown(value)}")
    array = asarray(found[0])
    if array.dtype.kind == "c" or any(size != 1 for size in array.term.type.shape):
        raise TypeError(
            f"a gradient is taken of a function that gives one real element; it gave {array.term.type}. "
            "Sum it, or use jacobian, vjp or elementwise_grad"
        )
    if array.ndim:
        array = wrap(CATALOGUE["squeeze"](array.term, axis=tuple(range(array.ndim))))
    return array


def _shown(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def refuse_unlike(what: str, given: Any, like: Any) -> list[Array]:
    """The Arrays of `given`, which must have the containers and shapes of `like`."""
    found: list[Any] = []
    wanted: list[Any] = []
    if isinstance(given, bool):
        given = float(given)
    have, want = flattened(given, found), flattened(like, wanted)
    if have != want:
        shown, expected = (rebuilt(part, ["array"] * len(leaves)) for part, leaves in ((have, found), (want, wanted)))
        raise TypeError(f"{what} has the structure {shown!r}; {expected!r} is wanted")
    arrays = [asarray(leaf) for leaf in found]
    for array, other in zip(arrays, map(asarray, wanted), strict=True):
        sizes = list(zip(array.term.type.shape, other.term.type.shape, strict=False))
        if array.ndim != other.ndim or any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in sizes):
            raise ValueError(f"{what} has shape {array.term.type.shape}; {other.term.type.shape} is wanted")
    return arrays
