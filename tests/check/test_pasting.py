"""Counter-examples as they are printed: pasted into Python, they show the difference."""

import re

import numpy as np
import pytest
import scipy.special

import etude as et

RULES = [
    "sqrt(x**2) -> x",
    "log(x*y) -> log(x) + log(y)",
    "exp(x + y) -> exp(x) + exp(y)",
    "x/x - 1 -> 1",
    "floor(x) + 1 -> ceil(x)",
    "arctan2(x, y) -> arctan(x/y)",
    "expit(x)*2 -> expit(2*x)",
    "diag(a) -> a",
    "diag(a + 1) -> diag(a)",
    "diag(u) @ v -> v",
    "inv(diag(v)) -> diag(v)",
    "diag(v) @ diag(v) -> diag(v)",
    "diag(exp(v)) -> exp(diag(v))",
    "sum(diag(v)) -> prod(v)",
    "trace(diag(v)) -> max(v)",
    "det(diag(v)) -> sum(v)",
    "diagonal(diag(v)) -> -v",
    "cumsum(cumsum(x)) -> cumsum(x)",
    "sum(x, axis=0) -> max(x, axis=0)",
    "where(c, x, y) -> where(c, y, x)",
]
NAMES = {**vars(scipy.special), **vars(np), **vars(np.linalg)}


def pasted(text):
    """The names of the inputs with their values, and the values of both sides, as Python reads the printed text."""
    given, sides = re.split(r": left ", text, maxsplit=1)
    left, rest = re.split(r", right (?=[^,]*)", sides, maxsplit=1)
    right = rest.rsplit(" (", 1)[0]
    statements = re.sub(r", (?=\w+ = )", "\n", given)
    inputs = dict(NAMES)
    exec(statements, inputs)  # it is what a reader does with it
    return {name: inputs[name] for name in re.findall(r"^(\w+) = ", statements, re.MULTILINE)}, *(eval(side, dict(NAMES)) for side in (left, right))


@pytest.mark.parametrize("text", RULES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_difference_is_seen(text):
    found = et.check_rules(f"r: {text}")["r"]
    assert found.sound is False
    inputs, *printed = pasted(str(found.counterexample))
    before, after = text.split(" if ")[0].split(" -> ")
    values = [np.asarray(eval(side, {**NAMES, **inputs}), dtype=float) for side in (before, after)]
    for value, shown in zip(values, printed, strict=True):
        np.testing.assert_array_equal(np.broadcast_to(value, np.shape(shown)), shown)
    assert not np.array_equal(*np.broadcast_arrays(*values), equal_nan=True)


def test_diag_is_of_a_vector():
    with pytest.raises(et.errors.ShapeError, match=r"diag is of a vector, not of shape \(2, 3\)"):
        et.diag(et.vector("v")).term.head(et.symbol("m", (2, 3)).term)
