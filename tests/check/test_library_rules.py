"""Every rewrite of the library keeps its file's promise on float64 and on the dtypes that its condition asks for."""

import pytest

import etude as et
from etude.check import Effort
from etude.check.soundness import judge

QUICK = Effort(scalars=1500, others=600, arrays=24, types=12, conditions=False, dtypes=("float64",))
DISCRETE = Effort(scalars=1500, others=600, arrays=24, types=12, conditions=False, dtypes=("int64", "bool"))

# True of ordinary numbers and kept for their use; false where the inputs are infinite or an exponential underflows.
AT_THE_EDGE = {
    "exp_power": "exp(-1000)**0.001 underflows to 0",
    "log_power": "log(inf**-0.0) is 0, -0.0*inf is nan",
    "power_power": "(5**nan)**-0.0 is 1",
    "softmax_form": "entries beside an infinite one are 0, with the shift nan",
    "softmax_all": "as softmax_form",
    "softmax_axis": "as softmax_form",
    "tan_arctan": "tan(arctan(inf)) is 1.6e16",
}
REWRITES = [rule for name in ("simplify", "stabilize") for rule in et.rules.default(name) if rule.kind in ("rewrite", "equation")]


def verdict_on(rule):
    found = judge(rule, {}, {}, QUICK)
    return judge(rule, {}, {}, DISCRETE) if found.sound is None else found


@pytest.mark.parametrize("rule", REWRITES, ids=lambda rule: rule.name)
@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_rewrite_keeps_its_promise(rule):
    found = verdict_on(rule)
    assert found.sound is (rule.name not in AT_THE_EDGE), str(found)


def test_wrong_line_is_named_with_its_place(tmp_path):
    file = tmp_path / "mine.rules"
    file.write_text("good: abs(-x) -> abs(x)\nbad: sin(2*x) -> 2*sin(x)\n", encoding="utf-8")
    report = et.check_rules(str(file))
    assert [(v.name, v.line, v.sound) for v in report.rules] == [("good", 1, True), ("bad", 2, False)]
    assert f"{file}:2: bad: UNSOUND" in str(report)


def test_exceptions_are_rules_of_the_library():
    assert set(AT_THE_EDGE) <= {rule.name for rule in REWRITES}
