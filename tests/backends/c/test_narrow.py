"""Products with a side of few elements: values, the same bits for any number of threads, and no call of BLAS."""

import platform
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of

import etude as et

SIZES = [
    (33, 10, 32), (65, 3, 257), (5000, 16, 40), (40, 13, 600), (10, 33, 32), (3, 2000, 300), (32, 33, 2), (3000, 70, 16),
]  # fmt: skip


def operand(draw, shape, turned, dtype):
    value = draw.normal(size=shape[::-1] if turned else shape).astype(dtype)
    symbol = et.symbol(shape=value.shape, dtype=str(value.dtype))
    return value, symbol, symbol.T if turned else symbol


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_values_and_bits(sizes, dtype):
    m, n, k = sizes
    draw = np.random.default_rng(sum(sizes))
    for turned in product((False, True), repeat=2) if dtype == "float64" else ((False, False), (True, False)):
        a, x, first = operand(draw, (m, k), turned[0], dtype)
        b, y, second = operand(draw, (k, n), turned[1], dtype)
        left, right = (value.T if turn else value for value, turn in zip((a, b), turned, strict=True))
        found = [et.function([x, y], first @ second, backend="c", threads=threads) for threads in (1, 2, 3)]
        assert "gemm" not in found[0].source
        results = [f(a, b) for f in found]
        bound = 4 * np.finfo(dtype).eps * np.sqrt(k) * (np.abs(left).astype(float) @ np.abs(right).astype(float))
        exact = left.astype(np.longdouble) @ right.astype(np.longdouble)
        assert results[0].dtype == dtype and (np.abs(results[0] - exact) <= bound).all()
        assert len({result.tobytes() for result in results}) == 1


def test_infinities_and_nans_stay_where_they_are():
    a, b = np.ones((40, 50)), np.ones((50, 5))
    a[3, 4], b[7, 2] = np.inf, np.nan
    x, y = et.symbol("x", a.shape), et.symbol("y", b.shape)
    found = et.function([x, y], x @ y, backend="c")(a, b)
    np.testing.assert_array_equal(found, a @ b)


def test_a_view_of_which_no_axis_is_contiguous_is_left_to_others():
    a = np.random.default_rng(1).normal(size=(80, 100))
    x, y = et.symbol("x", a.shape), et.symbol("y", (50, 4))
    f = et.function([x, y], x[::2, ::2] @ y, backend="c")
    b = np.random.default_rng(2).normal(size=(50, 4))
    np.testing.assert_allclose(f(a, b), a[::2, ::2] @ b)


def test_a_product_of_few_rows_is_cut_along_its_columns():
    draw = np.random.default_rng(3)
    a, b = draw.normal(size=(64, 512)), draw.normal(size=(512, 400))
    x, y = et.symbol("x", a.shape), et.symbol("y", b.shape)
    found = [et.function([x, y], x @ y, backend="c", threads=threads) for threads in (1, 2, 4)]
    assert "parts = 3;" in found[0].source
    results = [f(a, b) for f in found]
    np.testing.assert_allclose(results[0], a @ b)
    assert len({result.tobytes() for result in results}) == 1


def test_a_product_has_as_many_parts_of_rows_as_there_are_threads():
    draw = np.random.default_rng(4)
    a, b = draw.normal(size=(1000, 300)), draw.normal(size=(300, 200))
    x, y = et.symbol("x", a.shape), et.symbol("y", b.shape)
    found = [et.function([x, y], x @ y, backend="c", threads=threads) for threads in (1, 2, 3, 5, 16)]
    assert "T < 7 ? T : 7" in found[0].source
    results = [f(a, b) for f in found]
    np.testing.assert_allclose(results[0], a @ b)
    assert len({result.tobytes() for result in results}) == 1


@pytest.mark.parametrize("flags", [(), ("-mavx2",), ("-mavx512f",)], ids=str)
def test_vectors_of_any_width_give_the_same_bits(flags):
    if flags and platform.machine() not in ("x86_64", "AMD64"):
        flags = ()
    draw = np.random.default_rng(6)
    for m, n, k in ((65, 3, 257), (40, 13, 300), (16, 100, 64), (101, 257, 3)):
        a, b = draw.normal(size=(m, k)), draw.normal(size=(k, n))
        for first, second in ((a, b), (a.T.copy(), b)):
            x, y = et.symbol("x", first.shape), et.symbol("y", second.shape)
            output = (x if first.shape == a.shape else x.T) @ y
            compiled = Compiled(program_of([output], [x, y]), ("-O2", "-ffp-contract=off", *flags))
            plain = Compiled(program_of([output], [x, y]), ("-O1", "-ffp-contract=off"))
            if _runs(flags):
                assert compiled.call(first, second)[1][0].tobytes() == plain.call(first, second)[1][0].tobytes()


def _runs(flags):
    known = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return all(flag.removeprefix("-m") in known for flag in flags)
