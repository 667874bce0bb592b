"""`python -m tests.matrix_tables`: the tables of docs/matrix-calculus.md, derived now.

COOKBOOK: Petersen & Pedersen, The Matrix Cookbook (version of 15 November 2012), by the number of the equation. MAGNUS and
DIFFERENTIALS: Magnus & Neudecker, Matrix Differential Calculus with Applications in Statistics and Econometrics, by the
section or chapter: gradients of scalar costs, and differentials of matrix functions, with the Jacobian that belongs to vec.
"""

import numpy as np

import etude as et

N = 3
A, B, C, D, X, V = (et.symbol(name, (N, N)) for name in "ABCDXV")
S = et.symbol("S", (N, N), symmetric=True)
Y = et.symbol("Y", (N + 1, N))
a, b, c, d, s, x = (et.symbol(name, (N,)) for name in "abcdsx")
inv, det, tr = et.linalg.inv, et.linalg.det, et.trace


def outer(u, v):
    return et.expand_dims(u, axis=1) * v


def logdet(matrix):
    return et.linalg.slogdet(matrix)[1]


P = et.symbol("P", (N, N), positive_definite=True)
T = et.symbol("T", (N + 1, N + 1), symmetric=True)
I = et.grad(tr(X), X)  # the identity matrix, one operation
K = X.T @ S @ X
r, q = x - A @ s, A @ X @ B + C
COOKBOOK = [
    ("49", det(X), X, det(X) * inv(X).T),
    ("53", det(X.T @ X), X, 2 * det(X.T @ X) * inv(X).T),
    ("51", et.log(et.abs(det(X))), X, inv(X).T),
    ("54", det(X.T @ A @ X), X, 2 * det(X.T @ A @ X) * inv(X).T),
    ("55", logdet(Y.T @ Y), Y, 2 * (Y @ inv(Y.T @ Y))),
    ("57", et.linalg.slogdet(X)[1], X, inv(X).T),
    ("61", a @ inv(X) @ b, X, -(inv(X).T @ outer(a, b) @ inv(X).T)),
    ("63", tr(A @ inv(X) @ B), X, -(inv(X) @ B @ A @ inv(X)).T),
    ("58", det(X @ X @ X), X, 3 * det(X) ** 3 * inv(X).T),
    ("62", det(inv(X)), X, -det(inv(X)) * inv(X).T),
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
    ("99", tr(X), X, I),
    ("100", tr(X @ A), X, A.T),
    ("101", tr(A @ X @ B), X, A.T @ B.T),
    ("102", tr(A @ X.T @ B), X, B @ A),
    ("103", tr(X.T @ A), X, A),
    ("104", tr(A @ X.T), X, A),
    ("105", tr(et.kron(X, A)), X, tr(A) * I),
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
    ("119", tr(q.T @ q), X, 2 * (A.T @ q @ B.T)),
    ("120", tr(et.kron(X, X)), X, 2 * tr(X) * I),
    ("121", tr(X @ X @ X), X, 3 * (X @ X).T),
    ("121", tr(X @ X @ X @ X), X, 4 * (X @ X @ X).T),
    ("121", tr(X @ X @ X @ X @ X), X, 5 * (X @ X @ X @ X).T),
    ("122", tr(A @ X @ X @ X), X, (X @ X @ A + X @ A @ X + A @ X @ X).T),
    ("123", tr(B.T @ X.T @ C @ X @ X.T @ C @ X @ B), X, C @ X @ X.T @ C @ X @ B @ B.T + C.T @ X @ B @ B.T @ X.T @ C.T @ X
     + C @ X @ B @ B.T @ X.T @ C @ X + C.T @ X @ X.T @ C.T @ X @ B @ B.T),
    ("125", tr(inv(K) @ A), X, -(S @ X @ inv(K) @ (A + A.T) @ inv(K))),
    ("131", et.sum((x - a) ** 2), x, 2 * (x - a)),
    ("132", et.sum(X**2), X, 2 * X),
    ("132", et.linalg.norm(X) ** 2, X, 2 * X),
    ("141", logdet(P), P, inv(P)),
]
MAGNUS = [
    ("9.8", et.sqrt(x @ x), x, x / et.sqrt(x @ x)),
    ("9.9", a @ X @ X.T @ a, X, 2 * (outer(a, a) @ X)),
    ("9.9", a @ X.T @ X @ a, X, 2 * (X @ outer(a, a))),
    ("9.9", tr(X @ A @ X @ B), X, (A @ X @ B).T + (B @ X @ A).T),
    ("9.9", tr(X @ A @ X.T @ B), X, B.T @ X @ A.T + B @ X @ A),
    ("9.9", tr(A @ X @ A @ X @ A @ X), X, 3 * (A @ X @ A @ X @ A).T),
    ("9.9", tr(X.T @ X @ X.T @ X), X, 4 * (X @ X.T @ X)),
    ("9.9", tr(A @ inv(X)), X, -(inv(X) @ A @ inv(X)).T),
    ("9", a @ inv(X) @ a, X, -outer(inv(X).T @ a, inv(X) @ a)),
    ("9", a @ X @ X @ b, X, outer(a, X @ b) + outer(X.T @ a, b)),
    ("9", tr(et.linalg.expm(X)), X, et.linalg.expm(X).T),
    ("9", a @ et.diag(x) @ b, x, a * b),
    ("9", tr(A @ et.diag(x) @ B), x, et.diagonal(B @ A)),
    ("9.9", tr(inv(X)), X, -(inv(X) @ inv(X)).T),
    ("9.10", det(A @ X @ B), X, det(A @ X @ B) * (A.T @ inv(B.T @ X.T @ A.T) @ B.T)),
    ("9.10", det(X @ X.T), X, 2 * det(X @ X.T) * (inv(X @ X.T) @ X)),
    ("9.10", det(Y.T @ Y), Y, 2 * det(Y.T @ Y) * (Y @ inv(Y.T @ Y))),
    ("9.10", det(X @ X), X, 2 * det(X) ** 2 * inv(X).T),
    ("9.10", det(Y.T @ T @ Y), Y, 2 * det(Y.T @ T @ Y) * (T @ Y @ inv(Y.T @ T @ Y))),
    ("9.10", det(X + A), X, det(X + A) * inv(X + A).T),
    ("9.10", logdet(I + X @ X.T), X, 2 * (inv(I + X @ X.T) @ X)),
    ("9.10", logdet(X @ X @ X), X, 3 * inv(X).T),
    ("15.3", r @ inv(P) @ r + logdet(P), P, inv(P) - outer(inv(P) @ r, inv(P) @ r)),
    ("9.10", logdet(X @ X), X, 2 * inv(X).T),
    ("9.10", logdet(X.T @ X), X, 2 * (X @ inv(X.T @ X))),
    ("9.10", logdet(Y.T @ Y), Y, 2 * (Y @ inv(Y.T @ Y))),
    ("9.10", logdet(A @ X @ B), X, A.T @ inv(B.T @ X.T @ A.T) @ B.T),
]
_UNIT = np.eye(N)
_TURNED = np.eye(N * N).reshape(N, N, N, N).transpose(0, 1, 3, 2).reshape(N * N, N * N)  # vec(X.T) of vec(X)
DIFFERENTIALS = [  # the function, its differential where X moves by V, and the Jacobian of its vec by vec(X)
    ("9.13", X.T, V.T, lambda X, A, B: _TURNED),
    ("9.13", A @ X @ B, A @ V @ B, lambda X, A, B: np.kron(B.T, A)),
    ("9.13", X @ X, V @ X + X @ V, lambda X, A, B: np.kron(X.T, _UNIT) + np.kron(_UNIT, X)),
    ("9.13", X @ X.T, V @ X.T + X @ V.T, lambda X, A, B: (np.eye(N * N) + _TURNED) @ np.kron(X, _UNIT)),
    ("9.13", X.T @ X, V.T @ X + X.T @ V, lambda X, A, B: (np.eye(N * N) + _TURNED) @ np.kron(_UNIT, X.T)),
    ("9.13", inv(X), -(inv(X) @ V @ inv(X)), lambda X, A, B: -np.kron(np.linalg.inv(X).T, np.linalg.inv(X))),
    ("9.13", A @ inv(X) @ B, -(A @ inv(X) @ V @ inv(X) @ B), lambda X, A, B: -np.kron((np.linalg.inv(X) @ B).T, A @ np.linalg.inv(X))),
    ("9.13", X @ X @ X, V @ X @ X + X @ V @ X + X @ X @ V,
     lambda X, A, B: np.kron((X @ X).T, _UNIT) + np.kron(X.T, X) + np.kron(_UNIT, X @ X)),
    ("9.14", X * X, 2 * X * V, lambda X, A, B: np.diag(2 * X.T.ravel())),
    ("9.14", et.kron(A, X), et.kron(A, V), None),
    ("9.14", et.kron(X, X), et.kron(V, X) + et.kron(X, V), None),
]  # fmt: skip


