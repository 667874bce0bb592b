"""Random typed arrays keep value and type through every pipeline; a failure names the rule that changed a value."""

import numpy as np
import pytest
from tests.random_arrays import SYMBOLS, grown, meaning, point, seeded

import etude as et
from etude.terms import postorder

DIGITS = {"e": 2e-2, "f": 2e-3}  # half and single precision, some rounding errors each
PIPELINES = {
    "simplify": et.simplify,
    "exact": lambda expr: et.simplify(expr, promise="exact"),
    "speed": lambda expr: et.simplify(expr, goal="speed"),
    "stable": lambda expr: et.simplify(expr, goal="stable"),
    "stabilize": et.stabilize,
}
SATURATED = 100  # one in so many is also saturated
UNEXPLAINED = 0.01  # of the cases: rounding before a step of floor, sign, a comparison or a wide exponential shows


def tolerance(expr):
    """By the narrowest floating dtype on the way."""
    kinds = [node.type.dtype for node in postorder(expr.term) if node.type is not None and node.type.dtype.kind == "f"]
    return DIGITS.get(min(kinds, key=lambda dtype: dtype.itemsize).char, 1e-7) if kinds else 1e-7


def agree(found, wanted, digits):
    """Whether `found` is `wanted`, up to rounding, wherever `wanted` is finite."""
    if found.dtype != wanted.dtype or found.shape != wanted.shape:
        return False
    if wanted.dtype.kind in "biu":
        return np.array_equal(found, wanted)
    finite = np.isfinite(wanted)
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(found - wanted)[finite] <= digits * (1 + np.abs(wanted[finite]))))


def guilty(expr, result, values, digits):
    """The first step whose two sides differ, as text."""
    for step in et.explain(result):
        if not agree(meaning(step.after, values), meaning(step.before, values), digits):
            return f"{step.rule} [{step.file}:{step.line}]: {step.before} -> {step.after}"
    return None


def ways(seed):
    """For one random expression: how many pipelines changed its value by no single step."""
    rng = seeded(seed)
    expr = grown(rng, rng.randrange(2, 14))
    values = point(rng)
    try:
        wanted = meaning(expr.term, values)
    except et.errors.ShapeError:  # sizes that were unknown turned out not to fit
        return 0
    assert (wanted.dtype, wanted.ndim) == (expr.dtype, expr.ndim)
    digits, amplified = tolerance(expr), 0
    saturated = {"saturate": lambda expr: et.saturate(expr, max_rounds=2, max_nodes=300)} if seed % SATURATED == 0 else {}
    for name, pipeline in {**PIPELINES, **saturated}.items():
        result = pipeline(expr)
        assert result.term.type is expr.term.type, (seed, name, str(expr), str(result))
        if not agree(meaning(result.term, values), wanted, digits):
            rule = guilty(expr, result, values, digits)
            assert rule is None, (seed, name, rule)
            amplified += 1
    compiled = et.function(SYMBOLS, expr, on_unused_input="ignore", backend="numpy")
    found = compiled(*[values[symbol] for symbol in SYMBOLS])
    assert agree(found, wanted, digits), (seed, "compiled", str(expr))  # equal parts are computed once, as one of them is written
    return amplified


def check(seeds):
    with np.errstate(all="ignore"):
        amplified = sum(ways(seed) for seed in seeds)
    assert amplified <= UNEXPLAINED * len(PIPELINES) * len(seeds)


def test_random_arrays_keep_value_and_type():
    check(range(500))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize("start", range(500, 20_500, 1000))
def test_twenty_thousand_random_arrays_keep_value_and_type(start):
    check(range(start, start + 1000))


def test_a_boolean_is_no_number_of_half_precision():
    flag = et.scalar("flag", "bool")
    expr = et.expm1(et.softplus(flag))
    assert et.simplify(expr).eval({flag: True}) == pytest.approx(np.e, rel=1e-12)


def test_a_wrong_rule_is_named():
    x = et.vector("x")
    expr = et.cos(et.sin(x)) + 1
    result = et.simplify(expr, rules=et.RuleSet([et.rule("straightened: sin(x) -> x")]))
    assert guilty(expr, result, {x: np.ones(3)}, 1e-7).startswith("straightened")
