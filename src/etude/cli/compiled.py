"""What `etude compile` and `etude cache` print, and what `etude doctor` says of C."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import etude as et
from etude.backends.c import cache
from etude.backends.c.codegen import generate
from etude.backends.c.compiler import LIBRARIES, NoCompilerError, default_threads, find_compiler
from etude.backends.c.csource import FLAGS
from etude.program import lower

__all__ = ["c_lines", "cache_lines", "source_of"]


def source_of(expression: et.Array, as_c: bool) -> str:
    """The generated code; no compiler runs."""
    if as_c:
        program, _ = lower([expression.term])
        return "\n".join(generate(program).files).rstrip()
    _, symbols = lower([expression.term])
    return et.function([et.from_term(term) for term in symbols], expression, backend="numpy").source.rstrip()


def cache_lines(action: str) -> Iterator[str]:
    """The cache's entries, last used first, or how many were removed."""
    if action not in ("list", "clear"):
        raise ValueError(f"cache {action!r}: list or clear was expected")
    if action == "clear":
        yield f"{cache.clear()} removed from {cache.cache_root()}"
        return
    found = cache.entries()
    for entry in found:
        used = datetime.fromtimestamp(entry.used).astimezone()
        yield f"{entry.key[:16]}  {entry.size:>10}  {used:%Y-%m-%d %H:%M}"
    total = sum(entry.size for entry in found)
    yield f"{len(found)} entries, {total} bytes of at most {cache.size_limit()}, in {cache.cache_root()}"


def c_lines() -> list[str]:
    """The compiler, its flags, the cache and the threads."""
    try:
        command = " ".join(find_compiler())
    except NoCompilerError as problem:
        command = str(problem)
    blas = "scipy.linalg.cython_blas, by pointer"
    facts = {"C compiler": command, "C flags": " ".join([*FLAGS, *LIBRARIES]), "BLAS": blas}
    facts |= {"C cache": f"{cache.cache_root()} ({len(cache.entries())} entries)", "threads": str(default_threads())}
    return [f"{name:20} {value}" for name, value in facts.items()]
