"""Statistics against NumPy, values and types; their derivatives against central differences."""

import numpy as np
import pytest

import etude as et
from etude.errors import ShapeError

RNG = np.random.default_rng(17)
N = np.array([[1.0, np.nan, 2.0, -3.0], [0.5, 3.0, -1.0, np.nan], [np.nan, np.nan, np.nan, np.nan]])
A, B, V = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=4)
T, Z = RNG.normal(size=(2, 3, 4)), A + 1j
CASES = [
    *[(name, (N[:2],), keywords) for name in ("nanmax", "nanmin", "nanprod", "nanvar", "nanstd")
      for keywords in ({}, {"axis": 0}, {"axis": 1, "keepdims": True})],
    ("nanmax", (N,), {"axis": 1}), ("nanvar", (N[:2],), {"axis": 1, "ddof": 1}), ("nanprod", (N,), {}),
    *[(name, (A, q), keywords) for name, q in (("quantile", 0.3), ("quantile", [0.0, 0.25, 1.0]), ("percentile", 60.0))
      for keywords in ({}, {"axis": 1}, {"axis": 0, "keepdims": True}, {"keepdims": True})],
    ("quantile", (N, 0.5), {"axis": 1}), ("quantile", (np.arange(6), 0.4), {}),
    ("isclose", (A, A + 1e-9), {}), ("isclose", (N, N), {"equal_nan": True}), ("isclose", (np.array([np.inf, -np.inf, 1.0]), np.array(np.inf)), {}),
    ("allclose", (A, A * (1 + 1e-7)), {}), ("array_equal", (A, A + 0), {}),
    ("vecdot", (A, A), {}), ("vecdot", (A, V), {}), ("vecdot", (Z, Z), {}), ("vecdot", (A, A), {"axis": 0}),
    ("matvec", (T, V), {}), ("vecmat", (A, B), {}), ("inner", (A, T), {}), ("inner", (A, V), {}), ("inner", (V, V), {}), ("vdot", (Z, Z), {}),
]  # fmt: skip


def called(name, arguments, keywords):
    symbols = [et.symbol(f"s{k}", np.shape(a), np.asarray(a).dtype) if isinstance(a, np.ndarray) else a for k, a in enumerate(arguments)]
    point = {s: a for s, a in zip(symbols, arguments, strict=True) if isinstance(s, et.Array)}
    return getattr(et, name)(*symbols, **keywords), point


@pytest.mark.parametrize(("name", "arguments", "keywords"), CASES)
def test_values(name, arguments, keywords):
    with np.errstate(all="ignore"):
        if name == "nanmax" and np.isnan(arguments[0]).all(axis=-1).any():
            wanted = np.array([np.nan if np.isnan(row).all() else np.nanmax(row) for row in arguments[0]])
        else:
            wanted = getattr(np, name)(*arguments, **keywords)
        found, point = called(name, arguments, keywords)
        result = found.eval(point)
    wanted = np.asarray(wanted)
    assert (found.dtype, result.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(result, wanted, rtol=1e-12)


@pytest.mark.parametrize("name", ["nanvar", "nanstd", "nanmax", "nanprod"])
def test_slopes_pass_nan_by(name):
    x = et.symbol("x", (2, 4))
    cost = et.sum(getattr(et, name)(x, axis=1))
    gradient, function = et.grad(cost, x).eval({x: N[:2]}), et.function([x], cost)
    assert np.all(gradient[np.isnan(N[:2])] == 0)
    direction = RNG.normal(size=(2, 4))
    numeric = (function(N[:2] + 1e-6 * direction) - function(N[:2] - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(np.sum(gradient * direction), numeric, rtol=1e-6)


def test_quantiles_have_slopes():
    x = et.vector("x", dtype="float64")
    with pytest.raises(ShapeError, match="must be known"):
        et.quantile(x, 0.5)
    y = et.symbol("y", (5,))
    gradient = et.grad(et.quantile(y, 0.3), y)
    np.testing.assert_allclose(gradient.eval({y: [5.0, 1.0, 4.0, 2.0, 3.0]}), [0.0, 0.0, 0.0, 0.8, 0.2], atol=1e-15)
    with pytest.raises(ValueError, match="between 0 and 1"):
        et.quantile(y, 1.5)


def test_broadcast_arrays():
    a, b = et.broadcast_arrays(et.constant(A), et.constant(V))
    np.testing.assert_array_equal(b.eval({}), np.broadcast_to(V, A.shape))
    assert a.term is et.constant(A).term
    v = et.vector("v")
    wide = et.broadcast_arrays(v, et.constant(np.ones((2, 1))))[0]
    assert wide.eval({v: [1.0, 2.0, 3.0]}).shape == (2, 3)


def test_the_namespace_tells_of_itself():
    info = et.__array_namespace_info__()
    assert info.default_dtypes()["real floating"] == np.float64
    assert set(info.dtypes(kind="signed integer")) == {"int8", "int16", "int32", "int64"}
    assert et.from_dlpack(A).term is et.constant(A).term
