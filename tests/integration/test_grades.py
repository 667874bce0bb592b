"""Integrals of a first course, by their grades, and those with letters for their numbers: found, and right by numbers alone."""

import pytest

import etude as et
from etude.integration.replay import replay

x = et.scalar("x")

BY_GRADE = {
    "table": [
        "x**5",
        "1/x**3",
        "sinh(x)",
        "1/(4 + x**2)",
        "sqrt(x)",
        "3**x",
    ],
    "linear substitution": [
        "cos(5*x - 2)",
        "exp(-3*x + 1)",
        "1/(7*x - 3)",
        "sqrt(2*x + 5)",
        "1/sqrt(9 - 4*x**2)",
        "1/cos(3*x)**2",
    ],
    "sums and products": [
        "4*x**3 - 3/x + 2*cos(x)",
        "(x**2 + 1)*(x - 3)",
        "exp(2*x) - exp(-2*x)",
        "(x + 2)/sqrt(x)",
        "5*sin(x/2) + 7*exp(x/3)",
        "(1 + x)**2/x",
    ],
    "substitution": [
        "x**2*sqrt(x**3 + 1)",
        "exp(sqrt(x))/sqrt(x)",
        "log(x)**3/x",
        "x/(x**4 + 1)",
        "sin(x)/(1 + cos(x)**2)",
        "exp(x)/sqrt(1 - exp(2*x))",
        "x**3/sqrt(x**2 + 4)",
        "tan(x)**2",
    ],
    "parts": [
        "x**3*log(x)",
        "x*sin(3*x)",
        "exp(2*x)*cos(3*x)",
        "x*arctan(2*x)",
    ],
}
WITH_LETTERS = [
    "1/(a**2 + x**2)",
    "1/(b**2*x**2 + a**2)",
    "1/(a**2 - x**2)",
    "1/sqrt(a**2 - x**2)",
    "sqrt(a**2 - x**2)",
    "sqrt(x**2 - a**2)",
    "1/(a - x**2)",
    "1/(x*(a*x + b))",
    "1/(x**2*(x + b))",
    "1/((x + a)*(x + b))",
    "x/((x + a)*(x + b))",
    "1/((2*x + a)*(x + b))",
    "(a*x + b)**7",
    "exp(a*x)*sin(b*x)",
]
NO_ANSWER = ["sin(x)/x", "sin(x**2)", "x*sin(x**4)", "sqrt(1 + x**3)", "sqrt(sin(x))"]  # no elementary antiderivative


def shown(rows):
    return [pytest.param(grade, text, id=text) for grade, texts in rows.items() for text in texts]


@pytest.mark.parametrize(("grade", "text"), shown(BY_GRADE))
def test_an_integral_of_its_grade(grade, text):
    [answer] = et.antiderivatives(text, x, max_seconds=60)
    *_, last = et.explain(answer)
    assert replay(last.before, answer.term, x.term, [last]) == [], grade


@pytest.mark.parametrize("text", WITH_LETTERS)
def test_letters_stand_for_numbers(text):
    [answer] = et.antiderivatives(et.parse(text, a="positive", b="positive"), x, max_seconds=60)
    *_, last = et.explain(answer)
    assert replay(last.before, answer.term, x.term, [last]) == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x/(x**4 + 1)", "0.5 * arctan(x**2)"),
        ("x**3/(x**8 + 1)", "0.25 * arctan(x**4)"),
        ("x/sqrt(x**4 + 1)", "0.5 * arcsinh(x**2)"),
        ("x**3/sqrt(1 - x**8)", "0.25 * arcsin(x**4)"),
    ],
)
def test_a_function_of_a_power_is_seen_before_its_roots(text, answer):
    assert [str(found) for found in et.antiderivatives(text, x, max_seconds=60)] == [answer]


@pytest.mark.parametrize("text", NO_ANSWER)
def test_what_has_no_antiderivative_here_is_not_made_up(text):
    assert et.antiderivatives(text, x) == []
