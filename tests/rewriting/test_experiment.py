"""Experiments: what a rule set leaves of the cases, and what each rule did."""

import json

import pytest

import etude as et
from etude.rewriting import bottom_up
from etude.rewriting.experiment import Case, ablation, experiment, read_cases

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
