"""First and second derivatives beside 60-digit values, where differentiating first gives inf, nan or no digit."""

import mpmath as mp
import numpy as np
import pytest

import etude as et

CASES = [
    ("log(1 + exp(x))", lambda t: mp.log1p(mp.exp(t)), [1000.0, -1000.0, 40.0, -40.0, 0.3]),
    ("log1p(exp(x))", lambda t: mp.log1p(mp.exp(t)), [800.0, -300.0]),
    ("log(1 - exp(x))", lambda t: mp.log(-mp.expm1(t)), [-1e-20, -1e-3, -1.0, -50.0]),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", mp.tanh, [1000.0, -1000.0, 0.2, 30.0]),
    ("(exp(2*x) - 1)/(exp(2*x) + 1)", mp.tanh, [1000.0, -1000.0, 0.2]),
    ("2/(1 + exp(-2*x)) - 1", mp.tanh, [1000.0, 0.2]),
    ("1 - tanh(x)**2", lambda t: mp.sech(t) ** 2, [30.0, 1000.0, 0.3]),
    ("1/(1 + exp(-x))", lambda t: 1 / (1 + mp.exp(-t)), [-1000.0, 40.0, 700.0]),
    ("log(expm1(x))", lambda t: mp.log(mp.expm1(t)), [40.0, 1e-10, 900.0]),
    ("x - log1p(exp(x))", lambda t: t - mp.log1p(mp.exp(t)), [800.0, -30.0]),
    ("sin(x)/x", lambda t: mp.sin(t) / t, [1e-3, 2.0]),
    ("log(cosh(x))", lambda t: mp.log(mp.cosh(t)), [500.0, -3.0]),
]


def close(found, wanted):
    return abs(found - wanted) <= 1e-10 * abs(wanted) + mp.mpf("1e-300")


@pytest.mark.parametrize(("text", "exact", "points"), CASES, ids=[case[0] for case in CASES])
def test_derivatives_hold(text, exact, points):
    x = et.scalar("x")
    first = et.grad(et.parse(text, x=x), x)
    second = et.grad(first, x)
    with mp.workdps(60):
        for point in points:
            at, step = mp.mpf(point), mp.mpf(10) ** -15 * max(abs(mp.mpf(point)), mp.mpf("1e-19"))
            with mp.workdps(1200):
                wanted = [mp.diff(exact, at, order, h=step * mp.mpf(10) ** -60) for order in (1, 2)]
            for slope, value in zip((first, second), wanted, strict=True):
                found = float(slope.eval({x: point}))
                assert np.isfinite(found)
                assert close(found, value), (text, point, found, mp.nstr(value, 17))


def test_log_of_a_softmax_far_out():
    v = et.symbol("v", (3,))
    cost = et.log(et.exp(v) / et.sum(et.exp(v)))[0]
    point = {v: [1e4, -1e4, 0.0]}
    first = et.grad(cost, v)
    np.testing.assert_allclose(first.eval(point), [0.0, 0.0, 0.0], atol=1e-300)
    np.testing.assert_array_equal(et.grad(first[0], v).eval(point), [0.0, 0.0, 0.0])
    near = {v: [1e4, 1e4, 0.0]}
    np.testing.assert_allclose(first.eval(near), [0.5, -0.5, 0.0], rtol=1e-10)
    np.testing.assert_allclose(et.grad(first[0], v).eval(near), [-0.25, 0.25, 0.0], rtol=1e-10)


def test_products_with_zeros():
    v = et.symbol("v", (4,))
    first = et.grad(et.prod(v), v)
    np.testing.assert_array_equal(first.eval({v: [2.0, 0.0, 3.0, 4.0]}), [0.0, 24.0, 0.0, 0.0])
    np.testing.assert_array_equal(et.grad(first[1], v).eval({v: [2.0, 0.0, 3.0, 0.0]}), [0.0, 0.0, 0.0, 6.0])
    summed = et.grad(et.sum(et.cumprod(v)), v)
    np.testing.assert_array_equal(summed.eval({v: [2.0, 0.0, 3.0, 4.0]}), [1.0, 2.0 * (1 + 3 + 12), 0.0, 0.0])
    np.testing.assert_array_equal(et.grad(summed[0], v).eval({v: [2.0, 0.0, 3.0, 4.0]}), [0.0, 16.0, 0.0, 0.0])


