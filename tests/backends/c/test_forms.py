"""Sums of multiples of products, which BLAS scales and adds up; a matrix times its own transpose."""

import numpy as np
import pytest

import etude as et
from etude.backends.c.codegen import generate

DRAW = np.random.default_rng(5)
SHAPES = {"a": (300, 200), "b": (200, 250), "c": (300, 100), "d": (100, 250), "x": (300, 250), "s": (90, 90)}
VALUES = {name: DRAW.normal(size=shape) for name, shape in SHAPES.items()}

# outputs of the symbols, and the calls and loops that are made of them
CASES = {
    "two products": (lambda a, b, c, d, x: [a @ b + c @ d], ["call: matmul"]),
    "a step": (lambda a, b, c, d, x: [x - 0.25 * (a @ b)], ["call: matmul"]),
    "a multiple": (lambda a, b, c, d, x: [3 * (a @ b)], ["call: matmul"]),
    "a negative": (lambda a, b, c, d, x: [-(a @ b)], ["call: matmul"]),
    "all": (lambda a, b, c, d, x: [0.5 * x - a @ b + c @ d * 2.0], ["call: matmul"]),
    "from a transpose": (lambda a, b, c, d, x: [x.T + b.T @ a.T], ["call: matmul"]),
    "on the way": (lambda a, b, c, d, x: [et.tanh(a @ b + c @ d)], ["call: matmul", "loop 300x250: tanh"]),
    "loops have it": (lambda a, b, c, d, x: [et.sum(x + a @ b)], ["call: matmul", "loop 300x250: add sum"]),
    "a loop comes first": (lambda a, b, c, d, x: [a @ b + et.exp(x)], ["call: matmul", "loop 300x250: exp add"]),
    "wanted itself": (lambda a, b, c, d, x: [a @ b, a @ b + x], ["call: matmul", "loop 300x250: add"]),
    "spread": (lambda a, b, c, d, x: [a @ b + x[:1]], ["call: matmul", "loop 300x250: add"]),
    "times zero": (lambda a, b, c, d, x: [et.multiply(0.0, a @ b)], ["call: matmul", "loop 300x250: multiply"]),
    "short sides": (lambda a, b, c, d, x: [a[:, :10] @ b[:10] + x], ["call: matmul", "loop 300x250: add"]),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_values_bits_and_kernels(name, dtype):
    make, kernels = CASES[name]
    symbols = [et.symbol(each, SHAPES[each], dtype) for each in "abcdx"]
    values = [VALUES[each].astype(dtype) for each in "abcdx"]
    outputs = make(*symbols)
    wanted = et.function(symbols, outputs, backend="numpy", on_unused_input="ignore")(*values)
    found = [et.function(symbols, outputs, backend="c", threads=count, on_unused_input="ignore") for count in (1, 2, 3)]
    program = et.function(symbols, outputs, on_unused_input="ignore").program
    assert [kernel.text for kernel in generate(program).kernels] == kernels
    results = [f(*values) for f in found]
    for place, right in enumerate(wanted):
        assert len({each[place].tobytes() for each in results}) == 1
        np.testing.assert_allclose(results[0][place], right, rtol=1e-4, atol=1e-9 if dtype == "float64" else 1e-3)


def test_infinities_and_nans_come_through():
    a, b, x = (et.symbol(name, SHAPES[name]) for name in "abx")
    f = et.function([a, b, x], x - 2 * (a @ b), backend="c")
    values = [VALUES[name].copy() for name in "abx"]
    values[0][3, 4], values[2][7, 8] = np.inf, np.nan
    np.testing.assert_allclose(f(*values), values[2] - 2 * (values[0] @ values[1]), atol=1e-9)


def test_a_sum_of_many_products_is_one_node():
    a, b = et.symbol("a", (64, 64)), et.symbol("b", (64, 64))
    total = (a + 0.0) @ b
    for number in range(1, 40):
        total = total + (a + float(number)) @ b
    f = et.function([a, b], total, backend="c")
    assert [kernel.text for kernel in generate(f.program).kernels if "matmul" in kernel.text] == ["call: matmul"]
    value = DRAW.normal(size=(64, 64))
    np.testing.assert_allclose(f(value, value), sum((value + k) @ value for k in range(40)), atol=1e-9)


@pytest.mark.parametrize("sizes", [(700, 300), (300, 700), (2000, 64), (50, 900), (129, 37)], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_gram_matrix_takes_half_of_the_products(sizes, dtype):
    x = et.symbol("x", sizes, dtype)
    value = DRAW.normal(size=sizes).astype(dtype)
    for output, wanted in ((x.T @ x, value.T @ value), (x @ x.T, value @ value.T), (x[:, ::-1].T @ x[:, ::-1], None)):
        found = [et.function([x], output, backend="c", threads=count) for count in (1, 2, 3)]
        results = [f(value) for f in found]
        right = value[:, ::-1].T @ value[:, ::-1] if wanted is None else wanted
        np.testing.assert_allclose(results[0], right, rtol=1e-3, atol=1e-9 if dtype == "float64" else 2e-3)
        assert len({result.tobytes() for result in results}) == 1
        large = len(right) ** 2 * (value.size // len(right)) >= 200_000 and wanted is not None
        assert ('("L", "' in found[0].source) is large
        if large:
            np.testing.assert_array_equal(results[0], results[0].T)
