"""Undetermined coefficients: products of the integrand's functions, with primitives where they are needed."""

import pytest

import etude as et
from etude.integration.undetermined import undetermined
from etude.rewriting import simplify

x = et.scalar("x")


def found(text, primitive=lambda term: None, **words):
    integrand = et.parse(text, x=x, **words)
    answers = [et.from_term(term) for term, _, _ in undetermined(simplify(integrand.term), x.term, primitive)]
    return integrand, answers


@pytest.mark.parametrize(
    "text",
    [
        "x**4*exp(-x)",
        "x*log(x)**2",
        "exp(x)*sin(2*x+1)",
        "sin(x)**8",
        "x**2*sin(pi*x)",
        "sin(x)*sinh(x)",
        "x*sqrt(x**2+1)",
        "x*exp(x)/(1+x)**2",
        "exp(x)*(tan(x)+1/cos(x)**2)",
        "x*arctan(x)",
        "x*exp(a*x)",
        "sin(x)*sin(2*x)",
    ],
)
def test_the_slope_is_the_integrand(text):
    integrand, [answer] = found(text)
    for point in (0.41, 1.3):
        values = {x: point} | ({et.scalar("a"): 0.7} if "a*" in text else {})
        slope = et.grad(answer, x).eval(values)
        assert float(slope) == pytest.approx(float(integrand.eval(values)), rel=1e-10)


@pytest.mark.parametrize("text", ["exp(x)/x", "1/log(x)", "exp(-x**2)", "sin(x)/x", "1/cos(x)", "x**x", "1/(x+1)"])
def test_nothing_is_found_where_other_functions_are_needed(text):
    assert found(text)[1] == []


def test_primitives_are_asked_for():
    table = {"exp(x) / x": "expi(x)"}
    answers = found("exp(x)/x**2", lambda term: et.parse(table[str(et.from_term(term))], x=x).term if str(et.from_term(term)) in table else None)[1]
    assert [str(et.simplify(answer - (et.parse("expi(x) - exp(x)/x", x=x)))) for answer in answers] == ["0.0"]


def test_the_primitives_in_the_answer_are_told():
    integrand, product, whole = (et.parse(text, x=et.scalar("x")).term for text in ("exp(x)/x**2", "exp(x)/x", "expi(x)"))
    known = {product: whole}
    [(_, _, used)] = undetermined(integrand, et.scalar("x").term, known.get)
    assert used == [(product, whole)]


def test_functions_whose_slopes_were_used_are_told():
    [(_, functions, _)] = undetermined(et.parse("x*cos(x)", x=x).term, x.term, lambda term: None)
    assert [str(et.from_term(term)) for term in functions] == ["cos(x)", "sin(x)"]
