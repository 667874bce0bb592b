"""Functions that arrange, choose, interpolate and convolve against NumPy; their slopes against central differences."""

import numpy as np
import pytest

import etude as et
from etude.errors import ShapeError

RNG = np.random.default_rng(23)
A, B, V, W = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2)), RNG.normal(size=5), RNG.normal(size=3)
T, I = RNG.normal(size=(2, 4, 6)), np.arange(12).reshape(3, 4) % 5
N = np.array([[1.0, np.nan, 2.0, -3.0], [0.5, 3.0, -1.0, np.nan], [np.nan, 1.0, 4.0, 2.5]])
SQUARE, KNOTS = RNG.normal(size=(2, 2)), np.array([-1.0, 0.0, 0.5, 2.0, 3.0])
SMOOTH = [
    ("atleast_3d", (np.array(2.0),), {}), ("atleast_3d", (V,), {}), ("atleast_3d", (A,), {}), ("dstack", ([V, V],), {}), ("dstack", ([A, A],), {}),
    ("append", (A, B), {"axis": 1}), ("append", (A, V), {}), ("block", ([[SQUARE, SQUARE], [SQUARE, SQUARE]],), {}), ("block", ([V, 1.0],), {}),
    ("block", ([[A, B], [V, 2.0]],), {}), ("hsplit", (A, 2), {}), ("hsplit", (V, [2]), {}), ("vsplit", (A, 3), {}), ("dsplit", (T, [2, 3]), {}),
    *[("rot90", (T, k), {}) for k in range(-1, 4)], ("rot90", (T,), {"axes": (2, 0)}), ("diagflat", (SQUARE,), {"k": -1}), ("delete", (A, [0, 2], 1), {}),
    ("delete", (V, 1), {}), ("select", ([A > 0.5, A > 0], [A, A * A], 7.0), {}), ("partition", (V, 2), {}), ("modf", (A * 3,), {}), ("modf", (V,), {}),
    ("polyval", (W, A), {}), ("vander", (V,), {}), ("vander", (V, 3), {"increasing": True}), ("vander", (V, 1), {}), ("polyfit", (V, V**2 + 1, 2), {}),
    *[(name, pair, {"mode": mode}) for name in ("convolve", "correlate") for mode in ("full", "same", "valid") for pair in ((V, W), (W, V), (V, V))],
    ("interp", (A, KNOTS, V), {}), ("interp", (A * 9, KNOTS, V), {"left": -7.0, "right": 5.0}), ("cov", (A,), {}), ("cov", (A,), {"rowvar": False, "ddof": 0}),
    ("cov", (V,), {}), ("cov", (A, A[:1] * 2), {"bias": True}), ("corrcoef", (A,), {}),
]  # fmt: skip
OTHERS = [
    ("isin", (I, [1, 3]), {}), ("isin", (I, np.array([1, 3])), {"invert": True}), ("isposinf", (np.array([np.inf, -np.inf, 1, np.nan]),), {}),
    ("isneginf", (np.array([np.inf, -np.inf, 1, np.nan]),), {}), ("isreal", (np.array([1 + 1j, 2.0]),), {}), ("iscomplex", (np.array([1 + 1j, 2.0]),), {}),
    ("nancumsum", (N,), {}), ("nancumsum", (N,), {"axis": 1}), ("nancumprod", (N,), {"axis": 0}), ("nancumsum", (I,), {"axis": 0}), ("nanargmax", (N,), {"axis": 1}),
    ("nanargmin", (N,), {}), ("nanmedian", (N,), {}), ("nanmedian", (N,), {"axis": 1}), ("nanmedian", (N,), {"axis": 0, "keepdims": True}),
    ("digitize", (V, KNOTS), {}), ("digitize", (np.array([0.0, 0.5]), KNOTS), {"right": True}), ("compress", ([True, False, True], A), {"axis": 0}),
    ("extract", (A > 0, A), {}), ("unique", (I,), {}), ("unique", (I,), {"return_index": True, "return_counts": True}), ("convolve", (I[0], I[1]), {}),
    ("vander", (I[0],), {}), ("polyval", (I[0], I), {}), ("convolve", (V + 1j, W), {}), ("correlate", (V + 1j, W - 2j), {}), ("cov", (A + 1j * A[::-1],), {}),
    ("hanning", (7,), {}), ("kaiser", (7, 2.0), {}), ("indices", ((2, 3),), {}), ("argpartition", (np.array([3.0, 1.0, 2.0]), 1), {}),
]  # fmt: skip


