"""Discovery finds the known laws, says nothing twice, and says nothing false."""

import pytest

import etude as et


def texts(*args, **named):
    return [str(rule).partition(": ")[2] for rule in et.discover(*args, **named)]


def test_the_laws_of_exp_and_log():
    found = texts("exp log add multiply", 5)
    assert "exp(log(x)) -> x" in found and "log(exp(x)) -> x" in found
    assert "exp(x) * exp(y) -> exp(x + y)" in found
    assert "log(x) + log(y) -> log(x * y)" in found


def test_the_laws_of_maximum_and_minimum():
    assert texts("maximum minimum", 5) == [
        "maximum(x, x) -> x",
        "minimum(x, x) -> x",
        "maximum(x, maximum(x, y)) -> maximum(x, y)",
        "maximum(x, minimum(x, y)) -> x",
        "minimum(x, maximum(x, y)) -> x",
        "minimum(x, minimum(x, y)) -> minimum(x, y)",
    ]


def test_what_is_known_is_not_proposed():
    known = et.rules.load("known: exp(log(x)) -> x")
    assert texts("exp log", 3, "x", rules=known) == ["log(exp(x)) -> x"]


def test_every_proposal_is_sound_and_can_be_read_again():
    found = et.discover("abs negative multiply", 4)
    assert len(found) > 2
    pasted = "\n".join(map(str, found))
    assert all(rule.sound for rule in et.check_rules(pasted).rules)
    assert len(et.rules.load(pasted)) == len(found)


def test_unknown_or_array_operators_are_named():
    with pytest.raises(ValueError, match="'nonsense' is no elementwise operator"):
        et.discover("nonsense")
    with pytest.raises(ValueError, match="'sum'"):
        et.discover("sum")


@pytest.mark.parametrize(("ops", "hint"), [("coz", "did you mean cos"), ("matmul", "elementwise operator of the catalogue$")])
def test_a_name_near_a_known_one_is_told(ops, hint):
    with pytest.raises(ValueError, match=hint):
        et.discover(ops)


@pytest.mark.parametrize("ops", ["", "exp", "negative", "exp exp"])
def test_few_operators_have_no_rules(ops):
    assert len(list(et.discover(ops))) == 0


def test_no_rule_is_told_twice_with_other_names_or_another_order():
    rules = {str(rule).partition(": ")[2] for rule in et.discover("logical_and logical_or logical_not")}
    assert "logical_not(logical_not(x)) -> logical_and(x, x)" in rules
    assert "logical_or(x, x) = logical_and(x, x)" in rules
    assert not any("x" not in rule for rule in rules)  # of y alone
