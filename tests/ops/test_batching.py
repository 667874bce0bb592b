"""A body over many items at once has the value of the body mapped over them."""

import numpy as np
import pytest

import etude as et
from etude.ops.batching import over_items
from etude.ops.binders import mapped_over
from etude.terms import constant, postorder

rng = np.random.default_rng(7)
A, V, S, K = et.symbol("A", (3, 4)), et.symbol("v", (4,)), et.symbol("s"), rng.normal(size=(3, 4))
B = 5
VALUES = {A: rng.normal(size=(B, 3, 4)), V: rng.normal(size=(B, 4)), S: rng.normal(size=B)}

BODIES = {
    "elementwise": lambda: et.where(A > 0, et.sin(A) * V + S, K),
    "scalar with matrix": lambda: S * K,
    "sums": lambda: et.sum(A) + et.sum(A, axis=1)[0] + et.max(A, axis=0)[1],
    "keepdims": lambda: A - et.mean(A, axis=1, keepdims=True),
    "softmax": lambda: et.special.softmax(A, axis=0) * et.special.logsumexp(A),
    "scans": lambda: et.cumsum(A, axis=0) * et.cumprod(A, axis=1),
    "layout": lambda: et.reshape(A.T, (2, 6))[:, None, ::-1],
    "transpose": lambda: et.transpose(et.expand_dims(A, 0), (1, 0, 2)),
    "broadcast": lambda: et.broadcast_to(V, (2, 3, 4)),
    "pad, tile and roll": lambda: et.tile(et.pad(et.roll(A, 1, axis=1), 1), (2, 1)),
    "joined with what stays": lambda: et.concat([A, K, A], axis=0),
    "gathered": lambda: A[[0, 2, 2]][:, [1, 0]],
    "gathered apart": lambda: et.expand_dims(A, 1)[[0, 1], :, [1, 2]],
    "set and added": lambda: A.at[1].set(V).at[:, [0, 0]].add(S),
    "a constant set": lambda: et.asarray(K).at[1].set(V),
    "products": lambda: A @ V + K @ V,
    "more products": lambda: (V @ K.T) @ A + (A @ K.T)[0, 0] + V @ V,
    "einsum": lambda: et.einsum("ij,ij,j->i", A, K, V),
    "squares": lambda: et.linalg.inv(A @ A.T + np.eye(3)) @ et.linalg.cholesky(A @ A.T + np.eye(3)),
    "solved": lambda: et.linalg.solve(A @ A.T + np.eye(3), A[:, 0]) + et.linalg.solve(K @ K.T, A[:, 1]),
    "solved for matrices": lambda: et.linalg.solve(A @ A.T + np.eye(3), A) + et.linalg.solve(K @ K.T, A),
    "factors": lambda: et.linalg.eigh(A @ A.T)[0] * et.linalg.slogdet(A @ A.T)[1],
    "parts": lambda: et.tril(A)[:, :3] @ et.linalg.diagonal(A) + et.trace(A),
    "sorted": lambda: et.sort(A, axis=1) + et.take_along_axis(et.asarray(K), et.argsort(A, axis=1), axis=1),
    "constant": lambda: et.asarray(K),
    "no row": lambda: et.diag(V),
}


@pytest.mark.parametrize("name", BODIES)
def test_over_items_is_map(name):
    body = BODIES[name]().term
    parameters = [p.term for p in VALUES]
    xs = [constant(value) for value in VALUES.values()]
    found = over_items(xs, parameters, body)
    want = et.from_term(mapped_over(xs, parameters, body)).eval()
    assert found.type.shape == want.shape and found.type.dtype == want.dtype
    assert np.allclose(et.from_term(found).eval(), want, rtol=1e-12, atol=1e-12)
    maps = sum(str(term.head) == "map" for term in postorder(found))
    assert maps == (name in ("gathered apart", "no row")), name


def test_a_length_that_is_not_known_is_mapped():
    x = et.matrix("x")
    item = et.vector("item")
    found = over_items([x.term], [item.term], et.sin(item).term)
    assert np.allclose(et.from_term(found).eval({x: K}), np.sin(K))
