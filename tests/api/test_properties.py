"""Random expressions: simplified, reference and compiled values agree; gradients agree with differences to second order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import etude as et
from etude.terms import constant, replace

SYMBOLS = {name: et.scalar(name) for name in "xyz"}
UNARY = [et.sin, et.cos, et.tanh, et.arctan, lambda v: et.exp(et.sin(v)), lambda v: et.log(1 + v * v), lambda v: et.sqrt(1 + v * v)]
BINARY = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (1 + b * b), lambda a, b: et.where(a > b, a, b * b)]


def grown(children):
    return st.one_of(
        st.tuples(st.sampled_from(UNARY), children).map(lambda pair: pair[0](pair[1])),
        st.tuples(st.sampled_from(BINARY), children, children).map(lambda triple: triple[0](triple[1], triple[2])),
    )


leaves = st.one_of(st.sampled_from(list(SYMBOLS.values())), st.sampled_from([1.0, 2.0, -0.5]).map(et.constant))
expressions = st.recursive(leaves, grown, max_leaves=8)
points = st.tuples(*[st.sampled_from([-1.3, -0.4, 0.25, 0.9, 1.7])] * 3)


def reference(expr, point):
    values = dict(zip(SYMBOLS.values(), point, strict=True))
    return float(expr.eval(values))


def by_etuples(expr, point):
    """What the ground term, an expression tuple like any other, evaluates to."""
    given = {symbol.term: constant(value) for symbol, value in zip(SYMBOLS.values(), point, strict=True)}
    [ground] = replace([expr.term], given)
    return float(ground.evaled_obj)


@given(expressions, points)
def test_three_readings_of_a_value(expr, point):
    wanted = by_etuples(expr, point)
    simple = et.simplify(expr)
    assert simple.term.type is expr.term.type
    assert et.count_operations(simple) <= et.count_operations(expr)
    np.testing.assert_allclose(by_etuples(simple, point), wanted, rtol=1e-9, atol=1e-12)
    compiled = et.function(list(SYMBOLS.values()), [expr, simple], on_unused_input="ignore")
    np.testing.assert_allclose(compiled(*point), [wanted, wanted], rtol=1e-9, atol=1e-12)


def numeric(expr, point, place, step):
    moved = [list(point), list(point)]
    moved[0][place] += step
    moved[1][place] -= step
    return (reference(expr, moved[0]) - reference(expr, moved[1])) / (moved[0][place] - moved[1][place])


@given(expressions, points)
def test_gradients_to_second_order(expr, point):
    point = [value + 0.0137 * (k + 1) for k, value in enumerate(point)]  # off the kinks of `where`
    first = et.grad(expr, list(SYMBOLS.values()), disconnected_inputs="ignore")
    for place, slope in enumerate(first):
        np.testing.assert_allclose(reference(slope, point), numeric(expr, point, place, 1e-6), rtol=1e-5, atol=1e-5)
    second = et.grad(first[0], SYMBOLS["y"], disconnected_inputs="ignore")
    np.testing.assert_allclose(reference(second, point), numeric(first[0], point, 1, 1e-6), rtol=1e-4, atol=1e-4)
