"""Compiled programs in use: a hand-written C text in place of the generated one, so that each case is exact."""

import ctypes
import errno
import os
import pickle
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import etude as et
from etude.backends import BackendError
from etude.backends.c import cache, compiler, making, native, tiering
from etude.backends.c.csource import CSource, KernelInfo, Unsupported, flags_for
from etude.errors import ArgumentError

TEXT = """
#include <stdint.h>
int twice(char **data, const int64_t *dims, const int64_t *strides, void **externals, char **constants, char **out,
          char *workspace, int threads) {
    for (int64_t i = 0; i < dims[0]; i++) {
        double value = *(double *)(data[0] + i * strides[0]);
        if (value == -1.0) return 3;
        ((double *)out[0])[i] = 2 * value;
    }
    return 0;
}
"""
KERNEL = KernelInfo("k0", "2 * x", 8, 8, 1)


def twice(program, text=TEXT):
    return CSource((text,), "twice", (), (), (KERNEL,), (np.dtype(float),), (((0, 0),),))


@pytest.fixture(autouse=True)
def compiled(monkeypatch, tmp_path):
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(making, "generate", twice)
    monkeypatch.setattr(making, "_NOTICED", set())
    return tmp_path / "cache"


@pytest.fixture
def counting_compiler(monkeypatch, tmp_path):
    """A compiler that writes a line for each run of it, and how to count them."""
    log, script = tmp_path / "runs", tmp_path / "counting-cc"
    script.write_text(f'#!/bin/sh\necho run >> {log}\nexec cc "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("CC", str(script))
    return lambda: len(log.read_text().splitlines()) if log.exists() else 0


x = et.vector("x")


def function(backend="auto", **options):
    return et.function([x], 2 * x, backend=backend, **options)


def test_numpy_answers_until_c_is_in():
    f = function()
    assert f.backend == "numpy"
    np.testing.assert_array_equal(f([1.0, 2.0]), [2.0, 4.0])
    assert f.wait() is f
    assert (f.backend, "int twice" in f.source) == ("c", True)
    np.testing.assert_array_equal(f(np.array([1.0, 2.0])), [2.0, 4.0])
    np.testing.assert_array_equal(f([1, 2]), [2.0, 4.0])
    np.testing.assert_array_equal(f(x=[1, 2]), [2.0, 4.0])
    assert "compiled, 1 kernels" in f.explain()


def test_many_calls_switch_in_the_background():
    f = function()
    for _ in range(tiering.CALLS):
        f([1.0])
    limit = time.monotonic() + 60
    while f.backend != "c" and time.monotonic() < limit:
        time.sleep(0.01)
    assert f.backend == "c"
    np.testing.assert_array_equal(f([1.0]), [2.0])


def test_few_calls_compile_nothing(counting_compiler):
    f = function()
    for _ in range(tiering.CALLS - 1):
        f([1.0])
    assert counting_compiler() == 0


def test_numpy_never_compiles(counting_compiler):
    assert function("numpy").wait().backend == "numpy"
    assert counting_compiler() == 0


def test_strided_inputs_and_errors_of_arguments():
    f = function("c")
    np.testing.assert_array_equal(f(np.arange(6.0)[::-2]), [10.0, 6.0, 2.0])
    np.testing.assert_array_equal(f(np.array([])), [])
    with pytest.raises(ArgumentError, match="input x has 1 dimension"):
        f(np.ones((2, 2)))
    with pytest.raises(ArgumentError, match="does not cast safely"):
        f(np.array([1j]))


def test_an_error_code_is_answered_by_numpy():
    np.testing.assert_array_equal(function("c")(np.array([-1.0])), [-2.0])


def test_without_headers_calls_go_through_ctypes(monkeypatch):
    monkeypatch.setattr(native, "_trampoline", lambda: None)
    f = function("c")
    assert isinstance(f._tiers.native.quick, native._SlowCaller)
    np.testing.assert_array_equal(f(np.arange(6.0)[::-2]), [10.0, 6.0, 2.0])
    np.testing.assert_array_equal(f([1, 2]), [2.0, 4.0])
    out = np.zeros(2)
    assert f(np.ones(2), out=out) is out
    np.testing.assert_array_equal(out, [2.0, 2.0])
    with pytest.raises(ArgumentError):
        f(np.ones((2, 2)))


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_out(backend):
    f = function(backend)
    out = np.zeros(3)
    assert f(np.ones(3), out=out) is out
    np.testing.assert_array_equal(out, [2.0, 2.0, 2.0])
    spread = np.zeros(6)
    f(np.ones(3), out=spread[::2])
    np.testing.assert_array_equal(spread, [2.0, 0.0] * 3)
    memory = np.arange(5.0)
    f(memory[:4], out=memory[1:])
    np.testing.assert_array_equal(memory, [0.0, 0.0, 2.0, 4.0, 6.0])
    f(memory[::-1], out=memory)
    np.testing.assert_array_equal(memory, [12.0, 8.0, 4.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.zeros(2, "float32"), "out has dtype float32"),
        (np.zeros((2, 1)), r"out has shape \(2, 1\)"),
        (np.zeros(3), r"out\[0\] has shape \(3,\); the result has \(2,\)"),
        (np.broadcast_to(0.0, (2,)), "out is read-only"),
        ([0.0, 0.0], "out is list, no NumPy array"),
    ],
)
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_out_that_does_not_fit(backend, out, message):
    with pytest.raises(ArgumentError, match=message):
        function(backend)(np.ones(2), out=out)


