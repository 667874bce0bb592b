"""The user's C compiler: which one it is, and running it."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from etude.backends.c.csource import FLAGS
from etude.backends.c.scratch import Scratch, leaving
from etude.errors import EtudeError

__all__ = ["CompileError", "NoCompilerError", "cpu_name", "default_threads", "find_compiler", "identity", "make_library"]

LIBRARIES = ("-lmvec", "-lm")
_TIMEOUT = 300.0  # seconds; ETUDE_COMPILE_TIMEOUT is another
_refused: dict[tuple[str, ...], frozenset[str]] = {}
_running: set[subprocess.Popen[str]] = set()


class CompileError(EtudeError, RuntimeError):
    """The C compiler failed; the message has the command and the beginning of what it said."""


class NoCompilerError(EtudeError, RuntimeError):
    """No C compiler was found."""


def find_compiler() -> tuple[str, ...]:
    """The command of the C compiler: $CC, cc, gcc, clang, or the one in the ziglang wheel. Raises NoCompilerError."""
    given = shlex.split(os.environ.get("CC", ""))
    for command in ([given] if given else []) + [["cc"], ["gcc"], ["clang"]]:
        if found := shutil.which(command[0]):
            return (found, *command[1:])
    if find_spec("ziglang") is not None:
        return (sys.executable, "-m", "ziglang", "cc")
    raise NoCompilerError("no C compiler found ($CC, cc, gcc, clang); programs run on NumPy; pip install 'etude[zig]' has one")


def identity(command: Sequence[str]) -> str:
    """What tells this compiler from others without running it: its file, size and date."""
    path = os.path.realpath(command[0])
    with contextlib.suppress(OSError):
        status = os.stat(path)
        return f"{path} {' '.join(command[1:])} {status.st_size} {status.st_mtime_ns}"
    return " ".join(command)


@cache
def cpu_name() -> str:
    """What -march=native depends on."""
    text = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        text = "".join(sorted({line for line in lines if line.startswith(("flags", "Features", "model name", "CPU part"))}))
    return f"{platform.system()} {platform.machine()} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def default_threads() -> int:
    """ETUDE_NUM_THREADS, OMP_NUM_THREADS, or the number of processors that this process may use."""
    for name in ("ETUDE_NUM_THREADS", "OMP_NUM_THREADS"):
        given = os.environ.get(name, "").partition(",")[0].strip()
        if given.isdigit() and int(given) > 0:
            return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_library(files: Sequence[str], target: Path, extra: Sequence[str] = (), flags: Sequence[str] = FLAGS) -> None:
    """A shared library of these C texts; several are compiled side by side. Raises CompileError or NoCompilerError."""
    command = find_compiler()
    wanted = (*flags, *LIBRARIES)
    known = _refused.get(command, frozenset())
    try:
        _build(command, files, target, extra, [flag for flag in wanted if flag not in known])
    except CompileError:
        if command in _refused or leaving():
            raise
        refused = frozenset(flag for flag in wanted if not _accepts(command, flag))
        _refused[command] = refused
        if not refused:
            raise
        _build(command, files, target, extra, [flag for flag in wanted if flag not in refused])


def _build(command: Sequence[str], files: Sequence[str], target: Path, extra: Sequence[str], flags: Sequence[str]) -> None:
    libraries = [flag for flag in flags if flag.startswith("-l")]
    options = ["-fPIC", *[flag for flag in flags if not flag.startswith("-l")], *extra]
    with Scratch("build-", target.parent) as place:
        sources = [place / f"part{number}.c" for number in range(len(files))]
        for source, text in zip(sources, files, strict=True):
            source.write_text(text, encoding="utf-8")
        if len(sources) == 1:
            _run([*command, *options, "-shared", str(sources[0]), "-o", str(target), *libraries])
            return
        objects = [str(source.with_suffix(".o")) for source in sources]
        jobs = [[*command, *options, "-c", str(source), "-o", made] for source, made in zip(sources, objects, strict=True)]
        with ThreadPoolExecutor(min(len(jobs), default_threads())) as pool:
            list(pool.map(_run, jobs))
        _run([*command, "-shared", *objects, "-o", str(target), *libraries])


def _accepts(command: Sequence[str], flag: str) -> bool:
    with Scratch("etude-") as place:
        source = place / "probe.c"
        source.write_text("int probe(void) { return 0; }\n", encoding="utf-8")
        try:
            _run([*command, "-fPIC", "-shared", str(source), "-o", str(place / "probe.so"), flag])
        except CompileError:
            return False
    return True


def _run(command: Sequence[str]) -> None:
    shown = shlex.join(command)
    try:
        limit = float(os.environ.get("ETUDE_COMPILE_TIMEOUT", _TIMEOUT))
    except ValueError:
        limit = _TIMEOUT
    try:
        process = subprocess.Popen(  # noqa: S603  the user's compiler, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
    except OSError as error:
        raise CompileError(f"{shown}: {error}") from error
    _running.add(process)
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        if process.stdout is not None:
            process.stdout.close()  # a child of the compiler may hold the other end
        process.wait()
        raise CompileError(f"{shown}: stopped after {limit:g} s") from None
    finally:
        _running.discard(process)
    if process.returncode:
        raise CompileError(f"{shown}: exit status {process.returncode}\n{said[:4000]}")


@atexit.register
def _stop_running() -> None:
    """A compilation in the background does not outlive the interpreter."""
    for process in list(_running):
        with contextlib.suppress(OSError):
            process.kill()
