"""Instructions in NumPy's own syntax say what the operators' functions do, bit for bit."""

import numpy as np
import pytest

import etude as et

FIXED = et.symbol("F", (3,))
X, I = et.matrix("X"), et.vector("i", dtype="int64")
k, m, v = et.scalar("k", dtype="int64"), et.vector("m", dtype="bool"), et.vector("v")
VALUES = {
    X: np.random.default_rng(0).normal(size=(4, 3)), I: np.array([2, 0, 2]), k: np.int64(1),
    m: np.array([True, False, True, True]), FIXED: np.arange(3.0), v: np.array([0.5, -1.0, 3.0]),
}  # fmt: skip
CASES = {
    "a number": (X[1], "X[1]"),
    "a slice": (X[1:3, ::-1], "X[1:3, ::-1]"),
    "a new axis": (X[:, None, 2], "X[:, None, 2]"),
    "an index that is an operand": (X[k], "X[k]"),
    "bounds that are operands": (X[k:, :k], "X[k:, :k]"),
    "places": (X[I, 1], "X[i, 1]"),
    "a mask": (X[m], "X[m]"),
    "places of a vector": (v[I], "v[i]"),
    "expand_dims": (et.expand_dims(v, axis=(0, 2)), "v[None, :, None]"),
    "squeeze": (et.squeeze(X[:, 1:2], axis=1), ".squeeze((1,))"),
    "setting": (X.at[1:, 0].set(2.0), "[1:, 0] = "),
    "adding": (X.at[:, 1].add(v[0]), "[:, 1] += "),
    "setting places": (X.at[I].set(v), "[i] = v"),
    "adding to equal places": (X.at[I].add(v), "add_at("),
    "setting in place": ((FIXED * 2).at[0].set(v[0]), "t0[0] = t1"),
    "adding all": (et.sum(X, axis=0) + et.max(X), "sum("),
    "counting": (et.sum(X > 0) + et.prod(I), "prod("),
    "our own function": (et.special.softplus(X), "softplus(X)"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bits_are_those_of_the_meaning(case):
    expr, text = CASES[case]
    f = et.function(list(VALUES), expr, backend="numpy", on_unused_input="ignore")
    assert text in f.source
    values = list(VALUES.values())
    before = [value.copy() for value in values]
    found, wanted = f(*values), expr.eval(VALUES)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    for value, kept in zip(values, before, strict=True):
        np.testing.assert_array_equal(value, kept)


def test_casts_are_left_to_the_functions():
    whole = et.vector("n", dtype="int32")
    f = et.function([whole, v], whole.at[0].set(v[1]), backend="numpy")
    assert "set_at(" in f.source
    np.testing.assert_array_equal(f(np.array([1, 2], np.int32), VALUES[v]), [-1.0, 2.0])
