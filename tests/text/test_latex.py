"""Terms as LaTeX."""

import pytest

from etude.ops import CATALOGUE as OPS
from etude.terms import symbol
from etude.text import parse_term, to_latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x + 1", "x + 1"),
        ("2 * x", r"2 \, x"),
        ("x * 2", r"x \cdot 2"),
        ("(x + y) * z", r"\left(x + y\right) \, z"),
        ("x / y", r"\frac{x}{y}"),
        ("x**(y + 1)", "x^{y + 1}"),
        ("(-x)**2", r"\left(-x\right)^{2}"),
        ("sqrt(alpha)", r"\sqrt{\alpha}"),
        ("abs(x_1)", r"\left|x_{1}\right|"),
        ("x1 - (y - z)", r"x_{1} - \left(y - z\right)"),
        ("rate * pi", r"\mathrm{rate} \cdot \pi"),
        ("expit(x)", r"\operatorname{expit}\left(x\right)"),
        ("1e-20 * x", r"10^{-20} \, x"),
        ("where(x > 0, x, 0)", r"\begin{cases}x & x > 0 \\ 0 & \text{otherwise}\end{cases}"),
        ("A.T @ v", r"A^{\top} \, v"),
    ],
)
def test_spelling(text, latex):
    names = {"A": symbol("A", (None, None)), "v": symbol("v", (None,))}
    assert to_latex(parse_term(text, names)) == latex


def test_a_deep_term_is_not_written_out():
    term = symbol("x")
    for _ in range(100_000):
        term = OPS["sin"](term)
    assert to_latex(term) == r"\cdots"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (
            "scan(lambda p0, p1: (p0 * p1 + 1, p0), x, v, carries=1, sequences=1)[0]",
            r"\operatorname{scan}\left(\left(p_{0}, p_{1}\right) \mapsto \left(p_{0} \, p_{1} + 1, p_{0}\right), x, v\right)[0]",
        ),
        ("map(lambda p0: (sin(p0),), v)", r"\operatorname{map}\left(p_{0} \mapsto \sin\left(p_{0}\right), v\right)"),
    ],
)
def test_a_loop_shows_what_a_step_does(text, latex):
    assert to_latex(parse_term(text, {"x": symbol("x", ()), "v": symbol("v", (5,))})) == latex
    assert to_latex(parse_term(text, {"x": symbol("x", ()), "v": symbol("v", (5,))}), limit=5) == r"\cdots"
