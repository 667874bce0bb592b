"""Loops shared among threads: the same bits for any number of them, and where they are cut."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.backends.c import threads
from etude.backends.c.codegen import generate
from etude.backends.c.compiler import CompileError, default_threads
from etude.backends.c.parts import BLOCK, Cut, cut

LONG = 200_003
FLAT = et.symbol("x", shape=(LONG,))
WIDE = et.symbol("a", shape=(3001, 301))
NARROW = et.symbol("b", shape=(2, 150_000))
CASES = {
    "elementwise": (FLAT, [et.exp(FLAT) * FLAT, et.sin(FLAT)]),
    "sum": (FLAT, [et.sum(et.tanh(FLAT)), et.exp(FLAT)]),
    "prod": (FLAT, [et.prod(1 + FLAT / LONG)]),
    "max and min": (FLAT, [et.max(et.cos(FLAT)), et.min(et.cos(FLAT))]),
    "all and any": (FLAT, [et.all(FLAT < 9), et.any(FLAT > 9)]),
    "mean and var": (FLAT, [et.mean(FLAT), et.var(FLAT)]),
    "rows": (WIDE, [et.sum(et.exp(WIDE), axis=1), et.max(WIDE, axis=1)]),
    "columns": (WIDE, [et.sum(et.exp(WIDE), axis=0), et.max(WIDE, axis=0)]),
    "both": (WIDE, [et.sum(et.exp(WIDE), axis=0), et.sum(et.exp(WIDE), axis=1), et.sum(et.exp(WIDE))]),
    "softmax": (WIDE, [et.softmax(WIDE, axis=1), et.logsumexp(WIDE, axis=0)]),
    "two long rows": (NARROW, [et.sum(et.exp(NARROW), axis=1), et.exp(NARROW)]),
    "transposed": (WIDE, [et.transpose(WIDE) * 2.0, et.sum(et.transpose(WIDE), axis=0)]),
    "gather": (FLAT, [et.sum(FLAT[np.arange(LONG)[::-1].copy()] * FLAT)]),
}  # fmt: skip


def points(symbol):
    return np.random.default_rng(0).normal(size=symbol.shape)


@pytest.mark.parametrize("name", CASES)
def test_results_are_the_same_bits_for_any_number_of_threads(name):
    symbol, outputs = CASES[name]
    compiled = Compiled(program_of(outputs, [symbol]))
    assert any(kernel.parts > 1 for kernel in compiled.source.kernels)
    value = points(symbol)
    _, one = compiled.call(value)
    for count in (2, 3, 7):
        _, found = compiled.call(value, threads=count)
        assert [a.tobytes() for a in found] == [a.tobytes() for a in one]
    for output, found in zip(outputs, one, strict=True):
        np.testing.assert_allclose(found, output.eval({symbol: value}), rtol=1e-9)


@pytest.mark.parametrize("kind", [np.inf, -np.inf, np.nan])
def test_special_values_go_through_parts(kind):
    value = np.zeros(LONG)
    value[LONG // 2] = kind
    outputs = [et.sum(FLAT), et.max(FLAT), et.min(FLAT), et.prod(FLAT), et.any(FLAT > 1)]
    _, found = Compiled(program_of(outputs, [FLAT])).call(value, threads=2)
    for output, result in zip(outputs, found, strict=True):
        np.testing.assert_array_equal(result, output.eval({FLAT: value}))


def test_a_loop_within_a_scan_is_shared():
    rows = et.symbol("rows", shape=(3, LONG))
    _, sums = et.scan(lambda carry, row: (carry + 1, et.sum(et.exp(row) * carry)), et.constant(1.0), rows)
    compiled = Compiled(program_of([sums], [rows]))
    assert any("share(" in text for text in compiled.source.files)
    value = points(rows)
    assert compiled.call(value)[1][0].tobytes() == compiled.call(value, threads=2)[1][0].tobytes()


def test_small_loops_are_not_shared():
    x = et.symbol("x", shape=(1000,))
    source = generate(program_of([et.sum(et.exp(x))], [x]))
    assert [kernel.parts for kernel in source.kernels] == [1]
    assert source.externals == ()


def test_where_a_loop_is_cut():
    assert cut((50_000,), 4, {}, {}) is None
    assert cut((1_000_000,), 4, {}, {}) == Cut(0, 33 * BLOCK, 30, {}, 0)
    assert cut((1000, 1000), 4, {}, {}) == Cut(0, 34, 30, {}, 0)
    assert cut((1000, 1000), 4, {7: (0, 1)}, {7: 80}) == Cut(0, 34, 30, {7: 0}, 128)
    assert cut((4, 1_000_000), 4, {}, {}).axis == 1


def test_a_bound_on_what_parts_take_on_the_stack():
    wide = cut((100, 20_000), 4, {5: (0, 1)}, {5: 8 * 20_000})
    assert wide.axis == 1 and wide.places == {}
    assert cut((100, 200), 400, {5: (0, 1)}, {5: 8 * 1000}) == Cut(0, 13, 8, {5: 0}, 8000)
    assert cut((100, 20_000), 4, {5: (0, 0)}, {5: 8}) == Cut(0, 2, 50, {5: 0}, 64)


def test_the_setting_is_shown():
    f = et.function([FLAT], et.sum(et.exp(FLAT)), backend="c", threads=3)
    assert "at most 3 threads" in f.explain()
    parts = f._tiers.native.source.kernels[0].parts
    assert f", {parts} parts" in f.explain()
    assert "at most 1 thread\n" in et.function([FLAT], FLAT + 1, backend="c", threads=1).explain()


def test_the_default_is_the_environments(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("ETUDE_NUM_THREADS", "5")
    assert default_threads() == 5
    monkeypatch.delenv("ETUDE_NUM_THREADS")
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert default_threads() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert default_threads() == len(os.sched_getaffinity(0))


def test_callers_at_the_same_time():
    f = et.function([FLAT], [et.sum(et.exp(FLAT)), et.exp(FLAT)], backend="c", threads=2)
    value = points(FLAT)
    wanted = [a.tobytes() for a in f(value)]
    wrong = []

    def work():
        for _ in range(20):
            if [a.tobytes() for a in f(value)] != wanted:
                wrong.append(1)

    callers = [threading.Thread(target=work) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


FORKING = """
import os, numpy as np, etude as et
x = et.symbol("x", shape=(300_000,))
f = et.function([x], et.sum(et.exp(x)), backend="c", threads=2)
value = np.linspace(0, 1, 300_000)
before = f(value).tobytes()
child = os.fork()
if child == 0:
    os._exit(0 if f(value).tobytes() == before and f(value).tobytes() == before else 1)
