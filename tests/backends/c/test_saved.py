"""Compiled functions on disk: loaded again, rebuilt for another processor, and built as C without Python."""

import json
import subprocess

import numpy as np
import pytest

import etude as et
from etude.backends import BackendError
from etude.backends.c import making
from etude.backends.c.csource import CSource, KernelInfo
from etude.errors import ArgumentError

TEXT = """
#include <stdint.h>
int weighted(char **data, const int64_t *dims, const int64_t *strides, void **externals, char **constants, char **out,
             char *workspace, int threads) {
    for (int64_t i = 0; i < dims[0]; i++)
        ((double *)out[0])[i] = *(double *)(data[0] + i * strides[0]) * ((double *)constants[0])[1];
    return 0;
}
"""
x = et.vector("x")


@pytest.fixture(autouse=True)
def compiled(monkeypatch, tmp_path):
    source = CSource(
        (TEXT,), "weighted", (), (np.array([1.0, 2.0]),), (KernelInfo("k0", "2 * x", 8, 8, 1),), (np.dtype(float),), (((0, 0),),)
    )
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(making, "generate", lambda program: source)


def test_a_saved_function_is_loaded_without_its_expressions(tmp_path, monkeypatch):
    et.function([x], 2 * x, name="f").save(tmp_path / "saved")
    monkeypatch.setenv("PATH", "")
    f = et.load(tmp_path / "saved")
    assert (f.backend, f.name, f.source) == ("c", "f", TEXT)
    np.testing.assert_array_equal(f(np.array([1.0, 3.0])), [2.0, 6.0])
    np.testing.assert_array_equal(f([1, 3]), [2.0, 6.0])
    with pytest.raises(ArgumentError, match="f: input x has 1 dimension"):
        f(1.0)


def change(path, **entries):
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, **entries}))


def test_for_another_processor_it_is_compiled_anew_or_refused(tmp_path, monkeypatch):
    path = tmp_path / "saved"
    et.function([x], 2 * x).save(path)
    change(path, cpu="another")
    (path / "library.so").write_bytes(b"foreign code")
    with monkeypatch.context() as without:
        without.setenv("PATH", "")
        without.delenv("CC", raising=False)
        with pytest.raises(BackendError, match=r"compiled for another processor .*no C compiler found"):
            et.load(path)
    np.testing.assert_array_equal(et.load(path)([1.0]), [2.0])


def test_what_is_no_saved_function_is_refused(tmp_path):
    with pytest.raises(BackendError, match="holds no saved function"):
        et.load(tmp_path)
    et.function([x], 2 * x).save(tmp_path)
    change(tmp_path, format=99)
    with pytest.raises(BackendError, match="has format 99; this version reads 1"):
        et.load(tmp_path)


def test_a_damaged_library_is_compiled_anew_or_refused(tmp_path, monkeypatch):
    path = tmp_path / "saved"
    et.function([x], 2 * x).save(path)
    whole = (path / "library.so").read_bytes()
    for damaged in (whole[:1000], b"", whole[:-40] + b"?" * 40):
        (path / "library.so").write_bytes(damaged)
        np.testing.assert_array_equal(et.load(path)([1.0, 3.0]), [2.0, 6.0])
    (path / "library.so").unlink()
    np.testing.assert_array_equal(et.load(path)([1.0]), [2.0])
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path / "empty"))
    with pytest.raises(BackendError, match=r"has a damaged library and cannot be compiled here: no C compiler found"):
        et.load(path)


@pytest.mark.parametrize("name", ["constants.npz", "part0.c", "manifest.json"])
@pytest.mark.parametrize("left", [None, 0, 50])
def test_a_folder_with_a_damaged_file_is_refused_by_name(tmp_path, name, left):
    et.function([x], 2 * x).save(tmp_path)
    file = tmp_path / name
    if left is None:
        file.unlink()
    elif name == "part0.c":
        file.write_bytes(b"\xff" * 10)  # which is no text
    else:
        file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(BackendError, match=str(tmp_path)):
        et.load(tmp_path)


@pytest.mark.parametrize("entries", [{"inputs": 3}, {"inputs": [["x"]]}, {"outputs": [["nodtype", []]]}, {"kernels": [{"a": 1}]}, {"files": 2}])
def test_a_manifest_that_makes_no_sense_is_refused(tmp_path, entries):
    et.function([x], 2 * x).save(tmp_path)
    change(tmp_path, **entries)
    with pytest.raises(BackendError, match="holds a damaged function"):
        et.load(tmp_path)


def test_exported_c_builds_and_runs_without_python(tmp_path):
    et.function([x], 2 * x).export_c(tmp_path / "c")
    subprocess.run(["make", "-s", "example"], cwd=tmp_path / "c", check=True)
    ran = subprocess.run([tmp_path / "c" / "example"], capture_output=True, text=True, check=True, env={})
    assert ran.stdout.split() == ["2"] * 4


def test_what_cannot_be_saved_says_why():
    w = et.shared(1.0, "w")
    with pytest.raises(BackendError, match="it has shared variables"):
        et.function([x], w * x).export_c("nowhere")
    with pytest.raises(BackendError, match="another backend"):
        et.function([x], 2 * x, backend="numpy").save("nowhere")
