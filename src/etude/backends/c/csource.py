"""What C code generation hands to whoever compiles and calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from etude.errors import EtudeError
from etude.ops import Op
from etude.terms import ArrayType

__all__ = ["FLAGS", "CSource", "Callback", "KernelInfo", "Unsupported", "flags_for"]

FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fwrapv", "-fopenmp-simd")

LARGE = 400_000  # characters of C, from which on compiling is quick rather than thorough

Size = int | tuple[int, int]


def flags_for(files: Sequence[str]) -> tuple[str, ...]:
    """The compiler's options for these texts: the time of -O3 grows faster than a program."""
    large = sum(map(len, files)) > LARGE
    return ("-O1", *FLAGS[1:]) if large else FLAGS


class Unsupported(EtudeError):
    """The program stays on NumPy: the operator that C does not do, and why."""

    def __init__(self, op: str, reason: str):
        super().__init__(f"{op}: {reason}")
        self.op, self.reason = op, reason


@dataclass(frozen=True, slots=True)
class KernelInfo:
    """One pass over memory: its text, the bytes it reads and writes, its floating-point operations, and the parts that
    threads share.
    """

    name: str
    text: str
    bytes_read: int
    bytes_written: int
    flops: int
    parts: int = 1

    def __str__(self) -> str:
        shared = f", {self.parts} parts" if self.parts > 1 else ""
        return f"{self.name} {self.text}; reads {self.bytes_read} B, writes {self.bytes_written} B, {self.flops} flops{shared}"


@dataclass(frozen=True, slots=True)
class Callback:
    """An operator that has no C form: C calls its NumPy meaning as `int function(char **operands, char **results)`,
    all of them C-contiguous; the result is 0, or 5 where NumPy raised.
    """

    op: Op
    attributes: tuple[Any, ...]
    operands: tuple[ArrayType, ...]
    results: tuple[ArrayType, ...]


@dataclass(frozen=True, slots=True)
class CSource:
    """C translation units with one entry:

    `int entry(char **data, const int64_t *dims, const int64_t *strides, void **externals, char **constants,
    char **out, char *workspace, int threads)`

    `data`, `dims`, `strides` (in bytes) describe the inputs one after the other, `out` are C-contiguous arrays of
    `output_shapes(dims)` and `output_dtypes`. `externals` are function pointers in the order of `externals`, named
    `module:function` (functions of `__pyx_capi__`), or callbacks. `constants` are the data pointers of `constants`.
    `workspace` is NULL or `workspace_bytes` aligned to 64. The result is 0, or a positive code: 1 an input's shape does
    not fit, 2 no memory, 3 an index is out of bounds, 4 a matrix is singular, 5 a callback failed; NumPy, run again,
    then raises the error.
    """

    files: tuple[str, ...]
    entry: str
    externals: tuple[str | Callback, ...]
    constants: tuple[np.ndarray[Any, Any], ...]
    kernels: tuple[KernelInfo, ...]
    output_dtypes: tuple[np.dtype[Any], ...]
    output_dims: tuple[tuple[Size, ...], ...]
    workspace_bytes: int = 0

    def kernel_lines(self, limit: int = 60) -> list[str]:
        """A line for each kernel with its traffic, then all of it; of more than `limit` the last are left out."""
        lines = [str(kernel) for kernel in self.kernels[:limit]]
        if len(self.kernels) > limit:
            lines.append(f"... {len(self.kernels) - limit} more ...")
        read, written = sum(k.bytes_read for k in self.kernels), sum(k.bytes_written for k in self.kernels)
        return [*lines, f"all: reads {read} B, writes {written} B, workspace {self.workspace_bytes} B"]

    def output_shapes(self, shapes: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
        """The outputs' shapes for inputs of these shapes; a size is a number or (input, axis)."""
        return tuple(
            [tuple([dim if isinstance(dim, int) else shapes[dim[0]][dim[1]] for dim in dims]) for dims in self.output_dims]
        )

    @property
    def callbacks(self) -> tuple[str, ...]:
        """The operators that are computed by NumPy."""
        return tuple(dict.fromkeys(each.op.name for each in self.externals if isinstance(each, Callback)))

    @property
    def functions(self) -> tuple[str, ...]:
        """The external functions that are no callbacks."""
        return tuple([each for each in self.externals if isinstance(each, str)])
