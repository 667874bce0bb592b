"""Sets of rules as values."""

from etude.ops import CATALOGUE
from etude.rules import load

RULES = load("a: sin(x) -> x\nb: cos(x) -> x\nc: sin(-x) -> -sin(x)\nd: x = y")


def test_rules_are_found_by_the_operator_at_their_root():
    assert [rule.name for rule in RULES.headed(CATALOGUE["sin"])] == ["a", "c"]
    assert [rule.name for rule in RULES.headed(None)] == ["d"]
    assert not RULES.headed(CATALOGUE["exp"]) and not load("").headed(CATALOGUE["sin"])
