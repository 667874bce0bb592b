"""Directories for what is being made."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from pathlib import Path
from types import TracebackType

__all__ = ["Scratch", "leaving"]

_made: set[Path] = set()


class Scratch:
    """A directory for a block. It goes with the block, or without a word with the process that ends before it.

    Raises OSError where none can be made, as while the process ends.
    """

    def __init__(self, prefix: str, parent: Path | None = None):
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        _made.add(self.path)
        if leaving():  # asked once it is known to `_remove_all`, which may be done already
            self._remove()
            raise OSError("the process ends")

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        _made.discard(self.path)


def leaving() -> bool:
    """Whether the process ends: directories go, compilers are stopped, and what fails is no news."""
    return not threading.main_thread().is_alive()


@atexit.register
def _remove_all() -> None:
    """Runs after whatever an importer of this module registers, and so after compilers were stopped."""
    for path in list(_made):
        shutil.rmtree(path, ignore_errors=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_made.clear)  # they are the parent's
