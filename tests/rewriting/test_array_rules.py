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
Z = et.symbol("z", (30,))
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
    (et.eye(4) @ A, A),
    (S @ et.eye(4), S),
    (solve(S, et.eye(4)), inv(S)),
    (et.zeros((4, 4)) @ A, et.zeros((4, 5))),
    (solve(2 * S, V), solve(S, V) / 2),
    (inv(S).T @ V, solve(S.T, V)),
    (U @ inv(S) @ V, U @ solve(S, V)),
    (solve(cholesky(P).T, solve(cholesky(P), V)), solve(P, V)),
    (det(cholesky(P)) ** 2, det(P)),
    (et.log(et.abs(det(S))), et.linalg.slogdet(S)[1]),
    (et.linalg.slogdet(inv(S))[1], -et.linalg.slogdet(S)[1]),
    (et.log(et.prod(et.diagonal(cholesky(P)))), 0.5 * et.linalg.slogdet(P)[1]),
    (det(Q) ** 2, et.constant(1.0)),
    (et.trace(S @ T) - et.trace(T @ S), et.constant(0.0)),
    (et.trace(et.diag(U) @ S), U @ et.diagonal(S)),
    (et.sum((Q @ U) ** 2), U @ U),
    ((Q @ U) @ (Q @ V), U @ V),
    (et.trace(Q @ S @ Q.T), et.trace(S)),
    ((S @ P @ S.T).T, S @ P @ S.T),
    (et.diag(et.diagonal(2 * et.diag(U))), 2 * et.diag(U)),
    (et.kron(S, T) @ et.kron(P, Q), et.kron(S @ P, T @ Q)),
    (et.kron(A, B) @ et.kron(A.T, B.T), et.kron(A @ A.T, B @ B.T)),
    (et.kron(A, B) @ et.reshape(B, (30,)), et.reshape(A @ B @ B.T, (20,))),
    (et.kron(A, B) @ Z, et.reshape(A @ et.reshape(Z, (5, 6)) @ B.T, (20,))),
    (et.kron(S, T) + et.kron(S, P), et.kron(S, T + P)),
    (det(et.kron(S, P)), det(S @ P) ** 4),
    (et.kron(S, T) @ et.reshape(P, (16,)), et.reshape(S @ P @ T.T, (16,))),
    (solve(et.kron(S, P), et.reshape(T, (16,))), et.reshape(solve(P, solve(S, T).T).T, (16,))),
]
FASTER = [
    (solve(et.symbol("G", (90, 90), diagonal=True), et.symbol("z", (90,))), "z / diagonal(G)"),
    (solve(et.symbol("L", (4, 4), lower_triangular=True), V), "solve_triangular(L, v, lower=True)"),
    (solve(et.symbol("L", (4, 4), lower_triangular=True).T, V), "solve_triangular(L.T, v)"),
    (solve(et.diag(U), S), "S / expand_dims(u, axis=1)"),
]


def values():
    draw = np.random.default_rng(3)
    found = {leaf: draw.normal(size=leaf.shape) for leaf in (A, B, S, T, X, U, V, W, Z, s)}
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


@pytest.mark.parametrize(("expr", "wanted"), FASTER, ids=[row[1] for row in FASTER])
def test_structure_makes_a_faster_form(expr, wanted):
    assert str(et.simplify(expr, goal="speed")) == wanted


def test_inverses_of_kronecker_products_are_faster_of_the_factors():
    big = inv(et.kron(S, T))
    fast = et.simplify(big, goal="speed")
    assert sorted(node.type.shape for node in et.terms.postorder(fast.term) if str(node._tuple[0]) == "inv") == [(4, 4), (4, 4)]
    np.testing.assert_allclose(evaluated(fast, values()), evaluated(big, values()), rtol=1e-6, atol=1e-9)


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
