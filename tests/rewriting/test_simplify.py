"""Simplification: exact results, and value and type kept on random terms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import etude as et
from etude.errors import RewriteBudgetError
from etude.ops import CATALOGUE as OPS
from etude.rewriting import Journal, count_operations, derivation_of, knowledge, normalize, pipeline, simplify
from etude.rules import load
from etude.terms import constant, replace, symbol

X, Y = symbol("x"), symbol("y")
P = symbol("p", assumptions=["positive"])


def op(name, *operands):
    return OPS[name](*operands)


CASES = [
    (op("subtract", op("add", X, 1.0), X), constant(1.0)),
    (op("multiply", op("multiply", X, -1.0), op("negative", Y)), op("multiply", X, Y)),
    (op("divide", op("multiply", X, Y), X), Y),
    (op("add", op("power", op("sin", X), 2.0), op("power", op("cos", X), 2.0)), constant(1.0)),
    (op("sqrt", op("power", X, 2.0)), op("abs", X)),
    (op("sqrt", op("power", P, 2.0)), P),
    (op("exp", op("log", X)), X),
    (op("subtract", op("exp", X), 1.0), op("expm1", X)),
    (op("divide", 1.0, op("add", 1.0, op("exp", op("negative", X)))), op("expit", X)),
    (op("maximum", X, X), X),
]


@pytest.mark.parametrize(("before", "after"), CASES, ids=[str(case[0]) for case in CASES])
def test_normal_form(before, after):
    assert simplify(before) is after


def test_rest_of_a_sum_is_carried_along():
    sines = op("multiply", 3.0, op("power", op("sin", X), 2.0))
    cosines = op("multiply", 3.0, op("power", op("cos", X), 2.0))
    assert count_operations(simplify(op("add", op("add", sines, Y), cosines))) == 1


def test_rest_of_a_product_is_carried_along():
    a, b = symbol("a"), symbol("b")
    term = op("divide", op("multiply", op("multiply", a, op("tan", X)), op("cos", X)), b)
    assert "sin" in str(simplify(term))
    assert "tan" not in str(simplify(term))


def test_shape_is_kept_where_a_term_cancels():
    v = symbol("v", (3,))
    result = simplify(op("add", op("subtract", v, v), X))
    assert result.type.shape == (3,)


def test_integers_keep_their_arithmetic():
    i = symbol("i", (), "int64")
    assert simplify(op("divide", op("multiply", i, i), i)).type.dtype == np.float64
    assert "multiply" in str(simplify(op("divide", op("multiply", i, i), i)))
    assert simplify(op("add", i, 0)) is i


def test_complex_square_root_stays():
    z = symbol("z", (), "complex128")
    term = op("sqrt", op("multiply", z, z))
    assert simplify(term) is term


def test_exact_promise_leaves_arithmetic_alone():
    term = op("subtract", op("add", X, 1.0), X)
    assert simplify(term, promise="exact") is term


def test_bad_promise_and_goal_are_named():
    with pytest.raises(ValueError, match="promise"):
        simplify(X, promise="perhaps")
    with pytest.raises(ValueError, match="goal"):
        simplify(X, goal="beauty")


def test_journal_names_rule_file_and_line():
    result = simplify(op("log", op("exp", op("sin", X))))
    steps = [step for step in derivation_of(result) if step.rule == "log_exp"]
    assert steps[0].file.endswith("exponential.rules")
    assert steps[0].line > 0


def test_loop_is_named():
    rules = load("there: sin(x) -> cos(x)\nback: cos(x) -> sin(x)")
    with pytest.raises(RewriteBudgetError, match=r"there.*back|back.*there"):
        normalize(op("sin", X), rules)


def test_normalize_keeps_structure():
    rules = load("a: exp(log(x)) -> x")
    journal = Journal()
    term = op("add", op("subtract", X, X), op("exp", op("log", Y)))
    assert normalize(term, rules, journal) is op("add", op("subtract", X, X), Y)
    assert len(journal) == 1


def test_facts():
    known = knowledge()
    assert known.holds("positive", op("add", op("exp", X), op("power", X, 2.0)))
    assert not known.holds("positive", op("add", op("exp", X), X))
    assert known.holds("negative", op("multiply", -2.0, P))


def test_deep_chain():
    term = X
    for step in range(30_000):
        term = op("sin", term) if step % 2 else op("add", term, 0.0)
    assert count_operations(simplify(term)) == 15_000


LEAVES = st.sampled_from([X, Y, constant(0.0), constant(1.0), constant(2.0), constant(0.5)])


def grown(children):
    unary = st.builds(
        op, st.sampled_from(["sin", "cos", "exp", "tanh", "negative", "abs", "square", "sqrt", "log"]), children
    )
    binary = st.builds(
        op, st.sampled_from(["add", "subtract", "multiply", "divide", "maximum", "minimum"]), children, children
    )
    return unary | binary


@given(st.recursive(LEAVES, grown, max_leaves=12))
def test_value_type_and_size(term):
    result = simplify(term)
    assert result.type is term.type
    assert count_operations(result) <= count_operations(term)
    for x, y in [(0.7, 1.3), (-0.4, 2.1), (1.9, -0.6)]:
        at = {X: constant(x), Y: constant(y)}
        with np.errstate(all="ignore"):
            before, after = (np.float64(one.evaled_obj) for one in replace([term, result], at))
        if np.isfinite(before) and abs(before) < 1e6:
            np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-6)


def test_a_loop_that_several_gradients_hold_is_simplified_once(monkeypatch):
    a, b, xs = et.scalar("a"), et.scalar("b"), et.symbol("xs", (4,))
    _, ys = et.scan(lambda carry, x: (et.tanh(a * carry + b * x), carry), et.constant(0.0), xs)
    pipeline._simplified_in_body.cache_clear()
    et.grad(et.sum(ys), [a, b])
    seen = pipeline._simplified_in_body.cache_info()
    assert seen.hits > 0
