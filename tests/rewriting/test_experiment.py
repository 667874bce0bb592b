"""Experiments: what a rule set leaves of the cases, and what each rule did."""

import json

import pytest

import etude as et
from etude.rewriting import bottom_up
from etude.rewriting.experiment import STRATEGIES, Case, Worth, ablation, experiment, read_cases, worths

X = et.scalar("x")
CASES = [
    Case("logarithm", et.exp(et.log(X)).term, best=0),
    Case("circle", (et.sin(X) ** 2 + et.cos(X) ** 2).term, best=0),
]
RULES = et.rules.default("simplify")


def test_a_rule_left_out_is_missed():
    report = experiment(CASES, ablation(RULES, ["exp_log", "pythagoras"]))
    assert [outcome.name for outcome in report] == ["all", "without exp_log", "without pythagoras"]
    assert [outcome.at_best for outcome in report] == [2, 1, 1]
    assert [outcome.after for outcome in report][:2] == [0, 2]
    assert report[0].rules["exp_log"].fired >= 1
    assert "exp_log" not in report[1].rules


def test_counts_say_how_often_a_rule_was_tried():
    counts = experiment(CASES[:1], {"all": RULES})[0].rules["exp_log"]
    assert counts.tried >= counts.fired >= 1
    assert counts.seconds > 0


def test_strategies_are_compared():
    ways = {"root": lambda term, rules: rules(term) or term, "up": lambda term, rules: bottom_up(rules)(term) or term}
    inside = Case("inside", et.sin(et.exp(et.log(X))).term)
    assert [outcome.after for outcome in experiment([inside], {"rules": RULES}, ways)] == [3, 1]


def test_report_is_a_table_and_json():
    report = experiment(CASES, {"all": RULES, "none": et.rules.load("a: exp(log(x)) -> x")})
    lines = str(report).splitlines()
    assert lines[0].split() == ["rules", "operations", "left", "at", "best", "seconds", "tried", "fired"]
    assert len(lines) == 3
    assert json.loads(report.json())[0]["rules"]["pythagoras"]["fired"] == 1


def test_cases_are_read_from_a_file(tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text('{"id": "a", "expr": "x + x", "vars": {"x": "positive"}, "best_ops": 1}\n\n', encoding="utf-8")
    (case,) = read_cases(file)
    assert (case.name, case.best, str(et.simplify(case.term))) == ("a", 1, "2 * x")
    assert experiment(file, {"all": RULES})[0].at_best == 1


def test_an_unknown_rule_cannot_be_left_out():
    with pytest.raises(KeyError, match="nosuch"):
        ablation(RULES, ["nosuch"])


def test_what_a_rule_is_worth():
    assert worths(CASES, RULES) == [Worth("pythagoras", 1, 5), Worth("exp_log", 1, 2)]


def test_counts_are_exact():
    first, again = experiment([*CASES, CASES[0]], {"a": RULES, "b": RULES})
    assert (first.tried, first.fired, first.left) == (again.tried, again.fired, {"logarithm": 0, "circle": 0})
    assert first.fired_in == {"exp_log": ["logarithm", "logarithm"], "pythagoras": ["circle"]}
    assert [(name, count.fired) for name, count in first.rules.items() if count.fired] == [("exp_log", 2), ("pythagoras", 1)]


def test_every_strategy_and_kind_of_variable(tmp_path):
    file = tmp_path / "cases.jsonl"
    rows = ['{"expr": "exp(log(v)) + A", "vars": {"v": "vector", "A": "matrix"}}', '{"expr": "sqrt(u**2)", "vars": {"u": "unit"}}']
    file.write_text("\n".join(rows), encoding="utf-8")
    report = experiment(file, {"": RULES}, STRATEGIES)
    assert {outcome.name: outcome.after for outcome in report} == {
        "simplify for size": 1, "simplify for speed": 1, "simplify for stable": 1,
        "normal form": 1, "bottom up": 2, "top down": 2, "until stable": 1,
    }  # fmt: skip
    assert report[0].left == {"line 1": 1, "line 2": 0}


@pytest.mark.parametrize(
    ("line", "said"),
    [("[]", ":2: "), ("{", ":2: Expecting"), ('{"vars": {}}', ":2: 'expr'"), ('{"expr": "x", "vars": {"x": "odd"}}', ":2: .*odd")],
)
def test_a_line_that_is_no_case_is_named(tmp_path, line, said):
    file = tmp_path / "cases.jsonl"
    file.write_text("\n" + line, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_cases(file)
