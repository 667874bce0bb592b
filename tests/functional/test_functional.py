"""Derivatives of functions: containers, static values, nesting, traces and errors."""

import threading

import numpy as np
import pytest

import etude as et
from etude.errors import ArgumentError
from etude.functional import elementwise_grad, grad, hessian, hvp, jacobian, jit, jvp, value_and_grad, vjp, vmap

X = np.array([1.0, 2.0, 3.0])


def counted(fun):
    calls = []

    def counting(*args, **named):
        calls.append(args)
        return fun(*args, **named)

    return counting, calls


def test_a_function_is_traced_once_for_each_structure_shape_and_dtype():
    fun, calls = counted(lambda x: np.sum(x**2))
    slope = grad(fun)
    for _ in range(3):
        slope(X)
    assert len(calls) == 1
    slope(np.ones(4))
    slope(X.astype("float32"))
    slope(X.astype("float32") + 1)
    assert len(calls) == 3


def test_the_number_of_traces_is_bounded():
    fun, calls = counted(lambda x, word: x)
    run = jit(fun)
    for k in range(300):
        run(1.0, str(k))
    assert len(calls) == 300
    run(1.0, "299")
    assert len(calls) == 300
    run(1.0, "0")
    assert len(calls) == 301


def test_threads_may_call_at_once():
    slope, found = grad(lambda x: np.sum(np.sin(x))), []
    threads = [threading.Thread(target=lambda n=n: found.append((n, slope(np.zeros(n))))) for n in (1, 2, 3) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12 and all(np.array_equal(value, np.ones(n)) for n, value in found)


def test_real_containers_go_in_and_come_out():
    def fun(parts):
        return np.sum(parts["w"] @ parts["more"][0]) + parts["more"][1] ** 2

    w = np.arange(6.0).reshape(2, 3)
    found = grad(fun)({"w": w, "more": (X, [2.0][0], None, "name")})
    assert list(found) == ["w", "more"] and type(found["more"]) is tuple
    assert np.array_equal(found["w"], np.tile(X, (2, 1)))
    assert np.array_equal(found["more"][0], w.sum(0)) and found["more"][1] == 4 and found["more"][2] is None


def test_argnums_as_a_number_and_as_a_tuple():
    def fun(x, y):
        return np.sum(x * y**2)

    assert np.array_equal(grad(fun, 1)(X, X), 2 * X * X)
    both = grad(fun, (1, 0))(X, 2 * X)
    assert type(both) is tuple and np.array_equal(both[0], 4 * X * X) and np.array_equal(both[1], 4 * X * X)
    assert np.array_equal(grad(fun, -1)(X, X), 2 * X * X)
    assert type(grad(fun, (0,))(X, X)) is tuple
    for bad in (2, (0, 5), -3):
        with pytest.raises(TypeError, match="positional arguments"):
            grad(fun, bad)(X, X)
    for bad in (True, "x", 1.0, None):
        with pytest.raises(TypeError, match="argnums"):
            grad(fun, bad)(X, X)


def test_static_values_choose_the_trace():
    def fun(x, how, flag, act, axis=0):
        y = act(x) if how == "act" else x
        return np.sum(y, axis=axis) * (2 if flag else 1)

    run = jit(fun)
    m = np.arange(6.0).reshape(2, 3)
    assert np.allclose(run(m, "act", True, np.exp, axis=1), 2 * np.exp(m).sum(1))
    assert np.allclose(run(m, None, False, np.exp), m.sum(0))
    assert np.allclose(run(m, "act", False, np.sin, axis=0), np.sin(m).sum(0))


def test_equal_static_values_of_two_types_are_two_traces():
    run = jit(lambda x, word: x * 2 if word is True else x)
    assert run(1.0, True) == 2 and run(1.0, None) == 1 and run(1.0, False) == 1


def test_an_unhashable_static_value_is_itself():
    class Options(set):
        pass

    run = jit(lambda x, options: x * len(options))
    assert run(2.0, Options("ab")) == 4 and run(2.0, Options("abc")) == 6


def test_keywords_pass_through():
    slope = grad(lambda x, scale=1.0, shift=None: np.sum(x**2) * scale + (0 if shift is None else np.sum(shift)))
    assert np.array_equal(slope(X, scale=3.0), 6 * X)
    assert np.array_equal(slope(X), 2 * X)
    assert np.array_equal(slope(X, shift=X, scale=np.float64(2)), 4 * X)


def test_python_numbers_are_float64_scalars():
    found = grad(lambda x: x**2)(3)
    assert found == 6 and found.shape == () and found.dtype == "float64"
    assert jit(lambda x: x)(3).dtype == "float64"
    assert jit(lambda x: x)(3j).dtype == "complex128"
    assert grad(lambda x: x**2)(np.float32(3)).dtype == "float32"
    assert jit(lambda: 2.0)() == 2.0


def test_integer_arrays_are_treated_as_reals():
    assert np.array_equal(grad(lambda i: np.sum(i * i))(np.array([1, 2])), [2.0, 4.0])


def test_no_dependence_gives_zeros():
    assert np.array_equal(grad(lambda x: 3.0)(X), np.zeros(3))
    assert np.array_equal(grad(lambda x, y: np.sum(x), 1)(X, np.ones((2, 2))), np.zeros((2, 2)))
    assert np.array_equal(jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    assert np.array_equal(hessian(lambda x: np.sum(x))(X), np.zeros((3, 3)))
    assert np.array_equal(vjp(lambda x: np.ones(2), X)[1](np.ones(2))[0], np.zeros(3))
    assert np.array_equal(jvp(lambda x: np.ones(2), (X,), (X,))[1], np.zeros(2))
    assert np.array_equal(hvp(lambda x: 1.0)(X, X), np.zeros(3))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_element_of_any_rank_is_a_cost(shape):
    value, slope = value_and_grad(lambda x: np.reshape(np.sum(x**2), shape))(X)
    assert value.shape == shape and np.array_equal(slope, 2 * X)


@pytest.mark.parametrize("fun", [lambda x: x, lambda x: None, lambda x: (x.sum(), x.sum()), lambda x: "no", lambda x: x.sum() * 1j, lambda x: x[:0]])
def test_what_is_not_one_real_element_is_refused(fun):
    with pytest.raises(TypeError, match="one real element"):
        grad(fun)(X)


def test_a_static_argument_has_no_derivative():
    with pytest.raises(TypeError, match="static"):
        grad(lambda x, y: x, 1)(1.0, "text")


def test_nested_derivatives():
    def fourth(x):
        return x**4

    assert grad(grad(grad(fourth)))(2.0) == 48
    assert grad(lambda x: x * grad(lambda y: x * y**2)(3.0))(2.0) == 24
    assert np.allclose(jacobian(grad(lambda x: np.sum(x**3)))(X), np.diag(6 * X))
    assert grad(jit(lambda x: jit(np.sin)(x)))(0.0) == 1


def test_perturbations_are_not_confused():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1


def test_on_arrays_they_give_arrays():
    x, a = et.vector("x"), et.scalar("a")
    found = grad(lambda v: et.sum(a * v**2))(x)
    assert isinstance(found, et.Array)
    assert np.allclose(found.eval({x: X, a: 3.0}), 6 * X)
    closed = grad(lambda v: np.sum(a * v**2))(X)
    assert isinstance(closed, et.Array) and np.allclose(closed.eval({a: 2.0}), 4 * X)
    same = grad(lambda u, v: np.sum(u * v), (0, 1))(x, x)
    assert all(np.array_equal(each.eval({x: X}), X) for each in same)
    inner = grad(lambda y: np.sum(y * x))(x)
    assert str(inner) == "x"


def test_shared_variables_have_values():
    w = et.shared(np.array([1.0, 2.0]), "w")
    slope = grad(lambda x: np.sum(x * w))
    assert np.array_equal(slope(np.ones(2)), [1.0, 2.0])
    w.set_value(np.array([3.0, 4.0]))
    assert np.array_equal(slope(np.ones(2)), [3.0, 4.0])


def test_complex_gradient_is_dx_minus_i_dy():
    def fun(z):
        return np.real(z) ** 2 + 3 * np.imag(z)

    assert np.isclose(grad(fun)(2.0 + 1j), 4 - 3j)
    z = np.array([1 + 2j, 3 - 1j])
    assert np.allclose(grad(lambda z: np.sum(np.real(z * np.conj(z))))(z), 2 * np.conj(z))


def test_value_and_grad_of_several_arguments():
    value, (gx, gy) = value_and_grad(lambda x, y: np.sum(x) * y, (0, 1))(X, 2.0)
    assert value == 12 and np.array_equal(gx, [2, 2, 2]) and gy == 6


def test_jacobian_of_containers():
    found = jacobian(lambda x, y: {"a": x * y, "b": np.sum(x)}, (0, 1))(X, 2.0)
    assert np.array_equal(found["a"][0], 2 * np.eye(3)) and np.array_equal(found["a"][1], X)
    assert np.array_equal(found["b"][0], np.ones(3)) and found["b"][1] == 0
    m = np.arange(6.0).reshape(2, 3)
    assert jacobian(lambda a: np.tanh(a).T)(m).shape == (3, 2, 2, 3)


def test_hessian_of_several_arguments_and_containers():
    def fun(x, y):
        return np.sum(x**2) * y**2

    (xx, xy), (yx, yy) = hessian(fun, (0, 1))(X, 2.0)
    assert np.array_equal(xx, 8 * np.eye(3)) and np.array_equal(xy, 8 * X) and np.array_equal(yx, 8 * X)
    assert yy == 2 * np.sum(X**2)
    found = hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0})
    assert found["a"]["a"] == 6 and found["a"]["b"] == 4 and found["b"]["b"] == 0


