"""Elements picked and changed by index arrays: several at once, with slices and numbers beside them."""

import numpy as np
import pytest
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.backends.c.codegen import generate

X = et.symbol("x", (4, 5, 6))
I, J = et.symbol("i", (3,), "int64"), et.symbol("j", (2, 1), "int32")
RNG = np.random.default_rng(0)
VALUES = [RNG.normal(size=(4, 5, 6)), np.array([0, -1, 3]), np.array([[2], [-4]], "int32")]
FIXED = np.array([[0, 3], [-1, 2]])
PICKED = {
    "two arrays": lambda x: x[I, J],
    "the last two axes": lambda x: x[:, I, J],
    "three arrays": lambda x: x[I, J, I],
    "a slice before": lambda x: x[1:, I, J],
    "a step after": lambda x: x[I, J, ::2],
    "a number beside": lambda x: x[2, I],
    "a number after": lambda x: x[I, -1],
    "a number between": lambda x: x[I, 1, J],
    "known places": lambda x: x[FIXED, FIXED],
    "known and given": lambda x: x[FIXED, J],
    "of a transpose": lambda x: x.T[I, J] * 2,
    "of a sum": lambda x: (x + 1)[I, J],
}  # fmt: skip


def compared(outputs):
    compiled = Compiled(program_of(outputs, [X, I, J]))
    assert compiled.source.callbacks == ()
    status, found = compiled.call(*VALUES)
    assert status == 0
    for output, one in zip(outputs, found, strict=True):
        np.testing.assert_array_equal(one, output.eval(dict(zip([X, I, J], VALUES, strict=True))))


@pytest.mark.parametrize("name", PICKED)
def test_elements_are_picked(name):
    compared([PICKED[name](X)])


def test_elements_are_changed():
    compared([X.at[I, J].add(2.0), X.at[:, I, J].set(X[:, 1, 2, None, None]), X.at[FIXED, FIXED].add(X[FIXED, FIXED])])
    compared([X.at[I, 1, J].add(1.5), X.at[2, I].set(0.0), X.at[1:, I, J].add(1.0)])


@pytest.mark.parametrize("build", [lambda: X[I, J], lambda: X.at[I, J].add(1.0), lambda: X[:, I, J]])
@pytest.mark.parametrize("wrong", [(0, 5), (0, -6), (1, 6), (1, -7)])
def test_places_out_of_bounds_are_found(build, wrong):
    f = et.function([X, I, J], build(), backend="c")
    given = [VALUES[0], VALUES[1].copy(), VALUES[2].copy()]
    given[1 + wrong[0]].flat[1] = wrong[1]
    assert f._quick(*VALUES) is not None
    assert f._quick(*given) is None
    with pytest.raises(IndexError):
        f(*given)


@pytest.mark.parametrize("build", [lambda: X[I, :, J], lambda: X[0, :, I], lambda: X[::-1, ::-1][I, J]])
def test_what_numpy_still_does(build):
    f = et.function([X, I, J], build(), backend="c", on_unused_input="ignore")
    assert f._tiers.native.source.callbacks == ("getitem",)
    np.testing.assert_array_equal(f(*VALUES), build().eval(dict(zip([X, I, J], VALUES, strict=True))))


def test_known_places_are_joined_when_c_is_made():
    source = generate(program_of([X[FIXED, FIXED]], [X]))
    assert [kernel.text for kernel in source.kernels] == ["loop 2x2x6: getitem"]
