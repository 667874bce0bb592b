"""Programs whose sizes are known when they are called: C for each set of sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from etude.backends.c.csource import CSource
from etude.backends.c.native import Native
from etude.errors import ShapeError

__all__ = ["BySize"]

MOST = 32  # sets of sizes; beyond, NumPy answers for new ones
CALLS = 3  # with the same sizes, from which on C is made for them in the background

_Sizes = tuple[tuple[int, ...], ...]


class _Made(Protocol):
    native: Any
    calls: int

    def compile(self) -> None: ...


class BySize:
    """As `Native`, for the sizes that are met. Sizes met for the first time are compiled in the background, or, where
    `at_once`, within the call; until then the call is not answered here.
    """

    def __init__(self, make: Callable[[Sequence[Sequence[int]]], Any], later: Callable[[Any], bool]):
        self.make, self.later, self.at_once = make, later, False
        self.natives: dict[_Sizes, Native] = {}
        self.met: dict[_Sizes, _Made | None] = {}

    @property
    def quick(self) -> BySize:
        """Itself: what is called with arguments as they are."""
        return self

    @property
    def source(self) -> CSource:
        """The C of the sizes met last; without any text where there were none."""
        for native in reversed(self.natives.values()):
            return native.source
        return CSource((), "", (), (), (), (), ())

    def __call__(self, *values: Any) -> Any:
        native = self._native(values)
        return None if native is None else native.quick(*values)

    def into(self, values: tuple[Any, ...], out: Any) -> Any:
        """As `Native.quick.into`."""
        native = self._native(values)
        return None if native is None else native.quick.into(values, out)

    def _native(self, values: Sequence[Any]) -> Native | None:
        try:
            return self.natives.get(tuple([value.shape for value in values]))
        except (AttributeError, TypeError):
            return None

    def run(self, *values: Any) -> list[Any] | None:
        """The list of results, or None."""
        sizes = tuple([np.shape(value) for value in values])
        native = self.natives.get(sizes) or self._made(sizes)
        return None if native is None else native.run(*values)

    def _made(self, sizes: _Sizes) -> Native | None:
        if sizes not in self.met:
            if len(self.met) >= MOST:
                return None
            try:
                self.met[sizes] = self.make(sizes)
            except ShapeError:  # NumPy raises it where it can be seen
                self.met[sizes] = None
        made = self.met[sizes]
        if made is None:
            return None
        if made.native is None:
            made.calls += 1
            if self.at_once:
                made.compile()
            elif made.calls == CALLS:
                self.later(made)
        if isinstance(made.native, Native):
            return self.natives.setdefault(sizes, made.native)
        return None
