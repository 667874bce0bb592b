"""Antiderivatives: found, right, defined wherever the integrand is, with their reasons."""

import numpy as np
import pytest

import etude as et

TABLE = "x**5; 1/x; 1/x**2; sqrt(x); exp(-x); 2**x; log(x); tan(x); 1/cos(x)**2; tanh(x); arcsin(x); abs(x); expit(x); erf(x); cbrt(x)"
LINEAR = "(2*x+3)**4; exp(3*x-1); sin(2*x+1); 1/(2*x+3); sqrt(2*x+1); 1/(9+x**2); 1/sqrt(4-x**2); 1/(x**2+2*x+5); 2**(3*x)"
SUMS = "x**2+1/x; (x-1)*(x+2); (x**2+1)/x; sqrt(x)*(x+1); (exp(x)+exp(-x))/2; sin(x)**2; (sin(x)+cos(x))**2; 5/x-2/x**3; x/(x+1)"
CHAIN = (
    "x*exp(x**2); x/(x**2+1); x*sqrt(1-x**2); sin(x)*exp(cos(x)); cos(x)/sin(x)**2; log(x)**2/x; 1/(x*log(x)); x**2/(1+x**3); "
    "arctan(x)/(1+x**2); cos(log(x))/x; sin(sqrt(x))/sqrt(x); x/sqrt(1-x**4); 1/(sqrt(x)*(1+x)); exp(x)*sqrt(1+exp(x)); x**3/sqrt(1+x**2)"
)
PARTS = "x*exp(x); x**2*cos(x); x*log(x); log(x)**2; arctan(x); x*arctan(x); exp(x)*sin(x); exp(-x)*cos(2*x); x**2*exp(-x); log(x)/x**2; sin(log(x)); x*2**x; exp(sqrt(x)); x*sin(x)**2"
RATIONAL = "1/(x**2-5*x+6); (x+3)/(x**2-1); 1/(x**3+x); x**4/(x**2+1); 1/(x**2*(x+1)); 1/(x**4+1); 1/(x**2+1)**2; (3*x+5)/(x**2+4*x+13)"
TRIGONOMETRIC = "sin(x)**3; cos(x)**4; sin(x)**2*cos(x)**2; sin(2*x)*cos(3*x); tan(x)**3; 1/(1+sin(x)); 1/cos(x); cos(x)**5"
ROOTS = "sqrt(1-x**2); sqrt(x**2+4); x**2/sqrt(1-x**2); 1/(x*sqrt(x**2+1)); x*sqrt(x+1)"
SPECIAL = "exp(-x**2); exp(x)/x; 1/log(x); ndtr(x); digamma(x)"
COEFFICIENTS = "x**4*exp(-x); exp(x)*sin(2*x+1); sin(x)**8; 1/cos(x)**5; x*erf(x); exp(x)/x**2; 1/log(x)**2; sin(x)*sinh(x); (1-x**2)**1.5"
OTHER_VARIABLES = (
    "1/(5+4*cos(x)); 1/(3+5*sin(x)); 1/(2+cosh(x)); exp(2*x)/(1+exp(x)); sqrt(x*(1-x)); exp(x-x**2); sqrt((1-x)/(1+x)); "
    "1/(1+sin(x)**2); 1/(x**3+1); 1/(x**2+1)**4; exp(x)/(x+1); sqrt(x+1)/x; maximum(x, 1)"
)
TRIED_LATER = (
    "x**3*exp(-x**2); x*exp(x)*sin(x); log(x)**3; x**2*arctan(x); x*arcsin(x); exp(2*x)*cos(3*x); 1/(x**4+4); x**2/(x**2+1)**2; "
    "(x+1)/(x**3-x); 1/(x**2*(x**2+1)); sqrt(x**2+2*x+2); x**2*sqrt(1-x**2); 1/(x**2*sqrt(x**2+1)); sin(x)**2*cos(x)**3; sin(x)**4; "
    "tan(x)**4; 1/(2+sin(x)); 1/(1+exp(x))**2; exp(x)/(exp(2*x)+1); 1/(sqrt(x)+x**1.5); log(x)/sqrt(x); x*log(x**2+1); "
    "arctan(sqrt(x)); sqrt(exp(x)-1); x*sin(x)*cos(x); x**2*log(x)**2; sinh(x)*cos(x); x*tanh(x**2); sin(log(x))/x**2; x**3/(x**2+4)**1.5"
)
FOUND = [text.strip() for group in (TABLE, LINEAR, SUMS, CHAIN, PARTS, RATIONAL, TRIGONOMETRIC, ROOTS, SPECIAL, COEFFICIENTS, OTHER_VARIABLES, TRIED_LATER) for text in group.split(";")]


def slope(expr, x, point):
    h = 1e-5 * max(1.0, abs(point))
    at = [float(expr.eval({x: point + k * h})) for k in (-2, -1, 1, 2)]
    return (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * h)