def test_hessian_vector_product():
    def fun(x, y):
        return np.sum(x**3) * y

    assert np.allclose(hvp(fun)(X, 2.0, X), 12 * X * X)
    found = hvp(fun, (0, 1))(X, 2.0, (X, 1.0))
    assert np.allclose(found[0], 12 * X * X + 3 * X**2) and np.isclose(found[1], np.sum(3 * X**3))
    with pytest.raises(ValueError, match="v has shape"):
        hvp(fun)(X, 2.0, np.ones(2))


def test_jvp_and_vjp_agree():
    def fun(x, y):
        return np.outer(np.sin(x), y)

    y, dx, dy, g = np.array([2.0, 5.0]), X[::-1].copy(), np.array([1.0, -1.0]), np.arange(6.0).reshape(3, 2)
    value, tangent = jvp(fun, (X, y), (dx, dy))
    same, pullback = vjp(fun, X, y)
    assert np.allclose(value, same) and np.allclose(value, np.outer(np.sin(X), y))
    gx, gy = pullback(g)
    assert np.isclose(np.sum(g * tangent), gx @ dx + gy @ dy)
    with pytest.raises(ValueError, match="cotangent"):
        pullback(np.ones(3))
    with pytest.raises(TypeError, match="cotangent"):
        pullback((g, g))
    with pytest.raises(TypeError, match="primals"):
        jvp(fun, X, (dx,))
    with pytest.raises(TypeError, match="tangents"):
        jvp(fun, (X, y), (dx,))
    with pytest.raises(ValueError, match="tangents"):
        jvp(fun, (X, y), (dx, np.ones(5)))


