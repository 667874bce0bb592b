"""Many rules judged side by side in processes of their own, each of which is ended where a rule takes too long.

What is too long is told by the processor time of the process, so that a busy machine gives the same verdicts. A limit of wall
time, ten times as long, is there for a process that waits for ever, and where a system has no timer of processor time.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

__all__ = ["following", "processors", "side_by_side"]

_CONTEXT = get_context("spawn")
_PATIENCE = 10.0  # seconds of wall time for each of processor time


def processors() -> int:
    """How many processes can run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(
    prepare: Callable[[], Callable[[int], Any]], count: int, late: Callable[[int], Any], seconds: float, workers: int
) -> list[Any]:
    """What `prepare()` gives for 0 ... count - 1, worked out in `workers` processes; `late(i)` where i takes more than
    `seconds` of processor time, or ends its process.

    `prepare` and the results are pickled. A process is started anew after one that was ended.
    """
    results: list[Any] = [None] * count
    todo = set(range(count))
    crew: list[_Worker] = []
    while todo or any(worker.number is not None for worker in crew):
        while todo and len(crew) < min(workers, count):
            crew.append(_Worker(prepare, seconds))
        for worker in crew:
            if todo and worker.ready and worker.number is None:
                number = following(worker.last, todo, {other.number for other in crew})
                todo.remove(number)
                worker.begin(number)
        for pipe in wait([worker.pipe for worker in crew], timeout=0.1):
            worker = next(worker for worker in crew if worker.pipe is pipe)
            try:
                said = worker.pipe.recv()
            except (EOFError, OSError):
                said = _GONE
            if said is _GONE:
                _end(crew, worker, results, late)
            elif worker.number is None:
                worker.ready = True
            else:
                results[worker.number], worker.number = said, None
        for worker in [worker for worker in crew if worker.waits_for_ever]:
            _end(crew, worker, results, late)
    for worker in crew:
        worker.end()
    return results


_GONE = object()


def following(last: int, todo: set[int], busy: set[int | None]) -> int:
    """The number after the last one, as neighbors have work in common; or of what is left in one piece, half of the most."""
    if last + 1 in todo:
        return last + 1
    starts = [number for number in sorted(todo) if number - 1 not in todo]
    ends = [number + 1 for number in sorted(todo) if number + 1 not in todo]
    start, end = max(zip(starts, ends, strict=True), key=lambda piece: piece[1] - piece[0])
    return (start + end) // 2 if start - 1 in busy else start


def _end(crew: list[_Worker], worker: _Worker, results: list[Any], late: Callable[[int], Any]) -> None:
    if worker.number is None:
        raise RuntimeError("a process that was to check rules ended before it had begun")
    results[worker.number] = late(worker.number)
    worker.end()
    crew.remove(worker)


def _serve(pipe: Connection, prepare: Callable[[], Callable[[int], Any]], seconds: float) -> None:
    work = prepare()
    pipe.send(True)
    while (number := pipe.recv()) is not None:
        _end_after(max(seconds, 1e-6))
        found = work(number)
        _end_after(0.0)
        pipe.send(found)


def _end_after(seconds: float) -> None:
    """The system ends this process once it has worked so long from now on; 0 takes the limit away."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


@dataclass(eq=False)
class _Worker:
    prepare: Callable[[], Callable[[int], Any]]
    seconds: float
    number: int | None = None
    last: int = -1
    ready: bool = False
    since: float = 0.0
    pipe: Any = field(init=False)
    process: Any = field(init=False)

    def __post_init__(self) -> None:
        self.pipe, theirs = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=_serve, args=(theirs, self.prepare, self.seconds), daemon=True)
        self.process.start()
        theirs.close()

    def begin(self, number: int) -> None:
        self.number = self.last = number
        self.since = time.monotonic()
        self.pipe.send(number)

    @property
    def waits_for_ever(self) -> bool:
        return self.number is not None and time.monotonic() - self.since > _PATIENCE * self.seconds

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()
