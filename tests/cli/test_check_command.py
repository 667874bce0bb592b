"""`etude check` on a user's file: what is wrong with it, and that nothing else changes."""

import json

import pytest

import etude as et
from etude.cli import main
from etude.errors import RuleError

MIXED = """\
lost_sign: sqrt(x**2) -> x
there:     sin(x)*cos(x) -> sin(2*x)/2
back:      sin(2*x)/2 -> sin(x)*cos(x)
misspelt:  sinn(-x) -> -sinn(x)
"""


@pytest.fixture
def mixed(tmp_path):
    file = tmp_path / "mixed.rules"
    file.write_text(MIXED, encoding="utf-8")
    return file


def test_unsound_looping_and_unknown_name_are_three_messages(mixed, capsys):
    before = {name: et.rules.default(name) for name in et.rules.defaults()}
    expression = et.sqrt(et.scalar("x") ** 2)
    simplified = et.simplify(expression).term
    assert main(["check", str(mixed)]) == 1
    printed = capsys.readouterr().out
    assert f"{mixed}:1: lost_sign: UNSOUND; x = -1.0: left 1.0, right -1.0 (value)" in printed
    assert "terminates: no\n  " in printed
    assert f"{mixed}:4: misspelt: not judged; 'sinn' is no operator (did you mean" in printed
    assert {name: et.rules.default(name) for name in et.rules.defaults()} == before
    assert et.simplify(expression).term is simplified
    assert mixed.read_text(encoding="utf-8") == MIXED


def test_report_for_tools(mixed, capsys):
    assert main(["check", "--json", str(mixed)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["terminates"]) == (False, False)
    assert [rule["sound"] for rule in report["rules"]] == [False, True, True, None]
    assert len(report["loop"]) >= 3


def test_loading_names_the_unknown_operator_with_its_place(mixed):
    with pytest.raises(RuleError, match=r"mixed\.rules:4:12: 'sinn' is no operator; did you mean"):
        et.rules.load(mixed)


def test_sound_file_and_a_file_that_is_not_there(tmp_path, capsys):
    file = tmp_path / "good.rules"
    file.write_text("even: cos(-x) -> cos(x)\n", encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert "terminates: yes" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "none.rules")]) == 2
    file.write_text("broken: cos(-x -> cos(x)\n", encoding="utf-8")
    assert main(["check", str(file)]) == 2
    assert "good.rules:1" in capsys.readouterr().err


def test_changed_file_takes_effect_when_loaded_again(tmp_path):
    file, x = tmp_path / "mine.rules", et.scalar("x")
    file.write_text("one: sin(x) -> cos(x)\n", encoding="utf-8")
    assert str(et.rewrite(et.sin(x), et.rules.load(file))) == "cos(x)"
    file.write_text("one: sin(x) -> tan(x)\n", encoding="utf-8")
    assert str(et.rewrite(et.sin(x), et.rules.load(file))) == "tan(x)"
