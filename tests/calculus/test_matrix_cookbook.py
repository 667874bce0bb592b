"""Gradients and differentials from the books of matrix calculus, as tests/matrix_tables.py lists them.

Each has no more operations than the book's form as written, and the same value; that of a gradient is also checked against
central differences of the cost, that of a differential against the book's Jacobian.
"""

from pathlib import Path

import numpy as np
import pytest
from tests.matrix_tables import COOKBOOK, DIFFERENTIALS, MAGNUS, A, B, V, X, evaluated, values

import etude as et

TABLE = [*COOKBOOK, *MAGNUS]


def named(rows):
    return [f"{i}-{row[0]}" for i, row in enumerate(rows)]


@pytest.mark.parametrize(("number", "cost", "wrt", "book"), TABLE, ids=named(TABLE))
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


@pytest.mark.parametrize(("number", "function", "book", "jacobian"), DIFFERENTIALS, ids=named(DIFFERENTIALS))
def test_differential_is_the_books_or_smaller(number, function, book, jacobian):
    found = et.Rop(function, X, V)
    assert et.count_operations(found) <= et.count_operations(book), str(found)
    at = values()
    np.testing.assert_allclose(evaluated(found, at), evaluated(book, at), rtol=1e-9, atol=1e-9)
    if jacobian is not None:
        by_vec = jacobian(at[X], at[A], at[B]) @ at[V].T.ravel()
        np.testing.assert_allclose(evaluated(found, at).T.ravel(), by_vec, rtol=1e-9, atol=1e-9)


def test_the_page_lists_every_row():
    page = (Path(__file__).parents[2] / "docs" / "matrix-calculus.md").read_text(encoding="utf-8")
    for number, cost, wrt, _ in TABLE:
        gradient = et.grad(cost, wrt)
        assert f"| {number} | `{cost}` | `{wrt}` | `{gradient}` | {et.count_operations(gradient)} |" in page
    for number, function, _, _ in DIFFERENTIALS:
        assert f"| {number} | `{function}` | `{et.Rop(function, X, V)}` |" in page
