"""Gradients from Petersen & Pedersen, The Matrix Cookbook (version of 15 November 2012), cited by equation number.

Each simplified gradient has no more operations than the book's form as written, and the same value; the value is also
checked against central differences of the cost.
"""

from pathlib import Path

import numpy as np
import pytest

import etude as et

N = 3
A, B, C, D, X = (et.symbol(name, (N, N)) for name in "ABCDX")
S = et.symbol("S", (N, N), symmetric=True)
a, b, c, d, s, x = (et.symbol(name, (N,)) for name in "abcdsx")
inv, det, tr = et.linalg.inv, et.linalg.det, et.trace


def outer(u, v):
    return et.expand_dims(u, axis=1) * v


r, q = x - A @ s, A @ X @ B + C
TABLE = [
    ("49", det(X), X, det(X) * inv(X).T),
    ("53", det(X.T @ X), X, 2 * det(X.T @ X) * inv(X).T),
    ("51", et.log(et.abs(det(X))), X, inv(X).T),
    ("57", et.linalg.slogdet(X)[1], X, inv(X).T),
    ("61", a @ inv(X) @ b, X, -(inv(X).T @ outer(a, b) @ inv(X).T)),
    ("63", tr(A @ inv(X) @ B), X, -(inv(X) @ B @ A @ inv(X)).T),
    ("64", tr(inv(X + A)), X, -(inv(X + A) @ inv(X + A)).T),
    ("69", x @ a, x, a),
    ("69", a @ x, x, a),
    ("70", a @ X @ b, X, outer(a, b)),
    ("71", a @ X.T @ b, X, outer(b, a)),
    ("72", a @ X @ a, X, outer(a, a)),
    ("72", a @ X.T @ a, X, outer(a, a)),
    ("76", et.sum(X) ** 2, X, 2 * et.sum(X) * et.ones_like(X)),
    ("78", (B @ x + b) @ C @ (D @ x + d), x, B.T @ C @ (D @ x + d) + D.T @ C.T @ (B @ x + b)),
    ("81", x @ B @ x, x, (B + B.T) @ x),
    ("82", b @ X.T @ D @ X @ c, X, D.T @ X @ outer(b, c) + D @ X @ outer(c, b)),
    ("83", (X @ b + c) @ D @ (X @ b + c), X, (D + D.T) @ outer(X @ b + c, b)),
    ("84", r @ S @ r, s, -2 * (A.T @ S @ r)),
    ("85", (x - s) @ S @ (x - s), x, 2 * (S @ (x - s))),
    ("86", (x - s) @ S @ (x - s), s, -2 * (S @ (x - s))),
    ("87", r @ S @ r, x, 2 * (S @ r)),
    ("88", r @ S @ r, A, -2 * outer(S @ r, s)),
    ("97", x @ S @ x - 2 * (b @ x), x, 2 * (S @ x) - 2 * b),
    ("100", tr(X @ A), X, A.T),
    ("101", tr(A @ X @ B), X, A.T @ B.T),
    ("102", tr(A @ X.T @ B), X, B @ A),
    ("103", tr(X.T @ A), X, A),
    ("104", tr(A @ X.T), X, A),
    ("106", tr(X @ X), X, 2 * X.T),
    ("107", tr(X @ X @ B), X, (X @ B + B @ X).T),
    ("108", tr(X.T @ B @ X), X, B @ X + B.T @ X),
    ("109", tr(B @ X @ X.T), X, B @ X + B.T @ X),
    ("110", tr(X @ X.T @ B), X, B @ X + B.T @ X),
    ("111", tr(X @ B @ X.T), X, X @ B.T + X @ B),
    ("112", tr(B @ X.T @ X), X, X @ B.T + X @ B),
    ("113", tr(X.T @ X @ B), X, X @ B.T + X @ B),
    ("114", tr(A @ X @ B @ X), X, A.T @ X.T @ B.T + B.T @ X.T @ A.T),
    ("115", tr(X.T @ X), X, 2 * X),
    ("115", tr(X @ X.T), X, 2 * X),
    ("116", tr(B.T @ X.T @ C @ X @ B), X, C.T @ X @ B @ B.T + C @ X @ B @ B.T),
    ("117", tr(X.T @ B @ X @ C), X, B @ X @ C + B.T @ X @ C.T),
    ("118", tr(A @ X @ B @ X.T @ C), X, A.T @ C.T @ X @ B.T + C @ A @ X @ B),
    ("119", tr(q @ q.T), X, 2 * (A.T @ q @ B.T)),
    ("121", tr(X @ X @ X), X, 3 * (X @ X).T),
    ("131", et.sum((x - a) ** 2), x, 2 * (x - a)),
    ("132", et.sum(X**2), X, 2 * X),
]


def values():
    rng = np.random.default_rng(20)
    found = {leaf: rng.normal(size=leaf.shape) for leaf in (A, B, C, D, X, S, a, b, c, d, s, x)}
    for matrix in (A, B, X):
        found[matrix] = found[matrix] + 3 * np.eye(N)
    found[S] = found[S] + found[S].T
    return found


def evaluated(expression, at):
    used = {leaf: value for leaf, value in at.items() if leaf.term in et.terms.postorder(expression.term)}
    return expression.eval(used)


@pytest.mark.parametrize(("number", "cost", "wrt", "book"), TABLE, ids=[f"{i}-eq-{row[0]}" for i, row in enumerate(TABLE)])
def test_gradient_is_the_books_or_smaller(number, cost, wrt, book):
    gradient = et.grad(cost, wrt)
    assert et.count_operations(gradient) <= et.count_operations(book), str(gradient)
    at = values()
    found = evaluated(gradient, at)
    np.testing.assert_allclose(found, evaluated(book, at), rtol=1e-9, atol=1e-9)
    direction = np.random.default_rng(5).normal(size=wrt.shape)
    step = 1e-6
    moved = [evaluated(cost, {**at, wrt: at[wrt] + sign * step * direction}) for sign in (1, -1)]
    np.testing.assert_allclose(np.sum(found * direction), (moved[0] - moved[1]) / (2 * step), rtol=1e-5, atol=1e-5)


def test_the_page_lists_every_row():
    page = (Path(__file__).parents[2] / "docs" / "matrix-calculus.md").read_text(encoding="utf-8")
    for number, cost, wrt, _ in TABLE:
        assert f"| {number} | `{cost}` | `{wrt}` |" in page
