"""Directories for what is being made."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from types import TracebackType

__all__ = ["Scratch"]


class Scratch:
    """A directory for a block. It goes with the block, or without a word with the process that ends before it."""

    def __init__(self, prefix: str, parent: Path | None = None):
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        self._remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._remove()
