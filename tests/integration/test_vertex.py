"""The variable is counted from the vertex of the first quadratic that has a linear part."""

import pytest

import etude as et
from etude.integration.vertex import from_vertex

x = et.scalar("x")


@pytest.mark.parametrize(
    ("text", "inner", "meaning"),
    [
        ("1/(x**2+2*x+5)", "1 / (x_**2 + 4)", "x + 1"),
        ("exp(x-x**2)", "exp(0.25 - x_**2)", "x - 0.5"),
        ("1/sqrt(x*(4-x))", "1 / sqrt(4 - x_**2)", "x - 2"),
    ],
)
def test_found(text, inner, meaning):
    [(found, _, moved, completed)] = from_vertex(et.parse(text, x=x).term, x.term)
    assert str(et.simplify(et.from_term(found) - et.parse(inner))) == "0.0"
    assert str(et.from_term(moved)) == meaning
    assert (completed.rule, completed.file) == ("completing the square", "rules/equations/polynomials.rules")
    assert str(et.simplify(et.from_term(completed.before) - et.from_term(completed.after))) == "0.0"


@pytest.mark.parametrize("text", ["1/(x**2+1)", "sin(x)/(x+1)", "exp(x**3+x)"])
def test_left_alone(text):
    assert list(from_vertex(et.parse(text, x=x).term, x.term)) == []
