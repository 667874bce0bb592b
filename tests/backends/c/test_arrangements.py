"""Operators that arrange elements or pass them on: what NumPy gives, and nothing called for them."""

import numpy as np
import pytest
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.ops import CATALOGUE


def op(name, *arrays, **named):
    return et.from_term(CATALOGUE[name](*[array.term for array in arrays], **named))


X = {dtype: et.symbol("x", (3, 4, 5), dtype) for dtype in ("float64", "float32", "int64", "bool")}
ARRANGED = {
    "tril": lambda x: [op("tril", x, k=k) for k in (-5, -1, 0, 2, 9)],
    "triu": lambda x: [op("triu", x, k=k) for k in (-5, -1, 0, 2, 9)],
    "trace": lambda x: [op("trace", x, offset=k) for k in (-4, -1, 0, 1, 5)],
    "diag": lambda x: [op("diag", x[0, 0], offset=k) for k in (-2, 0, 3)],
    "diagonal_like": lambda x: [op("diagonal_like", x[:, :, 0], x, offset=0), op("diagonal_like", x[:, :, 0], x, offset=1)],
    "pad": lambda x: [et.pad(x, 1), et.pad(x, ((0, 2), (1, 0), (0, 0))), et.pad(x[:0], 1)],
    "roll": lambda x: [et.roll(x, 1, axis=0), et.roll(x, -7, axis=1), et.roll(x, (1, 2), axis=(0, 2)), et.roll(x, 3), et.roll(x, 4, axis=1)],
    "tile": lambda x: [et.tile(x, 2), et.tile(x, (2, 1, 3)), et.tile(x, (2, 3, 1, 1)), et.tile(x[0, 0], (2, 2)), et.tile(x.T, (1, 2, 1))],
    "marks": lambda x: [op("zero_grad", x) , op("hold", x, tag=3), op("grad_scale", x, multiplier=2.0)],
    "real parts": lambda x: [op("real", x), op("imag", x), op("conj", x)],
}  # fmt: skip
FLOATING = {
    "round": lambda x: [et.round(x)],
    "half_lower": lambda x: [op("half_lower", x[:, :4, :4]), op("half_lower", x[:, :4, :3])],
    "bounds": lambda x: [op("clipped", x, lower_bound=-1.0, upper_bound=1.0), op("scaled", x, multiplier=0.1)],
}  # fmt: skip


def compared(outputs, symbol):
    compiled = Compiled(program_of(outputs, [symbol]))
    assert compiled.source.callbacks == ()
    value = (np.random.default_rng(0).normal(size=(3, 4, 5)) * 3).astype(symbol.dtype)
    status, found = compiled.call(value)
    assert status == 0
    for output, one in zip(outputs, found, strict=True):
        wanted = np.asarray(output.eval({symbol: value}))
        assert (one.dtype, one.shape) == (wanted.dtype, wanted.shape)
        if output.ndim < 2 and one.dtype.kind == "f":
            np.testing.assert_allclose(one, wanted, rtol=1e-5 if one.dtype == np.float32 else 1e-14)
        else:
            np.testing.assert_array_equal(one, wanted)


@pytest.mark.parametrize("dtype", X)
@pytest.mark.parametrize("name", ARRANGED)
def test_elements_are_arranged(name, dtype):
    if not (name == "real parts" and dtype == "bool"):  # conj has no meaning for bool
        compared(ARRANGED[name](X[dtype]), X[dtype])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FLOATING)
def test_floating_ones(name, dtype):
    compared(FLOATING[name](X[dtype]), X[dtype])