def values():
    rng = np.random.default_rng(20)
    found = {leaf: rng.normal(size=leaf.shape) for leaf in (A, B, C, D, X, V, S, P, T, Y, a, b, c, d, s, x)}
    for matrix in (A, B, X):
        found[matrix] = found[matrix] + 3 * np.eye(N)
    found[S], found[T] = found[S] + found[S].T, found[T] + found[T].T
    found[P] = found[P] @ found[P].T
    return found


def evaluated(expression, at):
    used = {leaf: value for leaf, value in at.items() if leaf.term in et.terms.postorder(expression.term)}
    return expression.eval(used)


def _printed(title, rows):
    print(f"| {title} | cost | by | gradient | operations | book |\n|---|---|---|---|---|---|")
    for number, cost, wrt, book in rows:
        gradient = et.grad(cost, wrt)
        count = et.count_operations
        print(f"| {number} | `{cost}` | `{wrt}` | `{gradient}` | {count(gradient)} | {count(book)} |")
    print()


def main():
    _printed("eq.", COOKBOOK)
    _printed("section", MAGNUS)
    print("| section | function | differential | operations | book |\n|---|---|---|---|---|")
    for number, function, book, _ in DIFFERENTIALS:
        found = et.Rop(function, X, V)
        print(f"| {number} | `{function}` | `{found}` | {et.count_operations(found)} | {et.count_operations(book)} |")


if __name__ == "__main__":
    main()
