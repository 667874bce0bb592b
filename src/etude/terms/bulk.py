"""Making very many terms at once without Python's search for cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["bulk"]


@contextmanager
def bulk() -> Iterator[None]:
    """While terms are made by the hundred thousand, cycles are not looked for.

    Terms form none, and each search goes through all that live, so that a million of them would be searched again and again.
    Memory is freed as ever when nothing refers to it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
