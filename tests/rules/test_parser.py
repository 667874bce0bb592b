"""The language of rules: what a line says, and what is said of a bad one."""

import pytest

import etude as et
from etude.errors import RuleError
from etude.rules import RuleSet, default, defaults, load, parse_rules

GOOD = """promise: exact
# DLMF 4.21
d(sin(u)) = cos(u)*d(u)
adjoint([v]*c, g) = g*c

pythagoras: sin(x)**2 + cos(x)**2 -> 1   # everybody
double:     sin(2*x) = 2*sin(x)*cos(x)
guarded:    log(x*y) -> log(x) + log(y)  if positive(x) and y > 0
"""


def test_kinds_names_places_and_sources():
    rules = list(parse_rules(GOOD, "my.rules"))
    assert [(r.name, r.kind, r.line) for r in rules] == [
        ("d_sin", "differential", 3),
        ("adjoint_multiply_0", "adjoint", 4),
        ("pythagoras", "rewrite", 6),
        ("double", "equation", 7),
        ("guarded", "rewrite", 8),
    ]
    assert [r.source for r in rules[:3]] == ["DLMF 4.21", "DLMF 4.21", "everybody"]
    assert rules[2].place == "my.rules:6"
    assert {r.promise for r in rules} == {"exact"}
    assert list(rules[4].variables) == ["x", "y"]


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        ("sin(x) -> x", "needs a name", 1),
        ("a: sinn(x) -> x", "'sinn' is no operator; did you mean sin", 4),
        ("a: sin(x) -> y", "'y' does not occur on the left side", 14),
        ("a: sin(x) -> cos(", "not an expression", 17),
        ("a: sin(x) -> x if posit(x)", "'posit' is no condition; did you mean positive", 19),
        ("a: x -> 1", "bare variable", 1),
        ("a: 2**10**10 -> 1", "too large", 4),
        ("a: __import__('os') -> 1", "no operator", 4),
        ("a: x.real -> 1", "has no place in a rule", 4),
        ("a: x[0] + 1 -> 1", "an index is written getitem(x, spec=s)", 4),
        ("a: sin(einsum('ij,jk->ik', x, y)) -> x", "'ij,jk->ik' is no operand; einsum(a, b, subscripts=...) takes", 8),
        ("just words", "a rule is", 1),
        ("promise: maybe", "promise is one of exact, real, stable", 10),
        ("d(sin(u), u) = 1", "d takes one operator", 1),
        ("adjoint(sin(v), g) = g", "mark the operand", 1),
    ],
)
def test_a_mistake_is_shown_where_it_is(line, message, column):
    with pytest.raises(RuleError) as caught:
        parse_rules(f"# a comment\n{line}", "mine.rules")
    assert message in str(caught.value)
    assert caught.value.line == 2
    assert caught.value.column == column
    assert str(caught.value).startswith(f"mine.rules:2:{column}: ")


def test_a_name_is_given_once():
    with pytest.raises(RuleError, match="taken by line 1"):
        parse_rules("a: exp(log(x)) -> x\na: log(exp(x)) -> x")


def test_rule_sets_are_values():
    both = load("a: exp(log(x)) -> x") + load("b: log(exp(x)) -> x")
    assert [rule.name for rule in both] == ["a", "b"]
    assert [rule.name for rule in both - "a"] == ["b"]
    assert both["a"].name == "a"
    assert "a" in both
    assert hash(both) == hash(load("a: exp(log(x)) -> x\nb: log(exp(x)) -> x"))
    with pytest.raises(KeyError, match="nothing"):
        both - "nothing"


def test_files_are_read_anew_and_nothing_half_done(tmp_path):
    file = tmp_path / "my.rules"
    file.write_text("a: exp(log(x)) -> x\n")
    assert [rule.name for rule in load(file)] == ["a"]
    file.write_text("b: log(exp(x)) -> x\nc: broken(\n")
    with pytest.raises(RuleError, match=r"my\.rules:2:"):
        load(file)
    file.write_text("b: log(exp(x)) -> x\n")
    assert [rule.name for rule in load(str(file))] == ["b"]
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.rules")


def test_the_librarys_own_rules_load():
    assert {"adjoints", "differentials", "simplify", "stabilize", "masks"} <= set(defaults())
    assert all(isinstance(default(name), RuleSet) for name in ("differentials", "adjoints", "simplify", "stabilize", "masks"))
    with pytest.raises(KeyError, match="there are"):
        default("none")


def test_a_rule_of_ones_own_is_used():
    x = et.scalar("x")
    mine = et.rule("mine: sin(x) -> cos(x)")
    assert str(et.simplify(et.sin(x) + 1.0, rules=et.rules.default("simplify") + mine)) == "cos(x) + 1"


def test_a_checked_text_is_read_when_asked_and_says_the_same():
    text = GOOD + "d(item(qr(a), 0)) = d(a)\nd(mod(u, v)) = d(u)\nadjoint(where(c, [a], [b]), g) = (where(c, g, 0), where(c, 0, g))\n"
    eager, later = parse_rules(text, "my.rules"), parse_rules(text, "my.rules", checked=True)
    for one, other in zip(eager, later, strict=True):
        assert "lhs" not in vars(other)
        assert (other.name, other.kind, other.head, other.place) == (one.name, one.kind, one.head, one.place)
        assert "lhs" not in vars(other)
        assert one == other
        assert (other.lhs, other.rhs, other.condition, other.cotangent) == (one.lhs, one.rhs, one.condition, one.cotangent)
    assert hash(eager) == hash(later)
    assert eager == later


def test_asking_for_a_differential_reads_no_other_line():
    rules = parse_rules("d(sin(u)) = cos(u)*d(u)\nd(cos(u)) = -sin(u)*d(u)\n", checked=True)
    assert str(et.rules.rule("s: sin(x) -> x").head) == str(rules["d_sin"].head)
    assert rules["d_sin"].rhs is not None
    assert ["rhs" in vars(rule) for rule in rules] == [True, False]


def test_a_line_for_each_of_several_operators():
    found = et.rules.load("each: max min\neach_of_each: each(each(x)) -> each(x)\nbeach: log(x) -> x\neach: sum\neach_negative: each(-x) -> -each(x)")
    assert [rule.name for rule in found] == ["max_of_max", "min_of_min", "beach", "sum_negative"]
    assert [rule.line for rule in found] == [2, 2, 3, 5]
    assert str(found["min_of_min"]) == "min_of_min: min(min(x)) -> min(x)"
    with pytest.raises(RuleError, match=r"<text>:2:12: 'men' is no operator"):
        et.rules.load("each: men\neach_twice: each(x) -> x")
    with pytest.raises(RuleError, match="the name 'half' is taken by line 2"):
        et.rules.load("each: max min\nhalf: each(x) -> x")


def test_applied_is_everywhere_or_singly():
    rules = parse_rules("a: x + 0 -> x\napplied: singly\nb: x * 1 -> x\n")
    assert [rule.applied for rule in rules] == ["everywhere", "singly"]
    with pytest.raises(RuleError, match="applied is one of everywhere, singly, not 'once'"):
        parse_rules("applied: once\n")


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_no_rules_and_no_folder(text):
    assert len(load(text)) == 0
    assert et.check_rules(text).rules == ()
