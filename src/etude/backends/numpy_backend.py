"""The backend that is always there: NumPy, or another array namespace, called instruction by instruction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from etude.backends.interpreter import interpreter
from etude.backends.namespaces import Namespace
from etude.backends.source import write_source
from etude.program import Program, plan_memory

__all__ = ["SOURCE_LIMIT", "Executable", "compile_numpy"]

SOURCE_LIMIT = 2000  # instructions; beyond, writing and compiling source costs more than it saves


class Executable:
    """A compiled program: called with the inputs' values in order, it gives the list of outputs.

    `source` is the generated Python text, or the program's own text where it is interpreted.
    """

    __slots__ = ("backend", "run", "source")

    def __init__(self, backend: str, run: Callable[..., list[Any]], source: str):
        self.backend, self.run, self.source = backend, run, source

    def __call__(self, *values: Any) -> list[Any]:
        return self.run(*values)


def compile_numpy(program: Program, module: Any = np, *, limit: int = SOURCE_LIMIT) -> Executable:
    """The program for NumPy, or for the Array API namespace `module`; floating-point warnings are off inside.

    Programs of up to `limit` instructions become Python source, larger ones run in a loop.
    """
    namespace = Namespace(module)
    plan = plan_memory(program)
    if len(program) <= limit:
        source = write_source(program, plan, namespace)
        run, text = source.function(), source.text
    else:
        run, text = interpreter(program, plan, namespace), f"# interpreted\n{program}\n"
    if namespace.is_numpy:
        run = np.errstate(all="ignore")(run)
    return Executable(namespace.name, run, text)