def test_jvp_and_vjp_on_arrays_and_containers():
    x = et.vector("x")
    value, tangent = jvp(np.sin, (x,), (x,))
    assert str(value) == "sin(x)" and isinstance(tangent, et.Array)
    value, pullback = vjp(lambda p: [p["a"] * 2, p["b"]], {"a": X, "b": 1.0})
    assert type(value) is list
    (found,) = pullback([np.ones(3), 5.0])
    assert np.array_equal(found["a"], [2, 2, 2]) and found["b"] == 5
    assert vjp(lambda a, word: a * 2, 1.0, "text")[1](1.0) == (2.0, None)


def test_elementwise_grad():
    assert np.allclose(elementwise_grad(np.tanh)(X), 1 - np.tanh(X) ** 2)
    m = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(elementwise_grad(elementwise_grad(lambda x: x**3))(m), 6 * m)


def test_vmap():
    m = np.arange(6.0).reshape(2, 3)
    assert np.allclose(vmap(lambda r: r @ X)(m), m @ X)
    assert np.allclose(vmap(np.multiply, (1, 0), 1)(m, X), m * X)
    assert np.allclose(vmap(grad(lambda r: np.sum(r**2)))(m), 2 * m)
    assert np.allclose(grad(lambda a: np.sum(vmap(np.sin)(a)))(m), np.cos(m))
    assert np.allclose(vmap(vmap(np.square))(m), m**2)
    found = vmap(lambda p, k: {"sum": p["r"].sum() + k}, (0, None))({"r": m}, 1.0)
    assert np.allclose(found["sum"], m.sum(1) + 1)
    for wrong, error in (((0, 0), ValueError), ("x", TypeError), (None, ValueError), (2, ValueError)):
        with pytest.raises(error):
            vmap(lambda r: r, wrong)(m)
    with pytest.raises(ValueError, match="lengths"):
        vmap(np.add)(m, X)


def test_methods_and_names():
    class Model:
        @jit
        def double(self, x):
            """Twice."""
            return 2 * x

    assert Model().double(3.0) == 6 and Model.double.__doc__ == "Twice."


def test_the_result_does_not_depend_on_what_is_done_with_arguments_later():
    run, x = jit(lambda x: x * 1.0), X.copy()
    found = run(x)
    x[:] = 0
    assert np.array_equal(found, X)


def test_masks_are_not_dropped_without_a_word():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(ArgumentError, match="masked elements"):
        grad(lambda x: (x**2).sum())(masked)
    np.testing.assert_array_equal(grad(lambda x: (x**2).sum())(masked[:1]), [2.0])
