"""When a function becomes C: at once, when asked to wait, or in the background once it is called often enough."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from etude.backends import c
from etude.program import Program

__all__ = ["Tiers", "in_background"]

CALLS = 50  # answered by NumPy before C is thought of
SECONDS = 0.3  # spent in NumPy, with which compiling has paid for itself
WAITING = 64  # programs waiting for the one worker; beyond, a program asks again later


class Tiers:
    """The C form of a program: not there yet (`native` None), there, or never (`reason` says why)."""

    def __init__(self, program: Program, single: bool, threads: int | None = None):
        self.program, self.single, self.threads = program, single, threads
        self.native: c.native.Native | c.sizes.BySize | None = None
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
        return self.threads or c.compiler.default_threads()

    @property
    def state(self) -> str:
        """In, not in and why, or what has to happen first."""
        if self.native is not None and isinstance(self.native, c.sizes.BySize):
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

    def hasten(self, kind: type, slot: Any) -> None:
        """As `native.hasten`."""
        c.native.hasten(kind, slot)

    def compile(self) -> None:
        """Compile now, or wait for who does; afterwards `native` or `reason` is set."""
        with self._lock:
            if self._done.is_set():
                return
            try:
                self.native, self.reason, self.unsupported = c.making.attempt(self)
            finally:
                self._done.set()


def in_background(tiers: Tiers) -> bool:
    """Compile in the background; False where too many are waiting."""
    return _WORKER.take(tiers)


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
