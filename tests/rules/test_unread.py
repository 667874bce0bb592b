"""Lines of the library's own files, read to their end when asked, are the lines as read at once."""

import pytest

from etude.rules import parse_rules
from etude.rules.location import rules_root

FILES = sorted(rules_root().rglob("*.rules"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(rules_root())))
def test_a_line_read_later_is_the_line_read_at_once(file):
    text = file.read_text(encoding="utf-8")
    at_once, later = parse_rules(text, file.name), parse_rules(text, file.name, checked=True)
    for one, other in zip(at_once, later, strict=True):
        assert other.name == one.name and other.kind == one.kind and other.place == one.place
        assert other.head is one.head
        assert other == one


def test_the_left_side_of_a_rewrite_is_read_alone():
    (rule,) = parse_rules("exp_log: exp(log(x)) -> x if positive(x)", checked=True)
    rule.lhs  # which reads it
    assert "lhs" in vars(rule)
    assert "rhs" not in vars(rule)
    assert "condition" not in vars(rule)
    (whole,) = parse_rules("exp_log: exp(log(x)) -> x if positive(x)")
    assert rule == whole


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("a: less_equal(x, 'a = b') -> x >= 1 if x != 2", "->"),
        ("b: (x == y) = equal(x, y)", "="),
        ("c: where(x <= y, x, y) = minimum(x, y)", "="),
        ("d: x - -y -> x + y if positive(x)", "->"),
    ],
)
def test_signs_between_sides_are_told_from_comparisons(line, sign):
    assert [rule.kind for rule in parse_rules(line)] == ["rewrite" if sign == "->" else "equation"]
