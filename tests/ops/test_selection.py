"""Places and distinct values against NumPy."""

import numpy as np
import pytest

import etude as et
from etude.errors import TermTypeError

X = np.array([[2.0, 0.0, -1.0], [2.0, 5.0, 0.0]])
x = et.symbol("x", (2, 3))


def value(expr):
    return et.function([x], expr, backend="numpy", on_unused_input="ignore")(X)


def test_nonzero():
    found = et.nonzero(x)
    assert [item.term.type.shape for item in found] == [(None,), (None,)]
    for item, wanted in zip(found, np.nonzero(X), strict=True):
        np.testing.assert_array_equal(value(item), wanted)
    np.testing.assert_array_equal(value(et.argwhere(x > 1)), np.argwhere(X > 1))
    np.testing.assert_array_equal(value(et.flatnonzero(x)), np.flatnonzero(X))
    with pytest.raises(TermTypeError, match="0-dimensional"):
        et.argwhere(et.scalar("s"))


def test_distinct_values():
    wanted = np.unique_all(X)
    for found, want in zip(et.unique_all(x), wanted, strict=True):
        result = value(found)
        assert result.dtype == want.dtype
        np.testing.assert_array_equal(result, want)
    np.testing.assert_array_equal(value(et.unique_values(x)), wanted.values)
    np.testing.assert_array_equal(value(et.unique_counts(x)[1]), wanted.counts)
    np.testing.assert_array_equal(value(et.unique_inverse(x)[1]), wanted.inverse_indices)


def test_every_nan_is_distinct():
    v = et.vector("v")
    assert et.unique_values(v).eval({v: [np.nan, 1.0, np.nan]}).shape == (3,)


def test_slopes_go_to_the_first_of_equal_elements_and_counts_have_none():
    gradient = et.grad(et.sum(et.unique_values(x) ** 2), x)
    np.testing.assert_array_equal(value(gradient), [[4.0, 0.0, -2.0], [0.0, 10.0, 0.0]])
    np.testing.assert_array_equal(value(et.grad(et.sum(et.unique_counts(x)[1]), x)), np.zeros((2, 3)))
