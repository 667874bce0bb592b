"""A branch that is not taken contributes an exact zero, through reductions, broadcasts and rearrangements too."""

import numpy as np
import pytest

import etude as et
from etude.rules import default

n, w = et.symbol("n", (2, 3)), et.symbol("w", (3,))
POINT = {n: [[0.0, 1.0, -1.0], [0.0, 1.0, 2.0]], w: [-1.0, 2.0, -1.0]}  # sqrt(n), log(n) have no slope in columns 0 and 2
MIDDLE = np.array([[0.0, 1.0, 0.0]] * 2)


@pytest.mark.parametrize(
    ("masked", "slope"),
    [
        (et.sum(et.sqrt(n), axis=0), 0.5),
        (et.mean(et.log(n), axis=0), 0.5),
        (et.prod(et.sqrt(n), axis=0), 0.5),
        (et.max(et.sqrt(n), axis=0), 0.25),
        (et.logsumexp(et.sqrt(n), axis=0), 0.25),
        (et.norm(et.sqrt(n), axis=0), 0.5 / np.sqrt(2)),
        (et.sqrt(n).T.sum(axis=1), 0.5),
    ],
    ids=str,
)
def test_of_columns_that_are_not_taken(masked, slope):
    for simplify in (True, False):
        gradient = et.grad(et.where(w > 0, masked, 0.0).sum(), n, simplify=simplify)
        np.testing.assert_allclose(gradient.eval(POINT), slope * MIDDLE, rtol=1e-15)


@pytest.mark.parametrize(
    ("nested", "single"),
    [
        (et.where(n > 0, et.where(n < 1, n, 0.0), 0.0), et.where((n > 0) & (n < 1), n, 0)),
        (et.where(n > 0, 0.0, et.where(n < 1, 0.0, n)), et.where((n > 0) | (n < 1), 0, n)),
        (et.where(n > 0, 0.0, et.where(n < 1, n, 0.0)), et.where(et.logical_and(et.logical_not(n > 0), n < 1), n, 0)),
    ],
    ids=str,
)
def test_nested_masks_become_one(nested, single):
    assert et.rewrite(nested, default("masks"), "root").term is single.term


def test_truth_values_are_differentiated_as_numbers():
    x = et.scalar("x")
    slopes = et.grad((et.expit(et.equal(x, n)) * w).sum(), [x, w])
    assert slopes[0].eval({x: 1.0, **POINT}) == 0.0
    np.testing.assert_allclose(slopes[1].eval({x: 1.0, **POINT}).sum(), 6 / 2 + 2 * (1 / (1 + np.exp(-1)) - 0.5), rtol=1e-3)
    b = et.symbol("b", (3,), "bool")
    assert et.grad((et.sin(b) * w).sum(), b).dtype.kind == "f"


@pytest.mark.parametrize("size", [4, 48])
@pytest.mark.parametrize(
    "of",
    [
        et.sqrt,
        lambda masked: et.sqrt(masked)[:2] * masked[1:3],
        lambda masked: et.sqrt(masked[::-1][::2]),
        lambda masked: et.log(et.reshape(masked, (-1, 2)) * et.ones((1, 2)))[:, 0],
        lambda masked: et.sum(et.diag(et.sqrt(masked)), axis=0),
    ],
    ids=["root", "slices", "backwards", "reshaped", "diagonal"],
)
def test_of_outer_slopes_that_are_infinite(of, size):
    x = et.symbol("x", (size,))
    value = np.linspace(1.0, 2.0, size)
    value[::2] = 0.0
    found = of(et.where(x > 0, x, 0.0))
    whole = et.jacobian(found, x).eval({x: value})
    assert not whole[:, ::2].any()
    assert np.isfinite(whole).all()
    along = et.Rop(found, x, np.ones(size)).eval({x: value})
    np.testing.assert_allclose(along, whole.sum(axis=1), rtol=1e-14)
