"""The generated C under the address and undefined-behavior sanitizers, over the programs of the agreement tests.

A process of its own, since the sanitizer's runtime must be loaded before Python's memory functions.
"""

import os
import shutil
import subprocess
import sys

import pytest
from tests.backends.c import test_agreement as agreement
from tests.backends.c.agreement import PLAIN

SANITIZED = (*PLAIN, "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
PROGRAMS = {
    "elementwise": lambda: [agreement.elementwise(dtype) for dtype in agreement.DTYPES],
    "reductions": lambda: [agreement.reductions_and_layouts(dtype) for dtype in ("float64", "float32", "int64", "bool")],
    "random": lambda: [agreement.random_programs(range(start, start + 200)) for start in range(0, 1000, 200)],
}


def run(name):
    """How many terms ran; called in the process with the sanitizer."""
    count = 0
    for found in PROGRAMS[name]():
        if found.terms:
            assert found.disagreements(SANITIZED) == []
            count += len(found.terms)
    return count


def preloaded():
    """The environment of a process whose first library is the sanitizer's."""
    library = subprocess.run([shutil.which("gcc"), "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout.strip()
    return {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


def in_process(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=preloaded(), cwd=os.getcwd()
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_sanitizer_complains(name):
    found = in_process(f"import warnings; warnings.simplefilter('ignore')\nfrom tests.backends.c.test_sanitizers import run\nprint(run({name!r}))")
    assert found.returncode == 0, found.stderr[-4000:]
    assert int(found.stdout) > 400


@pytest.mark.slow
def test_a_write_beyond_the_end_is_found(tmp_path):
    source, library = tmp_path / "bad.c", tmp_path / "bad.so"
    source.write_text("#include <stdlib.h>\nint bad(int n) { char *p = malloc(8); p[n] = 1; free(p); return 0; }\n")
    subprocess.run([shutil.which("gcc"), *SANITIZED, "-shared", "-fPIC", "-o", library, source], check=True)
    found = in_process(f"import ctypes; ctypes.CDLL({str(library)!r}).bad(8)")
    assert found.returncode != 0
    assert "heap-buffer-overflow" in found.stderr
