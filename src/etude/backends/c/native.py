"""A compiled program in this process: its library loaded, its entry called."""

from __future__ import annotations

import ctypes
import logging
import sysconfig
from collections.abc import Callable, Sequence
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

from etude.backends.c.cache import fetch, key_of
from etude.backends.c.callbacks import callback_function
from etude.backends.c.compiler import CompileError, NoCompilerError, cpu_name, find_compiler, identity, make_library
from etude.backends.c.csource import Callback, CSource, flags_for
from etude.backends.c.special import pointer_of
from etude.backends.c.threads import SHARE, SHARE_PRODUCTS, share_address
from etude.terms import ArrayType

__all__ = ["Native", "hasten", "library_of", "load", "load_library"]

_LOG = logging.getLogger("etude")
_LONG_RUN = 20_000  # floating-point operations from which on other threads may run meanwhile
_PLAIN = frozenset("?bBhHiIlLqQfdFD")


class Native:
    """A program that runs as C. `quick(*values)` gives the results and `quick.into(values, out)` gives `out`, an array or a
    list or tuple of arrays that they are written to, or None where they do not take these values as they are;
    `run(*values)` converts first, and gives None where C answers with an error that NumPy explains better.
    """

    def __init__(self, source: CSource, quick: Any, single: bool):
        self.source, self.quick, self.single = source, quick, single

    def run(self, *values: Any) -> list[Any] | None:
        """The list of results, or None."""
        arrays = [np.require(value, requirements="A") for value in values]
        found = self.quick(*[_exact(array) for array in arrays])
        return [found] if self.single and found is not None else found


def load(source: CSource, kinds: Sequence[ArrayType], single: bool, threads: int) -> Native:
    """The program compiled (or taken from the cache) and loaded. Raises CompileError, NoCompilerError, OSError."""
    return load_library(library_of(source), source, kinds, single, threads)


def load_library(path: Path, source: CSource, kinds: Sequence[ArrayType], single: bool, threads: int) -> Native:
    """The program of a library that is there already."""
    library = ctypes.CDLL(str(path))
    entry = ctypes.cast(getattr(library, source.entry), ctypes.c_void_p).value or 0
    caller = _trampoline() or _SlowCaller
    try:
        quick = caller(*_description(source, kinds, single, threads, entry, library))
    except ValueError:  # more arguments than the trampoline has room for
        quick = _SlowCaller(*_description(source, kinds, single, threads, entry, library))
    return Native(source, quick, single)


def library_of(source: CSource) -> Path:
    """The shared library of a program, compiled where the cache has none."""
    flags = flags_for(source.files)
    key = key_of(*source.files, " ".join(flags), identity(find_compiler()), cpu_name())
    return fetch(key, lambda path: make_library(source.files, path, flags=flags))


def _description(
    source: CSource, kinds: Sequence[ArrayType], single: bool, threads: int, entry: int, library: Any
) -> tuple[Any, ...]:
    """What the trampoline is made from: numbers, one list after the other, and what they point into."""
    starts = np.cumsum([0, *[len(kind.shape) for kind in kinds]]).tolist()
    constants = [np.ascontiguousarray(value) for value in source.constants]
    callbacks = {each: callback_function(each) for each in source.externals if isinstance(each, Callback)}
    lists: list[list[int]] = [
        [kind.dtype.num for kind in kinds],
        [len(kind.shape) for kind in kinds],
        [dtype.num for dtype in source.output_dtypes],
        [len(dims) for dims in source.output_dims],
        _sizes(kinds),
        [d if isinstance(d, int) else -1 - (starts[d[0]] + d[1]) for dims in source.output_dims for d in dims],
        [
            _address(callbacks[each]) if isinstance(each, Callback) else _pointer(each)
            for each in source.externals
        ],
        [value.ctypes.data for value in constants],
        [dtype.itemsize for dtype in source.output_dtypes],
    ]
    if not all(dtype.char in _PLAIN for dtype in (*[kind.dtype for kind in kinds], *source.output_dtypes)):
        raise CompileError("the program has dtypes that C does not have")
    places = tuple(np.cumsum([0, *map(len, lists)]).tolist()[:-1])
    table = np.array([number for numbers in lists for number in numbers], np.int64).tobytes()
    release = sum(kernel.flops for kernel in source.kernels) > _LONG_RUN
    counts = (len(kinds), len(source.output_dtypes), starts[-1])
    return (entry, single, release, threads, source.workspace_bytes, *counts, table, places, (library, constants, callbacks))


def _sizes(kinds: Sequence[ArrayType]) -> list[int]:
    """For each axis its size, or -1 - the first axis of the same name (itself where there is none)."""
    found: list[int] = []
    named: dict[str, int] = {}
    for kind in kinds:
        for dim in kind.shape:
            first = named.setdefault(dim, len(found)) if isinstance(dim, str) else len(found)
            found.append(dim if isinstance(dim, int) else -1 - first)
    return found


