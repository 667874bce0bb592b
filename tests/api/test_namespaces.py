"""The namespaces hold SciPy's and NumPy's names."""

import numpy as np
import pytest
import scipy.special

import etude as et


def test_linear_algebra():
    a = et.symbol("a", (2, 2))
    point = {a: np.array([[2.0, 1.0], [0.5, 3.0]])}
    np.testing.assert_allclose(et.linalg.inv(a).eval(point), np.linalg.inv(point[a]))
    np.testing.assert_allclose(et.linalg.det(a).eval(point), np.linalg.det(point[a]))
    np.testing.assert_allclose(et.linalg.solve(a, np.ones(2)).eval(point), np.linalg.solve(point[a], np.ones(2)))
    sign, log = et.linalg.slogdet(a)
    np.testing.assert_allclose([float(sign.eval(point)), float(log.eval(point))], np.linalg.slogdet(point[a]))
    np.testing.assert_allclose(et.grad(log, a).eval(point), np.linalg.inv(point[a]).T)


def test_special_functions():
    x = et.scalar("x")
    for name in ("gammaln", "erf", "expit", "j0", "log_ndtr"):
        assert float(getattr(et.special, name)(x).eval({x: 0.7})) == getattr(scipy.special, name)(0.7)
    assert len(et.special.__all__) > 60


def test_the_version_of_the_array_api():
    x = et.vector("x")
    assert x.__array_namespace__(api_version="2023.12") is et
    assert x.__array_namespace__(api_version=et.__array_api_version__) is et
    with pytest.raises(ValueError, match=r"2024\.12"):
        x.__array_namespace__(api_version="2099.12")
