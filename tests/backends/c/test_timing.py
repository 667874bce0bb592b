"""Profiles of compiled programs: a row for each kernel, its bytes and operations counted exactly."""

import numpy as np
import pytest
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.backends.c.codegen import generate

X, Y, A, B = et.symbol("x", (1000,)), et.symbol("y", (1000,)), et.symbol("a", (30, 40)), et.symbol("b", (40, 50))
K = et.symbol("k", (10,), "int64")


CASES = [
    ([et.exp(X) * Y], [(16_000, 8000, 2000)]),
    ([et.sum(et.exp(X) * X), et.max(X)], [(8000, 16, 4000)]),
    ([et.sin(X[::2])], [(4000, 4000, 500)]),
    ([X[:600] + X[400:]], [(8000, 4800, 600)]),
    ([X[:300] + X[700:]], [(4800, 2400, 300)]),
    ([et.astype(X, "float32") * 2], [(8000, 4000, 1000)]),
    ([A @ B], [(8 * (1200 + 2000), 8 * 1500, 2 * 30 * 40 * 50)]),
    ([et.sum(A, axis=0) + A], [(9600, 320, 1200), (9600 + 320, 9600, 1200)]),
    ([X[K] * 2], [(8000 + 80, 80, 10)]),
]  # fmt: skip


@pytest.mark.parametrize(("outputs", "wanted"), CASES)
def test_bytes_and_operations_are_counted_exactly(outputs, wanted):
    inputs = [symbol for symbol in (X, Y, A, B, K) if any(symbol.term in _below(output.term) for output in outputs)]
    found = generate(program_of(outputs, inputs)).kernels
    assert [(k.bytes_read, k.bytes_written, k.flops) for k in found] == wanted


def _below(term):
    return {term}.union(*[_below(part) for part in term.operands])


def test_a_row_for_each_kernel_with_its_time():
    f = et.function([X, A], [et.sum(et.exp(X)), et.sum(A, axis=0), X[::2]], backend="c")
    table = f.profile(np.zeros(1000), np.ones((30, 40)))
    assert [row.instruction for row in table] == ["k0 loop 1000: exp sum", "k1 loop 30x40: sum", "k2 copy: results"]
    assert [(row.bytes, row.flops) for row in table] == [(8008, 2000), (9600 + 320, 1200), (8000, 0)]
    assert all(0 < row.seconds < 1 for row in table) and table.backend == "c"
    lines = str(table).splitlines()
    assert len(lines) == 5 and "all 3 kernels; memory" in lines[-1]


def test_sizes_that_were_not_known_are_the_arguments():
    y = et.vector("y")
    f = et.function([y], et.sum(y * y), backend="auto")
    assert [row.op for row in f.profile([1.0, 2.0])] == ["multiply", "sum"]
    f.wait()
    assert [(row.op, row.bytes) for row in f.profile(np.ones(50))] == [("kernel", 408)]


def test_what_c_has_no_answer_for_is_said():
    f = et.function([X, K], X[K], backend="c")
    with pytest.raises(IndexError):
        f(np.zeros(1000), np.full(10, 1000))
    with pytest.raises(et.EtudeError, match="C has no answer for these values"):
        f.profile(np.zeros(1000), np.full(10, 1000))
