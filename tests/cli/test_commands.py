"""The command line: what it prints, where, and its exit status."""

import json
import subprocess
import sys

import pytest

import etude as et
from etude.backends.c import cache
from etude.cli import main


def outcome(capsys, *arguments):
    status = main(arguments)
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.mark.parametrize(
    ("cost", "variable"),
    [("log(1+exp(x))", "x"), ("sin(a)*exp(-b**2)", "b"), ("sqrt(x)*y", "y"), ("gammaln(k)", "k")],
)
def test_diff_prints_the_gradient(capsys, cost, variable):
    expected = str(et.grad(et.parse(cost), et.parse(variable)))
    assert outcome(capsys, "diff", cost, variable) == (0, expected + "\n", "")


def test_diff_by_a_symbol_that_does_not_occur_is_zero(capsys):
    assert outcome(capsys, "diff", "y**2", "x") == (0, "0.0\n", "")


def test_diff_uses_assumptions(capsys):
    status, out, err = outcome(capsys, "diff", "sqrt(x**2)", "x", "--assume", "x=positive")
    assert (status, out, err) == (0, "1.0\n", "")


def test_simplify(capsys):
    assert outcome(capsys, "simplify", "sin(x)**2+cos(x)**2") == (0, "1.0\n", "")


def test_simplify_with_a_promise_keeps_what_is_not_exact(capsys):
    assert outcome(capsys, "simplify", "x/x", "--promise", "exact") == (0, "x / x\n", "")


def test_explain_names_rules_files_and_lines(capsys):
    status, out, err = outcome(capsys, "explain", "d/dx log(1-exp(x))")
    assert (status, err) == (0, "")
    assert "rules/" in out
    assert ".rules:" in out


def test_explain_takes_an_expression_to_its_normal_form(capsys):
    status, out, err = outcome(capsys, "explain", "log(exp(x))")
    assert (status, err) == (0, "")
    assert "rules/simplify/" in out


def test_doctor_is_content(capsys):
    status, out, err = outcome(capsys, "doctor")
    assert (status, err) == (0, "")
    assert "WRONG" not in out
    assert "differentials" in out
    assert any(f"{'rewriting':20} {kind}" in out for kind in ("Python", "compiled"))


def test_doctor_reports_a_wrong_gradient(capsys, monkeypatch):
    monkeypatch.setattr(et, "grad", lambda cost, wrt: wrt * 0)
    status, out, _ = outcome(capsys, "doctor")
    assert status == 1
    assert "WRONG" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["diff", "log(1+", "x"], "1:"),
        (["diff", "import os", "x"], "1:"),
        (["diff", "nosuchfunction(x)", "x"], "nosuchfunction"),
        (["diff", "x**2", "2x"], "'2x' is no name of a symbol"),
        (["diff", "x**2", "lambda"], "'lambda' is no name of a symbol"),
        (["diff", "x**2"], "Missing argument"),
        (["diff", "x**2", "x", "--assume", "positive"], "NAME=WORDS"),
        (["diff", "x**2", "x", "--assume", "x=tasty"], "tasty"),
        (["simplify", "x", "--nosuch"], "--nosuch"),
        (["simplify", "x", "--promise", "none"], "promise"),
        (["explain", "d/dx"], "1:"),
        (["nosuch"], "nosuch"),
        ([], "command"),
    ],
)
def test_wrong_calls_are_one_line_and_status_2(capsys, arguments, said):
    status, out, err = outcome(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("etude: ")
    assert err.count("\n") == 1
    assert said in err


def test_version(capsys):
    assert outcome(capsys, "--version") == (0, f"etude {et.__version__}\n", "")


def test_program_runs_and_gives_its_status():
    done = [
        subprocess.run([sys.executable, "-m", "etude.cli", *call], capture_output=True, text=True, check=False)
        for call in (["simplify", "log(exp(x))"], ["simplify", "("])
    ]
    assert [(one.returncode, one.stdout) for one in done] == [(0, "x\n"), (2, "")]


def test_without_typer_it_says_what_to_install():
    program = "import sys; sys.modules['typer'] = None; from etude.cli import main; sys.exit(main(['doctor']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'etude: the command line needs typer; install it with: pip install "etude[cli]"\n'


def test_check_tells_sound_rules_from_unsound_ones(capsys, tmp_path):
    file = tmp_path / "mine.rules"
    file.write_text("good: sqrt(x**2) -> abs(x) if floating(x)\n")
    status, out, err = outcome(capsys, "check", str(file))
    assert (status, err) == (0, "")
    assert "terminates: yes" in out
    file.write_text("bad: sqrt(x**2) -> x if floating(x)\n")
    status, out, _ = outcome(capsys, "check", str(file), "--json")
    assert status == 1
    (verdict,) = json.loads(out)["rules"]
    assert (verdict["name"], verdict["sound"]) == ("bad", False)


def test_check_refuses_what_it_cannot_read(capsys, tmp_path):
    file = tmp_path / "mine.rules"
    file.write_text("a: sin(x -> x\n")
    status, out, err = outcome(capsys, "check", str(file))
    assert (status, out) == (2, "")
    assert "mine.rules:1:" in err
    assert outcome(capsys, "check", str(tmp_path / "none"))[0] == 2


def test_compile_prints_the_source(capsys):
    status, out, err = outcome(capsys, "compile", "sin(a)*b")
    assert (status, err) == (0, "")
    assert out == et.function([et.scalar("a"), et.scalar("b")], et.parse("sin(a)*b"), backend="numpy").source


def test_cache_lists_and_clears(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("ETUDE_CACHE_DIR", str(tmp_path))
    cache.fetch("0" * 64, lambda path: path.write_bytes(b"library"))
    status, out, _ = outcome(capsys, "cache")
    assert status == 0
    assert out.splitlines()[0].startswith("0" * 16)
    assert "1 entries" in out
    assert outcome(capsys, "cache", "clear") == (0, f"1 removed from {tmp_path}\n", "")
    assert outcome(capsys, "cache", "burn")[0] == 2


def test_integrate(capsys):
    assert main(["integrate", "x*exp(x)", "x"]) == 0
    assert capsys.readouterr().out == "exp(x) * (x - 1)\n"
    assert main(["integrate", "a*x", "x", "--steps"]) == 0
    assert "rules/integrals" in capsys.readouterr().out
    assert main(["integrate", "x**x", "--seconds", "0.5"]) == 1
    assert "no antiderivative" in capsys.readouterr().err
    assert main(["integrate", "a*x"]) == 2
    assert "wrt is needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("differentialo(sin(x), x, ?d)", "?d = cos(x)\n"),
        ("differentialo(?f, x, cos(x))", "?f = sin(x)\n"),
        ("differentialo(sin(x)*y, ?x, y*cos(x))", "?x = x\n"),
        ("differentialo(3*sin(x), x, ?a*cos(x))", "?a = 3.0\n"),
        ("equalo(sin(x)**2, 1 - cos(x)**2)", "it holds\n"),
        ("rewriteo('twice: x + x -> 2*x', y + y, ?after)", "?after = 2 * y\n"),
    ],
)
def test_query(capsys, question, answers):
    assert main(["query", question, "--limit", "1"]) == 0
    assert capsys.readouterr().out == answers


