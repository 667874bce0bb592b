"""Derivations as text, LaTeX and pages."""

import re
import xml.etree.ElementTree as ET

import etude as et
from etude.cli import main


def logistic():
    x, w, y = et.matrix("X"), et.vector("w"), et.vector("y")
    z = x @ w
    return et.explain(et.grad(et.sum(et.log(1 + et.exp(z)) - y * z), w))


def sized(name, *shape):
    return et.symbol(name, shape)


def rules_of(result):
    return [step.rule for step in et.explain(result)]


def test_least_squares_has_one_residual():
    a, x, b = sized("A", 5, 3), sized("x", 3), sized("b", 5)
    found = et.grad(et.sum((a @ x - b) ** 2), x)
    assert str(found) in ("2 * A.T @ (A @ x - b)", "A.T @ (2 * (A @ x - b))", "2 * (A.T @ (A @ x - b))")
    assert [name for name in rules_of(found) if name.startswith("d_")] == ["d_sum", "d_power", "d_subtract", "d_matmul"]


def test_logistic_loss_is_the_sigmoid_less_the_label():
    x, w, y = sized("X", 5, 3), sized("w", 3), sized("y", 5)
    z = x @ w
    found = et.grad(et.sum(et.log(1 + et.exp(z)) - y * z), w)
    assert str(found) in ("X.T @ (expit(X @ w) - y)", "X.T @ (-y + expit(X @ w))")
    assert {"softplus_log1p", "d_softplus", "d_matmul"} <= set(rules_of(found))


def test_log_sum_exp_is_softmax():
    x = sized("x", 4)
    found = et.grad(et.log(et.sum(et.exp(x))), x)
    assert str(found) == "softmax(x)"
    assert rules_of(found)[:2] == ["logsumexp_log", "d_logsumexp"]


def test_each_step_has_a_place_and_what_changed():
    for step in logistic():
        assert step.before is not step.after
        assert re.fullmatch(r"rules/.*\.rules", step.file)
        assert step.line > 0


def test_latex_is_an_aligned_derivation():
    text = logistic().latex()
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert all(line.endswith(r"\\") for line in lines[1:-2])
    assert text.count(r"&\to ") == len(logistic())
    assert r"\text{softplus\_log1p, rules/stabilize/logistic.rules:" in text
    assert et.explain(et.scalar("q")).latex() == "\\begin{aligned}\n& q\n\\end{aligned}"


def test_page_needs_nothing_else_and_shows_each_step(tmp_path):
    page = tmp_path / "page.html"
    steps = logistic()
    steps.html(page)
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)\s*=|https?://|@import|url\(|<!--", text)
    assert text.count("<section ") == len(steps)
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 2 * len(steps)
    for picture in pictures:
        ET.fromstring(picture)
    assert 'class="op changed"' in pictures[0]


def test_page_of_an_expression_without_steps_and_with_odd_names(tmp_path):
    page = tmp_path / "page.html"
    et.explain(et.symbol("<script>alert(1)</script>")).html(page)
    text = page.read_text(encoding="utf-8")
    assert "no step" in text
    assert "<script>alert" not in text


def test_command_writes_the_page(tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["explain", "d/dx log(1-exp(x))", "--html", str(page)]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "steps to" in capsys.readouterr().out
    assert main(["explain", "sin(x)", "--html", str(tmp_path / "no" / "page.html")]) == 2


def test_a_symbol_has_the_steps_of_its_own_handle_only():
    x, y = et.symbols("x y")
    found = et.simplify(et.exp(et.log(x)))
    assert [step.rule for step in et.explain(found)] == ["exp_log"]
    assert len(et.explain(x)) == 0
    assert len(et.explain(et.scalar("x"))) == 0
    assert len(et.explain(et.grad(x * y, y))) > 0
