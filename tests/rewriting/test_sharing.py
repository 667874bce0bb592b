"""Gradients beside their cost: what both need is computed once, and is not rewritten where that does not pay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import etude as et
from etude.rewriting import Journal, compiled, count_operations, derivation_of, simplify, simplify_together
from etude.rewriting.pipeline import serving
from etude.rewriting.sharing import gets_shorter
from etude.terms import distinct

RULES = compiled.compiled(serving(et.rules.default("simplify"), "size"))


def program(steps: int, name: str, extra: Any = None) -> tuple[Any, list[Any]]:
    """A long cost in which nothing gets shorter, unless `extra` is added and taken away at each step; and its inputs."""
    x, y = et.scalar(f"{name}_x"), et.scalar(f"{name}_y")
    a, b = x, y
    for step in range(steps):
        fresh = [et.tanh(a + b), a * et.cos(b), et.sin(a) - 0.5 * b, et.exp(-b) * a + b][step % 4]
        a, b = b, fresh if extra is None else fresh + extra - extra
    return b, [x, y]


def test_a_long_term_tells_by_its_deepest_parts_whether_it_gets_shorter():
    plain, _ = program(600, "plain")
    padded, _ = program(600, "padded", et.scalar("extra"))
    assert not gets_shorter([plain.term], RULES)
    assert gets_shorter([padded.term], RULES)


def test_a_cost_that_is_simple_is_not_rewritten_with_its_gradients(monkeypatch: pytest.MonkeyPatch):
    tried: list[Any] = []
    fire = compiled.Rules.fire
    monkeypatch.setattr(compiled.Rules, "fire", lambda rules, term: tried.append(term) or fire(rules, term))
    cost, inputs = program(900, "simple")
    raw, found = et.grad(cost, inputs, simplify=False), et.grad(cost, inputs)
    tried.clear()
    assert simplify_together([each.term for each in raw], [cost.term]) == [each.term for each in found]
    own = set(distinct(cost.term))
    assert sum(term in own for term in tried) < len(own) / 4
    assert len(tried) > len(own)
    terms, before = [each.term for each in found], [each.term for each in raw]
    assert count_operations(*terms) < count_operations(*before)
    assert count_operations(*terms, cost.term) < count_operations(*before, cost.term)
    at = {inputs[0]: 0.3, inputs[1]: 0.4}
    for one, other in zip(found, raw, strict=True):
        np.testing.assert_allclose(one.eval(at), other.eval(at), rtol=1e-9)


def test_a_shorter_gradient_that_shares_less_than_it_gains_is_taken_around_its_cost():
    cost, inputs = program(150, "short")
    raw, found = et.grad(cost, inputs[0], simplify=False), et.grad(cost, inputs[0])
    assert 200 < len(distinct(raw.term)) < 2000
    assert count_operations(found.term) < count_operations(raw.term)
    assert count_operations(found.term, cost.term) <= count_operations(raw.term, cost.term)
    steps = list(derivation_of(found.term))
    assert steps[-1].after.type is found.term.type
    assert {step.rule for step in steps} > {"d_tanh", "d_cos"}


BINARY, UNARY = [et.add, et.subtract, et.multiply, et.divide], [et.exp, et.sin, et.square, et.negative]
STEPS = st.tuples(st.integers(0, 7), st.integers(0, 40), st.integers(0, 40))


@given(st.lists(STEPS, min_size=4, max_size=24))
def test_no_term_gets_longer_however_its_parts_are_shared(steps):
    values = [et.scalar("w"), et.scalar("x"), et.constant(2.0), et.constant(3.0)]
    for operator, left, right in steps:
        a, b = values[-1 - left % len(values)], values[-1 - right % len(values)]
        values.append(BINARY[operator](a, b) if operator < 4 else UNARY[operator - 4](a))
    for goal in ("size", "stable"):
        assert et.count_operations(et.simplify(values[-1], goal=goal)) <= et.count_operations(values[-1])


def test_a_quotient_in_lowest_terms_is_not_paid_for_by_what_shares_its_parts():
    x, w = et.scalar("x"), et.scalar("w")
    three = x + x + x
    inner = (x * three + w + x) * three
    given = (et.exp(w) + (x + x) + (et.exp(et.exp(w)) + 2) + (x * three + x + (inner + et.sin(x + inner)))).term
    journal = Journal()
    found = simplify(given, journal=journal)
    assert count_operations(found) <= count_operations(given) == 17
    assert found is not given or not len(journal.derivation())
