"""How much work simplification does, told by exact counts: terms made, rules tried, forms written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import etude as et
from etude.rewriting import algebra, pipeline, regions


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


def test_a_number_times_a_sum_that_is_used_again_is_not_multiplied_out(counted: Any):
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
