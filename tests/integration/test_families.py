"""Rational functions of one exponential, or of the tangent of half an angle."""

import pytest

import etude as et
from etude.integration.exponentials import of_one_exponential
from etude.integration.substitution import half_angles

x = et.scalar("x")


@pytest.mark.parametrize(
    ("text", "inner"),
    [("exp(2*x)/(1+exp(x))", "exp(x)"), ("1/(1+expit(x))", "exp(-x)"), ("exp(x/2)+exp(x/3)", "exp(x / 6)"), ("1/(2+cosh(x))", "exp(x)")],
)
def test_one_exponential(text, inner):
    _, fresh, exponential, _ = of_one_exponential(et.parse(text, x=x).term, x.term)
    assert str(et.from_term(fresh)) == "x_"
    values = [float(et.from_term(exponential).eval({x: 1.3})), float(et.parse(inner, x=x).eval({x: 1.3}))]
    assert values[0] in (pytest.approx(values[1]), pytest.approx(1 / values[1]))


@pytest.mark.parametrize("text", ["exp(x)", "exp(x**2)+exp(x)", "sin(x)*exp(2*x)+exp(x)", "x"])
def test_no_one_exponential(text):
    assert of_one_exponential(et.parse(text, x=x).term, x.term) is None


def test_half_angle():
    [(found, fresh, restore, steps)] = half_angles(et.parse("1/(3+5*sin(x))", x=x).term, x.term)
    difference = et.from_term(found) - 2 / (3 * et.from_term(fresh) ** 2 + 10 * et.from_term(fresh) + 3)
    assert str(et.simplify(difference)) == "0.0"
    assert str(et.from_term(restore(fresh))) == "tan(x / 2)"
    assert [step.rule for step in steps] == ["sin_by_half"]
