"""Programs with named and unknown sizes: C for the sizes that are met, the same values as NumPy's."""

import pickle

import numpy as np
import pytest

import etude as et
from etude.backends import BackendError
from etude.backends.c import sizes, tiering
from etude.errors import ArgumentError, ShapeError

A, X, Y = et.matrix("A"), et.vector("x"), et.vector("y")
rng = np.random.default_rng(0)


def agree(inputs, outputs, calls):
    """Every call is answered by C, and as NumPy answers it."""
    f, g = [et.function(inputs, outputs, backend=backend) for backend in ("c", "numpy")]
    for values in calls:
        found, wanted = f(*values), g(*values)
        again = f._quick(*values)
        assert again is not None
        for one, two, three in zip(found, again, wanted, strict=True):
            assert (one.dtype, one.shape) == (two.dtype, two.shape) == (three.dtype, three.shape)
            np.testing.assert_allclose(one, three, rtol=1e-12, atol=1e-14)
            np.testing.assert_array_equal(one, two)
    return f


def test_products_sums_and_gradients_of_any_size():
    outputs = [et.sum(et.exp(A @ X)), *et.grad(et.mean(et.tanh(A @ X) ** 2), [A, X]), et.reshape(A, (-1,)), A.T @ A]
    calls = [(rng.standard_normal((m, n)), rng.standard_normal(n)) for m, n in ((3, 4), (1, 1), (5, 2), (3, 4), (2, 0))]
    f = agree([A, X], outputs, calls)
    assert "compiled for each set of sizes, 4 so far" in f.explain()


def test_unknown_sizes_broadcast_as_numpy_does():
    outputs = [X + Y, *et.grad(et.sum((X + Y) ** 2), [X, Y])]
    agree([X, Y], outputs, [(rng.standard_normal(m), rng.standard_normal(n)) for m, n in ((1, 3), (3, 1), (3, 3), (1, 1), (1, 0))])


def test_sizes_that_do_not_fit_are_told_as_numpy_tells_them():
    f = et.function([X, Y], X + Y, backend="c")
    f(np.ones(3), np.ones(3))
    for _ in range(2):
        with pytest.raises(ShapeError, match="has shape"):
            f(np.ones(2), np.ones(3))


def test_equal_names_are_equal_sizes():
    a, b = et.symbol("a", ("n",)), et.symbol("b", ("n", 2))
    f = agree([a, b], [a @ b, a.shape[0] * 2], [(np.ones(n), np.ones((n, 2))) for n in (3, 1, 0)])
    with pytest.raises(ArgumentError, match="dimension 'n' is 3"):
        f(np.ones(3), np.ones((1, 2)))


def test_loops_over_unknown_lengths():
    last, rows = et.scan(lambda h, x: (et.tanh(A @ h + x), et.sum(h)), X, A.T)
    cost = et.sum(last) + et.sum(rows)
    calls = [(rng.standard_normal((n, n)), rng.standard_normal(n)) for n in (3, 1, 4)]
    agree([A, X], [last, rows, *et.grad(cost, [A, X]), et.map(lambda row: et.sum(row) * X, A)], calls)


def test_results_written_to_arrays_of_the_caller():
    f = et.function([X], et.exp(X), backend="c")
    out = np.empty(3)
    for _ in range(2):
        assert f(np.zeros(3), out=out) is out
        np.testing.assert_array_equal(out, np.ones(3))


def test_a_size_that_depends_on_values_stays_with_numpy():
    with pytest.raises(BackendError, match="backend 'c' cannot do this"):
        et.function([X], et.sum(X[X > 0]) * 2, backend="c")
    f = et.function([X], et.sum(X[X > 0]) * 2).wait()
    assert f.backend == "numpy"
    assert "getitem" in f.explain()
    assert f([1.0, -1.0, 2.0]) == 6


def test_after_some_calls_of_a_size_c_is_made_in_the_background(monkeypatch):
    waiting = []
    monkeypatch.setattr(tiering._WORKER, "take", lambda tiers: waiting.append(tiers) or True)
    f = et.function([X], X * 2)
    f._tiers.compile()
    for _ in range(sizes.CALLS + 1):
        np.testing.assert_array_equal(f(np.ones(2)), [2.0, 2.0])
    assert len(waiting) == 1
    assert not f._tiers.native.natives
    waiting[0].compile()
    np.testing.assert_array_equal(f(np.ones(2)), [2.0, 2.0])
    assert list(f._tiers.native.natives) == [((2,),)]


def test_no_more_sets_of_sizes_than_a_limit(monkeypatch):
    monkeypatch.setattr(sizes, "MOST", 2)
    f = et.function([X], X * 2, backend="c")
    for n in (1, 2, 3, 2, 4):
        np.testing.assert_array_equal(f(np.ones(n)), np.full(n, 2.0))
    assert sorted(f._tiers.native.natives) == [((1,),), ((2,),)]


def test_it_is_pickled_and_not_saved(tmp_path):
    f = pickle.loads(pickle.dumps(et.function([X], X * 2, backend="c")))
    np.testing.assert_array_equal(f(np.ones(2)), [2.0, 2.0])
    with pytest.raises(BackendError, match="its sizes are not known"):
        f.save(tmp_path / "saved")


def test_sizes_that_only_some_lengths_fit_are_compiled_at_those():
    scores, labels = et.matrix("scores"), et.symbol("labels", (None,), "int64")
    chosen = et.sum(scores[et.arange(5), labels])  # five labels, which no other count fits
    f = et.function([scores, labels], [chosen, et.grad(chosen, scores)], backend="c")
    values, places = rng.standard_normal((5, 3)), np.array([0, 2, 1, 1, 0])
    total, slope = f(values, places)
    assert f.backend == "c"
    np.testing.assert_allclose(total, values[np.arange(5), places].sum(), rtol=1e-15)
    np.testing.assert_array_equal(slope, np.eye(3)[places])
