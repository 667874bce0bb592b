"""Programs on dask arrays: lazy, in blocks, with NumPy's values."""

import pickle

import dask.array as da
import numpy as np
import pytest
from tests.random_arrays import grown, point, seeded

import etude as et

A, B, v, w = et.matrix("A"), et.matrix("B"), et.vector("v"), et.vector("w")
RNG = np.random.default_rng(5)
VALUES = {
    A: RNG.normal(size=(7, 5)),
    B: RNG.normal(size=(5, 6)),
    v: RNG.uniform(0.1, 2.0, size=5),
    w: RNG.normal(size=7),
}
EXPRESSIONS = {
    "elementwise": et.sin(A) * v + et.where(A > 0, A, 0.5) - et.log(v),
    "a special function": et.special.gammaln(v) + et.special.xlogy(v, v),
    "a cast": (A * 3).astype("int64"),
    "sums": A.sum(axis=1, keepdims=True) + A.mean() + A.var(axis=1, keepdims=True),
    "extremes": A.max(axis=0) - A.min(axis=0) + et.argmax(A, axis=0),
    "logsumexp": et.logsumexp(A, axis=1) + et.logsumexp(A),
    "norms": et.norm(A, axis=0) + et.norm(v),
    "softmax": et.softmax(A, axis=1) + et.log_softmax(A, axis=0),
    "products": A @ B + (A @ v)[:, None] + w @ A @ v,
    "einsum": et.einsum("ij,i->j", A, w),
    "layout": et.transpose(A).reshape((-1,)) + A.T.reshape((-1,)),
    "joined": et.concatenate([A, A * 2], axis=0)[::2, 1:],
    "an integer and a new axis": A[0][None] + A[:, 1][:, None],
    "integers of an array": A[np.array([2, 0, 0])],
    "running sums": et.cumsum(A, axis=0) + et.flip(A, axis=0),
    "a diagonal": et.diag(et.diagonal(A)) + et.tril(et.outer(v, v)),
    "sorted": et.sort(A, axis=0),
    "whole arrays": et.linalg.inv(A.T @ A + et.eye(5)) + et.linalg.solve(A.T @ A + et.eye(5), A.T @ A),
    "several results": et.linalg.svd(A)[1] + et.linalg.slogdet(A.T @ A)[1],
    "sizes": A.shape[0] * v + A.size,
    "set elements": v.at[1].set(3.0) + v.at[2:].add(1.0),
    "a loop": et.scan(lambda c, x: (c * 0.5 + x, c), v[0], v)[1],
    "a gradient": et.grad(et.sum(et.tanh(A @ v - w) ** 2), v),
    "a gradient of a broadcast": et.grad(et.sum((v[:, None] * B) ** 2), v),
    "no array at all": et.constant(2.0) * 3.0,
}


def blocks(value):
    return da.from_array(value, chunks=3)


@pytest.mark.parametrize("what", EXPRESSIONS)
def test_values_are_numpys(what):
    symbols = list(VALUES)
    lazy = et.function(symbols, EXPRESSIONS[what], backend="dask", on_unused_input="ignore")
    found = lazy(*[blocks(VALUES[x]) for x in symbols])
    wanted = EXPRESSIONS[what].eval({x: VALUES[x] for x in symbols})
    assert isinstance(found, da.Array)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(found.compute(), wanted, rtol=1e-11, atol=1e-12)


def test_random_programs():
    tried = 0
    for seed in range(60):
        rng = seeded(seed)
        expr, values = grown(rng, 12), point(rng)
        try:
            wanted = expr.eval(values)
        except ValueError:  # sizes known only now do not fit
            continue
        compiled = et.function(list(values), expr, backend="dask", on_unused_input="ignore")
        found = compiled(*[da.from_array(value, chunks=2) for value in values.values()]).compute()
        assert (np.asarray(found).dtype, np.shape(found)) == (wanted.dtype, wanted.shape), seed
        np.testing.assert_allclose(found, wanted, rtol=1e-5 if wanted.dtype == np.float32 else 1e-9, atol=1e-9, err_msg=str(seed))
        tried += 1
    assert tried >= 50


def test_nothing_is_computed_by_the_call():
    calls = []
    counted = et.defop("dask_counted", lambda x: calls.append(1) or np.asarray(x) * 2.0, differential="d(dask_counted(u)) = 2 * d(u)")
    f = et.function([v], counted(v), backend="dask")
    result = f(da.ones(1000, chunks=100))
    before = len(calls)
    assert result.numblocks == (10,)
    np.testing.assert_array_equal(result.compute(), np.full(1000, 2.0))
    assert len(calls) - before == 10  # once for each block


def test_blocks_of_a_large_product_stay_blocks():
    f = et.function([A, v], et.grad(et.sum((A @ v) ** 2), v), backend="dask")
    found = f(da.ones((4000, 50), chunks=(500, 50)), np.ones(50))
    np.testing.assert_allclose(found.compute(), np.full(50, 2 * 4000 * 50.0))


def test_arguments_are_checked_without_being_computed():
    f = et.function([A, et.symbol("k", (3,), "float32")], A.sum() + et.symbol("k", (3,), "float32").sum(), backend="dask")
    with pytest.raises(et.errors.ArgumentError, match=r"k.*float32"):
        f(da.ones((2, 2)), da.ones(3))
    with pytest.raises(et.errors.ArgumentError, match="A has 2 dimensions"):
        f(da.ones(3), np.ones(3, "float32"))
    with pytest.raises(et.errors.ArgumentError, match="compute_chunk_sizes"):
        f(da.ones((2, 2)), da.ones(5, dtype="float32")[da.ones(5) > 0])
    assert float(f(np.ones((2, 2)), np.ones(3, "float32"))) == 7.0


def test_it_pickles_and_tells():
    f = pickle.loads(pickle.dumps(et.function([v], v * 2, backend="dask")))
    assert f.backend == "dask"
    assert "multiply" in f.source
    with pytest.raises(NotImplementedError, match="diagnostics"):
        f.profile(np.ones(3))
