"""Arrangements of elements are taken out of elementwise operators, where they meet and cancel."""

import numpy as np
import pytest

import etude as et

X, Y = et.symbol("X", (4, 5)), et.symbol("Y", (4, 5))
T, x = et.symbol("T", (2, 3, 4)), et.symbol("x", (10,))
SHORTER = [
    (et.sin(X.T).T, "sin(X)"),
    (et.sin(et.exp(X.T)).T, "sin(exp(X))"),
    (et.transpose(et.exp(et.transpose(T, (2, 0, 1))), (1, 2, 0)), "exp(T)"),
    ((et.sin(X.T) * Y.T).T, "sin(X) * Y"),
    (et.maximum(X.T, Y.T).T, "maximum(X, Y)"),
    (et.maximum(X.T, 0.0).T, "maximum(X, 0)"),
    (et.where(X.T > 0, Y.T, X.T).T, "where(X > 0, Y, X)"),
    (et.sin(et.reshape(X, (20,))).reshape((4, 5)), "sin(X)"),
    ((et.reshape(X, (20,)) * et.cos(et.reshape(Y, (20,)))).reshape((4, 5)), "X * cos(Y)"),
    (et.squeeze(et.tanh(et.expand_dims(x, 0)), 0), "tanh(x)"),
    (et.concatenate([x[:5], x[5:]]), "x"),
    (et.concatenate([x[:3], x[3:7], x[7:]]) + 1, "x + 1"),
    (et.concatenate([X[:, :2], X[:, 2:]], axis=1), "X"),
    (et.concatenate([X[1:2], X[2:3], Y]), "concatenate([X[1:3], Y])"),
    (et.concatenate([Y, X[:2], X[2:]]), "concatenate([Y, X])"),
    (et.transpose(et.transpose(T, (1, 0, 2)) + et.exp(et.transpose(T, (1, 0, 2))), (1, 0, 2)), "T + exp(T)"),
]


@pytest.mark.parametrize(("expr", "short"), SHORTER, ids=[short for _, short in SHORTER])
def test_arrangement_inside_and_its_opposite_outside_cancel(expr, short):
    found = et.simplify(expr)
    assert str(found) == short
    rng = np.random.default_rng(3)
    at = {leaf: rng.normal(size=leaf.shape) for leaf in (X, Y, T, x) if leaf.term in et.terms.postorder(expr.term)}
    np.testing.assert_allclose(found.eval(at), expr.eval(at), rtol=1e-12)


def test_one_arrangement_stays_and_is_outside():
    assert str(et.simplify(et.exp(et.sin(X.T)))) == "exp(sin(X)).T"
    assert et.simplify(et.exp(et.broadcast_to(x, (7, 10)))).term.head.name == "broadcast_to"


def test_parts_of_a_vector_of_unknown_length_are_joined_where_no_length_leaves_a_gap():
    v = et.vector("v")
    assert str(et.simplify(et.concatenate([v[:3], v[3:]]))) == "v"
    for size in (1, 5):
        np.testing.assert_array_equal(et.concatenate([v[:3], v[3:]]).eval({v: np.arange(float(size))}), np.arange(float(size)))


@pytest.mark.parametrize(
    "apart",
    [
        et.concatenate([x[:3], x[5:]]),
        et.concatenate([x[5:], x[:5]]),
        et.concatenate([x[:6], x[5:]]),
        et.concatenate([x[:5:2], x[5:]]),
        et.concatenate([X[:2], Y[2:]]),
        et.concatenate([X[:2, :3], X[2:, 1:4]]),
        et.concatenate([et.vector("v")[:-2], et.vector("v")[-2:]]),
    ],
    ids=str,
)
def test_parts_that_do_not_follow_each_other_stay_apart(apart):
    assert str(et.simplify(apart)) == str(apart)
