"""What people write by hand, with its first and second derivative, at points where the formula as written loses all digits."""

import math

import mpmath
import numpy as np
import pytest

import etude as et

mp = mpmath.mp.clone()
mp.dps = 1500

SPELLINGS = {
    "log(cosh(x))": (lambda x: mp.log(mp.cosh(x)), 1000, -1000, 0.3),
    "log(2*cosh(x/2))": (lambda x: mp.log(2 * mp.cosh(x / 2)), 2000, 0.1),
    "log(sinh(x))": (lambda x: mp.log(mp.sinh(x)), 1000, 1e-9, 0.3),
    "sqrt(1+x**2)-x": (lambda x: mp.sqrt(1 + x * x) - x, 1e8, -30, 0.5),
    "sqrt(1+x*x)-x": (lambda x: mp.sqrt(1 + x * x) - x, 1e8, 0.5),
    "sqrt(1+x)-1": (lambda x: mp.sqrt(1 + x) - 1, 1e-12, -1e-12, 2),
    "(1-cos(x))/x**2": (lambda x: (1 - mp.cos(x)) / x**2, 1e-8, 1e-4, 1.0),
    "log(1-exp(-x))": (lambda x: mp.log(1 - mp.exp(-x)), 1e-15, 50, 700),
    "exp(x)/(1+exp(x))**2": (lambda x: mp.exp(x) / (1 + mp.exp(x)) ** 2, 1000, -1000, 0.1, 40),
    "exp(-x)/((1+exp(-x))*(1+exp(-x)))": (lambda x: mp.exp(x) / (1 + mp.exp(x)) ** 2, 1000, -1000, 0.1),
    "log(1-1/(1+exp(-x)))": (lambda x: mp.log(1 - 1 / (1 + mp.exp(-x))), 1000, -1000, 0.1, 40),
    "1/(exp(x)-1)": (lambda x: 1 / (mp.exp(x) - 1), 1e-12, 1000, -1000, 0.5),
    "x/(exp(x)-1)": (lambda x: x / (mp.exp(x) - 1), 1e-12, -1e-12, 0.5, 50),
    "(exp(x)-1)/x": (lambda x: (mp.exp(x) - 1) / x, 1e-12, 0.5, -50),
    "log((1+x)/(1-x))": (lambda x: mp.log((1 + x) / (1 - x)), 1e-17, -1e-17, 0.3),
    "log(x+sqrt(1+x**2))": (mp.asinh, 1e-12, -1e8, 1e8, 0.2),
    "log(0.5*(1+erf(x/sqrt(2))))": (lambda x: mp.log(mp.ncdf(x)), -10, -30, 3),
    "log(0.5+0.5*erf(x*0.7071067811865476))": (lambda x: mp.log(mp.ncdf(x)), -10, -30, 3),
    "log((1+erf(x/1.4142135623730951))/2)": (lambda x: mp.log(mp.ncdf(x)), -10, -30, 3),
    "log(1-0.5*(1+erf(x/sqrt(2))))": (lambda x: mp.log(mp.ncdf(-x)), 10, 30, -3),
    "log(0.5*erfc(x/sqrt(2)))": (lambda x: mp.log(mp.ncdf(-x)), 10, 30, -3),
    "log(erfc(x))": (lambda x: mp.log(mp.erfc(x)), 30, -3),
    "exp(-x**2/2)/(1-0.5*(1+erf(x/sqrt(2))))": (lambda x: mp.exp(-x * x / 2) / mp.ncdf(-x), 10, 30, -3, 0.5),
    "log(gamma(x))": (mp.loggamma, 200, 1e5, 0.5),
    "1-tanh(x)": (lambda x: 1 - mp.tanh(x), 20, 300, 0.2),
    "1+tanh(x)": (lambda x: 1 + mp.tanh(x), -20, -300, 0.2),
    "1-tanh(x)**2": (lambda x: 1 - mp.tanh(x) ** 2, 20, 300, 0.2),
    "1/(1+exp(-x))-0.5": (lambda x: 1 / (1 + mp.exp(-x)) - mp.mpf(0.5), 1e-12, 3),
    "log(exp(x)+exp(2*x))": (lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)), 1000, -1000, 0.1),
    "softplus(x)-x": (lambda x: mp.log(1 + mp.exp(-x)), 40, 1000, -3),
}


def reference(function, point):
    x = mp.mpf(point)
    step = abs(x) * mp.mpf(10) ** -200
    below, here, above = function(x - step), function(x), function(x + step)
    return [float(value) for value in (here, (above - below) / (2 * step), (above - 2 * here + below) / step**2)]


@pytest.mark.parametrize("text", SPELLINGS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_value_and_derivatives_keep_their_digits(text):
    function, *points = SPELLINGS[text]
    x, cost = et.scalar("x"), et.parse(text)
    slope = et.grad(cost, x)
    terms = (et.stabilize(cost), slope, et.grad(slope, x))
    for point in points:
        wanted = reference(function, point)
        found = [float(term.eval({x: float(point)})) for term in terms]
        assert all(map(math.isfinite, found)), (point, found, wanted)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-290, err_msg=f"{text} at {point}")


def test_the_slope_of_log_cosh_is_tanh():
    x = et.scalar("x")
    assert [str(et.grad(et.parse(text), x)) for text in ("log(cosh(x))", "logaddexp(x, -x)")] == ["tanh(x)"] * 2
