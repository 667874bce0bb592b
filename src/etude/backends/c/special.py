"""Special functions without a C form of their own: those of SciPy, by function pointer."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any

from etude.backends.c.scalars import ROWS

__all__ = ["exporter", "foreign", "pointer_of"]

MODULE = "scipy.special.cython_special"
_ALONE = ("cython_blas", "cython_lapack")  # modules that import nothing of their package
_ALIASES = {"digamma": "psi"}
_OF_PYTHON = frozenset(["hyp0f1"])  # which may report errors to Python from within, and so wait for it


@cache
def foreign(name: str, count: int, kind: str) -> tuple[str, str] | None:
    """How C names SciPy's function of `count` numbers for an operator, and their C type; None where there is none.

    For float32 (`kind` f) it is the one of float32, or else the one of float64, as in SciPy's own loops.
    """
    if name in ROWS or name in _OF_PYTHON:
        return None
    exported = getattr(import_module(MODULE), "__pyx_capi__", {})
    name = _ALIASES.get(name, name)
    for number in ("float", "double") if kind == "f" else ("double",):
        wanted = f"{number} ({f'{number}, ' * count}int __pyx_skip_dispatch)"
        for spelled in (name, f"__pyx_fuse_0{name}", f"__pyx_fuse_1{name}"):
            if spelled in exported and _signature(exported[spelled]).decode() == wanted:
                return f"{MODULE}:{spelled}", number
    return None


def _signature(capsule: object) -> bytes:
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    found: bytes = get_name(capsule)
    return found


def pointer_of(external: str) -> int:
    """The address of a function `module:name` that a Cython module exports."""
    module, _, name = external.partition(":")
    capsule = exporter(module).__pyx_capi__[name]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(get_pointer(capsule, _signature(capsule)))


@cache
def exporter(name: str) -> Any:
    """The Cython module of this name, without its package where it needs none: importing scipy.linalg takes 0.2 s."""
    package, _, last = name.rpartition(".")
    if name not in sys.modules and last in _ALONE:
        folder = find_spec(package)
        spec = folder and PathFinder.find_spec(name, folder.submodule_search_locations)
        if spec and spec.loader:
            with suppress(ImportError):
                made = module_from_spec(spec)
                spec.loader.exec_module(made)
                sys.modules.pop(name, None)  # so that importing it later binds it in its package
                return made
    return import_module(name)
