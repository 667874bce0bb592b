"""Compiled libraries on disk, named by what they were made of.

An entry is one file: the library followed by a mark and the SHA-256 of what stands before. It appears by a rename, so
that any number of processes may write at once without locks, and one whose sum does not fit is deleted and made anew.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from etude.backends.c.scratch import Scratch

__all__ = ["Entry", "cache_root", "clear", "entries", "fetch", "is_whole", "key_of", "size_limit"]

_MARK = b"etude-library-1:"
_TRAILER = len(_MARK) + 32
_SUFFIX = ".so"
_DEFAULT_LIMIT = 512 * 2**20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_private: list[Scratch] = []


class Entry(NamedTuple):
    """A library in the cache: its key, its bytes, and when it was last used (seconds since the epoch)."""

    key: str
    size: int
    used: float


def cache_root() -> Path:
    """ETUDE_CACHE_DIR, or `etude` in XDG_CACHE_HOME or ~/.cache; it need not exist."""
    if chosen := os.environ.get("ETUDE_CACHE_DIR"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(os.path.expanduser("~")) / ".cache") / "etude"


def size_limit() -> int:
    """The bytes that the cache may take: ETUDE_CACHE_SIZE, 512 MiB by default."""
    given = os.environ.get("ETUDE_CACHE_SIZE", "")
    return int(given) if given.isdigit() else _DEFAULT_LIMIT


def key_of(*parts: str) -> str:
    """The name of an entry made of these texts."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def fetch(key: str, make: Callable[[Path], None]) -> Path:
    """The library of this key; where there is none, `make(path)` writes it first.

    Where the cache cannot be written, or its disk is full, it lives in a directory of this process that is removed at its
    end.
    """
    root = _usable(cache_root())
    path = root / (key + _SUFFIX)
    if _is_whole(path):
        with contextlib.suppress(OSError):
            os.utime(path)
        return path
    try:
        _enter(path, make)
    except OSError as problem:
        if problem.errno not in _NO_ROOM or root == _own():
            raise
        root = _own()
        path = root / (key + _SUFFIX)
        _enter(path, make)
    _evict(root, path)
    return path


def _enter(path: Path, make: Callable[[Path], None]) -> None:
    """Make a library and give it this path, whole or not at all."""
    with Scratch("making-", path.parent) as place:
        made = place / "library.so"
        make(made)
        data = made.read_bytes()
        sealed = place / "sealed.so"
        sealed.write_bytes(data + _MARK + hashlib.sha256(data).digest())
        sealed.chmod(0o700)
        os.replace(sealed, path)


def entries() -> list[Entry]:
    """What the cache holds, last used first."""
    found = []
    for path in cache_root().glob("*" + _SUFFIX):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append(Entry(path.stem, status.st_size, status.st_mtime))
    return sorted(found, key=lambda entry: -entry.used)


def clear() -> int:
    """Remove every entry; the number of them."""
    count = 0
    for entry in entries():
        with contextlib.suppress(OSError):
            (cache_root() / (entry.key + _SUFFIX)).unlink()
            count += 1
    return count


def _usable(root: Path) -> Path:
    """The directory, made private, or one of this process's own where it cannot be written or is another's."""
    with contextlib.suppress(OSError):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = root.stat()
        mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
        if mine and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            root.chmod(0o700)
        if mine and os.access(root, os.W_OK | os.X_OK):
            return root
    return _own()


def _own() -> Path:
    """The directory of this process."""
    if not _private:
        _private.append(Scratch("etude-"))
    return _private[0].path


def is_whole(data: bytes) -> bool:
    """Whether these are the bytes of an entry, with none lost or changed."""
    mark, digest = data[-_TRAILER:-32], data[-32:]
    return mark == _MARK and hashlib.sha256(data[:-_TRAILER]).digest() == digest


def _is_whole(path: Path) -> bool:
    try:
        if is_whole(path.read_bytes()):
            return True
    except OSError:
        return False
    with contextlib.suppress(OSError):
        path.unlink()
    return False


def _evict(root: Path, kept: Path) -> None:
    """Remove what was used longest ago until the rest fits; a library that a process has loaded stays with it."""
    found = []
    for path in root.glob("*" + _SUFFIX):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    total, limit = sum(size for _, size, _ in found), size_limit()
    for _, size, path in sorted(found):
        if total <= limit:
            return
        if path != kept:
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size
