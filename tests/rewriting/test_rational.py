"""Quotients of polynomials in lowest terms, and the polynomials that they are made of."""

from fractions import Fraction

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

import etude as et
from etude.rewriting.polynomials import (
    TooLarge,
    add,
    common_divisor,
    divided,
    multiply,
    normalized,
    power,
    repeated_factors,
)
from etude.rewriting.rational import lowest_terms

coefficients = st.integers(-4, 4).filter(bool).map(Fraction)
polys = st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 1)), coefficients, min_size=1, max_size=3)


@given(polys, polys, polys)
def test_common_divisor_divides_and_holds_what_is_common(a, b, c):
    left, right = multiply(a, c), multiply(b, c)
    try:
        found = common_divisor(left, right)
    except TooLarge:
        reject()
    assert not divided(left, found)[1]
    assert not divided(right, found)[1]
    assert not divided(found, normalized(c)[1])[1]


@given(polys, polys)
def test_repeated_factors_multiply_to_the_polynomial(a, b):
    whole = multiply(multiply(a, a), b)
    try:
        number, factors = repeated_factors(whole)
    except TooLarge:
        reject()
    made = {(0, 0): number}
    for factor, exponent in factors:
        made = multiply(made, power(factor, exponent))
    assert made == whole


@given(polys, polys)
def test_division(a, b):
    quotient, rest = divided(a, b)
    assert add(multiply(quotient, b) if quotient else {}, rest) == a


def test_large_polynomials_are_left_alone():
    with pytest.raises(TooLarge):
        power({(1, 0): Fraction(1), (0, 1): Fraction(1), (0, 0): Fraction(1)}, 30)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(x**2 - 1)/(x - 1)", "x + 1"),
        ("(a**2 - b**2)/(a - b)", "a + b"),
        ("1 - x/(1 + x)", "1 / (x + 1)"),
        ("(x**3 + 1)/(x + 1)", "x**2 - x + 1"),
        ("a**2 + 2*a*b + b**2", "(a + b)**2"),
        ("4*sin(x)**2 - 4*sin(x) + 1", "(2 * sin(x) - 1)**2"),
        ("(x + 1)*(x - 3)/(x - 1)**2", "1 - 4 * (x - 1)**-2"),
        ("x/(x*y + x*z)", "1 / (y + z)"),
        ("(x/hypot(x, 1) + 1)/(x + hypot(x, 1))", "1 / hypot(x, 1)"),
        ("exp((x**2 - 1)/(x - 1))", "exp(x + 1)"),
        ("2*x**3 + 6*x**2 + 6*x + 2", "2 * (x + 1)**3"),
    ],
)
def test_forms(text, wanted):
    assert str(et.simplify(et.parse(text))) == wanted


@pytest.mark.parametrize("text", ["x/(1 + x)", "(x - 1)*(x - 2)", "x**2/(1 + x**2)", "1/x + 1/y", "x*(x + 1)/(x - 1)"])
def test_what_is_short_or_would_lose_digits_stays(text):
    expr = et.parse(text)
    assert et.count_operations(et.simplify(expr)) == et.count_operations(expr)


def test_no_polynomials_of_real_numbers():
    assert not list(lowest_terms(et.sin(et.scalar("x")).term))
    assert not list(lowest_terms((et.scalar("x") ** 0.5 + 1).term))
    integer = et.scalar("i", dtype="int64")
    quotient = (integer**2 - 1) / (integer - 1)
    assert et.simplify(quotient).dtype == quotient.dtype


def test_the_step_cites_its_line():
    lines = et.rules.default("fractions")
    for text, rule in [("(x**2 - 1)/(x - 1)", "common_factor_out"), ("1 - x/(1 + x)", "common_denominator"),
                       ("(x + 1)*(x - 3)/(x - 1)**2", "divided_out")]:  # fmt: skip
        (step,) = [step for step in et.explain(et.simplify(et.parse(text))) if step.rule in lines]
        assert (step.rule, step.file, step.line) == (rule, "rules/fractions/lowest_terms.rules", lines[rule].line)
