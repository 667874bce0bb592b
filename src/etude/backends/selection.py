"""The backend that a module of array functions stands for: NumPy's, another namespace's, or dask's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from etude.backends.arguments import Arguments
from etude.backends.dask_backend import DaskArguments, compile_dask
from etude.backends.namespaces import BackendError
from etude.backends.numpy_backend import Executable, compile_numpy
from etude.program import Program, with_less_memory, with_work_ahead
from etude.terms import ArrayType

__all__ = ["arguments_for", "compile_for", "dask_module", "is_dask"]


def is_dask(module: Any) -> bool:
    return bool(module.__name__ == "dask.array")


def dask_module() -> Any:
    """The module `dask.array`; raises BackendError where it is not installed."""
    try:
        return import_module("dask.array")
    except ImportError:
        raise BackendError("backend 'dask' needs the package dask: pip install 'etude[dask]'") from None


def compile_for(program: Program, module: Any = np) -> Executable:
    """The form of the program that runs at once; for NumPy with few calls in loops, and in blocks that save much memory."""
    if is_dask(module):
        return compile_dask(program)
    return compile_numpy(with_less_memory(with_work_ahead(program)) if module is np else program, module)


def arguments_for(
    module: Any, names: Sequence[str], types: Sequence[ArrayType], downcast: bool | None, place: str
) -> Arguments:
    return (DaskArguments if is_dask(module) else Arguments)(names, types, downcast, place)
