"""Operators in high precision: what they say is what NumPy says, where NumPy does not round."""

import numpy as np
import pytest

import etude as et
from etude.check.precise_numbers import context, limited
from etude.check.precision import evaluate_precisely, is_precise

TIES = np.array([[0.5, -0.5, 2.5, -1.5], [3.0, 0.25, -0.0, 1.0], [2.5, 2.5, -2.0, 0.0]])
X, Y = et.symbol("x", (3, 4)), et.symbol("y", (3, 4))
OTHER = TIES[::-1].copy()


def both(expression, x=TIES, y=OTHER):
    values = {X.term: x, Y.term: y}
    assert is_precise(expression.term)
    (precise,) = evaluate_precisely((expression.term,), values)
    return np.asarray(precise).astype(float), np.asarray(et.function([X, Y], expression, on_unused_input="ignore", backend="numpy")(x, y))


@pytest.mark.parametrize(
    "expression",
    [
        et.round(X), et.round(X, 1), et.heaviside(X, Y), et.signbit(X), et.fmax(X, Y), et.fmin(X, Y), et.ldexp(X, et.constant(3)),
        et.sort(X), et.sort(X, axis=0), et.argsort(X), et.argmax(X), et.argmax(X, axis=1), et.argmin(X, axis=0),
        et.any(X, axis=0), et.all(X, axis=1), et.any(X > 2), et.all(X > -3), et.count_nonzero(X, axis=1),
        et.var(X), et.var(X, axis=1, ddof=1), et.std(X, axis=0), et.norm(X), et.norm(X, axis=1, keepdims=True),
        X[1:, ::-1], X[0], X.at[0].set(Y[1]), et.pad(X, 1),
    ],
    ids=str,
)  # fmt: skip
def test_value_is_that_of_numpy(expression):
    precise, plain = both(expression)
    np.testing.assert_allclose(precise, plain.astype(float), rtol=1e-15, atol=1e-15)


def test_neighbors_of_a_tie_are_told_apart():
    x = np.full((3, 4), np.nextafter(0.5, 1))
    assert both(et.round(X), x)[0].tolist() == np.ones((3, 4)).tolist()
    assert both(et.round(X), np.full((3, 4), 0.5))[0].tolist() == np.zeros((3, 4)).tolist()


def test_order_keeps_zeros_and_infinities():
    x = np.array([[np.inf, -np.inf, 0.0, 1.0]] * 3)
    assert both(et.sort(X), x)[0].tolist() == [[-np.inf, 0.0, 1.0, np.inf]] * 3


def test_zero_does_not_round_an_integer():
    x, n = et.symbol("x", (2,)), et.symbol("n", (), "int64")
    large = -(2**53) - 1
    (found,) = evaluate_precisely(((x + n).term,), {x.term: np.array([0.0, 1.0]), n.term: np.int64(large)})
    assert [int(value) for value in found] == [large, large + 1]


@pytest.mark.parametrize("expression", [et.xlogy(X, X), et.xlog1py(X, X - 1), et.entr(X), et.sinc(X)], ids=str)
def test_limits_at_zero_are_those_of_numpy(expression):
    precise, plain = both(expression, np.zeros((3, 4)))
    assert np.all(np.isfinite(plain))
    assert precise.tolist() == plain.tolist()


@pytest.mark.parametrize("expression", [et.logsumexp(X), et.logsumexp(X, axis=1), et.softmax(X), et.log_softmax(X, axis=0)], ids=str)
def test_exponential_of_minus_infinity_is_nothing(expression):
    x = TIES.copy()
    x[0, 1] = x[2, 3] = -np.inf
    precise, plain = both(expression, x)
    np.testing.assert_allclose(precise, plain, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_range_of_a_dtype_is_that_of_its_limits(dtype):
    limits = np.finfo(dtype)
    mpf, least, largest = context().mpf, float(limits.smallest_subnormal), float(limits.max)
    for size, found in ((least, least), (largest, largest), (mpf(least) * 0.99, 0.0), (mpf(largest) * 1.0001, np.inf)):
        assert [limited(sign * mpf(size), np.dtype(dtype)) for sign in (1, -1)] == [found, -found]
