"""The threads that share the parts of loops: C of our own, compiled once, one set of threads for all programs."""

from __future__ import annotations

import ctypes
import logging
from functools import cache
from pathlib import Path

from etude.backends.c.blas import limits
from etude.backends.c.cache import fetch, key_of
from etude.backends.c.compiler import CompileError, NoCompilerError, cpu_name, find_compiler, identity, make_library

__all__ = ["SHARE", "SHARE_PRODUCTS", "share_address", "share_text"]

# how programs name them among their external functions
SHARE = "etude:etude_share"
SHARE_PRODUCTS = "etude:etude_share_products"
_LOG = logging.getLogger("etude")
_FLAGS = ("-O2", "-pthread")


def share_text() -> str:
    """The C text of `etude_share(threads, parts, part, call)` and what belongs to it."""
    return Path(__file__).with_name("threads.c").read_text(encoding="utf-8")


def share_address(name: str = SHARE) -> int:
    """The function's address; 0, which is one thread, where it cannot be compiled."""
    library = _library()
    return 0 if library is None else ctypes.cast(getattr(library, name.partition(":")[2]), ctypes.c_void_p).value or 0


@cache
def _library() -> ctypes.CDLL | None:
    try:
        text = share_text()
        key = key_of(text, *_FLAGS, identity(find_compiler()), cpu_name())
        library = ctypes.CDLL(str(fetch(key, lambda path: make_library([text], path, flags=_FLAGS))))
    except (CompileError, NoCompilerError, OSError) as problem:
        _LOG.info("loops run on one thread: %s", problem)
        return None
    found = limits()
    if found is not None:
        library.etude_limits_blas(*map(ctypes.c_void_p, found))
    return library