@pytest.mark.parametrize("text", FOUND)
def test_the_derivative_of_the_answer_is_the_integrand(text):
    x = et.scalar("x")
    integrand = et.parse(text, x=x)
    [answer] = et.antiderivatives(integrand, x, max_seconds=30)
    seen = 0
    for point in (-2.3, -0.77, -0.41, 0.37, 0.71, 1.83, 3.1):
        with np.errstate(all="ignore"):
            wanted = float(integrand.eval({x: point}))
            if not np.isfinite(wanted):
                continue
            assert np.isfinite(float(answer.eval({x: point}))), (point, str(answer))
            assert slope(answer, x, point) == pytest.approx(wanted, rel=1e-6, abs=1e-7), (point, str(answer))
        seen += 1
    assert seen >= 2


@pytest.mark.parametrize(
    ("text", "words", "form"),
    [
        ("a*x + b", {}, "x * (0.5 * x * a + b)"),
        ("exp(a*x)", {"a": "nonzero"}, "exp(a * x) / a"),
        ("a*x**n", {"a": "positive", "n": "positive"}, "x**(n + 1) * a / (n + 1)"),
        ("1/(x**2 + a)", {"a": "positive"}, "arctan(x / sqrt(a)) / sqrt(a)"),
        ("exp(-a*x**2)", {"a": "positive"}, None),
    ],
)
def test_parameters_stay(text, words, form):
    answers = et.antiderivatives(et.parse(text, **words), "x", max_seconds=60)
    assert len(answers) == 1
    if form is not None:
        difference = et.simplify(answers[0] - et.parse(form, **words))
        assert str(difference) == "0.0", str(answers[0])


@pytest.mark.parametrize("text", ["sin(x)/x", "x**x", "sqrt(1 + x**3)", "gammaln(x)"])
def test_nothing_is_claimed_where_nothing_is_found(text):
    assert et.antiderivatives(text, "x", max_seconds=1.0) == []


def test_answers_do_not_jump_where_a_form_without_jumps_is_known():
    for text in ("1/(5+4*cos(x))", "1/(1+sin(x)**2)"):
        [answer] = et.antiderivatives(text, max_seconds=60)
        x = et.scalar("x")
        across = [float(answer.eval({x: point})) for point in (np.pi - 1e-6, np.pi + 1e-6)]
        assert abs(across[1] - across[0]) < 1e-5


def test_logarithms_hold_on_both_sides():
    [answer] = et.antiderivatives("1/x")
    assert str(answer) == "log(abs(x))"
    [positive] = et.antiderivatives(et.parse("1/x", x="positive"))
    assert str(positive) == "log(x)"


def test_several_answers_differ_by_constants_or_forms():
    answers = et.antiderivatives("exp(-x**2)", limit=2, max_seconds=60)
    assert len(answers) == len(set(map(str, answers))) == 2


def test_the_answer_has_its_reasons():
    [answer] = et.antiderivatives("x*cos(x)", max_seconds=60)
    steps = list(et.explain(answer))
    assert any(step.file == "rules/differentials/trigonometric.rules" for step in steps)
    assert any(step.rule == "undetermined coefficients" for step in steps)
    assert steps[-1].rule.startswith("verified: ")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("cos(x)/(1 + sin(x))", ["new variable arithmetic", "substitution arithmetic", "d_log powers"]),
        ("3*sin(2*x) + x", ["d_cos trigonometric", "undetermined coefficients undetermined.py", "constant factor arithmetic", "d_divide powers", "addend by addend arithmetic"]),
        ("1/(x**2 - 5*x + 6)", ["partial fractions lowest_terms", "new variable arithmetic", "new variable arithmetic", "d_log powers", "addend by addend arithmetic"]),
        ("1/sqrt(x**2 + 2*x + 5)", ["completing the square polynomials", "new variable arithmetic", "substitution arithmetic", "d_arcsinh powers"]),
        ("arctan(x)*x", ["d_arctan trigonometric", "undetermined coefficients undetermined.py"]),
    ],
)
def test_only_the_steps_that_made_the_answer_are_told_in_order(text, steps):
    [answer] = et.antiderivatives(text, max_seconds=60)
    *told, last = et.explain(answer)
    places = [f"{step.rule} {step.file.split('/')[-1].removesuffix('.rules')}".strip() for step in told]
    assert places == steps
    assert all(step.line > 0 for step in told)
    assert last.after is answer.term


def test_a_table_line_leads_from_an_integrand_to_its_antiderivative():
    x = et.scalar("x")
    [answer] = et.antiderivatives("3*sin(2*x) + x", max_seconds=60)
    [line] = [step for step in et.explain(answer) if "integrals" in step.file]
    assert (line.before, line.after) == (x.term, et.parse("0.5*x**2").term)


def test_what_is_no_scalar_or_no_symbol_is_refused():
    with pytest.raises(TypeError, match="only floating scalars"):
        et.antiderivatives(et.vector("v"), et.scalar("x"))
    with pytest.raises(TypeError, match="wrt is needed"):
        et.antiderivatives("a*x")
    with pytest.raises(TypeError, match="wrt is a floating scalar symbol"):
        et.antiderivatives("x", et.scalar("x") + 1)
    with pytest.raises(ValueError, match="limit"):
        et.antiderivatives("x", limit=0)
    with pytest.raises(ValueError, match="max_seconds"):
        et.antiderivatives("x", max_seconds=0)
