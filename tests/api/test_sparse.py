"""Sparse Jacobians: patterns hold for every value, compiled functions return SciPy's matrices."""

import pickle

import numpy as np
import pytest
import scipy.sparse

import etude as et
from etude.calculus.sparsity import colored, dependences
from etude.terms import constant_value, is_constant, postorder

X = et.symbol("x", (6,))
AT = np.linspace(0.3, 1.7, 6)
M = et.symbol("M", (2, 3))

CASES = {
    "chain": lambda x: x[1:] * x[:-1] ** 2,
    "elementwise": lambda x: et.sin(x) * np.arange(6.0),
    "a kink": lambda x: et.where(x > 1, x, x[::-1]),
    "gathered": lambda x: x[[0, 0, 5]] * x[2],
    "added to places": lambda x: et.zeros(3).at[[0, 0, 2]].add(x[:3]),
    "set": lambda x: x.at[1:3].set(x[4]),
    "sums of rows": lambda x: et.sum(et.reshape(x, (3, 2)) ** 2, axis=1),
    "matrices": lambda x: et.reshape(x, (2, 3)).T @ np.array([1.0, 0.0]),
    "a banded product": lambda x: (np.eye(6) - np.eye(6, k=1)) @ x,
    "joined": lambda x: et.concat([x[:2], et.stack([x[5], x[3]])]),
    "running sums": lambda x: et.cumsum(x) * 2,
    "steps": lambda x: et.floor(x) * x + 0 * et.argmax(x),
    "all of it": lambda x: et.linalg.norm(x) * x,
    "layout": lambda x: et.flip(et.roll(et.transpose(et.reshape(x, (2, 3))), 1, axis=0)),
    "unknown to it": lambda x: et.linalg.inv(et.reshape(x[:4], (2, 2)))[0],
    "padded": lambda x: et.pad(et.tril(et.reshape(x[:4], (2, 2))), 1),
}


def test_zeros_are_not_stored():
    x = et.symbol("x", (3000,))
    found = et.jacobian(x[1:] * x[:-1], x, sparse=True)
    sizes = [np.size(constant_value(node)) for node in postorder(found.term) if is_constant(node)]
    assert max(sizes) < 10_000


def test_rows_alike_are_looked_at_once():
    rows, which = dependences(et.broadcast_to(et.sum(et.reshape(X, (2, 3)), axis=1), (500, 2)).term, X.term)
    assert rows == [(0, 1, 2), (3, 4, 5)] and which.tolist() == [0, 1] * 500
    assert colored(rows, [500, 500], 6) == [0, 1, 2, 0, 1, 2]
    pattern = et.jacobian_sparsity(X[[0, 3, 0, 1]] * X[[5, 3, 5, 4]], X)
    assert pattern.indptr.tolist() == [0, 2, 3, 5, 7] and pattern.indices.tolist() == [0, 5, 3, 0, 5, 1, 4]


def test_columns_of_one_color_share_no_row():
    draw = np.random.default_rng(0)
    for count in (1, 7, 30):
        rows = [tuple(sorted(draw.choice(count, size=min(count, 4), replace=False).tolist())) for _ in range(count)]
        colors = colored(rows, [1] * count, count)
        assert all(len({colors[place] for place in row}) == len(row) for row in rows)
        assert set(colors) == set(range(max(colors) + 1))
    assert sorted(colored([tuple(range(k)) for k in range(1, 301)], [1] * 300, 300)) == list(range(300))  # all share a row


@pytest.mark.parametrize("name", CASES)
def test_sparse_jacobian_is_the_dense_one(name):
    y = CASES[name](X)
    sparse, dense = et.jacobian(y, X, sparse=True), et.jacobian(y, X)
    found = et.function([X], sparse, on_unused_input="ignore")(AT)
    want = dense.eval({X: AT}).reshape(-1, 6)
    assert scipy.sparse.issparse(found) and found.format == "csr" and found.shape == want.shape == sparse.shape
    assert np.allclose(found.toarray(), want) and np.allclose(sparse.eval({X: AT}), want)
    pattern = et.jacobian_sparsity(y, X)
    assert pattern.dtype == bool and not np.any((want != 0) & ~pattern.toarray())


def test_patterns_are_tight_for_what_moves_and_sums():
    assert et.jacobian_sparsity(CASES["chain"](X), X).nnz == 10
    assert et.jacobian_sparsity(CASES["a banded product"](X), X).nnz == 11
    assert et.jacobian_sparsity(CASES["sums of rows"](X), X).nnz == 6
    assert et.jacobian_sparsity(CASES["added to places"](X), X).toarray().astype(int).tolist() == [
        [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]  # fmt: skip
    assert et.jacobian_sparsity(et.floor(X), X).nnz == 0


def test_columns_that_share_no_row_are_computed_together():
    x = et.symbol("x", (500,))
    sparse = et.jacobian(x[1:] * x[:-1] ** 2, x, sparse=True)
    assert sparse.data.type.shape == (998,)
    assert max(np.prod(term.type.shape) for term in postorder(sparse.data)) == 2 * 500
    at = np.linspace(0, 1, 500)
    found = et.function([x], [sparse, et.sum(x)])(at)
    assert scipy.sparse.issparse(found[0]) and found[0].nnz == 998 and np.isclose(found[1], at.sum())
    assert np.allclose(found[0].toarray(), et.jacobian(x[1:] * x[:-1] ** 2, x).eval({x: at}))


def test_sparse_hessian():
    cost = et.sum(100 * (X[1:] - X[:-1] ** 2) ** 2 + (1 - X[:-1]) ** 2)
    f = et.function([X], et.hessian(cost, X, sparse=True))
    assert f(AT).nnz == 16 and np.allclose(f(AT).toarray(), et.hessian(cost, X).eval({X: AT}))
    again = pickle.loads(pickle.dumps(f))
    assert np.array_equal(again(AT).toarray(), f(AT).toarray())
    assert f.wait() is f and f.backend == f.function.backend


def test_containers_options_and_errors():
    y = et.symbol("y", (2,))
    both = et.jacobian(et.sum(M, axis=1) * y, (M, y), sparse=True)
    assert type(both) is tuple and [part.shape for part in both] == [(2, 6), (2, 2)]
    with pytest.raises(et.DisconnectedInputError, match="y"):
        et.jacobian(M, y, sparse=True)
    assert et.function([], et.jacobian(M, y, disconnected_inputs="ignore", sparse=True))().shape == (6, 2)
    with pytest.raises(et.NullTypeGradError):
        et.jacobian(et.undefined_grad(y), y, sparse=True)
    with pytest.raises(ValueError, match=r"known sizes.*v"):
        et.jacobian_sparsity(et.sin(et.vector("v")), et.vector("v"))


def test_results_are_written_to_matrices_of_the_caller():
    sparse = et.jacobian(X[1:] * X[:-1] ** 2, X, sparse=True)
    f = et.function([X], [sparse, et.sum(X)])
    matrix, total = f(AT)
    wanted = f(2 * AT)
    out = [matrix, total]
    assert f(2 * AT, out=out) is out
    assert np.array_equal(matrix.toarray(), wanted[0].toarray()) and total == wanted[1]
    alone = et.function([X], sparse)
    assert alone(AT, out=matrix) is matrix and np.array_equal(matrix.toarray(), alone(AT).toarray())
    with pytest.raises(et.errors.ArgumentError, match=r"out\[0\] is no CSR matrix with the result's pattern"):
        f(AT, out=[matrix.tocsc(), total])
    with pytest.raises(et.errors.ArgumentError, match="out is a list of 2"):
        f(AT, out=[matrix])
