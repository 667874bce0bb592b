"""Operators along an axis: running sums, places, order, search, indices along it; bit for bit what NumPy gives."""

import numpy as np
import pytest
from tests.backends.c.agreement import PLAIN
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.backends.c.codegen import generate
from etude.ops import CATALOGUE

FLOATS = [0.0, -0.0, 1.0, -2.5, 3.7, np.inf, -np.inf, np.nan, 1e-310, 2.0, 2.0]
DTYPES = ["float64", "float32", "int64", "int8", "uint8", "bool"]
UNARY = {
    "cumsum": {"axis": 1, "reverse": False}, "cumprod": {"axis": 0, "reverse": True},
    "exclusive_cumprod": {"axis": 2, "reverse": False}, "shift": {"axis": 1, "reverse": True},
    "argmax": {"axis": 1, "keepdims": False}, "argmin": {"axis": 0, "keepdims": True},
    "sort": {"axis": 1}, "argsort": {"axis": 2},
}  # fmt: skip


def drawn(dtype, shape, seed=0):
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype).kind
    if kind == "f":
        return rng.choice(FLOATS, shape).astype(dtype)
    return rng.integers(0 if kind in "bu" else -5, 2 if kind == "b" else 6, shape).astype(dtype)


def equal_to_numpy(outputs, inputs, values):
    program = program_of(outputs, inputs)
    compiled = Compiled(program, PLAIN)
    assert compiled.warnings == "" and compiled.source.callbacks == ()
    status, found = compiled.call(*values)
    assert status == 0
    for output, one in zip(outputs, found, strict=True):
        wanted = np.asarray(output.eval(dict(zip(inputs, values, strict=True))))
        assert (one.dtype, one.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_array_equal(one, wanted)
        if one.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(one[~np.isnan(one)]), np.signbit(wanted[~np.isnan(wanted)]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_lanes_of_stacks_and_views(name, dtype):
    x = et.symbol("x", (3, 37, 4), dtype)
    op = CATALOGUE[name]
    given = [x, x[::-1, ::2], et.transpose(x, (2, 0, 1)), et.broadcast_to(x[:, :1], (3, 5, 4))]
    outputs = [et.from_term(op(each.term, **UNARY[name])) for each in given]
    equal_to_numpy(outputs, [x], [drawn(dtype, (3, 37, 4))])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [0, 1, 2, 15, 16, 17, 100, 1000, 4099])
def test_order_of_many_sizes(size, dtype):
    x = et.symbol("x", (size,), dtype)
    equal_to_numpy([et.sort(x), et.argsort(x)], [x], [drawn(dtype, size)])


def test_the_places_of_all_elements():
    x = et.symbol("x", (4, 5))
    equal_to_numpy([et.argmax(x), et.argmin(x.T), et.argmax(x, keepdims=True)], [x], [drawn("float64", (4, 5), 3)])


@pytest.mark.parametrize("dtype", ["float64", "int64"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_search(dtype, side):
    a, v = et.symbol("a", (50,), dtype), et.symbol("v", (4, 6), dtype)
    table = np.sort(drawn(dtype, 50))
    equal_to_numpy([et.searchsorted(a, v, side=side), et.searchsorted(a, v[0, 0], side=side)], [a, v], [table, drawn(dtype, (4, 6), 1)])
    equal_to_numpy([et.searchsorted(a[:0], v, side=side)], [a, v], [table, drawn(dtype, (4, 6), 1)])


def test_numbers_of_another_type_are_searched_by_numpy():
    a, v = et.symbol("a", (3,)), et.symbol("v", (2,), "int64")
    assert generate(program_of([et.searchsorted(a, v)], [a, v])).callbacks == ("searchsorted",)


def test_recurrences():
    a, b = et.symbol("a", (20, 3)), et.symbol("b", (20, 3))
    values = [np.random.default_rng(k).normal(size=(20, 3)) for k in (0, 1)]
    op = CATALOGUE["linear_recurrence"]
    outputs = [et.from_term(op(a.term, b.term, axis=axis, reverse=reverse)) for axis in (0, 1) for reverse in (False, True)]
    equal_to_numpy(outputs, [a, b], values)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_indices_along_an_axis(axis):
    x, v = et.symbol("x", (4, 5, 3)), et.symbol("v", (4, 5, 3))
    k, one = et.symbol("k", (4, 5, 3), "int64"), et.symbol("one", (1, 1, 3), "int32")
    rng = np.random.default_rng(0)
    size = (4, 5, 3)[axis]
    take, add = CATALOGUE["take_along_axis"], CATALOGUE["add_along_axis"]
    outputs = [et.from_term(take(x.term, each.term, axis=axis)) for each in (k, one)]
    outputs += [et.from_term(add(x.term, each.term, v.term, axis=axis)) for each in ((k, one) if axis == -1 else (k,))]
    values = [rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 5, 3)), rng.integers(-size, size, (4, 5, 3))]
    equal_to_numpy(outputs, [x, v, k, one], [*values, rng.integers(-size, size, (1, 1, 3)).astype("int32")])


def test_indices_out_of_bounds_are_found():
    x, k = et.symbol("x", (4,)), et.symbol("k", (2,), "int64")
    f = et.function([x, k], et.from_term(CATALOGUE["take_along_axis"](x.term, k.term, axis=0)), backend="c")
    for wrong in (4, -5):
        with pytest.raises(IndexError):
            f(np.zeros(4), np.array([0, wrong]))
    assert f._quick(np.arange(4.0), np.array([-1, 3])).tolist() == [3, 3]


def test_the_gradient_of_a_sort_is_c_alone():
    x = et.symbol("x", (30,))
    weights = np.arange(30.0)
    cost = et.sum(et.sort(x) * weights) + et.sum(et.cumsum(x**2))
    f = et.function([x], [cost, et.grad(cost, x)], backend="c")
    value = np.random.default_rng(0).permutation(30) / 7.0
    for one, wanted in zip(f(value), [cost.eval({x: value}), et.grad(cost, x).eval({x: value})], strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-12)
