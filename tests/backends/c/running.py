"""A small loader: what the generated C computes, without the library's own compiling and caching."""

from __future__ import annotations

import ctypes
import importlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from etude.backends.c.callbacks import callback_function
from etude.backends.c.codegen import generate
from etude.backends.c.csource import FLAGS, Callback, CSource
from etude.backends.c.threads import SHARE, SHARE_PRODUCTS, share_address

COMPILER = shutil.which("gcc")
pointers = ctypes.pythonapi.PyCapsule_GetPointer
pointers.restype, pointers.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
kept = []
named = ctypes.pythonapi.PyCapsule_GetName
named.restype, named.argtypes = ctypes.c_char_p, (ctypes.py_object,)


def external(place):
    if isinstance(place, Callback):
        kept.append(callback_function(place))
        return ctypes.cast(kept[-1], ctypes.c_void_p).value
    if place in (SHARE, SHARE_PRODUCTS):
        return share_address(place)
    module, _, name = place.partition(":")
    capsule = importlib.import_module(module).__pyx_capi__[name]
    return pointers(capsule, named(capsule))


@cache
def loaded(files, flags):
    """The library of these texts and what the compiler said of them; the same texts are compiled once."""
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / f"part{k}.c") for k in range(len(files))]
        for name, text in zip(names, files, strict=True):
            Path(name).write_text(text)
        library = str(Path(folder) / "program.so")
        run = subprocess.run(
            [COMPILER, *flags, "-Wall", "-Wno-unused", "-shared", "-fPIC", "-o", library, *names, "-lmvec", "-lm"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return ctypes.CDLL(library), run.stderr


class Compiled:
    """A program's C, compiled at once (plain -O1 unless other flags are given) and called by ctypes."""

    def __init__(self, program, flags=None):
        self.source: CSource = generate(program)
        library, self.warnings = loaded(tuple(self.source.files), tuple(FLAGS if flags is None else flags))
        self.entry = getattr(library, self.source.entry)
        self.externals = (ctypes.c_void_p * max(1, len(self.source.externals)))(*map(external, self.source.externals))
        self.constants = [np.ascontiguousarray(value) for value in self.source.constants]

    def call(self, *values, threads=1):
        """The result code and the outputs."""
        arrays = [np.asarray(value) for value in values]
        dims = [dim for array in arrays for dim in array.shape]
        strides = [step for array in arrays for step in array.strides]
        shapes = self.source.output_shapes([array.shape for array in arrays])
        outs = [np.full(shape, 7, dtype) for shape, dtype in zip(shapes, self.source.output_dtypes, strict=True)]

        def table(items):
            return (ctypes.c_void_p * max(1, len(items)))(*[item.ctypes.data for item in items])

        def sizes(items):
            return (ctypes.c_int64 * max(1, len(items)))(*items)

        code = self.entry(
            table(arrays), sizes(dims), sizes(strides), self.externals, table(self.constants), table(outs), None, threads
        )
        return code, outs
