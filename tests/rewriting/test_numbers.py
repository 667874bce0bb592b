"""Coefficients at the ends of the range of floats: nothing is lost, and nothing breaks."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import etude as et
from etude.rewriting.compiled import compiled
from etude.rewriting.engine import Engine
from etude.rewriting.numbers import quotient, raised, times
from etude.rules import default
from etude.terms import uses_of

x, y, z = et.scalar("x"), et.scalar("y"), et.scalar("z")
SMALL, LARGE = 1e-200, 1e200
EXTREME = [
    (SMALL * x) ** 2,
    (LARGE * x) ** 2,
    (SMALL * x) ** -2,
    (SMALL * x) ** 2.5,
    SMALL * (SMALL * x + y),
    LARGE * (LARGE * x + y),
    LARGE * (LARGE * (x + 1)),
    SMALL * (SMALL * (x + 1)),
    x / LARGE / LARGE,
    x / SMALL / SMALL,
    SMALL * x * (SMALL * y),
    SMALL * x * y + 1e-300 * (SMALL * x * z),
    (SMALL * x + SMALL * y) ** 2,
    LARGE * et.sin(x) ** 2 + SMALL * et.cos(x) ** 2,
    1e-150 * et.sin(x) ** 2 + 1e200 * et.cos(x) ** 2,
    1e308 * x + 1e308 * x,
]


def test_times_and_quotient_are_exact_where_no_float_is_near():
    assert times(SMALL, SMALL) == Fraction(SMALL) ** 2
    assert times(LARGE, LARGE) == Fraction(LARGE) ** 2
    assert quotient(SMALL, LARGE) == Fraction(SMALL) / Fraction(LARGE)
    assert quotient(LARGE, SMALL) == Fraction(LARGE) / Fraction(SMALL)
    assert times(0, SMALL) == 0 == quotient(0.0, LARGE)
    assert raised(SMALL, 2) is None and raised(SMALL, 2.5) is None


@pytest.mark.parametrize("goal", ["size", "speed", "stable"])
@pytest.mark.parametrize("given", EXTREME, ids=str)
def test_values_stay_at_the_ends_of_the_range(given, goal):
    found = et.simplify(given, goal=goal)
    for at, beside in product([1e200, 1e-200, 1e300, 1e-300, 1.0, 3e100], [1.0, 1e300]):
        values = {x: at, y: beside, z: 1e150}
        with np.errstate(all="ignore"):
            before, after = given.eval(values), found.eval(values)
        if np.isfinite(before):
            np.testing.assert_allclose(after, before, rtol=1e-9)


@pytest.mark.parametrize("given", [0 * et.exp(y) / et.exp(x), (x - x) * z / et.exp(y * x)], ids=str)
def test_a_product_with_zero_is_zero_whatever_rules_make_of_the_rest(given):
    term = given.term
    assert str(Engine(compiled(default("simplify")), sharing=True).run_all([term], uses_of(term))[0]) == "0.0"


@pytest.mark.parametrize(
    ("dtype", "make"),
    [
        ("float16", lambda x, number: ((x + 1) / number(-1) / number(0.002)) ** 2),
        ("float16", lambda x, number: 2 * x - (x * number(500)) ** 2),
        ("float16", lambda x, number: (x * number(3000)) ** 2 + (x + x - x**2)),
        ("float32", lambda x, number: (x * number(1e15) + 1) ** 3 * (x + x * number(1e15)) - x**2),
        ("float32", lambda x, number: (x * number(1e30)) ** 2 / (1 + (x * number(1e30)) ** 2)),
    ],
)
def test_no_number_is_made_that_the_dtype_has_not(dtype, make):
    given = et.scalar("given", dtype)
    term = make(given, np.dtype(dtype).type)
    for goal in ("size", "speed", "stable"):
        found = et.simplify(term, goal=goal)
        assert "inf" not in str(found)
        for value in (-1.07, 0.02, 1e-3):
            at = {given: np.dtype(dtype).type(value)}
            with np.errstate(all="ignore"):
                before, after = term.eval(at), found.eval(at)
            if np.isfinite(before):
                np.testing.assert_allclose(after, before, rtol=0.02 if dtype == "float16" else 1e-4)
