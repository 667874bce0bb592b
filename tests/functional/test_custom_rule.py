"""A function with its own differential."""

import numpy as np
import pytest

import etude as et
from etude.functional import custom_rule, grad, hessian, jit

X = np.array([-2.0, 0.5, 3.0])


def test_the_lines_replace_what_the_function_is_made_of():
    def held(u):
        return np.clip(u, -1.0, 1.0)

    straight = custom_rule(held, "d(held(u)) = d(u)")
    assert np.array_equal(straight(X), np.clip(X, -1, 1))
    assert np.array_equal(grad(lambda x: np.sum(straight(x) * x))(X), X + np.clip(X, -1, 1))
    assert np.array_equal(jit(straight)(X), np.clip(X, -1, 1))
    x = et.vector("x")
    assert str(straight(x)) == "held(x)"


def test_several_operands_and_second_derivatives():
    def blend(u, v):
        return u * v**2

    made = custom_rule(blend, "d(blend(u, v)) = v**2 * d(u) + 2 * u * v * d(v)")
    gu, gv = grad(lambda u, v: np.sum(made(u, v)), (0, 1))(X, 2.0)
    assert np.array_equal(gu, [4.0, 4.0, 4.0]) and np.isclose(gv, 4 * X.sum())
    assert np.allclose(hessian(lambda v: np.sum(made(X, v)))(2.0), 2 * X.sum())


def test_functions_of_whole_arrays():
    def total(a):
        return np.sum(a, axis=0)

    twice = custom_rule(total, "d(total(a)) = 2 * sum(d(a), axis=0)")
    m = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(grad(lambda a: np.sum(twice(a) * X))(m), 2 * np.tile(X, (2, 1)))


def test_functions_written_with_arrays():
    made = custom_rule(lambda u: et.special.expit(et.asarray(u)), "d(gate(u)) = gate(u) * (1 - gate(u)) * d(u)", name="gate")
    s = 1 / (1 + np.exp(-0.5))
    assert np.isclose(grad(made)(0.5), s * (1 - s)) and np.isclose(grad(grad(made))(0.5), s * (1 - s) * (1 - 2 * s))


def test_no_derivative_and_errors():
    def rough(u):
        return np.floor(u)

    with pytest.raises(et.NullTypeGradError, match="a staircase"):
        grad(custom_rule(rough, 'd(rough(u)) = undefined("a staircase")'))(1.5)
    with pytest.raises(ValueError, match="other_name"):
        custom_rule(rough, "d(other_name(u)) = d(u)")
    with pytest.raises(TypeError, match="library"):
        custom_rule(np.sin, "d(sin(u)) = d(u)")
    with pytest.raises(TypeError, match="name"):
        custom_rule(lambda u: u, "d(f(u)) = d(u)")
