"""Negatives in normal form, and patterns in which a variable stands beside its negative."""

import pytest

import etude as et
from etude.rewriting.opposites import are_opposite

PAIRS = ["x | -x", "2*x | -2*x", "x - y | y - x", "3*x*y | -3*x*y", "1/x | -1/x", "2*x/y | -2*x/y", "2.5 | -2.5", "sin(x) | -sin(x)"]
OTHERS = ["x | x", "2*x | 2*x", "2*x | -3*x", "2*x | -2*y", "x - y | x - y", "0.0 | 0.0", "1/x | -1/y", "exp(x) | exp(-x)", "x | 1.0"]


def sides(pair):
    return [et.simplify(et.parse(text)).term for text in pair.split(" | ")]


@pytest.mark.parametrize("pair", PAIRS)
def test_negatives_are_told(pair):
    one, other = sides(pair)
    assert are_opposite(one, other) and are_opposite(other, one)


@pytest.mark.parametrize("pair", OTHERS)
def test_others_are_no_negatives(pair):
    one, other = sides(pair)
    assert not are_opposite(one, other) and not are_opposite(other, one)


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("expit(2*x) - expit(-2*x)", "tanh(x)"),
        ("expit(x - y) + expit(y - x)", "1.0"),
        ("3*expit(x*y) - 3*expit(-x*y)", "3 * tanh(0.5 * x * y)"),
        ("softplus(2*x) - softplus(-2*x)", "2 * x"),
        ("expit(x - y) - expit(x - y)/2", "0.5 * expit(x - y)"),
    ],
)
def test_a_variable_beside_its_negative(text, simple):
    assert et.simplify(et.parse(text)).term is et.simplify(et.parse(simple)).term


def test_rules_of_ones_own_meet_negatives_too():
    mine = et.rule("even: cos(x) + cos(-x) -> 2 * cos(x)")
    x, y = et.symbols("x y")
    assert str(et.rewrite(et.cos(x - y) + et.cos(y - x), mine)) == "2 * cos(x - y)"
    assert str(et.rewrite(et.cos(x - y) + et.cos(x + y), mine)) == "cos(x - y) + cos(x + y)"
