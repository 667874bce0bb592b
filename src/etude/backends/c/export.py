"""A program as C files that build without Python: a header, the text, an example and a Makefile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from etude.backends.c.csource import CSource, flags_for
from etude.backends.c.threads import share_text
from etude.backends.namespaces import BackendError
from etude.terms import ArrayType

__all__ = ["export"]

_LIBRARIES = {"scipy.linalg.cython_blas": "-lblas", "scipy.linalg.cython_lapack": "-llapack -lblas"}
_OWN = "etude"  # functions of which the text is written too
_UNKNOWN = 4  # the example's size for dimensions that are not known

_QUIET = """/* Kernels have one form, whether or not they read all of their parameters; simd hints are for who knows them. */
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#endif
"""

_MAKEFILE = """CFLAGS = {flags}
LDLIBS = {libraries}-lm

example: main.o {objects}
\t$(CC) -o $@ $^ $(LDLIBS)
main.o {objects}: {entry}.h
clean:
\trm -f example *.o
.PHONY: clean
"""

_HEADER = """/* {entry}: generated; builds with any C11 compiler.
   Inputs, in order (strides are in bytes, dims and strides of all inputs stand one after the other):
{inputs}
   Outputs, allocated by the caller, C-contiguous:
{outputs}
   externals: {externals}
   constants: {entry}_constants; workspace: {workspace}.
   The result is 0; 1 a shape does not fit, 2 no memory, 3 an index is out of bounds, 4 a matrix is singular. */
#ifndef {entry}_H
#define {entry}_H
#include <stdint.h>
extern char *{entry}_constants[];
int {entry}(char **data, const int64_t *dims, const int64_t *strides, void **externals, char **constants, char **out,
            char *workspace, int threads);
#endif
"""


def export(folder: Path, source: CSource, names: Sequence[str], kinds: Sequence[ArrayType]) -> None:
    """Write the files into `folder`. Raises BackendError where the program needs functions that only SciPy has."""
    for external in source.functions:
        if external.partition(":")[0] not in (_OWN, *_LIBRARIES):
            raise BackendError(f"the program calls {external}, which cannot be had without Python")
    folder.mkdir(parents=True, exist_ok=True)
    entry = source.entry
    parts = [f"{entry}_{number}" for number in range(len(source.files))]
    for part, text in zip(parts, source.files, strict=True):
        (folder / f"{part}.c").write_text(_QUIET + text, encoding="utf-8")
    (folder / f"{entry}_constants.c").write_text(_constants(source), encoding="utf-8")
    (folder / f"{entry}.h").write_text(_header(source, names, kinds), encoding="utf-8")
    (folder / "main.c").write_text(_example(source, kinds), encoding="utf-8")
    shares = any(external.startswith(f"{_OWN}:") for external in source.functions)
    if shares:
        (folder / "etude_threads.c").write_text(share_text(), encoding="utf-8")
    libraries = {_LIBRARIES.get(external.partition(":")[0], "-lpthread") for external in source.functions}
    own = ["etude_threads"] if shares else []
    objects = " ".join(f"{part}.o" for part in [*parts, f"{entry}_constants", *own])
    needed = "".join(f"{library} " for library in sorted(libraries, reverse=True))
    makefile = _MAKEFILE.format(entry=entry, objects=objects, libraries=needed, flags=" ".join(flags_for(source.files)))
    (folder / "Makefile").write_text(makefile, encoding="utf-8")


def _functions(source: CSource) -> list[str]:
    """The functions that are called, under the names that linkers know."""
    named = [external.partition(":") for external in source.functions]
    return [name if module == _OWN else f"{name}_" for module, _, name in named]


def _header(source: CSource, names: Sequence[str], kinds: Sequence[ArrayType]) -> str:
    outputs = zip(source.output_dtypes, source.output_dims, strict=True)
    shown = [
        f"     {k}: {dtype} ({', '.join(str(d) if isinstance(d, int) else f'axis {d[1]} of {names[d[0]]}' for d in dims)})"
        for k, (dtype, dims) in enumerate(outputs)
    ]
    needed = ", ".join(_functions(source))
    return _HEADER.format(
        entry=source.entry,
        inputs="\n".join(f"     {name}: {kind}" for name, kind in zip(names, kinds, strict=True)) or "     none",
        outputs="\n".join(shown),
        externals=f"the addresses of {needed}, in this folder or in BLAS and LAPACK" if needed else "none, pass NULL",
        workspace=f"{source.workspace_bytes} bytes aligned to 64" if source.workspace_bytes else "NULL",
    )


def _constants(source: CSource) -> str:
    lines, names = ["#include <stdalign.h>", ""], []
    for number, value in enumerate(source.constants):
        data = np.ascontiguousarray(value).tobytes() or b"\0"
        names.append(f"(char *)c{number}")
        lines.append(f"static alignas(64) const unsigned char c{number}[] = {{{','.join(map(str, data))}}};")
    lines.append(f"char *{source.entry}_constants[] = {{{', '.join(names) or '0'}}};")
    return "\n".join(lines) + "\n"


def _example(source: CSource, kinds: Sequence[ArrayType]) -> str:
    shapes = [tuple(dim if isinstance(dim, int) else _UNKNOWN for dim in kind.shape) for kind in kinds]
    arrays = [np.ones(shape, kind.dtype) for shape, kind in zip(shapes, kinds, strict=True)]
    made = [np.empty(shape, dtype) for shape, dtype in zip(source.output_shapes(shapes), source.output_dtypes, strict=True)]
    functions = _functions(source)
    lines = [f'#include "{source.entry}.h"', "#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>", ""]
    lines += [f"void {name}(void);" for name in functions]
    lines += ["int main(void) {", f"    /* every input is made of ones; sizes that are not fixed are {_UNKNOWN} */"]
    for number, array in enumerate(arrays):
        one = ",".join(map(str, np.ones(1, array.dtype).tobytes()))
        lines.append(f"    static const unsigned char one{number}[] = {{{one}}};")
        lines.append(f"    char *in{number} = malloc({array.nbytes + 1});")
        step = f"memcpy(in{number} + i * {array.itemsize}, one{number}, {array.itemsize})"
        lines.append(f"    for (size_t i = 0; i < {array.size}; i++) {step};")
    size = -(-source.workspace_bytes // 64) * 64
    workspace = f"aligned_alloc(64, {size})" if size else "NULL"
    lines += [
        f"    char *data[] = {{{_table(f'in{k}' for k in range(len(arrays)))}}};",
        f"    int64_t dims[] = {{{_table(d for shape in shapes for d in shape)}}};",
        f"    int64_t strides[] = {{{_table(stride for array in arrays for stride in array.strides)}}};",
        f"    void *externals[] = {{{_table(f'(void *){name}' for name in functions)}}};",
        f"    char *out[] = {{{_table(f'malloc({array.nbytes + 1})' for array in made)}}};",
        f"    char *workspace = {workspace};",
        f"    int status = {source.entry}(data, dims, strides, externals, {source.entry}_constants, out, workspace, 1);",
        '    if (status) return printf("failed: %d\\n", status), 1;',
    ]
    for number, array in enumerate(made):
        if array.dtype == np.float64:
            shown = f'printf(" %.17g", ((double *)out[{number}])[i])'
            lines.append(f"    for (size_t i = 0; i < {array.size}; i++) {shown};")
            lines.append('    printf("\\n");')
    return "\n".join([*lines, "    return 0;", "}"]) + "\n"


def _table(items: Iterable[Any]) -> str:
    return ", ".join(map(str, items)) or "0"
