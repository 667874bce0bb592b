"""Goals of simplification: no result is worse than its input under its goal, and each goal has its own forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.random_arrays import grown, seeded

import etude as et
from etude.errors import RuleError
from etude.rewriting.compiled import CompiledRule
from etude.rewriting.costs import cost_table, read_costs, time_of
from etude.rewriting.goals import GOALS
from etude.rules import parse_rules
from etude.terms import Term, Variable, constant, postorder, symbol


def measured(goal, expr):
    return GOALS[goal].total(postorder(expr.term))


@pytest.mark.parametrize("goal", GOALS)
@given(st.integers(0, 10_000))
def test_no_result_is_worse_than_its_input(goal, seed):
    with np.errstate(all="ignore"):
        rng = seeded(seed)
        expr = grown(rng, rng.randrange(2, 10))
        found = et.simplify(expr, goal=goal)
    assert measured(goal, found) <= measured(goal, expr)
    assert found.term.type is expr.term.type


@pytest.mark.parametrize(
    ("text", "size", "speed", "stable"),
    [
        ("x**3 + x**4", "x**3 * (x + 1)", "x * square(x) * (x + 1)", "x**3 * (x + 1)"),
        ("sqrt(x**2 + y**2)", "hypot(x, y)", "sqrt(x**2 + y**2)", "hypot(x, y)"),
        ("log(1 + exp(x))", "softplus(x)", "log(exp(x) + 1)", "softplus(x)"),
        ("1 - cos(x)", "1 - cos(x)", "1 - cos(x)", "2 * sin(0.5 * x)**2"),
        ("1/sqrt(x)", "x**-0.5", "1 / sqrt(x)", "x**-0.5"),
        ("log(x) + log(y)", "log(x * y)", "log(x * y)", "log(x) + log(y)"),
        ("exp(x) - 1 + y - y", "expm1(x)", "exp(x) - 1", "expm1(x)"),
        ("sin(x)**2 + cos(x)**2", "1.0", "1.0", "1.0"),
    ],
)
def test_forms(text, size, speed, stable):
    expr = et.parse(text)
    assert [str(et.simplify(expr, goal=goal)) for goal in ("size", "speed", "stable")] == [size, speed, stable]


def test_steps_of_each_goal_cite_its_lines():
    speed = et.explain(et.simplify(et.parse("x**3 + x**4"), goal="speed"))
    assert ("cube_as_products", "rules/speed/strength.rules") in [(step.rule, step.file) for step in speed]
    stable = et.explain(et.simplify(et.parse("1 - cos(x)"), goal="stable"))
    assert ("versine", "rules/stabilize/differences.rules") in [(step.rule, step.file) for step in stable]


def test_a_promise_keeps_to_the_rules_that_make_it():
    x = et.scalar("x")
    assert str(et.simplify(et.log(1 + x) + et.log(x) - et.log(x), promise="stable")) == "log1p(x) + log(x) - log(x)"
    assert str(et.simplify(et.exp(et.log(x)) + 1, promise="exact")) == "exp(log(x)) + 1"


def instance(pattern, values):
    if isinstance(pattern, Variable):
        return values[pattern]
    if isinstance(pattern, Term) and pattern.type is None:
        parts = [tuple(instance(part, values) for part in group) for group in (pattern.operands, pattern.attributes)]
        return pattern._tuple[0].apply(*parts)
    return constant(float(pattern)) if isinstance(pattern, (int, float)) else pattern


@pytest.mark.parametrize("rule", [*et.rules.default("simplify").serving("speed"), *et.rules.default("speed")], ids=lambda r: r.name)
def test_rules_that_serve_speed_are_no_slower(rule):
    values = {each: symbol(each.name, (1000,), assumptions=["positive"]) for each in rule.variables.values()}
    try:
        before = instance(rule.lhs, values)
    except (et.errors.EtudeError, TypeError):
        return  # not of vectors
    after = CompiledRule(rule)(before)
    assert after is None or time_of(after) <= time_of(before)


def test_rule_files_say_what_they_serve():
    rules = parse_rules("serves: size stable\na: sin(x) -> x\nserves: all\nb: cos(x) -> x\n")
    assert [[rule.name for rule in rules.serving(goal)] for goal in GOALS] == [["a", "b"], ["b"], ["a", "b"]]
    with pytest.raises(RuleError, match="serves is one of all, size, speed, stable, not 'beauty'"):
        parse_rules("serves: beauty\n")


def test_costs_are_data():
    table = cost_table()
    x, a = et.symbol("x", (100,)), et.symbol("A", (100, 100))
    assert [table.price(each.term) for each in (et.exp(x), a @ x, x)] == [201.0, 1001.0, 0.0]
    assert table.price((et.symbol("u", ("n",)) ** 3).term) == 801.0
    assert read_costs("call: 0\n3: sin").price(et.sin(x).term) == 300.0
    for text, message in [("sin 3", "weight: operators"), ("3: sinn", "'sinn' is no operator"), ("per: day", "per element"),
                          ("x: sin", "'x' is no number")]:  # fmt: skip
        with pytest.raises(RuleError, match=message):
            read_costs(text, "mine.costs")


def test_a_vector_at_the_end_of_a_chain_is_multiplied_first():
    a, b, w, u = et.symbol("A", (30, 40)), et.symbol("B", (40, 50)), et.symbol("w", (50,)), et.symbol("u", (30,))
    assert str(et.simplify(a @ b @ w, goal="speed")) == "A @ (B @ w)"
    assert str(et.simplify(u @ (a @ b), goal="speed")) == "u @ A @ B"
    both = a @ b
    assert time_of(et.simplify(both @ w + both @ (2 * w), goal="speed").term) <= time_of((both @ w + both @ (2 * w)).term)
