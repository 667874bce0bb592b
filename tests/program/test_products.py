"""Lowering rules: less work for the same value."""

import numpy as np
import pytest

import etude as et
from etude.program import less_work

A, B = et.symbol("A", (5, 3)), et.symbol("B", (3, 4))
P, Q = et.symbol("P", (2, 5, 3)), et.symbol("Q", (2, 3, 4))

CASES = {
    "rows": (et.sum(A @ B, axis=0), (4,)),
    "rows kept": (et.sum(A @ B, axis=0, keepdims=True), (1, 4)),
    "columns": (et.sum(A @ B, axis=1), (5,)),
    "columns kept": (et.sum(A @ B, axis=1, keepdims=True), (5, 1)),
    "rows of stacks": (et.sum(P @ Q, axis=1, keepdims=True), (2, 1, 4)),
    "columns of stacks": (et.sum(P @ Q, axis=2, keepdims=True), (2, 5, 1)),
}


def products(term):
    """The shapes of the matrix products below a term."""
    return [part.type.shape for part in et.terms.postorder(term) if getattr(part._tuple[0], "name", "") == "matmul"]


@pytest.mark.parametrize("name", CASES)
def test_sums_of_products_have_no_large_product(name):
    expression, shape = CASES[name]
    (found,) = less_work([expression.term])
    assert products(found) == [shape] and found.type == expression.term.type
    rng = np.random.default_rng(0)
    values = {symbol: rng.normal(size=symbol.shape) for symbol in (A, B, P, Q) if symbol.term in et.terms.postorder(found)}
    np.testing.assert_allclose(et.from_term(found).eval(values), expression.eval(values), rtol=1e-13)


def test_other_sums_stay():
    for expression in (et.sum(P @ Q, axis=0), et.sum(P @ Q, axis=(0, 1)), et.sum(A @ B)):
        assert less_work([expression.term]) == [expression.term]


@pytest.mark.parametrize(
    ("left", "right", "axis", "keepdims"),
    [((2, 3), (3, 0), 1, False), ((2, 3), (3, 0), 1, True), ((2, 0, 3), (2, 3, 4), 1, True), ((2, 5, 3), (2, 3, 0), 2, True)],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_lines_hold_for_ordinary_inputs_only(left, right, axis, keepdims):
    a, b = et.symbol("a", left), et.symbol("b", right)
    before = et.sum(a @ b, axis=axis, keepdims=keepdims)
    (after,) = less_work([before.term])
    assert after is not before.term
    values = {a: np.full(left, np.inf), b: np.full(right, np.inf)}
    assert not before.eval(values).any() and np.isnan(et.from_term(after).eval(values)).all()
