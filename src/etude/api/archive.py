"""`et.load`: a function that `Function.save` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from etude.backends import Arguments, BackendError
from etude.backends.c.saved import read

__all__ = ["LoadedFunction", "load"]


class LoadedFunction:
    """A compiled function without its expressions; called with values by position."""

    backend = "c"

    def __init__(self, path: str | Path):
        self._native, names, kinds, self.name = read(Path(path))
        self._arguments = Arguments(names, kinds, place=self.name)

    @property
    def source(self) -> str:
        """The C text."""
        return "\n".join(self._native.source.files)

    def __call__(self, *args: Any) -> Any:
        found = self._native.quick(*args)
        if found is not None:
            return found
        results = self._native.run(*self._arguments(args))
        if results is None:
            raise BackendError(f"{self._arguments.place}a shape does not fit, an index is out of bounds or a matrix singular")
        return results[0] if self._native.single else results


def load(path: str | Path) -> LoadedFunction:
    """The function that `Function.save(path)` wrote to this folder.

    Its C text is compiled anew on another processor. Raises BackendError where the folder holds no saved function or
    cannot be used here. Loading runs the stored library: load only what you trust.

    >>> import etude as et
    >>> et.load("no/such/folder")
    Traceback (most recent call last):
    etude.backends.namespaces.BackendError: no/such/folder holds no saved function: ...
    """
    return LoadedFunction(path)
