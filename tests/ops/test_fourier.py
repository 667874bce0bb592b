"""Fourier transforms against NumPy: values, dtypes, shapes; their derivatives against central differences."""

import numpy as np
import pytest

import etude as et
from etude.errors import ShapeError, TermTypeError

RNG = np.random.default_rng(11)
X = RNG.normal(size=(3, 6))
Z = X + 1j * RNG.normal(size=(3, 6))
ONE = [{}, {"n": 4}, {"n": 9, "axis": 0}, {"norm": "ortho"}, {"norm": "forward"}]
MANY = [{}, {"s": (4, 5), "axes": (0, 1)}, {"norm": "ortho"}, {"axes": (1, 0), "norm": "forward"}]
REAL = {"rfft", "rfft2", "rfftn", "ihfft"}
CASES = [
    *[(name, keywords) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft") for keywords in ONE],
    *[(f"{kind}{end}", keywords) for kind in ("fft", "ifft", "rfft", "irfft") for end in ("2", "n") for keywords in MANY],
    *[(name, keywords) for name in ("fftshift", "ifftshift") for keywords in ({}, {"axes": 1}, {"axes": (0, 1)})],
]


def operand(name):
    return X if name in REAL else Z


@pytest.mark.parametrize(("name", "keywords"), CASES)
def test_values(name, keywords):
    value = operand(name)
    symbol = et.symbol("s", value.shape, value.dtype)
    found, wanted = getattr(et.fft, name)(symbol, **keywords), getattr(np.fft, name)(value, **keywords)
    result = found.eval({symbol: value})
    assert (found.dtype, tuple(found.shape), result.dtype) == (wanted.dtype, wanted.shape, wanted.dtype)
    np.testing.assert_allclose(result, wanted, rtol=1e-12, atol=1e-13)
    assert getattr(np.fft, name)(symbol, **keywords).term is found.term


@pytest.mark.parametrize("dtype", ["float32", "complex64", "int16", "bool"])
def test_dtypes(dtype):
    value = (X * 3).astype(dtype)
    wanted = np.fft.fft(value)
    found = et.fft.fft(et.constant(value))
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.eval({}), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "keywords"), CASES)
def test_derivatives(name, keywords):
    value = operand(name)
    symbol = et.symbol("s", value.shape, value.dtype)
    made = getattr(et.fft, name)(symbol, **keywords)
    weights = RNG.normal(size=made.term.type.shape) + 1j * RNG.normal(size=made.term.type.shape)
    cost = et.sum(et.real(made * weights)) + et.sum(et.sin(et.real(made)))
    gradient, function = et.grad(cost, symbol), et.function([symbol], cost)
    direction = RNG.normal(size=value.shape) * (1 if value.dtype.kind == "f" else 1 + 0.5j)
    slope = et.sum(et.real(gradient * direction))
    step = 1e-6
    numeric = (function(value + step * direction) - function(value - step * direction)) / (2 * step)
    np.testing.assert_allclose(slope.eval({symbol: value}), numeric, rtol=1e-6, atol=1e-6)
    second, slopes = et.grad(slope, symbol), et.function([symbol], slope)
    numeric = (slopes(value + step * direction) - slopes(value - step * direction)) / (2 * step)
    found = np.sum(np.real(second.eval({symbol: value}) * direction))
    np.testing.assert_allclose(found, numeric, rtol=1e-5, atol=1e-5)


def test_unknown_sizes():
    v = et.vector("v")
    power = et.sum(et.abs(et.fft.rfft(v)) ** 2)
    np.testing.assert_allclose(et.grad(power, v).eval({v: [1.0, 2.0, 3.0]}), [9.0, 12.0, 15.0])
    assert et.fft.rfft(v).eval({v: np.ones(5)}).shape == (3,)
    with pytest.raises(ShapeError, match="number of points n"):
        et.fft.irfft(v)
    with pytest.raises(ShapeError, match="give the symbol a size"):
        et.fft.fftshift(v)


def test_wrong_calls():
    with pytest.raises(TermTypeError, match="use fft"):
        et.fft.rfft(et.symbol("z", (3,), "complex128"))
    with pytest.raises(ValueError, match="norm is one of"):
        et.fft.fft(et.vector("v"), norm="unitary")
    with pytest.raises(ShapeError, match="axis 2"):
        et.fft.fft(et.vector("v"), axis=2)
    with pytest.raises(ShapeError, match="at least one"):
        et.fft.fft(et.symbol("v", (3,)), n=0)


def test_frequencies():
    np.testing.assert_array_equal(et.fft.fftfreq(8, 0.5).eval({}), np.fft.fftfreq(8, 0.5))
    np.testing.assert_array_equal(et.fft.rfftfreq(7).eval({}), np.fft.rfftfreq(7))
