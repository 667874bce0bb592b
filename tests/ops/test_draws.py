"""Random draws: functions of their key, of the right distribution, with slopes in their parameters."""

import numpy as np
import pytest

import etude as et
from etude.errors import ShapeError, TermTypeError

KEY = et.random.key(42)
MANY = 20_000
DISTRIBUTIONS = {
    "uniform": (lambda: et.random.uniform(KEY, (MANY,), -1.0, 3.0), lambda stats: stats.uniform(-1, 4)),
    "normal": (lambda: et.random.normal(KEY, (MANY,), 2.0, 0.5), lambda stats: stats.norm(2, 0.5)),
    "lognormal": (lambda: et.random.lognormal(KEY, (MANY,), 0.1, 0.7), lambda stats: stats.lognorm(0.7, scale=np.exp(0.1))),
    "exponential": (lambda: et.random.exponential(KEY, (MANY,), 3.0), lambda stats: stats.expon(scale=3)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(name):
    from scipy import stats  # which takes long to import: only where these tests run

    made, wanted = DISTRIBUTIONS[name]
    drawn = made().eval({})
    assert (drawn.shape, drawn.dtype) == ((MANY,), np.float64)
    assert stats.kstest(drawn, wanted(stats).cdf).pvalue > 0.01
    np.testing.assert_array_equal(drawn, made().eval({}))


def test_whole_numbers():
    from scipy import stats

    drawn = et.random.integers(KEY, 3, 7, (MANY,)).eval({})
    assert drawn.dtype == np.int64
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [3, 4, 5, 6]
    assert stats.chisquare(counts).pvalue > 0.01
    np.testing.assert_array_equal(np.sort(et.random.permutation(KEY, 10).eval({})), np.arange(10))
    assert abs(et.random.bernoulli(KEY, 0.3, (MANY,)).eval({}).mean() - 0.3) < 0.02


def test_keys():
    first, second = et.random.split(KEY)
    a, b = (et.random.uniform(key, (100,)).eval({}) for key in (first, second))
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.3
    assert not np.any(a == b)
    key = et.scalar("key", dtype="int64")
    f = et.function([key], et.random.normal(key, (2,)))
    np.testing.assert_array_equal(f(5), f(5))
    assert np.all(f(5) != f(6))


def test_slopes():
    loc, scale = et.scalar("loc"), et.scalar("scale")
    drawn = et.random.normal(KEY, (50,))
    slopes = et.grad(et.sum(et.random.normal(KEY, (50,), loc, scale)), [loc, scale])
    assert slopes[0].eval({}) == 50.0
    np.testing.assert_allclose(slopes[1].eval({}), drawn.eval({}).sum())
    key = et.scalar("key", dtype="int64")
    with pytest.raises(et.DisconnectedInputError, match="key"):
        et.grad(et.sum(et.random.normal(key, (2,))), key)


def test_wrong_calls():
    with pytest.raises(TermTypeError, match=r"et\.random\.key"):
        et.random.normal(et.scalar("x"))
    with pytest.raises(ShapeError, match="known"):
        et.random.normal(KEY, (None,))
    with pytest.raises(ValueError, match="there are none"):
        et.random.integers(KEY, 3, 3)
