"""Integrands as polynomials in functions closed under differentiation."""

import pytest

import etude as et
from etude.integration.generators import Generators, Unfit

x = et.scalar("x")


def read(text):
    known = Generators(x.term)
    return known, known.read(et.parse(text, x=x).term)


@pytest.mark.parametrize(
    ("text", "functions"),
    [
        ("x**2*exp(x)", ["x", "exp(x)"]),
        ("sin(x)", ["x", "sin(x)", "cos(x)"]),
        ("tan(x)", ["x", "sin(x)", "cos(x)"]),
        ("x*arctan(x)", ["x", "arctan(x)", "x**2 + 1"]),
        ("hypot(x, 2)", ["x", "sqrt(x**2 + 4)"]),
        ("sqrt((1-x)/(1+x))", ["x", "sqrt(1 + -1 * x**2)", "x + 1"]),
    ],
)
def test_functions(text, functions):
    known, _ = read(text)
    known.close()
    assert len(known.terms) == len(functions)
    assert sorted(map(len, map(str, map(et.from_term, known.terms)))) == sorted(map(len, functions))


def test_one_root_for_equal_radicands():
    known, parts = read("sqrt(x*(1-x)) + sqrt(x-x**2)")
    assert len(known.terms) == 2
    assert list(parts.values()) == [2]


def test_slope_of_a_product():
    known, parts = read("x**3*exp(x)")
    known.close()
    [product] = parts
    assert str(et.from_term(known.written(known.slope(product)))) == "3 * x**2 * exp(x) + x**3 * exp(x)"


@pytest.mark.parametrize("text", ["x**200", "exp(x)*log(x)*sin(x)*arctan(x)*sqrt(x)*arcsin(x)*erf(x)*gamma(x)*cbrt(x)"])
def test_what_is_too_large_is_refused(text):
    with pytest.raises(Unfit):
        read(text)
