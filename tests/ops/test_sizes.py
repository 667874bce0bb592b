"""Sizes that nothing is known of: which are certainly equal, and what the gradient need not sum over."""

import numpy as np
import pytest

import etude as et
from etude.ops.sizes import Equalities, same_sizes
from etude.terms import postorder

A, B, v, w = et.matrix("A"), et.matrix("B"), et.vector("v"), et.vector("w")


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (et.exp(v), v, True),
        (et.softmax(v), v, True),
        (et.cumsum(v) * 2, v, True),
        (v + w, v, False),
        (v + w, w * v, True),
        (et.sin(v + w) * w, w + v, True),
        (A.T, B, False),
        (A.T.T, A, True),
        (A @ B, A @ B + 1, True),
        (A @ v, A.sum(axis=1), True),
        (A @ v, A.sum(axis=0), False),
        (A[:, 0], A[:, 1], True),
        (v[1:], v, False),
        (v, et.vector("u"), False),
        (v + 1, v, True),
    ],
)
def test_equal_whatever_the_sizes_are(left, right, equal):
    assert same_sizes(left.term, right.term) is equal


def test_inner_sizes_of_a_product_are_equal():
    order = postorder((A @ v).term)
    assert not same_sizes(A.sum(axis=0).term, v.term)
    assert Equalities(order).same(A.sum(axis=0).term, v.term)


def operators(expr):
    return [node.head.name for node in postorder(expr.term) if hasattr(node.head, "name")]


def test_gradients_are_summed_only_where_an_operand_may_have_been_broadcast():
    assert str(et.grad(et.log(et.exp(v).sum()), v)) == "softmax(v)"
    residual = et.grad(((A @ v - w) ** 2).sum(), v)
    assert operators(residual).count("sum_like") == 1  # w may be longer than A @ v, if A has one row
    assert operators(residual).count("matmul") == 2
    wide = residual.eval({A: [[1.0, 2.0]], v: [1.0, 1.0], w: [0.0, 1.0, 5.0]})
    np.testing.assert_allclose(wide, 2 * np.sum(3 - np.array([0.0, 1.0, 5.0])) * np.array([1.0, 2.0]))
    assert operators(et.grad(((A @ v) ** 2).sum(), v)).count("sum_like") == 0
