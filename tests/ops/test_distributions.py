"""Distribution functions, transformations and combinatorial functions against SciPy; slopes against differences, to second order."""

import numpy as np
import pytest
import scipy.special

import etude as et

P, X = np.array([0.1, 0.5, 0.93]), np.array([0.3, 1.7, 4.2])
CASES = [
    ("chdtr", (3.0, X)), ("chdtrc", (2.5, X)), ("chdtri", (3.0, P)), ("gdtr", (1.5, 2.0, X)), ("gdtrc", (1.5, 2.0, X)), ("gdtrix", (1.5, 2.0, P)),
    ("fdtr", (3.0, 5.0, X)), ("fdtrc", (3.0, 5.0, X)), ("fdtri", (3.0, 5.0, P)), ("bdtr", (2.0, 5, P)), ("bdtrc", (2.0, 5, P)), ("nbdtr", (2, 5, P)),
    ("nbdtrc", (2, 5, P)), ("pdtr", (3.0, X)), ("pdtrc", (3.0, X)), ("pdtri", (3, P)), ("boxcox", (X, 0.5)), ("boxcox", (X, -1.2)), ("boxcox1p", (X, 0.7)),
    ("inv_boxcox", (X, 0.5)), ("inv_boxcox1p", (X, 0.5)), ("exp10", (X,)), ("factorial", (X,)), ("comb", (5.5, X)), ("perm", (7.0, X)), ("multigammaln", (X + 2, 3)),
    ("agm", (X, 2.0)),
]  # fmt: skip
EDGES = [
    ("boxcox", (np.array([0.0, 0.0, 2.0, 1.0]), np.array([0.5, -1.0, 0.0, 0.0]))), ("boxcox1p", (np.array([-1.0, 2.0]), np.array([0.5, 0.0]))),
    ("inv_boxcox", (X, 0.0)), ("inv_boxcox1p", (X, 0.0)), ("bdtr", (np.array([-1.0, 0.0, 5.0]), 5, 0.3)), ("bdtrc", (np.array([-1.0, 0.0, 5.0]), 5, 0.3)),
    ("factorial", (np.array([-1.0, 0.0, 5.0]),)), ("comb", (np.array([5.0, 5.0, -1.0]), np.array([6.0, -1.0, 0.0]))), ("perm", (np.array([5.0, 5.0]), np.array([6.0, 2.0]))),
    ("pdtr", (np.array([2.7]), 1.5)), ("eval_legendre", (np.arange(4.0), 0.3)), ("eval_jacobi", (2.5, 0.5, 1.0, P)), ("jn", (2.0, X)), ("kn", (2, X)), ("yn", (2, X)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), CASES + EDGES)
def test_values(name, arguments):
    found = getattr(et.special, name)(*[et.constant(a) if isinstance(a, np.ndarray) else a for a in arguments])
    wanted = getattr(scipy.special, name)(*arguments)
    assert (found.dtype, found.shape) == (np.dtype(float), np.shape(wanted))
    np.testing.assert_allclose(found.eval({}), wanted, rtol=2e-12)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_slopes(name, arguments):
    place = next(k for k, a in enumerate(arguments) if isinstance(a, np.ndarray))
    x = et.symbol("x", arguments[place].shape)
    value = getattr(et.special, name)(*[x if k == place else a for k, a in enumerate(arguments)])
    slope = et.grad(et.sum(value), x)
    function = et.function([x], [value, slope, et.grad(et.sum(slope), x)], backend="numpy")
    point = arguments[place]
    (above, above_slope, _), (below, below_slope, _), (_, first, second) = function(point + 1e-5), function(point - 1e-5), function(point)
    np.testing.assert_allclose(first, (above - below) / 2e-5, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(second, (above_slope - below_slope) / 2e-5, rtol=1e-6, atol=1e-8)


def test_the_power_of_a_transformation_has_a_slope_at_zero():
    power = et.scalar("power")
    slope = et.grad(et.special.boxcox(3.0, power), power)
    np.testing.assert_allclose(slope.eval({power: 0.0}), np.log(3.0) ** 2 / 2, rtol=1e-12)
