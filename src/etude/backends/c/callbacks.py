"""Operators without a C form: how C calls NumPy, and what is called."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from etude.backends.c.csource import Callback
from etude.backends.c.writer import Writer
from etude.program.meaning import keyword_arguments
from etude.terms import ArrayType

__all__ = ["callback_function", "called"]

_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_void_p))
FAILED = 5


def called(writer: Writer, number: int) -> str:
    """The kernel that calls NumPy for a node."""
    node = writer.graph.nodes[number]
    place = writer.external(node.spec)
    given = "".join(f"{writer.address(arg)}, " for arg in node.args)
    results = "".join(f"(char *)({writer.memory(result)}), " for result in writer.graph.results_at(number))
    return (
        f"  char *in[] = {{{given}NULL}}, *out[] = {{{results}NULL}};\n"
        f"  if (((int (*)(char **, char **))X[{place}])(in, out)) return {FAILED};\n"
    )


def callback_function(call: Callback) -> Any:
    """The function pointer, as an object that keeps it alive. It may be called from any thread."""
    named = keyword_arguments(call.op, call.attributes)
    several = len(call.results) > 1

    def run(given: Any, results: Any) -> int:
        try:
            values = [_array(given[place], kind)[()] for place, kind in enumerate(call.operands)]
            with np.errstate(all="ignore"):
                found = call.op.evaluate(*values, **named)
            for place, (kind, value) in enumerate(zip(call.results, found if several else [found], strict=True)):
                if np.shape(value) != kind.shape:
                    return FAILED
                _array(results[place], kind)[...] = value
        except Exception:  # noqa: BLE001  NumPy, run again from Python, raises it where it can be seen
            return FAILED
        return 0

    return _FUNCTION(run)


def _array(address: int, kind: ArrayType) -> np.ndarray[Any, Any]:
    """The memory at an address as an array."""
    shape = tuple([int(dim) for dim in kind.shape if dim is not None])
    size = int(np.prod(shape)) * kind.dtype.itemsize
    return np.ndarray(shape, kind.dtype, memoryview((ctypes.c_char * size).from_address(address)))
