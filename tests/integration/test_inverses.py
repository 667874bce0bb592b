"""Equations solved for the variable by the lines of rules/inverses."""

import pytest

import etude as et
from etude.integration.inverses import inverse_at, undone
from etude.rules import default
from etude.rules.inverses import undoings

x, s, a = (array.term for array in et.symbols("x s a"))


def solved(text, **words):
    names = {"x": et.from_term(x), "a": et.from_term(a), **words}
    found = inverse_at(et.parse(text, **names).term, x, s)
    return None if found is None else str(et.from_term(found))


@pytest.mark.parametrize(
    ("text", "solution"),
    [
        ("x + a", "s - a"),
        ("a + x", "s - a"),
        ("x - a", "s + a"),
        ("a - x", "a - s"),
        ("x * a", "s / a"),
        ("x / a", "s * a"),
        ("a / x", "a / s"),
        ("-x", "-s"),
        ("sqrt(x)", "s**2"),
        ("cbrt(x)", "s**3"),
        ("x**3", "cbrt(s)"),
        ("2**x", "log2(s)"),
        ("exp(x)", "log(s)"),
        ("log(x)", "exp(s)"),
        ("sinh(x)", "arcsinh(s)"),
        ("sqrt(1 + 2 * exp(3 * x))", "0.3333333333333333 * log(0.5 * s**2 - 0.5)"),
    ],
)
def test_the_equation_is_solved(text, solution):
    assert solved(text) == solution


@pytest.mark.parametrize("text", ["x + x**2", "abs(x)", "x**0", "floor(x)", "sin(x) * x"])
def test_what_has_no_line_or_holds_the_variable_twice_is_not_solved(text):
    assert solved(text) is None


def test_a_condition_on_a_number_is_asked():
    three, zero = (et.constant(value).term for value in (3.0, 0.0))
    raised = {number: et.parse("y**b").term.head(x, number) for number in (three, zero)}
    assert undone(raised[zero], 0, s) is None
    assert undone(raised[three], 0, s) is not None


def test_each_line_of_the_folder_is_read():
    assert [undoing.rule.name for undoing in undoings(default("inverses"))] == [rule.name for rule in default("inverses")]


def test_what_is_undone_stands_below_the_root_and_once():
    rules = et.rules.load("a: exp(log(x)) -> x\nb: x + 0 -> x\nc: log(exp(x) * x) -> x\nd: (x + a) - a -> x\ne: log(2 * exp(x)) -> x")
    assert [(undoing.rule.name, undoing.place) for undoing in undoings(rules)] == [("a", 0), ("d", 0), ("e", 0)]
