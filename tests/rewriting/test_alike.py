"""Products that differ in their association only are collected in a sum, however they are nested, signed and turned."""

import numpy as np
import pytest

import etude as et
from etude.rewriting.alike import products_alike

A, B, C, X, Y = (et.symbol(name, (3, 3)) for name in "ABCXY")
W, U, S = et.symbol("W", (3, 4)), et.symbol("u", (4,)), et.symbol("S", (2, 3, 3))


@pytest.mark.parametrize(
    ("expr", "wanted"),
    [
        (A @ B @ (C @ X) + A @ (B @ (C @ X)), 4), (A @ (B @ C) @ X - A @ (B @ (C @ X)), 0), (A @ B @ (C @ X) - 3 * (A @ (B @ C) @ X), 4),
        ((A @ B @ (C @ X)).T + (A @ (B @ C) @ X).T, 5), (A @ (B @ (W @ U)) - (A @ B) @ W @ U, 0),
        (X @ (X @ X @ X) + X @ (X @ X) @ X + X @ X @ (X @ X) - X @ X @ X @ X, 4), (Y + X @ (A @ B @ X) + 2 * (X @ A @ (B @ X)), 5),
        (X @ (X @ (X @ (X @ X)) + X @ X @ (X @ X)) + (X @ X @ (X @ X) - X @ (X @ (X @ X))) @ X, 5),
    ],
)  # fmt: skip
def test_products_of_the_same_factors_are_collected(expr, wanted):
    found = et.simplify(expr)
    assert et.count_operations(found) <= wanted, str(found)
    rng = np.random.default_rng(0)
    at = {leaf: rng.normal(size=leaf.shape) for leaf in (A, B, C, X, Y, W, U)}
    used = {leaf: value for leaf, value in at.items() if leaf.term in et.terms.postorder(expr.term)}
    np.testing.assert_allclose(found.eval(used) if wanted else np.zeros(expr.shape), expr.eval(used), atol=1e-9)


@pytest.mark.parametrize("expr", [A @ B @ (C @ X) + B @ (A @ (C @ X)), (A @ (W @ U)) @ (B @ (W @ U)) + A @ B @ (C @ X) @ U[:3] @ U[1:], S @ (S @ (S @ X)) + S @ (S @ S) @ Y])
def test_other_products_stay_as_they_are(expr):
    assert products_alike(expr.term) is expr.term


def test_the_step_is_told():
    found = et.simplify(A @ (B @ C) @ X + A @ (B @ (C @ X)))
    assert "chain_reordered" in {step.rule for step in et.explain(found)}