def symbolic(value, point):
    """Floating arrays as symbols, inside lists as well; `point` collects their values."""
    if isinstance(value, list):
        return [symbolic(part, point) for part in value]
    if not isinstance(value, np.ndarray):
        return value
    made = et.symbol(f"s{len(point)}", value.shape, value.dtype)
    point[made] = value
    return made


def called(name, arguments, keywords):
    point = {}
    given = [symbolic(argument, point) for argument in arguments]
    return getattr(et, name)(*given, **keywords), point


def parts(found):
    return list(found) if isinstance(found, (list, tuple)) else [found]


@pytest.mark.parametrize(("name", "arguments", "keywords"), SMOOTH + OTHERS)
def test_values(name, arguments, keywords):
    found, point = called(name, arguments, keywords)
    given = arguments
    if name == "argpartition":
        keywords = {"kind": "introselect"}
    for ours, wanted in zip(parts(found), parts(getattr(np, name)(*given, **keywords)), strict=True):
        result = ours.eval(point)
        assert (ours.dtype, result.shape) == (np.asarray(wanted).dtype, np.shape(wanted))
        np.testing.assert_allclose(result, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "arguments", "keywords"), SMOOTH)
def test_slopes(name, arguments, keywords):
    found, point = called(name, arguments, keywords)
    if name in ("select", "interp"):
        point = {symbol: value for symbol, value in point.items() if symbol.dtype.kind == "f"} | point
    cost = sum(et.sum(et.sin(part)) for part in parts(found))
    floating = [symbol for symbol in point if symbol.dtype.kind == "f"]
    function = et.function(list(point), [cost, *et.grad(cost, floating, disconnected_inputs="ignore")], backend="numpy", on_unused_input="ignore")
    directions = {symbol: RNG.normal(size=symbol.shape) * (symbol.dtype.kind == "f") for symbol in point}

    def at(step):
        return function(*[value + step * directions[symbol] if symbol in floating else value for symbol, value in point.items()])

    _, *gradients = at(0)
    numeric = (at(1e-6)[0] - at(-1e-6)[0]) / 2e-6
    exact = sum(np.sum(gradient * directions[symbol]) for gradient, symbol in zip(gradients, floating, strict=True))
    np.testing.assert_allclose(exact, numeric, rtol=2e-6, atol=1e-7)


def test_sums_of_many_have_slopes():
    x, y, z = et.symbols("x y z")
    assert et.grad(et.add(x, y, z), x).eval({}) == 1
    assert str(et.grad(et.multiply(x, y, z), y)) == str(et.multiply(x, z))
    assert et.parse("add(x, y, z)").term is (x + y + z).term


@pytest.mark.parametrize(
    "build",
    [
        lambda v: et.polyval(v, 1.0), lambda v: et.convolve(v, v), lambda v: et.delete(v, 0), lambda v: et.vander(v), lambda v: et.vsplit(et.constant(V), 2),
        lambda v: et.select([v > 0], []), lambda v: et.rot90(et.constant(A), axes=(0, 0)), lambda v: et.cov(et.constant(T)),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(build):
    with pytest.raises(ShapeError, match=r"known size|is not known|dimensions or more|as many of each|are the same|a vector or a matrix"):
        build(et.vector("v"))
