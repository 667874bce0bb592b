"""Operators without a C form: the program is C all the same, and calls NumPy for them alone."""

import numpy as np
import pytest

import etude as et
from etude.backends import BackendError

A, X = et.symbol("A", (3, 3)), et.symbol("x", (3, 4))
VALUE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
WIDE = np.arange(12.0).reshape(3, 4)[:, ::-1] - 3

pinv = et.linalg.pinv
BUILT = {
    "a view": lambda: [pinv(X.T * 2) * 2],
    "several results": lambda: [*et.linalg.eigh(A * 2)],
    "its gradient": lambda: [et.grad(et.sum(et.linalg.eigh(A)[0] ** 3), A)],
    "special function": lambda: [et.special.zeta(X[0] + 9, 2.0) * 2],
    "a number": lambda: [et.special.zeta(X[0, 0] ** 2 + 2, 3.0)],
    "no elements": lambda: [pinv(X[:, :0]) + 1],
}


@pytest.mark.parametrize("name", BUILT)
def test_numpy_is_called_for_one_operator(name):
    inputs = [A, X]
    f = et.function(inputs, BUILT[name](), backend="c", on_unused_input="ignore")
    g = et.function(inputs, BUILT[name](), backend="numpy", on_unused_input="ignore")
    assert f.backend == "c"
    assert f._tiers.native.source.callbacks
    found = f._quick(VALUE, WIDE)
    for one, wanted in zip(found, g(VALUE, WIDE), strict=True):
        assert (one.dtype, one.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(one, wanted, rtol=1e-13, atol=1e-15)


def test_within_a_loop():
    last, rows = et.scan(lambda h, x: (et.linalg.eigh(A + h)[0] + x, h), X[:, 0], X.T)
    f, g = [et.function([A, X], [last, rows], backend=backend) for backend in ("c", "numpy")]
    for one, wanted in zip(f._quick(VALUE, WIDE), g(VALUE, WIDE), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-13)


def test_an_error_of_numpy_comes_through():
    f = et.function([A], et.linalg.eigh(A)[0], backend="c")
    assert f._quick(np.full((3, 3), np.nan)) is None
    with pytest.raises(np.linalg.LinAlgError):
        f(np.full((3, 3), np.nan))


def test_the_operators_are_named():
    f = et.function([A], et.linalg.eigh(A)[0] + pinv(A), backend="c")
    assert "NumPy computes" in f.explain()
    assert "eigh" in f.explain()


def test_a_program_that_calls_numpy_is_not_saved(tmp_path):
    f = et.function([A], pinv(A), backend="c")
    for write in (f.save, f.export_c):
        with pytest.raises(BackendError, match="NumPy computes pinv"):
            write(tmp_path / "saved")
