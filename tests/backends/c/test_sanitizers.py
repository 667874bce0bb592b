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

from etude.backends.c.threads import share_text

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
    found = [
        subprocess.run([shutil.which("gcc"), f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan.so", "libstdc++.so.6")  # SciPy's functions throw and catch, which the sanitizer has to see
    ]
    return {**os.environ, "LD_PRELOAD": " ".join(found), "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


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


HAMMER = """
#include <stdio.h>
#include <stdlib.h>
static atomic_int threads_of_blas = 3;
static int get(void) { return threads_of_blas; }
static void set(int count) { threads_of_blas = count; }
static void part(const void *given, int64_t number) { ((int *)given)[number]++; }
static void product(const void *given, int64_t number) {
  if (get() != 1) exit(2);
  part(given, number);
}
static void *caller(void *given) {
  unsigned seed = (unsigned)(intptr_t)given;
  for (int round = 0; round < 5000; round++) {
    const int64_t parts = rand_r(&seed) % 40;
    int *done = calloc((size_t)parts + 1, sizeof *done);
    if (round % 2) etude_share(1 + rand_r(&seed) % 5, parts, part, done);
    else etude_share_products(1 + rand_r(&seed) % 5, parts, product, done);
    for (int64_t k = 0; k < parts; k++) if (done[k] != 1) exit(1);
    free(done);
  }
  return NULL;
}
int main(void) {
  pthread_t callers[3];
  etude_limits_blas(get, set);
  for (intptr_t k = 0; k < 3; k++) pthread_create(callers + k, NULL, caller, (void *)k);
  for (int k = 0; k < 3; k++) pthread_join(callers[k], NULL);
  return shared.made != 4 || get() != 3;
}
"""


@pytest.mark.parametrize("flags", [(), pytest.param(("-g", "-fsanitize=thread"), marks=pytest.mark.slow)])
def test_every_part_is_done_once_whoever_calls(tmp_path, flags):
    source, program = tmp_path / "hammer.c", tmp_path / "hammer"
    source.write_text(share_text() + HAMMER)
    subprocess.run([shutil.which("gcc"), "-O1", *flags, "-pthread", "-o", program, source], check=True)
    found = subprocess.run([program], capture_output=True, text=True, check=False, timeout=200)
    assert (found.returncode, found.stderr) == (0, "")
