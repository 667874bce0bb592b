"""No question hangs, recurses or raises: everything unknown, cycles, deep and wide terms, what is no term at all."""

from functools import cache, reduce

import pytest
from kanren import eq, lall, run, var

import etude as et
from etude.ops import CATALOGUE
from etude.relations import adjointo, differentialo, equalo, gradiento, limits, rewriteo
from etude.relations.solving import same
from etude.rules import RuleSet
from etude.templates.logic import is_finite
from etude.terms import etuple

add, sin, cos, matmul = (CATALOGUE[name] for name in ("add", "sin", "cos", "matmul"))
x, y, v = et.scalar("x"), et.scalar("y"), et.vector("v")
q, r, s, t = var(), var(), var(), var()
RULES = et.rules.load("exp_log: exp(log(x)) -> x\ntwice: x + x -> 2*x")
GROWING = et.rules.load("grow: sin(x) -> sin(x) + sin(x)*0\nmore: x*y -> x*y*1")
LIBRARY = et.rules.default("simplify")
SECONDS = 0.5


def nested(inner, depth):
    for _ in range(depth):
        inner = etuple(sin, inner)
    return inner


def sums_in_sums(depth):
    return reduce(lambda inner, _: etuple(add, inner, x.term), range(depth), q)


@cache
def deep():
    return reduce(lambda inner, k: et.sin(inner) if k % 2 else inner + y, range(20_000), x)


@cache
def wide():
    return sum((et.symbol(f"w{k}") for k in range(2_000)), x)


@cache
def open_term():
    return nested(q, 100_000)


@cache
def nested_sums():
    return sums_in_sums(3_000)


@cache
def open_wide():
    return etuple(add, *[var() for _ in range(10_000)])


NOTHING, SOME = range(1), range(1, 21)

QUESTIONS = {
    "nothing is known of a derivative": (lambda: differentialo(q, r, s), SOME),
    "a derivative that is its own term and symbol": (lambda: differentialo(q, q, q), NOTHING),
    "a term in its own derivative": (lambda: differentialo(q, x, etuple(sin, q)), NOTHING),
    "a derivative in its own term": (lambda: differentialo(etuple(sin, q), x, q), NOTHING),
    "the derivative of a deep term": (lambda: differentialo(deep(), x, q), SOME),
    "the term of a deep derivative": (lambda: differentialo(q, x, deep()), NOTHING),
    "the symbol of a deep term": (lambda: differentialo(deep(), q, r), SOME),
    "the term of a wide derivative": (lambda: differentialo(q, x, wide()), range(21)),
    "term and symbol of a wide derivative": (lambda: differentialo(q, r, wide()), range(21)),
    "the derivative of an open deep term": (lambda: differentialo(open_term(), x, r), range(21)),
    "an open deep derivative": (lambda: differentialo(x, x, open_term()), NOTHING),
    "an open sum of sums": (lambda: differentialo(et.sin(x), x, nested_sums()), NOTHING),
    "numbers": (lambda: differentialo(1, 2, 3), NOTHING),
    "texts": (lambda: differentialo("a", x, q), NOTHING),
    "tuples": (lambda: differentialo((1, 2), x, q), NOTHING),
    "nothing at all": (lambda: differentialo(None, None, None), NOTHING),
    "a derivative in an array": (lambda: differentialo(v, v, q), NOTHING),
    "nothing is known of a gradient": (lambda: gradiento(q, r, s), SOME),
    "a cost in its own gradient": (lambda: gradiento(q, v, etuple(sin, q)), NOTHING),
    "the gradient of a deep cost": (lambda: gradiento(deep(), x, q), SOME),
    "the cost of a deep gradient": (lambda: gradiento(q, x, deep()), NOTHING),
    "nothing is known of an adjoint": (lambda: adjointo(q, r, s, t), NOTHING),
    "an adjoint that is all its parts": (lambda: adjointo(q, q, q, q), NOTHING),
    "an adjoint in its own map": (lambda: adjointo(etuple(matmul, q, r), r, s, r), NOTHING),
    "the adjoint of a deep map that is not linear": (lambda: adjointo(deep(), x, y, q), NOTHING),
    "the adjoint of a wide open sum": (lambda: adjointo(open_wide(), r, s, t), SOME),
    "an adjoint of no terms": (lambda: adjointo(1, "a", None, q), NOTHING),
    "both sides of rewriting unknown": (lambda: rewriteo(RULES, q, r), NOTHING),
    "what grows never gets there": (lambda: rewriteo(GROWING, et.sin(x), y), NOTHING),
    "what grows gets far": (lambda: rewriteo(GROWING, et.sin(x), q), SOME),
    "rewriting of a deep term": (lambda: rewriteo(LIBRARY, deep(), q), range(21)),
    "rewriting to a deep term": (lambda: rewriteo(LIBRARY, q, deep()), range(21)),
    "rewriting into an open deep term": (lambda: rewriteo(LIBRARY, x, open_term()), NOTHING),
    "rewriting into itself": (lambda: rewriteo(LIBRARY, q, etuple(sin, q)), NOTHING),
    "rewriting by no rules": (lambda: rewriteo(RuleSet([]), x, q), NOTHING),
    "two unknowns are equal": (lambda: equalo(q, r), SOME),
    "an unknown in its equal": (lambda: equalo(q, etuple(sin, q)), NOTHING),
    "an unknown in its equal by another": (lambda: lall(equalo(q, etuple(sin, r)), equalo(r, etuple(cos, q))), NOTHING),
    "equals of a deep term": (lambda: equalo(deep(), q), SOME),
    "a deep term and another": (lambda: equalo(deep(), et.sin(deep())), NOTHING),
    "an open deep term in itself": (lambda: equalo(open_term(), q), NOTHING),
    "an open deep term and an unknown": (lambda: equalo(open_term(), r), SOME),
    "open sums in sums and an unknown": (lambda: equalo(nested_sums(), r), SOME),
    "an open wide sum and a wide sum": (lambda: equalo(open_wide(), wide()), NOTHING),
}


