"""Partial fractions add up to what they came from."""

import numpy as np
import pytest

import etude as et
from etude.integration.fractions import partial_fractions

x = et.scalar("x")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1/(x**2-5*x+6)", 2),
        ("(x+3)/(x**2-1)", 2),
        ("1/(x**3+x)", 2),
        ("x**4/(x**2+1)", 3),
        ("1/(x**2*(x+1)**2)", 4),
        ("1/(x**4+1)", 4),
        ("(x**2+1)/(2*x**3-2*x)", 3),
        ("1/(x**2-2)", 2),
    ],
)
def test_they_add_up(text, count):
    whole = et.parse(text, x=x)
    parts, steps, is_exact = partial_fractions(whole.term, x.term)
    assert len(parts) == count
    assert is_exact == (text not in ("1/(x**4+1)", "1/(x**2-2)"))
    for point in (-2.7, 0.31, 1.9):
        total = sum(float(p.number) * float(et.from_term(p.form).eval({x: point - float(p.origin)})) for p in parts)
        np.testing.assert_allclose(total, float(whole.eval({x: point})), rtol=1e-11)
        for step in steps:
            sides = [float(et.from_term(side).eval({x: point})) for side in (step.before, step.after)]
            np.testing.assert_allclose(*sides, rtol=1e-11)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1/(x**2-5*x+6)", ["partial fractions"]),
        ("x**4/(x**2+1)", ["polynomial division"]),
        ("1/(x**2+2*x+5)", ["completing the square"]),
        ("x**4/((x-1)*(x**2+2*x+5))", ["polynomial division", "partial fractions", "completing the square"]),
        ("1/(2*x+6)", []),
    ],
)
def test_the_steps_have_names_and_lines(text, named):
    _, steps, _ = partial_fractions(et.parse(text, x=x).term, x.term)
    assert [step.rule for step in steps] == named
    assert all(step.file.startswith("rules/") and step.line > 0 for step in steps)


@pytest.mark.parametrize("text", ["x**2", "1/(a*x**2+1)", "sin(x)/(x**2-1)", "1/(x**2+1)"])
def test_what_is_one_fraction_or_none_is_left(text):
    assert partial_fractions(et.parse(text, x=x).term, x.term) is None
