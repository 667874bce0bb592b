"""Rules of layout and of matrices: what merges, what leaves a reduction, what needs no matrix."""

import numpy as np
import pytest

import etude as et

A, B = et.symbol("A", (4, 5)), et.symbol("B", (5, 6))
S, T = et.symbol("S", (4, 4)), et.symbol("T", (4, 4))
P = et.symbol("P", (4, 4), positive_definite=True)
Q = et.symbol("Q", (4, 4), orthogonal=True)
X = et.symbol("X", (2, 4, 5))
U, V, W = et.symbol("u", (4,)), et.symbol("v", (4,)), et.symbol("w", (5,))
F = et.symbol("f", (4,), "float32")
s = et.scalar("s")
inv, det, solve, cholesky = et.linalg.inv, et.linalg.det, et.linalg.solve, et.linalg.cholesky
TABLE = [
    (et.transpose(et.transpose(X, (2, 0, 1)), (1, 2, 0)), X),
    (et.transpose(et.transpose(X, (2, 0, 1)), (2, 0, 1)), et.transpose(X, (1, 2, 0))),
    (et.reshape(et.reshape(X, (8, 5)), (40,)), et.reshape(X, (40,))),
    (et.reshape(et.reshape(X, (40,)), (2, 4, 5)), X),
    (et.broadcast_to(et.broadcast_to(W, (4, 5)), (2, 4, 5)), et.broadcast_to(W, (2, 4, 5))),
    (et.broadcast_to(W, (4, 5)) + A, W + A),
    (F.astype("float64").astype("float32"), F),
    (et.sum(et.broadcast_to(W, (4, 5)), axis=0), 4 * W),
    (et.mean(et.broadcast_to(W, (4, 5)), axis=0), W),
    (et.max(et.broadcast_to(W, (4, 5)), axis=0), W),
    (et.sum(et.broadcast_to(s, (4, 5))), 20 * s),
    (et.sum(et.sum(X, axis=0), axis=0), et.sum(X, axis=(0, 1))),
    (et.sum(et.sum(X, axis=1), axis=1), et.sum(X, axis=(1, 2))),
    (et.sum(et.reshape(A.T, (20,))), et.sum(A)),
    (et.max(et.max(X, axis=(0, 2)), axis=0), et.max(X, axis=(0, 1, 2))),
    (et.sum(U * V), U @ V),
    (et.sum(A * W, axis=1), A @ W),
    (et.sum(et.expand_dims(A, 2) * et.expand_dims(B, 0), axis=1), A @ B),
    (et.trace(S @ T.T), et.sum(S * T)),
    (et.trace(et.outer(U, V)), U @ V),
    (et.trace(et.diag(U)), et.sum(U)),
    (et.trace(s * S), s * et.trace(S)),
    (et.trace(et.kron(S, T)), et.trace(S) * et.trace(T)),
    (et.diagonal(et.diag(U)), U),
    (et.diagonal(A @ A.T), et.sum(A**2, axis=1)),
    (et.diag(U) @ V, U * V),
    (S @ et.diag(U), S * U),
    (et.diag(U) @ et.diag(V), et.diag(U) * V),
    (et.diag(U) + et.diag(V), et.diag(U + V)),
    (inv(et.diag(U)), et.diag(1 / U)),
    (inv(inv(S)), S),
    (inv(Q), Q.T),
    (Q.T @ (Q @ V), V),
    (inv(S) @ V, solve(S, V)),
    (solve(S, S @ V), V),
    (S @ solve(S, V), V),
    (solve(inv(S), V), S @ V),
    (solve(et.diag(U), V), V / U),
    (inv(S) @ inv(T), inv(T @ S)),
    (det(S.T), det(S)),
    (det(S) * det(T), det(S @ T)),
    (et.log(det(P)), et.linalg.slogdet(P)[1]),
    (2 * et.sum(et.log(et.diagonal(cholesky(P)))), et.linalg.slogdet(P)[1]),
    (cholesky(P) @ cholesky(P).T, P),
    (S @ U + S @ V, S @ (U + V)),
    (S @ U - T @ U, (S - T) @ U),
    (et.outer(U, V) @ V, U * (V @ V)),
]


def values():
    draw = np.random.default_rng(3)
    found = {leaf: draw.normal(size=leaf.shape) for leaf in (A, B, S, T, X, U, V, W, s)}
    found[F] = draw.normal(size=4).astype("float32")
    found[P] = found[S] @ found[S].T + np.eye(4)
    found[Q] = np.linalg.qr(found[S])[0]
    return found


def evaluated(expr, at):
    leaves = et.terms.postorder(expr.term)
    return expr.eval({leaf: value for leaf, value in at.items() if leaf.term in leaves})


@pytest.mark.parametrize(("expr", "wanted"), TABLE, ids=[str(row[0])[:50] for row in TABLE])
def test_form_and_value(expr, wanted):
    found = et.simplify(expr)
    assert found.term.type is expr.term.type
    assert et.count_operations(found) <= et.count_operations(wanted), str(found)
    assert et.count_operations(found) <= et.count_operations(expr)
    np.testing.assert_allclose(evaluated(found, values()), evaluated(expr, values()), rtol=1e-6, atol=1e-9)


def test_batches_are_left_alone():
    batch, vectors = et.symbol("batch", (2, 4, 4)), et.symbol("vectors", (2, 4))
    for expr in (et.sum(batch * vectors[:, None], axis=1), et.trace(batch @ batch.mT)):
        at = {batch: np.random.default_rng(1).normal(size=(2, 4, 4)), vectors: np.ones((2, 4)) * 2}
        np.testing.assert_allclose(evaluated(et.simplify(expr), at), evaluated(expr, at))


def test_products_with_the_unit_matrix():
    x, m, stack = et.symbol("x", (3,)), et.symbol("m", (3, 4)), et.symbol("stack", (2, 3, 3))
    unit = et.constant(np.eye(3))
    for term, same in ((unit @ x, x), (x @ unit, x), (unit @ m, m), (stack @ unit, stack), (unit @ stack, stack)):
        assert et.simplify(term).term is same.term
    for other in (2 * np.eye(3), np.ones((3, 3)), np.eye(3)[::-1], np.eye(3) + np.eye(3, k=1)):
        term = et.constant(other.copy()) @ x
        assert et.simplify(term).term is term.term
    assert str(et.hessian(et.sum(et.exp(m @ et.symbol("w", (4,)))), et.symbol("w", (4,)))) == "exp(m @ w) * m.T @ m"