print(os.waitpid(child, 0)[1])
"""


def test_a_forked_child_has_threads_of_its_own():
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING], capture_output=True, text=True, check=True, timeout=100
    )
    assert found.stdout.split() == ["0"]


def test_shared_loops_are_saved_and_exported(tmp_path):
    f = et.function([FLAT], et.sum(FLAT * FLAT + 1), backend="c", threads=2)
    value = points(FLAT)
    f.save(tmp_path / "saved")
    assert et.load(tmp_path / "saved")(value) == f(value)
    f.export_c(tmp_path / "c")
    subprocess.run(["make", "-s", "example"], cwd=tmp_path / "c", check=True)
    ran = subprocess.run([tmp_path / "c" / "example"], capture_output=True, text=True, check=True, env={})
    assert float(ran.stdout) == 2 * LONG


def test_without_a_compiler_for_the_threads_loops_run_on_one(monkeypatch):
    monkeypatch.setattr(threads, "find_compiler", lambda: ("nowhere",))
    monkeypatch.setattr(threads, "make_library", refused)
    monkeypatch.setattr(threads, "share_text", lambda: "another text")
    assert threads._library.__wrapped__() is None
    source = Compiled(program_of([et.sum(et.exp(FLAT))], [FLAT]))
    value = points(FLAT)
    wanted = source.call(value)[1][0].tobytes()
    source.externals[0] = None
    assert source.call(value, threads=2)[1][0].tobytes() == wanted


def refused(*args, **named):
    raise CompileError("refused")


ROWS = et.symbol("rows", shape=(1001, 300))
W = et.symbol("w", shape=(300,))
LOOPS = {
    "a sum": lambda: et.scan(lambda c, row: (c + et.sum(et.exp(row * W)), None), 0.5, ROWS),
    "sums and rows": lambda: et.scan(lambda c, row: ((c[0] + row, et.tanh(row) @ W + c[1]), et.max(row)), (W, 0.0), ROWS),
    "from the end": lambda: et.scan(lambda c, row: (c + et.exp(row), row * 2.0), W, ROWS, reverse=True),
    "rows alone": lambda: (et.map(lambda row: et.exp(row) * W, ROWS), None),
}


@pytest.mark.parametrize("name", LOOPS)
def test_steps_that_only_add_are_shared(name):
    leaves = []
    for part in LOOPS[name]():
        leaves += part if isinstance(part, tuple) else [part] if part is not None else []
    compiled = Compiled(program_of(leaves, [ROWS, W]))
    assert max(kernel.parts for kernel in compiled.source.kernels) > 1
    values = points(ROWS), points(W)
    _, one = compiled.call(*values)
    for count in (2, 5):
        _, found = compiled.call(*values, threads=count)
        assert [a.tobytes() for a in found] == [a.tobytes() for a in one]
    for leaf, found in zip(leaves, one, strict=True):
        np.testing.assert_allclose(found, leaf.eval({ROWS: values[0], W: values[1]}), rtol=1e-9)


ONE_BY_ONE = {
    "read by itself": lambda c, row: (c * 0.5 + et.sum(et.exp(row)), None),
    "read by a row": lambda c, row: (c + et.sum(et.exp(row)), c),
    "given as a row": lambda c, row: (c + et.sum(et.exp(row)),) * 2,
    "read by another": lambda c, row: ((c[0] + et.sum(et.exp(row)), c[1] + c[0]), None),
    "added twice": lambda c, row: (c + c + et.sum(et.exp(row)), None),
    "greatest": lambda c, row: (et.maximum(c, et.sum(et.exp(row))), None),
}


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_steps_that_need_the_one_before_are_not_shared(name):
    start = (0.0, 0.0) if name == "read by another" else 0.0
    last, rows = et.scan(ONE_BY_ONE[name], start, ROWS)
    leaves = [*(last if isinstance(last, tuple) else [last]), *([] if rows is None else [rows])]
    assert [kernel.parts for kernel in generate(program_of(leaves, [ROWS])).kernels if "scan" in kernel.text] == [1]


def test_an_index_out_of_bounds_in_any_part_is_found():
    places = et.symbol("places", (4000,), "int64")
    total, _ = et.scan(lambda c, k: (c + et.sum(et.exp(W[k] * W)), None), 0.0, places)
    compiled = Compiled(program_of([total], [W, places]))
    assert compiled.source.kernels[-1].parts > 1
    for wrong in (0, 1999, 3999):
        given = np.zeros(4000, np.int64)
        given[wrong] = 300
        for count in (1, 2):
            assert compiled.call(points(W), given, threads=count)[0] == 3
    assert compiled.call(points(W), np.zeros(4000, np.int64), threads=2)[0] == 0


PRODUCTS = {
    "rows": lambda a, b: a @ b,
    "columns": lambda a, b: b.T @ a.T,
    "rows of columns": lambda a, b: a.T @ et.exp(a[:, :200]),
    "few rows": lambda a, b: a[:60] @ b,
    "several": lambda a, b: et.tanh(a @ b) @ b.T,
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_the_same_bits_for_any_number_of_threads(name, dtype):
    inputs = [et.symbol("a", (515, 270), dtype), et.symbol("b", (270, 150), dtype)]
    output = PRODUCTS[name](*inputs)
    compiled = Compiled(program_of([output], inputs))
    shared = [kernel.parts for kernel in compiled.source.kernels if "matmul" in kernel.text]
    assert {"rows": [4], "columns": [4], "rows of columns": [2], "few rows": [1], "several": [4, 4]}[name] == shared
    values = [points(symbol).astype(dtype) for symbol in inputs]
    _, one = compiled.call(*values)
    for count in (2, 3):
        assert compiled.call(*values, threads=count)[1][0].tobytes() == one[0].tobytes()
    wanted = output.eval(dict(zip(inputs, values, strict=True)))
    np.testing.assert_allclose(one[0], wanted, atol=1e-10 if dtype == "float64" else 1e-3)
