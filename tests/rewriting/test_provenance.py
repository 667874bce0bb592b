"""Every step of an explanation names a line that is there: the rule, its file and its place in it."""

import re
import weakref

import pytest

import etude as et
from etude.rewriting import Journal, derivation_of
from etude.rewriting.pipeline import simplify
from etude.rules.location import rules_root
from etude.terms import constant, distinct, symbol

A = et.symbol("A", ("m", "n"))
X, Y, B = et.symbol("x", ("n",)), et.symbol("y", ("m",)), et.symbol("b", ("m",))
LINES = et.rules.default("simplify") + et.rules.default("stabilize")
OPERATORS = {"subtract": r"\w+ - ", "multiply": r"\w+ \* ", "matmul": r"\w+ @ "}
COSTS = {
    "squares": et.sum((A @ X - B) ** 2),
    "logistic": et.sum(et.log(1 + et.exp(A @ X)) - Y * (A @ X)),
    "log-sum-exp": et.log(et.sum(et.exp(X))),
}


def stated(step):
    """Whether the line at the step's place states the step's rule."""
    lines = rules_root().joinpath(step.file.removeprefix("rules/")).read_text(encoding="utf-8").splitlines()
    line = lines[step.line - 1]
    unnamed = OPERATORS.get(step.rule.removeprefix("d_"), step.rule.removeprefix("d_") + r"\(")
    return line.startswith(f"{step.rule}:") or re.match(rf"d\({unnamed}", line) is not None


def applied(step):
    """Whether the step's line of rules/simplify or rules/stabilize does what the step says; true of other lines."""
    own = [rule for rule in LINES if rule.name == step.rule]
    return all(str(et.rewrite(et.from_term(step.before), rule, "root")) == str(et.from_term(step.after)) for rule in own)


@pytest.mark.parametrize("name", COSTS)
def test_steps_of_gradients_are_lines_of_rules(name):
    steps = list(et.explain(et.grad(COSTS[name], X)))
    assert steps
    assert [str(step) for step in steps if not (stated(step) and applied(step))] == []


S, T = et.scalar("s"), et.scalar("t")
KINDS = {
    "collect_terms": 2 * S + 3 * S,
    "plus_zero": S + 0.0,
    "minus_zero": S - 0.0,
    "minus_itself": S - S,
    "negated_twice": et.negative(-S),
    "plus_negative": S + -T,
    "minus_negative": S - -T,
    "times_one": S * 1.0,
    "times_zero": S * 0.0,
    "over_one": S / 1.0,
    "over_itself": S / S,
    "number_of_product": 2 * (3 * S),
    "collect_powers": S**2 * S**3,
    "power_one": S**1.0,
    "power_of_power": (S**2) ** 3,
    "root_of_square": et.sqrt(S**2),
    "quotient_over": S / (T / et.sin(S)),
    "opposite_difference": (S - T) / (T - S),
    "fold_constants": S * et.sin(2.0),
    "common_factor_out": (S**2 - 1) / (S - 1),
    "common_denominator": 1 - S / (1 + S),
    "divided_out": (S + 1) * (S - 3) / (S - 1) ** 2,
}


KINDS = [*KINDS.items(), ("common_factor", S * T + S * et.sin(T)), ("common_factor", S**2 + 2 * S * T + T**2)]


@pytest.mark.parametrize(("rule", "expr"), KINDS)
def test_kind_of_step_is_told(rule, expr):
    steps = list(et.explain(et.simplify(expr)))
    assert rule in [step.rule for step in steps]
    assert all(stated(step) for step in steps)


def test_lines_of_arithmetic_are_ordinary_rules():
    lines = et.rules.default("arithmetic")
    assert str(et.rewrite(2 * S + 3 * S, lines["collect_terms"])) == "add(2.0, 3.0) * s"
    assert str(et.rewrite(S * (T + 1), lines["multiplied_out"])) == "s * t + s * 1"


def test_a_step_has_normal_operands_on_both_sides():
    term = et.sin(S + 0.0) - et.sin(T * 1.0)
    steps = [step for step in derivation_of(simplify(term.term)) if step.rule not in ("plus_zero", "times_one")]
    assert not steps
    assert simplify(symbol("u")) is symbol("u")
    assert simplify(constant(1.0)) is constant(1.0)


@pytest.mark.parametrize("operations", [20, 200])
def test_steps_found_when_somebody_asks_are_those_that_were_taken(operations):
    term, journal = (et.sin(T) + 0.0).term, Journal()
    for count in range(operations):
        term = ((et.from_term(term) * 1.0 + S - 0.0) * T + count % 3).term
    noted = simplify(term, journal=journal)
    found = simplify(term)
    assert found is noted
    assert len(distinct(term)) > operations
    assert list(map(str, derivation_of(found))) == list(map(str, journal.derivation()))
    assert len(journal) > operations


def test_a_result_that_is_a_part_of_what_it_came_from_dies_with_its_last_use():
    x, y = et.scalar("kept_x"), et.scalar("kept_y")
    term = et.log(et.exp(x * et.sin(y) + y)).term
    found = simplify(term)
    assert [step.rule for step in derivation_of(found)] == ["log_exp"]
    gone = weakref.ref(found)
    del found, term
    assert gone() is None