def test_out_arrays_share_no_memory_and_an_input_may_be_called_out():
    memory, given = np.zeros(3), et.vector("out")
    with pytest.raises(ArgumentError, match=r"out\[1\] shares memory"):
        et.function([x], [x, 2 * x], backend="numpy")(np.ones(2), out=[memory[:2], memory[1:]])
    np.testing.assert_array_equal(et.function([given], 2 * given, backend="numpy")(out=[1.0]), [2.0])


def failing(tmp_path, monkeypatch, body):
    script = tmp_path / "failing-cc"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    monkeypatch.setenv("CC", str(script))


@pytest.mark.parametrize(
    ("body", "limit", "reason"),
    [("echo no luck; exit 3", "60", "exit status 3\nno luck"), ("exec sleep 60", "0.2", "stopped after 0.2 s")],
)
def test_a_failing_compiler_fails_no_call(tmp_path, monkeypatch, caplog, body, limit, reason):
    monkeypatch.setenv("ETUDE_COMPILE_TIMEOUT", limit)
    failing(tmp_path, monkeypatch, body)
    monkeypatch.setattr("etude.backends.c.compiler.LIBRARIES", ())
    monkeypatch.setattr("etude.backends.c.compiler._accepts", lambda command, flag: True)
    f = function().wait()
    assert f.backend == "numpy"
    assert reason in f.explain()
    assert reason in caplog.text
    np.testing.assert_array_equal(f([1.0]), [2.0])


def test_flags_that_the_compiler_refuses_are_left_out(tmp_path, monkeypatch):
    failing(tmp_path, monkeypatch, 'for f in "$@"; do [ "$f" = -march=native ] && exit 1; done; exec cc "$@"')
    assert function().wait().backend == "c"


def test_no_compiler_is_said_once(tmp_path, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.warns(UserWarning, match="no C compiler found"):
        f = function().wait()
    assert f.backend == "numpy"
    assert function().wait().backend == "numpy"
    np.testing.assert_array_equal(f([1.0]), [2.0])


def test_what_c_cannot_do_is_named(monkeypatch):
    def refuse(program):
        raise Unsupported("sort", "has no C form")

    monkeypatch.setattr(making, "generate", refuse)
    with pytest.raises(BackendError, match="backend 'c' cannot do this: sort: has no C form"):
        function("c")
    assert "sort: has no C form" in function().wait().explain()


def test_the_cache_is_private_and_compiles_once(counting_compiler, compiled):
    function("c")
    runs = counting_compiler()
    function("c")
    function(name="g").wait()
    assert counting_compiler() == runs
    assert stat.S_IMODE(compiled.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: b"", lambda data: data[:-1] + b"?"])
def test_a_damaged_entry_is_made_anew(counting_compiler, damage):
    path = native.library_of(twice(None))
    assert counting_compiler() == 1
    path.write_bytes(damage(path.read_bytes()))
    native.library_of(twice(None))
    assert counting_compiler() == 2
    ctypes.CDLL(str(path))


def test_the_cache_keeps_to_its_size_and_drops_what_was_used_longest_ago(monkeypatch):
    def entry(key, when=None):
        path = cache.fetch(key, lambda made: made.write_bytes(bytes(1000)))
        if when:
            os.utime(path, (when, when))

    monkeypatch.setenv("ETUDE_CACHE_SIZE", "2500")
    entry("a", 100)
    entry("b", 200)
    entry("c")
    assert [found.key for found in cache.entries()] == ["c", "b"]
    assert cache.clear() == 2
    assert cache.entries() == []


def test_a_cache_that_cannot_be_written_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert function("c").backend == "c"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_cache_on_a_full_disk_is_done_without(monkeypatch, compiled, number):
    replace = os.replace

    def full(source, target):
        if Path(target).parent == compiled:
            raise OSError(number, os.strerror(number))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    f = function("c")
    assert f.backend == "c"
    np.testing.assert_array_equal(f(np.array([1.0, 2.0])), [2.0, 4.0])
    assert list(compiled.iterdir()) == []