@pytest.mark.parametrize(
    ("question", "status", "said"),
    [
        ("equalo(x, y)", 1, "no answer"),
        ("nothing(x)", 2, "no relation; there are differentialo"),
        ("differentialo(x, y)", 2, "takes 3 arguments"),
        ("rewriteo(unheard, x, ?y)", 2, "no rules"),
        ("__import__('os')", 2, "no relation"),
        ("x +", 2, "no question"),
    ],
)
def test_query_without_an_answer(capsys, question, status, said):
    assert main(["query", question]) == status
    assert said in capsys.readouterr().err


@pytest.fixture
def cases(tmp_path):
    file = tmp_path / "cases.jsonl"
    rows = [{"expr": "exp(log(x))", "vars": {"x": "real"}, "best_ops": 0}, {"expr": "sin(x)**2 + cos(x)**2", "vars": {"x": "real"}}]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(file)


def test_an_experiment_is_a_table(capsys, cases):
    status, out, err = outcome(capsys, "experiment", cases, "--without", "pythagoras", "--counts", "1", "--worth")
    rows = [line.split() for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert ["2", "expressions"] in rows
    assert [row[:4] for row in rows if row[:1] == ["simplify"]][:1] == [["simplify", "7", "0", "1/1"]]
    assert [row[:5] for row in rows if row[:2] == ["without", "pythagoras"]][:1] == [["without", "pythagoras", "7", "5", "1/1"]]
    assert ["exp_log", "1", "2"] in rows


def test_an_experiment_compares_rule_files_and_strategies(capsys, cases, tmp_path):
    mine = tmp_path / "mine.rules"
    mine.write_text("undone: exp(log(x)) -> x\n", encoding="utf-8")
    call = ["experiment", cases, "--rules", str(mine), "--only", "--strategy", "top down", "--strategy", "normal form", "--worth", "--json"]
    status, out, _ = outcome(capsys, *call)
    found = json.loads(out)
    assert status == 0
    assert [each["after"] for each in found["outcomes"]] == [5, 5]
    assert found["worths"] == [{"rule": "undone", "cases": 1, "operations": 2}]


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--only"], "--only needs --rules"), (["--strategy", "up"], "no strategy is named 'up'"), (["--without", "nosuch"], "nosuch")],
)
def test_an_experiment_that_cannot_be_run(capsys, cases, more, said):
    status, _, err = outcome(capsys, "experiment", cases, *more)
    assert status == 2
    assert said in err