def test_norm_at_zero():
    v = et.symbol("v", (3,))
    for cost in (et.norm(v), et.sqrt(et.sum(v**2)), et.sqrt(et.sum(v * v))):
        np.testing.assert_array_equal(et.grad(cost, v).eval({v: np.zeros(3)}), np.zeros(3))


def test_where_guards_a_division_and_a_root():
    x, y = et.scalar("x"), et.scalar("y")
    cost = et.where(y != 0, x / et.where(y > 0, et.sqrt(y), 1.0), 0.0)
    first = et.grad(cost, [x, y])
    assert [float(slope.eval({x: 2.0, y: 0.0})) for slope in first] == [0.0, 0.0]
    second = [et.grad(slope, y, disconnected_inputs="ignore") for slope in first]
    assert [float(slope.eval({x: 2.0, y: 0.0})) for slope in second] == [0.0, 0.0]


SHIFTS = [
    (lambda x: et.max(x), None, False),
    (lambda x: et.max(x, axis=0), 0, False),
    (lambda x: et.max(x, axis=1)[:, None], 1, False),
    (lambda x: et.expand_dims(et.max(x, axis=1), 1), 1, False),
    (lambda x: et.max(x, axis=1, keepdims=True), 1, True),
    (lambda x: et.max(x, axis=1, keepdims=True), 1, False),
]


@pytest.mark.parametrize(("shift", "axis", "keepdims"), SHIFTS)
def test_logsumexp_shifted_by_hand_has_no_ties(shift, axis, keepdims):
    x = et.symbol("x", (3, 3))
    total = et.log(et.sum(et.exp(x - shift(x)), axis=axis, keepdims=keepdims)) + et.max(x, axis=axis, keepdims=keepdims)
    slope = et.grad(et.sum(total), x)
    assert slope.term is et.softmax(x, axis=axis).term


def test_logsumexp_shifted_along_another_axis_stays():
    x = et.symbol("x", (3, 3))
    for total in (
        et.logsumexp(x - et.max(x, axis=1), axis=1) + et.max(x, axis=1),
        et.logsumexp(x - et.max(x, axis=0)[:, None], axis=1) + et.max(x, axis=0),
    ):
        assert et.stabilize(total).term is total.term


def test_shares_sum_to_one_where_there_are_some():
    x, empty = et.symbol("x", (3, 2)), et.symbol("empty", (3, 0))
    assert et.simplify(et.sum(et.softmax(x, axis=1), axis=1)).term is et.simplify(et.broadcast_to(1.0, (3,))).term
    assert et.simplify(et.sum(et.softmax(x, axis=1), axis=0)).term.type.shape == (2,)
    np.testing.assert_array_equal(
        et.simplify(et.sum(et.softmax(empty, axis=1), axis=1)).eval({empty: np.ones((3, 0))}), np.zeros(3)
    )


def test_second_derivative_of_a_difference_of_lengths_does_not_cancel():
    x = et.scalar("x")
    twice = et.grad(et.grad(et.sqrt(x**2 + 1) - x, x), x)
    for value in (-1e8, -3.0, 0.0, 2.0, 1e8):
        assert float(twice.eval({x: value})) == pytest.approx((1 + value**2) ** -1.5, rel=1e-12)


def test_a_quotient_of_exponentials_that_overflow_is_finite():
    x, y = et.symbols("x y")
    expr = et.exp(x) / et.exp(y)
    for found in (et.stabilize(expr), et.simplify(expr, goal="stable"), et.grad(expr, x)):
        assert float(found.eval({x: 800.0, y: 810.0})) == pytest.approx(4.5399929762484854e-05, rel=1e-12)
