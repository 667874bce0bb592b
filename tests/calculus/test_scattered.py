"""Jacobians of which few elements can be other than zero."""

import numpy as np
import pytest

import etude as et
from etude.calculus.scattered import scattered
from etude.text import to_text

N = 96
X, Y, A = et.symbol("x", (N,)), et.symbol("y", (N,)), et.symbol("a", (N, 4))
ROWS = np.arange(N)[::-3]

CASES = {
    "elementwise, a constant slope": (lambda: 3 * X + et.sin(Y) - X / Y, X),
    "neighbors": (lambda: X[1:] * et.exp(X[:-1]) - X[1:] ** 2, X),
    "backwards and every third": (lambda: X[::-1][::3] * Y[::3], X),
    "index arrays, repeated": (lambda: X[np.repeat([3, 3, 0, 95, 3, 7, 8, 2], 2)] * Y[:16], X),
    "columns of a matrix": (lambda: A[:, 1] * A[:, 3] / (1 + A[:, 0] ** 2), A),
    "a matrix by a vector along rows": (lambda: A * X[:, None], X),
    "sums of few": (lambda: et.sum(A * A, axis=1), A),
    "sums that keep the axis": (lambda: A / et.sum(et.exp(A), axis=1, keepdims=True), A),
    "reshaped, transposed": (lambda: et.reshape(A.T, (-1,))[::2] ** 2, A),
    "set": (lambda: (X * 2).at[1:5].set(Y[:4] * X[4]).at[ROWS].set(et.cos(X)[ROWS]), X),
    "added": (lambda: et.zeros(N).at[np.array([0, 0, 2])].add(X[:3] * X[1:4]).at[::2].add(X[::2] ** 2), X),
    "joined": (lambda: et.concat([X * Y, et.stack([X[0], X[5]])[:, None][:, 0], X[::-1] ** 2], axis=0), X),
    "chosen": (lambda: et.where(X > 0, X**2, -Y), X),
    "through a branch without slope": (lambda: et.floor(X) * X + et.where(Y > 0, X, 0.0), X),
    "turned and copied": (lambda: et.roll(et.flip(X), 3) * et.tile(X[:4], 24), X),
    "an outer product": (lambda: X[:, None] * X, X),
    "a matrix with X on its diagonal": (lambda: et.sum(et.diag(X)[:, :5], axis=1) * X, X),
}


@pytest.mark.parametrize("name", CASES)
def test_the_same_as_column_by_column(name):
    make, wrt = CASES[name]
    expression = make()
    found = et.jacobian(expression, wrt)
    assert scattered(expression.term, wrt.term) is not None
    assert found.shape == expression.shape + wrt.shape
    assert found.dtype == expression.dtype
    draw = np.random.default_rng(1)
    values = [draw.normal(size=(N,)), draw.normal(size=(N,)), draw.normal(size=(N, 4))]
    evaluate = et.function(
        [X, Y, A], [found, et.jacobian(expression, wrt, simplify=False)], on_unused_input="ignore", backend="c"
    )
    sparse, dense = evaluate(*values)
    np.testing.assert_allclose(sparse, dense, rtol=1e-13, atol=1e-13)
    numpy = et.function([X, Y, A], found, on_unused_input="ignore", backend="numpy")(*values)
    np.testing.assert_allclose(numpy, dense, rtol=1e-13, atol=1e-13)


def test_a_tridiagonal_hessian_is_four_diagonals():
    cost = et.sum(100 * (X[1:] - X[:-1] ** 2) ** 2 + (1 - X[:-1]) ** 2)
    shown = to_text(et.hessian(cost, X).term)
    assert shown.count(".add(") == 4
    assert "array" not in shown
    program = et.function([X], et.hessian(cost, X), backend="numpy").program
    assert sum(kind.shape == (N * N,) for kind in program.types) == 5


def test_what_is_held_constant_does_not_move():
    square = X**2
    value = np.linspace(-1, 1, N)
    found = et.jacobian(X * square, X, consider_constant=[square]).eval({X: value})
    np.testing.assert_allclose(found, np.diag(value**2), rtol=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        lambda: X[:3] * X[:3],
        lambda: et.symbol("w", (N, N)) @ X,
        lambda: et.cumsum(X),
        lambda: et.astype(X, "float32") * 2 + et.sum(X),
        lambda: X[et.argsort(X)],
    ],
    ids=["small", "matmul", "cumsum", "sum of all", "computed places"],
)
def test_what_is_left_to_the_dense_sweeps(make):
    assert scattered(make().term, X.term) is None


def test_a_zero_times_what_is_infinite_is_no_element():
    value = np.full(N, 2.0)
    value[3] = np.inf
    found = et.jacobian(X**2, X).eval({X: value})
    np.testing.assert_array_equal(found, np.diag(2 * value))
