"""When a function becomes C: at once, when asked to wait, or in the background once it is called often enough."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from etude.backends.c.codegen import generate
from etude.backends.c.compiler import CompileError, NoCompilerError, default_threads
from etude.backends.c.csource import Unsupported
from etude.backends.c.native import Native, load
from etude.backends.c.sizes import BySize
from etude.errors import ShapeError, SubscriptError
from etude.program import Program, specialized
from etude.terms import ArrayType

__all__ = ["Tiers"]

CALLS = 50  # answered by NumPy before C is thought of
SECONDS = 0.3  # spent in NumPy, with which compiling has paid for itself
WAITING = 64  # programs waiting for the one worker; beyond, a program asks again later

_LOG = logging.getLogger("etude")


class Tiers:
    """The C form of a program: not there yet (`native` None), there, or never (`reason` says why)."""

    def __init__(self, program: Program, single: bool, threads: int | None = None):
        self.program, self.single, self.threads = program, single, threads
        self.native: Native | BySize | None = None
        self.reason: str | None = None
        self.unsupported = False
        self.calls, self.seconds = 0, 0.0
        self._begun = False
        self._lock = threading.Lock()
        self._done = threading.Event()

    @property
    def settled(self) -> bool:
        """Whether nothing will change any more."""
        return self._done.is_set()

    @property
    def most_threads(self) -> int:
        """How many threads share a loop at most."""
        return self.threads or default_threads()

    @property
    def state(self) -> str:
        """In, not in and why, or what has to happen first."""
        if isinstance(self.native, BySize):
            return f"compiled for each set of sizes, {len(self.native.natives)} so far"
        if self.native is not None:
            source = self.native.source
            called = f"; NumPy computes {', '.join(source.callbacks)}" if source.callbacks else ""
            threads = self.most_threads
            return f"compiled, {len(source.kernels)} kernels, at most {threads} thread{'s'[: threads != 1]}{called}"
        if self.reason is not None:
            return f"not possible, NumPy answers: {self.reason}"
        return "compiling in the background" if self._begun else "not compiled yet"

    def timed(self, run: Callable[..., list[Any]], *values: Any) -> list[Any]:
        """A call answered by NumPy, counted; once there were enough of them C is compiled in the background."""
        start = time.perf_counter()
        result = run(*values)
        self.calls += 1
        self.seconds += time.perf_counter() - start
        if not self._begun and (self.calls >= CALLS or self.seconds >= SECONDS):
            self._begun = _WORKER.take(self)
        return result

    def compile(self) -> None:
        """Compile now, or wait for who does; afterwards `native` or `reason` is set."""
        with self._lock:
            if self._done.is_set():
                return
            try:
                self.native = self._made()
            except Unsupported as problem:
                self.reason, self.unsupported = str(problem), True
            except NoCompilerError as problem:
                self.reason = str(problem)
                _notice(self.reason)
            except (CompileError, OSError, AttributeError, KeyError) as problem:
                self.reason = f"compiling failed: {problem}"
                _LOG.warning("%s; NumPy answers instead", self.reason)
            except Exception as problem:  # noqa: BLE001  whatever goes wrong here must not fail a call
                self.reason = f"generating C failed: {type(problem).__name__}: {problem}"
                _LOG.warning("%s; NumPy answers instead", self.reason)
            finally:
                self._done.set()

    def _made(self) -> Native | BySize:
        threads = self.most_threads
        kinds: Sequence[ArrayType] = self.program.types[: len(self.program.inputs)]
        try:
            source = generate(self.program)
        except Unsupported:
            if all(kind.is_static for kind in kinds):
                raise
            return self._by_size(kinds)
        return load(source, kinds, self.single, threads)

    def _by_size(self, kinds: Sequence[ArrayType]) -> BySize:
        """C for each set of sizes that is met. Raises Unsupported where it cannot be written for any."""
        with contextlib.suppress(ShapeError, SubscriptError):  # the sample may not fit where the call does
            sample = [kind.with_shape([_sample(dim) for dim in kind.shape]) for kind in kinds]
            generate(specialized(self.program, sample))

        def made(shapes: Sequence[Sequence[int]]) -> Tiers:
            fixed = [kind.with_shape(shape) for kind, shape in zip(kinds, shapes, strict=True)]
            return Tiers(specialized(self.program, fixed), self.single, self.threads)

        return BySize(made, _WORKER.take)


def _sample(dim: int | str | None) -> int:
    return dim if isinstance(dim, int) else 4


_NOTICED: set[str] = set()


def _notice(text: str) -> None:
    if text not in _NOTICED:
        _NOTICED.add(text)
        warnings.warn(text, UserWarning, stacklevel=2)


class _Worker:
    """One daemon thread that compiles what is waiting; a forked child starts its own."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[Tiers] = queue.Queue(WAITING)
        self.thread: threading.Thread | None = None
        self.lock = threading.Lock()

    def take(self, tiers: Tiers) -> bool:
        """Whether there was room for one more."""
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, name="etude-compile", daemon=True)
                self.thread.start()
        with contextlib.suppress(queue.Full):
            self.waiting.put_nowait(tiers)
            return True
        return False

    def _work(self) -> None:
        while True:
            self.waiting.get().compile()


_WORKER = _Worker()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_WORKER.__init__)  # type: ignore[misc]