def test_no_room_anywhere_is_answered_by_numpy(monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    f = function()
    f.wait()
    np.testing.assert_array_equal(f(np.array([1.0, 2.0])), [2.0, 4.0])
    assert f.backend == "numpy"
    assert "compiling failed: [Errno 28] No space left on device" in f.explain()


def test_a_home_that_is_missing_is_done_without(monkeypatch, tmp_path):
    monkeypatch.delenv("ETUDE_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file" / "home"))
    assert function("c").backend == "c"


def test_many_processes_fill_one_cache(compiled):
    code = (
        "from etude.backends.c import cache\n"
        "for k in range(20):\n"
        "    path = cache.fetch(str(k), lambda made: made.write_bytes(bytes(10_000)))\n"
        "    assert cache._is_whole(path)\n"
    )
    made = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in made] == [0] * 3
    assert len(cache.entries()) == 20
    assert sorted({path.suffix for path in compiled.iterdir()}) == [".so"]


def test_a_pickled_function_compiles_nothing_where_the_cache_has_it(counting_compiler, tmp_path):
    f = function("c")
    runs = counting_compiler()
    again = pickle.loads(pickle.dumps(f))
    assert (again.backend, counting_compiler()) == ("c", runs)
    np.testing.assert_array_equal(again(np.ones(1)), [2.0])


def test_threads_share_a_function():
    f = function("c")
    wrong = []

    def work(value):
        for _ in range(200):
            if f(np.full(4, value)).tolist() != [2 * value] * 4:
                wrong.append(value)

    workers = [threading.Thread(target=work, args=(float(k),)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_long_runs_let_other_threads_run(monkeypatch):
    """C waits for a flag that only another Python thread can set."""
    flag = np.zeros(1)
    text = TEXT.replace("return 0;", "for (long k = 0; k < 4000000000L; k++) "
                        f"if (*(volatile double *){flag.ctypes.data}UL) return 0;\n return 3;")  # fmt: skip
    monkeypatch.setattr(making, "generate", lambda program: twice(program, text))
    f = function("c")
    timer = threading.Timer(0.05, lambda: flag.fill(1.0))
    timer.start()
    assert f._quick(np.ones(5000)) is not None
    timer.join()


def test_threads_are_a_positive_number(monkeypatch):
    with pytest.raises(ValueError, match="threads is a positive number, not 0"):
        function(threads=0)
    monkeypatch.setenv("ETUDE_NUM_THREADS", "3")
    text = TEXT.replace("2 * value", "threads")
    monkeypatch.setattr(making, "generate", lambda program: twice(program, text))
    assert function("c")(np.ones(1)) == [3.0]
    assert function("c", threads=2)(np.ones(1)) == [2.0]


def test_compilers_are_looked_for_in_order(monkeypatch, tmp_path):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compiler, "find_spec", lambda name: None)
    with pytest.raises(compiler.NoCompilerError):
        compiler.find_compiler()
    monkeypatch.setattr(compiler, "find_spec", lambda name: object() if name == "ziglang" else None)
    assert compiler.find_compiler() == (sys.executable, "-m", "ziglang", "cc")
    for name in ("clang", "gcc", "cc", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        if name == "mine":
            monkeypatch.setenv("CC", "mine -m64")
        assert Path(compiler.find_compiler()[0]).name == name
    assert compiler.find_compiler()[1:] == ("-m64",)


def test_large_programs_are_compiled_quickly():
    assert flags_for(["int x;"])[0] == "-O3"
    assert flags_for(["int x;" * 50_000, "int y;" * 50_000]) == ("-O1", *flags_for([""])[1:])


def test_products_do_not_load_the_whole_of_linear_algebra():
    text = """
import sys
import numpy as np
import etude as et
x = et.symbol("x", (20, 20))
value = np.arange(400.0).reshape(20, 20)
assert np.allclose(et.function([x], x @ x, backend="c")(value), value @ value)
assert "scipy.linalg" not in sys.modules
import scipy.linalg.cython_blas
import scipy.linalg.cython_lapack
assert scipy.linalg.cython_blas.__pyx_capi__ and np.allclose(scipy.linalg.inv(np.eye(2)), np.eye(2))
y = et.symbol("y", (30, 30))
assert np.allclose(et.function([y], et.linalg.solve(y, y), backend="c")(np.eye(30)), np.eye(30))
assert np.allclose(et.function([y], y @ y, backend="c")(np.eye(30)), np.eye(30))
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
