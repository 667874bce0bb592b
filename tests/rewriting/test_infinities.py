"""Where values may be infinite at finite inputs, nothing is concluded that holds of finite values only."""

import numpy as np
import pytest

import etude as et
from etude.ops import CATALOGUE
from etude.rewriting import knowledge, read_facts
from etude.rules.location import rules_root
from etude.terms import constant, symbol

POINTS = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1.5, 10.0, 0.1, np.pi / 2])
SOURCES = {rule.head.name for _, rule in read_facts(rules_root().joinpath("assumptions", "infinities.facts").read_text("utf-8"))}
ELEMENTWISE = [
    op for op in CATALOGUE.values() if "elementwise" in op.properties and not op.attributes and not op.variadic and len(op.operands) < 5
]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of orders that are no whole numbers
X, P = et.symbol("x", ()), et.symbol("p", (), positive=True)


def at_points(op):
    """Values of an operator at all the points, or None where it takes no floats."""
    points = np.array(np.meshgrid(*[POINTS if len(op.operands) < 4 else POINTS[:6]] * len(op.operands))).reshape(len(op.operands), -1)
    try:
        term = op.apply(tuple(map(constant, points)), ())
    except TypeError:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(term.evaled_obj)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=lambda op: op.name)
def test_an_operator_that_is_infinite_somewhere_is_known_to_be(op):
    values = at_points(op)
    if values is not None and values.dtype.kind == "f":
        term = op.apply(tuple([symbol(name, ()) for name in op.operands]), ())
        assert knowledge().holds("unbounded", term) or not np.isinf(values).any()


def test_no_fact_of_infinities_is_for_an_operator_without_any():
    finite = {op.name for op in ELEMENTWISE if (values := at_points(op)) is not None and not np.isinf(values).any()}
    assert SOURCES & finite == set()


@pytest.mark.parametrize(
    "expr",
    [
        et.log(X), 1 + 2 * et.log(X), et.exp(et.log(et.sinh(X))), X / et.sin(X), et.sqrt(1 / X), et.constant(np.array([1.0, -np.inf])) + X,
        et.sum(et.log(et.vector("v"))), et.map(lambda part: et.log(part), et.vector("v")), X + X**2 + X**3 + 1 / X,
        et.linalg.slogdet(et.matrix("m"))[1],
    ],
)  # fmt: skip
def test_what_is_made_of_an_infinity_may_be_one(expr):
    assert knowledge().holds("unbounded", expr.term)


@pytest.mark.parametrize(
    "expr",
    [
        X, et.log(P), et.log(1 + X**2), 1 / (1 + et.exp(-X)), X / et.sqrt(X**2 + 1), P**X, X**2, et.exp(et.log(et.exp(X))), et.log1p(et.exp(X)),
        et.softplus(X), 1 / et.cosh(X), et.isfinite(1 / X), et.expit(1 / X), et.astype(1 / X, "int64"), et.map(lambda part: part**2, et.vector("v")),
    ],
)  # fmt: skip
def test_what_is_finite_at_finite_values_is_known_to_be(expr):
    assert not knowledge().holds("unbounded", expr.term)


@pytest.mark.parametrize("goal", ["size", "speed", "stable"])
@pytest.mark.parametrize(
    "expr",
    [
        et.sign(et.exp(et.log(et.sinh(X)))), et.sign(et.exp(2 + et.log(et.abs(X)))), et.sign(et.expit(et.log(et.sin(X)))), et.abs(et.sign(et.softplus(-1 / et.abs(X)))),
        et.sign(X * et.exp(-1 / X**2)) + 1, et.sign(et.exp2(et.log1p(X - 1)) * 3),
    ],
)  # fmt: skip
def test_the_exponential_of_minus_infinity_is_zero_under_every_goal(expr, goal):
    with np.errstate(all="ignore"):
        assert et.simplify(expr, goal=goal).eval({X: 0.0}) == expr.eval({X: 0.0})


@pytest.mark.parametrize(
    ("expr", "wanted"),
    [
        (et.sign(et.exp(X)), et.ones_like(X)), (et.abs(et.exp(X)), et.exp(X)), (et.abs(et.exp(et.log(X) / 3)), et.exp(et.log(X) / 3)),
        (et.sqrt(et.exp(X) ** 2), et.exp(X)), (et.sign(et.exp(-X / (1 + X**2)) * X), et.sign(X)), (et.log(et.exp(1 / X)), 1 / X),
    ],
)  # fmt: skip
def test_exponentials_are_positive_still(expr, wanted):
    assert et.simplify(expr) is wanted or et.simplify(expr) == et.simplify(wanted)
