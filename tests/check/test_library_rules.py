"""Every rewrite of the library keeps its file's promise at the types to which the engine applies it."""

from dataclasses import replace

import pytest

import etude as et
from etude.check import Effort, check_side_by_side
from etude.check.soundness import judge
from etude.check.together import rules_of, together
from etude.rules.loader import rules_root

QUICK = Effort(scalars=1500, others=600, arrays=24, types=12, conditions=False)
REWRITES = [
    rule
    for name in (
        "simplify", "stabilize", "masks", "arithmetic", "generators", "speed", "elementary", "algebraic", "half_angles",
        "programs", "inverses",
    )
    for rule in et.rules.default(name)
    if rule.kind in ("rewrite", "equation")
]
# False only where one array is empty and the other holds an infinity, which sampling does not reach together; the
# counter-example of each is in tests/program/test_products.py.
BY_HAND = {"columns_summed_first", "columns_summed_kept", "stacked_rows_summed", "stacked_columns_summed"}
# More operands and shapes than the checker finds types for; its values are tried in tests/rewriting/test_array_rules.py.
UNTRIED = {"kronecker_mixed"}
ORDINARY = [rule for rule in REWRITES if rule.inputs == "ordinary" and rule.name not in BY_HAND]


@pytest.mark.parametrize("rule", [rule for rule in REWRITES if rule.name not in UNTRIED], ids=lambda rule: rule.name)
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom", "ignore:invalid value")
def test_rewrite_keeps_its_promise(rule):
    found = judge(rule, {}, {}, QUICK)
    assert found.sound is True, str(found)
    assert not found.unsatisfiable


@pytest.mark.parametrize("name", sorted(UNTRIED))
def test_lines_that_are_not_judged_are_few_and_known(name):
    assert judge(et.rules.default("simplify")[name], {}, {}, QUICK).sound is None


@pytest.mark.parametrize("rule", ORDINARY, ids=lambda rule: rule.name)
def test_line_for_ordinary_inputs_is_false_beyond_them(rule):
    thorough = Effort(conditions=False)
    assert judge(replace(rule, inputs="any"), {}, {}, thorough).sound is False


def test_the_lines_of_all_files_end_together_and_none_is_in_vain():
    report = together(rules_of(rules_root()))
    assert report.ok, str(report)
    assert not report.shadowed


@pytest.mark.slow
def test_all_files_are_checked_as_the_command_does():
    """Four times as many samples as above, derivatives and meanings too, and whether a condition is needed."""
    report = check_side_by_side(rules_root())
    assert report.ok, str(report)
    assert len(report.rules) > len(REWRITES)


def test_no_line_uses_the_number_e_for_a_variable():
    assert not [rule.name for rule in REWRITES if 2.718281828459045 in rule.lhs._tuple[1:]]


def test_wrong_line_is_named_with_its_place(tmp_path):
    file = tmp_path / "mine.rules"
    file.write_text("good: abs(-x) -> abs(x)\nbad: sin(2*x) -> 2*sin(x)\n", encoding="utf-8")
    report = et.check_rules(str(file))
    assert [(v.name, v.line, v.sound) for v in report.rules] == [("good", 1, True), ("bad", 2, False)]
    assert f"{file}:2: bad: UNSOUND" in str(report)
