"""np.diff and np.gradient on Arrays against NumPy's own."""

import numpy as np
import pytest

import etude as et

RNG = np.random.default_rng(4)
GRID = np.cumsum(RNG.uniform(0.2, 1.0, 6))


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("shape", "spacings", "axis"),
    [
        ((6,), (), None), ((6,), (0.5,), None), ((6,), (GRID,), None), ((4, 6), (), None), ((4, 6), (2.0,), None),
        ((4, 6), (GRID[:4], 0.3), None), ((4, 6), (GRID,), 1), ((4, 6), (GRID,), -1), ((3, 4, 6), (0.5, 2.0), (2, 0)),
        ((3, 6, 4), (GRID,), 1),
    ],
)  # fmt: skip
def test_gradient_of_samples(shape, spacings, axis, order):
    values = RNG.standard_normal(shape)
    x = et.symbol("x", (None,) * len(shape))
    wanted = np.gradient(values, *spacings, axis=axis, edge_order=order)
    found = np.gradient(x, *spacings, axis=axis, edge_order=order)
    assert isinstance(found, tuple) is isinstance(wanted, tuple)
    for one, other in zip(found, wanted, strict=True) if isinstance(found, tuple) else [(found, wanted)]:
        np.testing.assert_allclose(one.eval({x: values}), other, rtol=1e-12, atol=1e-13)


def test_whole_numbers_are_taken_as_reals():
    x = et.vector("x", dtype="uint8")
    values = np.array([3, 1, 250, 7], "uint8")
    np.testing.assert_array_equal(np.gradient(x).eval({x: values}), np.gradient(values))


def test_slopes_have_slopes():
    x = et.symbol("x", (5,))
    jacobian = et.jacobian(np.gradient(x, 0.5), x).eval({x: np.zeros(5)})
    np.testing.assert_allclose(jacobian, np.array([np.gradient(row, 0.5) for row in np.eye(5)]).T)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda x: np.gradient(x, 1.0, 2.0, 3.0), et.TermTypeError, "one for each of 2 axes"),
        (lambda x: np.gradient(x, edge_order=3), et.TermTypeError, "edge_order is 1 or 2"),
        (lambda x: np.gradient(x, axis=1), et.ShapeError, "1 elements along axis 1"),
        (lambda x: np.gradient(x, np.arange(4.0)), et.TermTypeError, "for each axis"),
    ],
)
def test_what_does_not_fit(call, error, says):
    with pytest.raises(error, match=says):
        call(et.symbol("x", (4, 1)))


def test_diff_refuses_an_axis_that_is_not_there():
    with pytest.raises(et.ShapeError):
        np.diff(et.vector("x"), axis=1)
