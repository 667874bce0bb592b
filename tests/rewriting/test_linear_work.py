"""How much work simplification does, told by exact counts: terms made, rules tried, forms written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import etude as et
from etude.rewriting import algebra, collecting, compiled, count_operations, pipeline, regions
from etude.terms import replace


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], Counter[str]]:
    """Counts the calls of a function or method while the test runs."""

    def count(owner: Any, name: str) -> Counter[str]:
        calls: Counter[str] = Counter()
        original = getattr(owner, name)

        def wrapper(*args: Any, **named: Any) -> Any:
            calls[name] += 1
            return original(*args, **named)

        monkeypatch.setattr(owner, name, wrapper)
        return calls

    return count


def recurrence(steps: int) -> Any:
    x = et.scalar("x")
    y = x
    for _ in range(steps):
        y = et.sin(y) * et.cos(x) + y * 0.5
    return y


def test_a_number_times_a_sum_that_is_used_again_is_not_multiplied_out(counted: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(algebra, "IN_C", None)  # which would make most of them uncounted
    monkeypatch.setattr(collecting, "IN_C", None)
    made = counted(algebra, "intern")
    et.simplify(recurrence(500))
    once = made["intern"]
    made.clear()
    et.simplify(recurrence(1000))
    assert made["intern"] < 2.1 * once


def test_a_number_times_a_long_sum_stays_a_product():
    names = [et.scalar(f"x{i}") for i in range(algebra.WIDEST + 1)]
    long = sum(names[1:], names[0])
    assert et.count_operations(et.simplify(long * 3 * 2)) == algebra.WIDEST + 1


def test_what_gets_much_longer_when_multiplied_out_is_not_simplified_again(counted: Any):
    stable = counted(pipeline, "stable")
    a, b, c, d, e = et.symbols("a b c d e")
    et.simplify((a + b) * (c + d) * (a + e) * (b + d) * (c + e))
    assert stable["stable"] == 1


def test_a_polynomial_with_more_monomials_than_operations_is_not_written(counted: Any):
    forms = counted(regions, "horner_forms")
    a, b, c, d, e = et.symbols("a b c d e")
    et.simplify((a + b) * (c + d) * (a + e) * (b + d) * (c + e))
    assert forms["horner_forms"] == 0


def long_term(steps: int, name: str, last: Any) -> Any:
    """A sum of two branches over symbols of that name, the right one with `last` at its bottom."""
    x, y = et.scalar(f"{name}_x"), et.scalar(f"{name}_y")
    left, right = x, last
    for _ in range(steps):
        left, right = et.sin(left) + x, et.cos(right) * y
    return et.exp(left * right) + left


def test_only_what_is_above_a_changed_part_is_rewritten_again(counted: Any):
    tried = counted(compiled.Rules, "fire")
    z = et.scalar("known_z")
    simple = et.simplify(long_term(300, "known", z))
    assert tried["fire"] > 1000
    tried.clear()
    assert et.simplify(simple).term is simple.term
    assert tried["fire"] == 0
    changed = et.log(et.exp(simple + 0) + z * z)
    made = et.simplify(changed)
    assert tried["fire"] <= 12
    assert str(made) == str(et.simplify(et.log(et.exp(long_term(300, "known", z)) + z * z), rules=et.rules.default("simplify")))


def test_a_changed_leaf_leaves_the_other_branch_alone(counted: Any):
    tried = counted(compiled.Rules, "fire")
    z, w = et.scalar("leaf_z"), et.scalar("leaf_w")
    simple = et.simplify(long_term(300, "leaf", z))
    whole = tried["fire"]
    tried.clear()
    changed = et.from_term(replace([simple.term], {z.term: w.term})[0])
    made = et.simplify(changed)
    assert made.term is changed.term
    assert 600 < tried["fire"] < 0.6 * whole


def test_a_long_gradient_goes_on_sharing_with_its_cost_where_little_is_gained():
    cost = recurrence(100)
    raw, found = (et.grad(cost, et.scalar("x"), simplify=simplify) for simplify in (False, True))
    assert count_operations(cost.term, found.term) <= count_operations(cost.term, raw.term)
    alone = et.simplify(raw)
    assert et.count_operations(alone) < et.count_operations(raw)
    assert count_operations(cost.term, alone.term) > 1.3 * count_operations(cost.term, raw.term)


def test_terms_with_more_uses_than_a_float_can_count():
    w, one, two = et.scalar("w"), et.scalar("x"), et.scalar("y")
    for _ in range(1800):
        one, two = two, et.atan2(two, one)
    expr = two**3 * w + two**2 * w + two * w + w
    found = et.simplify(expr)
    assert count_operations(expr.term) - count_operations(found.term) == 2


@pytest.mark.parametrize("number", [2.0, 0.5])
def test_numbers_that_together_are_no_float_are_left_apart(counted: Any, number: float):
    tried = counted(compiled.Rules, "fire")
    x = et.scalar("x")
    product, chained = x, x
    for _ in range(1100):
        product, chained = product * number, et.sin(chained) * number
    found = et.simplify(product)
    assert tried["fire"] < 3000
    assert float(found.eval({x: 0.0})) == 0.0
    assert float(found.eval({x: number**-1000})) == number**100
    slope = et.grad(chained, x)
    assert float(slope.eval({x: 0.0})) == (0.0 if number < 1 else np.inf)
