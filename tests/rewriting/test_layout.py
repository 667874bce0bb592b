"""Layout pushed and merged: transposes, reshapes, broadcasts, slices and casts under reductions and under each other."""

import numpy as np
import pytest

import etude as et

x, y, k = et.symbol("x", (10,)), et.symbol("y", (10,)), et.symbol("k", ("n",))
X, Y, T = et.symbol("X", (4, 6)), et.symbol("Y", (4, 6)), et.symbol("T", (2, 3, 4))
i, f = et.symbol("i", (4, 6), "int32"), et.symbol("f", (4, 6), "float32")
MERGED = {
    "x[1:8][2:4]": x[1:8][2:4],
    "x[::2][1:]": x[::2][1:],
    "an index after a slice": x[2:8][3],
    "a slice beside an index": X[1:, 2][1],
    "reversed twice": x[::-1][::-1],
    "reversed and cut": et.flip(x)[2:],
    "an unknown size, cut twice": k[1:][1:],
    "an unknown size, cut twice behind": k[:-1][:-1],
    "a new axis taken away": et.expand_dims(x, 1)[:, 0],
    "squeezed": et.squeeze(et.expand_dims(x, 0)),
    "flattened again": et.reshape(et.expand_dims(x, 0), (10,)),
    "a row of a transpose": X.T[2],
    "of permuted axes": et.transpose(T, (2, 0, 1))[1],
    "a copy": et.broadcast_to(x, (3, 10))[1],
    "the first part": et.concatenate([x, y])[:5],
    "the second part": et.concatenate([x, y])[10:],
    "the third part": et.concatenate([x, y, x + y])[20:],
    "one of a stack": et.stack([x, y])[1],
    "what was padded": et.pad(x, (1, 2))[1:11],
    "a cast on the way": i.astype("int64").astype("float64"),
    "there and back": f.astype("float64").astype("float32"),
}
WANTED = [
    "x[3:5]", "x[2::2]", "x[5]", "X[2, 2]", "x", "x[7::-1]", "k[2:]", "k[:-2]", "x", "x", "x", "X[:, 2]", "T[:, :, 1]", "x", "x[:5]",
    "y", "x + y", "y", "x", "float64(i)", "f",
]  # fmt: skip
REDUCED = {
    "a sum along a turned axis": (et.sum(X.T, axis=0), "sum(X, axis=1)"),
    "a maximum along a turned axis": (et.max(X.T, axis=1), "max(X, axis=0)"),
    "along permuted axes": (et.sum(et.transpose(T, (2, 0, 1)), axis=0), "sum(T, axis=2)"),
    "of what was reversed": (et.sum(x[::-1]), "sum(x)"),
    "of what was rolled": (et.sum(et.roll(x, 2)), "sum(x)"),
    "of what was sorted": (et.max(et.sort(x)), "max(x)"),
    "of tiles": (et.sum(et.tile(x, 3)), "3 * sum(x)"),
    "of what was padded": (et.sum(et.pad(x, (1, 2))), "sum(x)"),
    "of new axes": (et.sum(et.expand_dims(x, 0)), "sum(x)"),
    "along new axes": (et.mean(et.expand_dims(x, 0), axis=0), "x"),
    "the spread of a turned matrix": (et.var(X.T), "var(X)"),
    "whether any": (et.any(et.reshape(X > 0, (24,))), "any(X > 0)"),
    "products of transposes": (et.sum(X.T * Y.T), "sum(X * Y)"),
    "quotients of transposes": (et.sum(X.T / Y.T), "sum(X / Y)"),
    "differences of transposes": (X.T - Y.T, "(X - Y).T"),
    "multiples of transposes": ((2 * X.T).T, "2 * X"),
    "along a repeated axis": (et.mean(et.broadcast_to(et.expand_dims(x, 1), (10, 7)), axis=1), "x"),
    "along another axis": (et.sum(et.broadcast_to(x, (3, 10)), axis=1), "broadcast_to(sum(x), (3,))"),
    "of all copies": (et.sum(et.broadcast_to(x, (3, 10))), "3 * sum(x)"),
    "mean of means": (et.mean(et.mean(T, axis=0), axis=0), "mean(T, axis=(0, 1))"),
}
FASTER = {
    "exp(X[1])": et.exp(X)[1],
    "sin(x[2:4]) + y[2:4]": (et.sin(x) + y)[2:4],
    "Y @ X[1]": (X @ Y.T)[1],
    "X[1] @ Y[2]": (X @ Y.T)[1, 2],
    "X[3] @ x[:6]": (X @ x[:6])[3],
}
LEFT = [x[2:], et.concatenate([x, y])[5:15], et.pad(x, 1)[:4], X.T[1:3], k[1:][-1], k[:3][5], et.sum(et.transpose(T, (1, 0, 2)), axis=2)]


def values():
    draw = np.random.default_rng(8)
    found = {leaf: draw.normal(size=leaf.shape) for leaf in (x, y, X, Y, T)}
    return {**found, k: draw.normal(size=9), i: draw.integers(-9, 9, i.shape, np.int32), f: draw.normal(size=f.shape).astype("float32")}


def same_value(found, expr):
    at = values()
    one, two = [each.eval({leaf: at[leaf] for leaf in at if leaf.term in et.terms.postorder(each.term)}) for each in (found, expr)]
    assert found.term.type is expr.term.type
    np.testing.assert_allclose(one, two, rtol=1e-6)


@pytest.mark.parametrize(("expr", "wanted"), list(zip(MERGED.values(), WANTED, strict=True)), ids=MERGED)
def test_merged(expr, wanted):
    found = et.simplify(expr)
    assert str(found) == wanted
    same_value(found, expr)


@pytest.mark.parametrize("name", REDUCED)
def test_reduced(name):
    expr, wanted = REDUCED[name]
    found = et.simplify(expr)
    assert str(found) == wanted
    same_value(found, expr)


@pytest.mark.parametrize("wanted", FASTER)
def test_a_part_is_taken_first_where_that_is_faster(wanted):
    expr = FASTER[wanted]
    found = et.simplify(expr, goal="speed")
    assert str(found) == wanted
    assert et.simplify(expr).term is expr.term
    same_value(found, expr)


@pytest.mark.parametrize("expr", LEFT, ids=map(str, LEFT))
def test_left_as_it_is(expr):
    assert et.simplify(expr).term is expr.term


def test_what_is_used_whole_as_well_is_computed_once():
    expr = et.sum(et.exp(X)) + et.sum(et.exp(X)[1])
    assert str(et.simplify(expr, goal="speed")) == "sum(exp(X)) + sum(exp(X)[1])"
