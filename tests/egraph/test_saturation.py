"""Equality saturation: what it finds, that it is never worse than simplification, that its explanations replay."""

import pytest

import etude as et
from etude.egraph import EGraph, replay
from etude.rewriting import Step

RULES = et.rules.default("simplify") + et.rules.default("equations")
CASES = [
    ("(x**2 - 1)/(x - 1)", 1),
    ("(x**2 - y**2)/(x - y)", 1),
    ("1 - x/(1 + x)", 2),
    ("(x**3 + 1)/(x + 1)", 3),
    ("sqrt(p**2 + 2*p*q + q**2)", 1),
    ("-y/p + (1 - y)/(1 - p)", 4),
    ("1/(x + sqrt(x**2 + 1)) + x/(sqrt(x**2 + 1)*(x + sqrt(x**2 + 1)))", 2),
    ("sin(x)**2 + cos(x)**2", 0),
]


def parsed(text):
    return et.parse(text, p="positive", q="positive")


@pytest.mark.parametrize(("text", "operations"), CASES)
def test_finds_the_short_form_and_proves_it(text, operations):
    start = parsed(text)
    result = et.saturate(start)
    assert et.count_operations(result) <= operations
    assert replay(start.term, result.term, et.explain(result), RULES) == []


def test_keeps_dtype_and_shape():
    x = et.vector("x", dtype="float32")
    result = et.saturate((x**2 - 1) / (x - 1))
    assert result.dtype == x.dtype
    assert result.term.type is (x + x).term.type
    assert et.count_operations(result) == 1


def test_integers_are_left_to_wrap():
    n = et.scalar("n", dtype="int64")
    start = (n**2 - 1) * (n + 1)
    assert et.saturate(start).eval({n: 3_000_000_000}) == start.eval({n: 3_000_000_000})


@pytest.mark.parametrize("limit", [{"max_rounds": 0}, {"max_nodes": 0}, {"max_seconds": 0}])
def test_a_limit_of_nothing_leaves_the_simplified_form(limit):
    x = et.scalar("x")
    start = et.exp(et.log(x)) + x
    assert et.saturate(start, **limit).term is et.simplify(start).term


def test_a_bad_limit_or_cost_is_named():
    x = et.scalar("x")
    with pytest.raises(ValueError, match="max_nodes"):
        et.saturate(x, max_nodes=-1)
    with pytest.raises(ValueError, match="'operations', 'time'"):
        et.saturate(x, cost="beauty")


def test_the_user_prices_operators():
    x, y = et.scalar("x"), et.scalar("y")
    powers = et.rules.load("together: exp(a) * exp(b) = exp(a + b)")

    def dear_addition(term):
        return {"add": 50, "exp": 2, "multiply": 1}.get(getattr(term.head, "name", ""), 0)

    assert str(et.saturate(et.exp(x + y), powers)) == "exp(x + y)"
    assert str(et.saturate(et.exp(x + y), powers, cost=dear_addition)) == "exp(x) * exp(y)"


def test_rules_that_loop_end_at_the_limits():
    f = et.rules.load("a: sin(x) -> sin(x + 0.5)\nb: x + y -> y + x")
    x = et.scalar("x")
    assert et.count_operations(et.saturate(et.sin(x), f.of_kind("equation") + et.rules.load("c: sin(x) = sin(x + 0.5)"))) == 1


def test_large_terms_are_only_simplified():
    x = et.scalar("x")
    term = x
    for _ in range(3000):
        term = et.sin(term)
    assert et.saturate(term).term is term.term


def test_congruence_closes_upwards():
    x, y = et.scalar("x").term, et.scalar("y").term
    graph = EGraph()
    left, right = et.sin(et.exp(et.from_term(x))).term, et.sin(et.exp(et.from_term(y))).term
    graph.add(left)
    graph.add(right)
    assert graph.find(left) != graph.find(right)
    graph.merge(x, y, (Step("given", "", 0, x, y),))
    graph.rebuild()
    assert graph.find(left) == graph.find(right)
    assert [step.rule for step in graph.explain(left, right)] == ["given"]


def test_a_forged_step_is_found():
    x = et.scalar("x")
    forged = Step("pythagoras", "", 1, et.sin(x).term, et.cos(x).term)
    assert replay(et.sin(x).term, et.cos(x).term, [forged], RULES) == [forged]
    false_sum = Step("collect", "", 1, (x + 1).term, (x + 2).term)
    assert replay((x + 1).term, (x + 2).term, [false_sum], RULES) == [false_sum]
    with pytest.raises(ValueError, match="do not lead"):
        replay(x.term, (x + 1).term, [], RULES)
