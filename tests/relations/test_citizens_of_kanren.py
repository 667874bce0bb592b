"""Interned terms where kanren, cons, unification and etuples expect expression tuples."""

from functools import partial
from operator import add, mul

import pytest
from cons import car, cdr, cons
from etuples import apply, rands, rator
from etuples.core import ExpressionTuple
from kanren import conde, eq, fact, run, var
from kanren.assoccomm import associative, commutative, eq_assoc, eq_assoccomm, eq_comm
from kanren.goals import conso
from kanren.graph import reduceo, walko
from kanren.term import applyo, arguments, operator, term
from unification import isvar, reify, unify

import etude as et
from etude.ops import CATALOGUE
from etude.terms import Term, etuple

q, a, b = var(), var(), var()


def halved(before, after):
    """x + x is 2 * x."""
    inner = var()
    return conde([eq(before, etuple(add, inner, inner)), eq(after, etuple(mul, 2, inner))])


def test_terms_unify_and_reify_as_etuples_do():
    assert unify(etuple(add, 1, q), etuple(add, 1, 2), {}) == {q: 2}
    assert unify(etuple(add, 1, q), ExpressionTuple((add, 1, etuple(mul, 2, 3))), {}) == {q: etuple(mul, 2, 3)}
    assert unify(etuple(add, 1, 2), (add, 1, 3), {}) is False
    found = reify(etuple(add, q, etuple(mul, q, a)), {q: 5})
    assert found == etuple(add, 5, etuple(mul, 5, a))
    assert type(found) is Term


def test_terms_are_conses():
    expr = etuple(add, 1, 2)
    assert (car(expr), cdr(expr)) == (add, etuple(1, 2))
    assert cons(add, etuple(1, 2)) == expr
    assert run(0, (a, b), conso(a, b, expr)) == ((add, etuple(1, 2)),)


def test_a_term_is_taken_apart_and_put_together():
    expr = etuple(add, 1, 2)
    assert (rator(expr), rands(expr), operator(expr), arguments(expr)) == (add, etuple(1, 2), add, etuple(1, 2))
    assert run(0, q, applyo(add, q, expr)) == (etuple(1, 2),)
    assert run(0, q, applyo(q, etuple(1, 2), expr)) == (add,)
    assert run(0, q, applyo(add, etuple(1, 2), q)) == (3,)  # a plain callable is called
    x = et.scalar("x").term
    assert run(0, q, applyo(CATALOGUE["sin"], (x,), q)) == (CATALOGUE["sin"](x),)  # an operator builds a term
    assert term(CATALOGUE["sin"], (x,)) is apply(CATALOGUE["sin"], (x,)) is CATALOGUE["sin"](x)


def test_orders_and_groupings_of_operands():
    fact(commutative, add)
    fact(associative, add)
    assert run(0, q, eq_comm(etuple(add, 1, q), etuple(add, 3, 1))) == (3,)
    assert run(0, True, eq_assoc(etuple(add, 1, etuple(add, 2, 3)), etuple(add, etuple(add, 1, 2), 3))) == (True,)
    assert run(0, True, eq_assoccomm(etuple(add, 1, etuple(add, 2, 3)), etuple(add, etuple(add, 3, 1), 2))) == (True,)
    assert run(0, True, eq_comm(etuple(mul, 1, 2), etuple(mul, 2, 1))) == ()


def test_reducing_and_expanding():
    assert run(0, q, reduceo(halved, etuple(add, 4, 4), q)) == (etuple(mul, 2, 4),)
    assert run(1, q, reduceo(halved, q, etuple(mul, 2, 4))) == (etuple(add, 4, 4),)


def test_walking_a_term():
    walk = partial(walko, partial(reduceo, halved), rator_goal=eq, null_type=ExpressionTuple)
    expr = etuple(mul, 3, etuple(add, 1, 1))
    assert etuple(mul, 3, etuple(mul, 2, 1)) in run(3, q, walk(expr, q))


def test_a_deep_term_is_decided_at_once():
    x = et.scalar("x")
    deep = x
    for _ in range(20_000):
        deep = et.sin(deep)
    assert run(1, q, eq(q, deep.term)) == (deep.term,)
    assert unify(deep.term, et.cos(deep).term, {}) is False
    assert run(1, q, eq(etuple(CATALOGUE["cos"], q), et.cos(deep).term)) == (deep.term,)


def test_evaluation_is_etuples_own():
    assert etuple(add, 1, etuple(mul, 2, 3)).evaled_obj == 7
    with pytest.raises(TypeError):
        etuple(list, [1, 2])  # an unhashable part cannot be interned
    assert isvar(reify(q, {}))
