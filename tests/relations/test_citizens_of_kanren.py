"""Interned terms where kanren, cons, unification and etuples expect expression tuples."""

from functools import partial
from operator import add, mul

import pytest
from cons import car, cdr, cons
from etuples import apply, etuplize, rands, rator
from etuples.core import ExpressionTuple
from kanren import Relation, conde, eq, fact, run, var
from kanren.assoccomm import associative, commutative, eq_assoc, eq_assoccomm, eq_comm
from kanren.constraints import isinstanceo, neq, typeo
from kanren.goals import appendo, conso, membero, permuteo, rembero
from kanren.graph import eq_length, map_anyo, mapo, reduceo, walko
from kanren.term import applyo, arguments, operator, term
from unification import isvar, reify, unify

import etude as et
from etude.ops import CATALOGUE
from etude.terms import Term, constant, etuple

q, a, b = var(), var(), var()
plus, times, sine = (CATALOGUE[name] for name in ("add", "multiply", "sin"))
x, y, z = (array.term for array in et.symbols("x y z"))


@pytest.fixture
def sums():
    """Facts of kanren's own relations about addition and multiplication, for the goals modulo order and grouping."""
    for relation in (commutative, associative):
        for op in (plus, times):
            fact(relation, op)


def doubled(before, after):
    """u + u is 2.0 * u, in the library's own operators."""
    inner = var()
    return conde([eq(before, etuple(plus, inner, inner)), eq(after, etuple(times, constant(2.0), inner))])


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


def test_typed_terms_modulo_order_and_grouping(sums):
    assert run(1, True, eq_assoccomm(plus(x, plus(y, z)), plus(plus(z, x), y))) == (True,)
    assert run(1, q, eq_assoccomm(plus(x, plus(y, z)), etuple(plus, etuple(plus, z, q), y))) == (x,)
    assert run(0, q, eq_comm(etuple(times, q, x), times(x, y))) == (y,)
    assert run(0, True, eq_comm(sine(plus(x, y)), sine(plus(y, x)))) == (True,)
    assert run(0, q, eq_assoc(plus(x, y, z), q, n=2)) == (plus(plus(x, y), z), plus(x, y, z), plus(x, plus(y, z)))
    assert run(0, True, eq_assoccomm(times(x, y), plus(x, y))) == ()


def test_a_pattern_finds_its_operands_in_any_order(sums):
    pattern = etuple(times, etuple(plus, constant(1.0), q), a)
    assert run(1, (q, a), eq_assoccomm(pattern, times(y, plus(x, constant(1.0))))) == ((x, y),)


def test_typed_terms_are_reduced_and_expanded():
    assert run(0, q, reduceo(doubled, plus(plus(x, x), plus(x, x)), q)) == (times(constant(2.0), plus(x, x)),)
    assert run(1, q, reduceo(doubled, q, times(constant(2.0), x))) == (plus(x, x),)


@pytest.mark.parametrize("null_type", [ExpressionTuple, Term])
def test_typed_terms_are_walked_both_ways(null_type):
    walk = partial(walko, doubled, rator_goal=eq, null_type=null_type, map_rel=partial(map_anyo, null_res=False))
    assert run(0, q, walk(sine(plus(x, x)), q)) == (sine(times(constant(2.0), x)),)
    assert run(1, q, walk(q, sine(times(constant(2.0), x)))) == (sine(plus(x, x)),)


def test_only_the_chosen_operators_are_entered():
    walk = partial(walko, doubled, rator_goal=lambda u, v: conde([eq(u, sine), eq(v, sine)]))
    assert run(0, q, walk(etuple(min, plus(x, x)), q)) == ()
    assert run(1, q, walk(sine(sine(plus(x, x))), q)) == (sine(sine(times(constant(2.0), x))),)


def test_goals_over_the_parts_of_terms():
    assert run(0, q, map_anyo(doubled, etuple(plus(x, x), y), q)) == (etuple(times(constant(2.0), x), y),)
    assert run(0, q, map_anyo(doubled, etuple(x, y), q)) == ()
    assert run(0, q, mapo(doubled, q, etuple(times(constant(2.0), x)))) == (etuple(plus(x, x)),)
    [found] = run(0, q, eq_length(etuple(x, y), q))
    assert (type(found), len(found)) == (Term, 2)


def test_goals_over_sequences_of_terms():
    assert run(0, q, membero(q, plus(x, y))) == (plus, x, y)
    assert run(0, True, membero(z, plus(x, y))) == ()
    assert run(0, q, appendo(etuple(plus), q, plus(x, y))) == (etuple(x, y),)
    assert run(0, q, rembero(y, etuple(x, y, z), q)) == (etuple(x, z),)
    assert run(0, q, permuteo(etuple(x, y), q)) == (etuple(x, y), etuple(y, x))
    assert run(0, q, conso(plus, etuple(x, y), q)) == (plus(x, y),)


@pytest.mark.parametrize("turned", [False, True])
def test_terms_under_constraints(turned):
    def answers(*goals):
        return run(0, q, *(goals[::-1] if turned else goals))

    among = membero(q, [plus(x, y), times(x, y), 3])
    assert answers(neq(q, plus(x, y)), among) == (times(x, y), 3)
    assert answers(neq(etuple(plus, x, q), plus(x, y)), membero(q, [y, z])) == (z,)
    assert answers(typeo(q, Term), among) == (plus(x, y), times(x, y))
    assert answers(isinstanceo(q, ExpressionTuple), among) == (plus(x, y), times(x, y))
    assert answers(isinstanceo(q, int), among) == (3,)
    assert answers(isinstanceo(etuple(plus, x, q), Term), eq(q, y)) == (y,)


def test_terms_are_facts():
    parent = Relation()
    fact(parent, plus(x, y), sine(x))
    fact(parent, times(x, y), sine(y))
    assert run(0, q, parent(q, sine(y))) == (times(x, y),)
    assert run(0, q, parent(etuple(plus, q, y), a)) == (x,)


def test_a_leaf_put_together_from_some_of_its_parts_has_no_type():
    head, *parts = x
    assert Term((head,)).type is None
    assert cons(head, Term(parts)) is x
    assert Term((constant(1.0).head,)).type is None


def test_a_class_of_terms_that_evaluates_in_its_own_way():
    class Backwards(Term):
        def _eval_apply_fn(self, op):
            return lambda *values: op(*values[::-1])

    made = Backwards((divmod, 2, 7))
    assert made.evaled_obj == (3, 1)
    assert Backwards((divmod, 2, 7)) is made
    assert type(made) is Backwards
    assert etuple(divmod, 2, 7).evaled_obj == (0, 2)
    assert made != etuple(divmod, 2, 7)
    assert Backwards(made) is made
    assert type(Backwards(etuple(divmod, 2, 7))) is Backwards


def test_keywords_are_parts_and_unify():
    assert etuple(sorted, (2, 1), reverse=True).evaled_obj == [2, 1]
    assert unify(etuple(plus, x, name=q), etuple(plus, x, name="sum"), {}) == {q: "sum"}
    assert etuplize((min, 1, 2)) == etuple(min, 1, 2)
    assert etuplize(sine(x)) is sine(x)