def _exact(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array if type(array) is np.ndarray else np.asarray(array)


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@cache
def _pointer(external: str) -> int:
    """The address of a function that a Cython module exports, or of one that shares loops among threads."""
    if external in (SHARE, SHARE_PRODUCTS):
        return share_address(external)
    return pointer_of(external)


@cache
def _trampoline() -> Callable[..., Any] | None:
    """The extension type that calls programs, compiled once; None where Python's or NumPy's headers are missing."""
    text = "".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("pool.c", "trampoline.c"))
    headers = [sysconfig.get_path("include"), sysconfig.get_path("platinclude"), np.get_include()]
    options = ["-O2", "-Wno-unused-parameter", *[f"-I{path}" for path in dict.fromkeys(headers)]]
    try:
        key = key_of(text, *options, np.__version__, str(sysconfig.get_config_var("SOABI")), identity(find_compiler()))
        path = fetch(key, lambda made: make_library([text], made, options, ("-fno-strict-aliasing",)))
        loader = ExtensionFileLoader("etude_trampoline", str(path))
        spec = spec_from_file_location("etude_trampoline", path, loader=loader)
        assert spec is not None
        module = module_from_spec(spec)
        loader.exec_module(module)
    except (CompileError, NoCompilerError, ImportError, OSError) as problem:
        _LOG.info("calls go through ctypes: %s", problem)
        return None
    made: Callable[..., Any] = module.Caller
    return made


def hasten(kind: type, slot: Any) -> None:
    """From now on objects of the class are called through what is in their slot without a call of Python, where it is a
    trampoline that takes the arguments; `__call__` has the rest.
    """
    caller = _trampoline()
    if caller is not None:
        caller.hasten(kind, slot)  # type: ignore[attr-defined]  # of an extension type


class _SlowCaller:
    """What the trampoline does, through ctypes."""

    def __init__(self, entry: int, single: bool, release: bool, threads: int, workspace: int, *rest: Any):
        *_, table, places, self.kept = rest  # the counts are the lists' own
        numbers = np.frombuffer(table, np.int64).tolist()
        ends = [*places[1:], len(numbers)]
        lists = [numbers[start:end] for start, end in zip(places, ends, strict=True)]
        self.types, self.ranks, self.out_types, self.out_ranks, self.sizes, self.out_dims, externals, constants, _ = lists
        self.single, self.threads, self.workspace = single, threads, workspace
        self.externals, self.constants = _pointers(externals), _pointers(constants)
        self.entry = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 7, ctypes.c_int)(entry)

    def __call__(self, *values: Any) -> Any:
        return self._run(values, None)

    def into(self, values: tuple[Any, ...], out: Any) -> Any:
        if not self.single and type(out) not in (list, tuple):
            return None
        return None if self._run(values, (out,) if self.single else tuple(out)) is None else out

    def _run(self, values: tuple[Any, ...], given: tuple[Any, ...] | None) -> Any:
        arrays = [np.asarray(value) for value in values]
        if len(arrays) != len(self.types) or not all(map(self._fits, arrays, self.types, self.ranks)):
            return None
        dims = [size for array in arrays for size in array.shape]
        if any(size != (want if want >= 0 else dims[-1 - want]) for size, want in zip(dims, self.sizes, strict=True)):
            return None
        results = self._results(dims)
        if given is not None:
            if len(given) != len(results) or not all(map(self._takes, given, results, [arrays] * len(results))):
                return None
            results = list(given)
        strides = [stride for array in arrays for stride in array.strides]
        memory = np.empty(self.workspace + 64, np.uint8)
        workspace = memory.ctypes.data + -memory.ctypes.data % 64 if self.workspace else None
        data = [_pointers([array.ctypes.data for array in group]) for group in (arrays, results)]
        sizes = [(ctypes.c_int64 * max(1, len(numbers)))(*numbers) for numbers in (dims, strides)]
        if self.entry(data[0], *sizes, self.externals, self.constants, data[1], workspace, self.threads):
            return None
        return results[0] if self.single else results

    @staticmethod
    def _fits(array: np.ndarray[Any, Any], number: int, rank: int) -> bool:
        return array.dtype.num == number and array.ndim == rank and array.flags.aligned and array.dtype.isnative

    @staticmethod
    def _takes(given: Any, like: np.ndarray[Any, Any], inputs: Sequence[np.ndarray[Any, Any]]) -> bool:
        fits = type(given) is np.ndarray and given.dtype == like.dtype and given.shape == like.shape
        return fits and given.flags.carray and not any(np.may_share_memory(given, array) for array in inputs)

    def _results(self, dims: Sequence[int]) -> list[np.ndarray[Any, Any]]:
        wanted = iter(self.out_dims)
        made = []
        for number, rank in zip(self.out_types, self.out_ranks, strict=True):
            shape = [next(wanted) for _ in range(rank)]
            dtype = next(np.dtype(char) for char in sorted(_PLAIN) if np.dtype(char).num == number)
            made.append(np.empty([dim if dim >= 0 else dims[-1 - dim] for dim in shape], dtype))
        return made


def _pointers(addresses: Sequence[int]) -> Any:
    return (ctypes.c_void_p * max(1, len(addresses)))(*addresses)
