"""Compiled programs away from the process that made them: a folder to load again, or C to build without Python."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from etude.backends.c.cache import fetch, is_whole, key_of
from etude.backends.c.compiler import NoCompilerError, cpu_name, default_threads, make_library
from etude.backends.c.csource import CSource, KernelInfo
from etude.backends.c.native import Native, library_of, load_library
from etude.backends.namespaces import BackendError
from etude.terms import ArrayType

__all__ = ["read", "write"]

FORMAT = 1


def write(path: Path, source: CSource, names: Sequence[str], kinds: Sequence[ArrayType], single: bool, title: str) -> None:
    """A folder with `manifest.json`, the C text, the shared library, and the constants."""
    path.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(library_of(source), path / "library.so")
    for number, text in enumerate(source.files):
        (path / f"part{number}.c").write_text(text, encoding="utf-8")
    np.savez(path / "constants.npz", *source.constants)
    manifest = {
        "format": FORMAT, "name": title, "cpu": cpu_name(), "single": single, "entry": source.entry,
        "files": len(source.files), "externals": source.functions, "workspace_bytes": source.workspace_bytes,
        "kernels": [asdict(kernel) for kernel in source.kernels],
        "inputs": [[name, str(kind.dtype), kind.shape] for name, kind in zip(names, kinds, strict=True)],
        "outputs": [[str(dtype), dims] for dtype, dims in zip(source.output_dtypes, source.output_dims, strict=True)],
    }  # fmt: skip
    (path / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[Native, list[str], list[ArrayType], str]:
    """The program of a folder, the names and types of its inputs, and its name.

    On another processor, or where the library is damaged, it is compiled anew from the stored text. Raises
    BackendError where the folder is none of these, or there is no compiler.
    """
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise BackendError(f"{path} holds no saved function: {problem}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise BackendError(f"{path}/manifest.json has format {found}; this version reads {FORMAT}; save the function again")
    try:
        source, names, kinds = _stored(path, manifest)
        cpu, single, name = str(manifest["cpu"]), bool(manifest["single"]), str(manifest["name"])
    except (OSError, LookupError, TypeError, ValueError, EOFError, BadZipFile) as problem:
        reason = f"{type(problem).__name__}: {problem}"
        raise BackendError(f"{path} holds a damaged function ({reason}); save it again") from None
    library = _library(path, source, cpu)
    return load_library(library, source, kinds, single, default_threads()), names, kinds, name


def _stored(path: Path, manifest: Any) -> tuple[CSource, list[str], list[ArrayType]]:
    with (path / "constants.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        constants = tuple(stored[f"arr_{number}"] for number in range(len(stored.files)))
    source = CSource(
        files=tuple((path / f"part{number}.c").read_text(encoding="utf-8") for number in range(manifest["files"])),
        entry=manifest["entry"],
        externals=tuple(manifest["externals"]),
        constants=constants,
        kernels=tuple(KernelInfo(**kernel) for kernel in manifest["kernels"]),
        output_dtypes=tuple(np.dtype(dtype) for dtype, _ in manifest["outputs"]),
        output_dims=tuple(tuple(_size(dim) for dim in dims) for _, dims in manifest["outputs"]),
        workspace_bytes=manifest["workspace_bytes"],
    )
    names = [name for name, _, _ in manifest["inputs"]]
    return source, names, [ArrayType(np.dtype(dtype), tuple(shape)) for _, dtype, shape in manifest["inputs"]]


def _library(path: Path, source: CSource, cpu: str) -> Path:
    stored, why = path / "library.so", f"was compiled for another processor ({cpu}; this is {cpu_name()})"
    if cpu == cpu_name():
        data = stored.read_bytes() if stored.exists() else b""
        if is_whole(data):
            return fetch(key_of("saved", *source.files, cpu), lambda made: _write(made, data))
        why = "has a damaged library"
    try:
        return fetch(key_of("rebuilt", *source.files, cpu_name()), lambda made: make_library(source.files, made))
    except NoCompilerError as problem:
        raise BackendError(f"{path} {why} and cannot be compiled here: {problem}") from None


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _size(dim: Any) -> Any:
    return dim if isinstance(dim, int) else tuple(dim)
