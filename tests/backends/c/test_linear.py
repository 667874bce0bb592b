"""LAPACK by pointer: what NumPy's own use of it gives, for stacks, views, both precisions, and its errors."""

import numpy as np
import pytest
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.backends.c.codegen import generate
from etude.ops import CATALOGUE

linalg = et.linalg


def triangular(a, b, lower=False, unit=False):
    return et.from_term(CATALOGUE["solve_triangular"](a.term, b.term, lower=lower, unit_diagonal=unit))


def compared(outputs, inputs, values, rtol=1e-13):
    compiled = Compiled(program_of(outputs, inputs))
    assert compiled.source.callbacks == ()
    status, found = compiled.call(*values)
    assert status == 0
    for output, one in zip(outputs, found, strict=True):
        wanted = np.asarray(output.eval(dict(zip(inputs, values, strict=True))))
        assert (one.dtype, one.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(one, wanted, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_stacks_vectors_and_views(dtype):
    stack, square = et.symbol("stack", (2, 5, 4, 4), dtype), et.symbol("square", (4, 4), dtype)
    vector, right = et.symbol("vector", (4,), dtype), et.symbol("right", (5, 4, 3), dtype)
    positive = square @ square.T + 4 * et.eye(4, dtype=dtype)
    outputs = [
        linalg.inv(stack), linalg.det(stack), *linalg.slogdet(stack), linalg.solve(stack, right), linalg.solve(square, vector),
        linalg.solve(square.T, right[:, ::-1]), linalg.solve(stack[0], square), linalg.cholesky(positive),
        triangular(square, vector, lower=True), triangular(stack, right), triangular(square.T, right, lower=True, unit=True),
        linalg.det(square[::-1]), linalg.solve(positive[:1, :1], right[0, :1]),
    ]  # fmt: skip
    rng = np.random.default_rng(0)
    values = [rng.normal(size=each.shape).astype(dtype) for each in (stack, square, vector, right)]
    compared(outputs, [stack, square, vector, right], values, 1e-12 if dtype == "float64" else 2e-3)


def test_integers_are_cast():
    a = et.symbol("a", (3, 3), "int64")
    compared([linalg.inv(a), linalg.det(a)], [a], [np.array([[2, 1, 0], [1, 3, 1], [0, 1, 4]])])


def test_determinants_that_nearly_overflow_or_are_zero():
    a = et.symbol("a", (3, 3))
    for value in (np.diag([1e200, 1e200, 1e-300]), np.zeros((3, 3)), np.diag([-1.0, 2.0, 3.0])[::-1].copy()):
        compared([linalg.det(a), *linalg.slogdet(a)], [a], [value])


ERRORS = {
    "inv": (lambda a: linalg.inv(a), np.ones((3, 3)), np.linalg.LinAlgError),
    "solve": (lambda a: linalg.solve(a, a[0]), np.zeros((3, 3)), np.linalg.LinAlgError),
    "cholesky": (lambda a: linalg.cholesky(a), -np.eye(3), np.linalg.LinAlgError),
    "solve_triangular": (lambda a: triangular(a, a[0]), np.zeros((3, 3)), np.linalg.LinAlgError),
    "infinite": (lambda a: triangular(a, a[0]), np.full((3, 3), np.inf), ValueError),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_numpys(name):
    build, value, error = ERRORS[name]
    a = et.symbol("a", (3, 3))
    f = et.function([a], build(a), backend="c")
    assert f._quick(value) is None
    with pytest.raises(error):
        f(value)
    assert f._quick(np.eye(3) * 2 + 0.5) is not None


def test_what_c_does_not_do_is_left_to_numpy():
    a, z = et.symbol("a", (0, 0)), et.symbol("z", (2, 2), "float64")
    assert generate(program_of([linalg.inv(a)], [a])).callbacks == ("inv",)
    assert et.function([a], linalg.det(a), backend="c")(np.zeros((0, 0))) == 1
    assert "eigh" in generate(program_of([linalg.eigh(z)[0]], [z])).callbacks


def test_work_is_counted():
    a, b = et.symbol("a", (7, 6, 6)), et.symbol("b", (7, 6, 2))
    kernels = generate(program_of([linalg.solve(a, b), linalg.inv(a), linalg.det(a), triangular(a, b)], [a, b])).kernels
    assert [kernel.flops for kernel in kernels] == [7 * (144 + 2 * 36 * 2), 7 * (144 + 2 * 216), 7 * 144, 7 * 36 * 2]


def test_gradients_run_in_c_alone():
    a, b = et.symbol("a", (4, 4)), et.symbol("b", (4,))
    cost = et.sum(linalg.solve(a, b) ** 2) + linalg.slogdet(a)[1]
    f = et.function([a, b], [cost, *et.grad(cost, [a, b])], backend="c")
    assert f._tiers.native.source.callbacks == ()
    rng = np.random.default_rng(1)
    values = rng.normal(size=(4, 4)), rng.normal(size=4)
    g = et.function([a, b], [cost, *et.grad(cost, [a, b])], backend="numpy")
    for one, wanted in zip(f(*values), g(*values), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-10)