@pytest.fixture(scope="module", autouse=True)
def large_terms():
    """They are built outside of the time that a question has, and only where these tests run."""
    made = (deep, wide, open_term, nested_sums, open_wide)
    for make in made:
        make()
    yield
    for make in made:
        make.cache_clear()


@pytest.mark.parametrize(("question", "count"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_ends(question, count):
    with limits(results=20, seconds=SECONDS):
        assert len(run(20, (q, r, s, t), question())) in count


@pytest.mark.parametrize(
    "goal",
    [differentialo(r, x, q), gradiento(q, x, r), adjointo(q, x, y, r), rewriteo(RULES, q, r), equalo(q, r)],
    ids=["differentialo", "gradiento", "adjointo", "rewriteo", "equalo"],
)
def test_a_cycle_that_another_goal_made_has_no_answers(goal):
    assert run(1, True, eq(q, etuple(sin, q)), goal) == ()
    assert run(1, True, lall(eq(q, etuple(sin, s)), eq(s, (1, q))), goal) == ()


def test_what_is_finite():
    assert is_finite({q: etuple(sin, r), r: x.term}, (q, r))
    assert is_finite({q: r}, (etuple(add, q, q), (q, [r])))
    assert not is_finite({q: etuple(sin, r), r: [q]}, (1, etuple(add, x.term, r)))
    whole = etuple(sin, q)
    assert not is_finite({q: whole}, (whole,))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_either_order_at_every_level(depth):
    names = [var() for _ in range(depth)]
    pattern, term = x.term, x.term
    for k, name in enumerate(names):
        pattern = etuple(add, etuple(cos, name), pattern)
        term = add(term, et.cos(et.symbol(f"s{k}")).term)
    [state] = same(pattern, term, {})
    assert [state[name] for name in names] == [et.symbol(f"s{k}").term for k in range(depth)]
