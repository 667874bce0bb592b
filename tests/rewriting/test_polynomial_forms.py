"""Sums written anew as polynomials in few parts: higher derivatives stay small, and round as well as before."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import etude as et
from etude.rewriting.compiled import compiled
from etude.rewriting.expansion import Unfit, denominators, expanded
from etude.rewriting.horner import horner_forms
from etude.rewriting.rounding import rounds_as_well

X, Y = et.scalar("x"), et.scalar("y")
RELATIONS = compiled(et.rules.default("generators"))
HIGHER = [9, 14, 20, 30, 42, 57, 74, 93]


def test_higher_derivatives_grow_no_faster_than_the_square_of_their_order():
    found, counts = et.exp(et.sin(X)) * et.tanh(X), []
    for _ in HIGHER:
        found = et.grad(found, X)
        counts.append(et.count_operations(found))
    assert counts == HIGHER
    most = max(count / order**2 for order, count in enumerate(counts[:3], 1))
    assert all(count <= most * order**2 for order, count in enumerate(counts, 1))


@pytest.mark.parametrize(
    ("expr", "counts"),
    [
        (et.log(1 + X**2) * et.sin(X), [10, 16, 21, 24, 29, 33, 37, 40]),
        (et.exp(-(X**2)) * et.cos(X), [10, 12, 15, 18, 20, 22, 23, 27]),
        (et.sin(X) / (1 + X**2), [10, 14, 18, 22, 26, 30, 34, 38]),
    ],
    ids=["logarithm", "bell", "quotient"],
)
def test_higher_derivatives_of_others_do_not_grow_faster_either(expr, counts):
    found, known = expr, []
    for _ in counts:
        found = et.grad(found, X)
        known.append(et.count_operations(found))
    assert known == counts
    assert all(count <= counts[0] * order**2 for order, count in enumerate(counts, 1))


def test_higher_derivatives_have_their_values():
    expr = et.exp(et.sin(X)) * et.tanh(X)
    with mpmath.workdps(50):
        for order in (4, 8):
            found = et.derivative(expr, X, order)
            for point in (1e-8, -1e-3, 0.3, 2.5, -4.0, 20.0):
                wanted = mpmath.diff(lambda t: mpmath.exp(mpmath.sin(t)) * mpmath.tanh(t), mpmath.mpf(point), order)
                assert float(found.eval({X: point})) == pytest.approx(float(wanted), rel=1e-12)


def test_derivatives_of_the_sigmoid_keep_their_digits_far_out():
    with mpmath.workdps(60):
        for order in (3, 5):
            found = et.derivative(et.log(1 + et.exp(X)), X, order)
            for point in (40.0, -40.0):
                wanted = mpmath.diff(lambda t: mpmath.log(1 + mpmath.exp(t)), mpmath.mpf(point), order)
                assert float(found.eval({X: point})) == pytest.approx(float(wanted), rel=1e-10)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2*sin(x)**3*cos(x)**2 + sin(x)**3", {3: 3, 5: -2}),
        ("sin(2*x)*cos(x) + 2*sin(x)**3", {1: 2}),
        ("(sin(x) + 1)**2*(sin(x) - 1)**2", {0: 1, 2: -2, 4: 1}),
    ],
)
def test_relations_leave_few_parts(text, wanted):
    poly, parts, _ = expanded(et.parse(text).term, RELATIONS)
    sine = parts.index(et.sin(X).term)
    assert poly == {((sine, power),) if power else (): number for power, number in wanted.items()}


def test_what_is_no_polynomial_is_refused():
    many = sum((et.symbol(f"v{i}") ** 2 for i in range(9)), et.scalar("v"))
    for expr in (many, 0.1234567890123 * X + X**2, (X + Y + 1) ** 24 * (X - Y) ** 24):
        with pytest.raises(Unfit):
            expanded(expr.term)


def test_negative_and_fractional_powers_are_parts_with_exponents():
    root = et.sqrt(X)
    poly, parts, _ = expanded((X**2 * root + root / X + 1 / (X + 1) ** 2).term)
    exponents = sorted(str(dict(monomial).get(parts.index(X.term))) for monomial in poly)
    assert exponents == ["-1/2", "5/2", "None"]


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-2, 4), st.integers(0, 4)), min_size=1, max_size=7))
def test_forms_have_the_value_of_the_sum(rows):
    sine = et.sin(X)
    expr = sum((float(c) * sine**i * Y**j for c, i, j in rows), et.constant(0.0))
    poly, parts, _ = expanded(expr.term)
    values = {X: 0.7, Y: -1.3}
    for form in horner_forms(poly, parts, expr.dtype):
        assert float(et.from_term(form).eval({x: v for x, v in values.items() if x.term in _leaves(form)})) == pytest.approx(
            float(expr.eval(values)), rel=1e-9, abs=1e-9
        )


def _leaves(term):
    found, pending = set(), [term]
    while pending:
        part = pending.pop()
        found.add(part)
        pending.extend(part.operands if hasattr(part, "operands") else ())
    return found


def test_a_form_that_loses_digits_is_refused():
    small, cancelling = et.sin(X) ** 2, 1 - et.cos(X) ** 2
    assert rounds_as_well(small.term, cancelling.term)
    assert not rounds_as_well(cancelling.term, small.term)
    assert not rounds_as_well((et.sin(X) ** 2 + 1e-3).term, small.term)


def test_arrays_keep_their_type():
    v, s = et.vector("v"), et.scalar("s")
    expr = s * et.sin(v) ** 2 * et.cos(v) + s * et.cos(v) ** 3 + s * et.sin(v) * et.cos(v)
    found = et.simplify(expr)
    assert found.term.type is expr.term.type
    values = {v: np.array([0.1, -2.0]), s: 0.7}
    assert np.allclose(found.eval(values), expr.eval(values))
    assert et.count_operations(found) < et.count_operations(expr)


def test_rules_of_ones_own_bring_no_relations():
    expr = et.sin(X) ** 3 + et.sin(X) * et.cos(X) ** 2 * 2 + et.sin(X) * 3
    cited = {step.file for step in et.explain(et.simplify(expr, rules=et.rules.load("e: exp(log(x)) -> x")))}
    assert "rules/generators/relations.rules" not in cited


def test_steps_cite_the_relation_and_the_common_factor():
    found = et.derivative(et.exp(et.sin(X)) * et.tanh(X), X, 3)
    cited = {step.rule: step.file for step in et.explain(found)}
    assert cited["tanh_square"] == "rules/generators/relations.rules"
    assert cited["common_factor"] == "rules/arithmetic/collecting.rules"


def test_squares_are_written_by_the_sum_that_a_term_is_divided_by():
    term = (X**3 / (X**2 + 1) + 5 / (2 * X**2 - 3) ** 2).term
    assert set(denominators(term, RELATIONS)) == {(X**2 + 1).term, (2 * X**2 - 3).term}
    assert denominators((X / Y + X**2 + 1).term, RELATIONS) == []


def test_a_term_of_more_parts_than_a_polynomial_may_have_is_not_read():
    many = [et.scalar(f"x{place}") for place in range(9)]
    assert denominators(sum(many[1:], many[0] * 2).term, RELATIONS) is None
    assert denominators(sum(many[1:8], many[0] * 2).term, RELATIONS) == []
    related = sum([et.sin(2 * each) for each in many[1:]], many[0] * 2)  # a relation may make fewer parts of these
    assert denominators(related.term, RELATIONS) == []
    poly, parts, used = expanded((X**4 / (X**2 + 1)).term, whole=[(X**2 + 1).term])
    places = {part: place for place, part in enumerate(parts)}
    over = places[(X**2 + 1).term]
    assert poly == {((over, 1),): 1, (): -2, ((over, -1),): 1}  # w - 2 + 1/w
    assert not used


@pytest.mark.parametrize(
    ("function", "wanted", "counts"),
    [
        (lambda x: et.log(1 + x**2) * et.sin(x), lambda x: mpmath.log(1 + x**2) * mpmath.sin(x), [10, 16, 21, 24, 29]),
        (lambda x: et.log(3 * x**2 + 2) * et.exp(x), lambda x: mpmath.log(3 * x**2 + 2) * mpmath.exp(x), [9, 14, 19, 22, 27]),
    ],
)
def test_derivatives_of_quotients_grow_by_few_operations_a_step(function, wanted, counts):
    expr = function(X)
    for order, count in enumerate(counts, 1):
        expr = et.grad(expr, X)
        assert et.count_operations(expr) <= count
        for at in (-2.3, 0.4, 7.0):
            with mpmath.workdps(30):
                value = float(mpmath.diff(wanted, at, order))
            assert float(expr.eval({X: at})) == pytest.approx(value, rel=1e-11)


def test_what_a_polynomial_form_brings_forth_is_simplified_in_turn():
    x, y, z, w = map(et.scalar, "xyzw")
    both = y * (w - z**2 - 4) + x * (w - z**2 - 4)
    steps = [both * et.exp(-x) + z - x * (x + 1) + 9, et.grad(et.sin(x**2) * et.exp(x**2) * (y - x), x)]
    for step in steps:
        found = et.simplify(step)
        assert et.simplify(found).term is found.term


def test_a_square_is_written_by_the_sum_that_divides_wherever_it_stands():
    for cost in (X**2 * Y, Y * X**2, X**2, X**3 * Y):
        poly, parts, _ = expanded(cost.term, RELATIONS, 400, [(X**2 + 1).term])
        place = parts.index(X.term)
        assert max(dict(monomial).get(place, 0) for monomial in poly) < 2
