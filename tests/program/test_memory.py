from itertools import combinations

import numpy as np

import etude as et
from etude.ops import CATALOGUE
from etude.program import Ownership, lower, plan_memory
from etude.terms import constant, symbol

add, sin, exp, cos, reshape = (CATALOGUE[name] for name in ("add", "sin", "exp", "cos", "reshape"))
x, y = symbol("x", (3,)), symbol("y", (3,))


def plan_of(outputs, inputs):
    return plan_memory(lower(outputs, inputs)[0])


def test_a_chain_is_computed_in_place():
    plan = plan_of([cos(exp(sin(x)))], [x])
    assert plan.reuse == {1: 1, 2: 2}


def test_inputs_constants_and_outputs_are_never_overwritten():
    assert plan_of([sin(x)], [x]).reuse == {}
    assert plan_of([sin(constant([1.0, 2.0]))], []).reuse == {}
    first = sin(x)
    assert plan_of([first, exp(first)], [x]).reuse == {}


def test_equal_names_are_equal_sizes_and_unknown_sizes_are_not():
    named, unknown = symbol("v", ("n",)), symbol("w", (None,))
    assert plan_of([exp(sin(named))], [named]).reuse == {1: 1}
    assert plan_of([exp(sin(unknown))], [unknown]).reuse == {}


def test_dtypes_must_be_equal():
    single = symbol("v", (3,), "float32")
    both = add(sin(single), x)
    assert plan_of([both], [single, x]).reuse == {}


def test_a_buffer_seen_through_a_view_is_kept_while_the_view_lives():
    base = sin(x)
    view = reshape(base, shape=(3, 1))
    term = add(exp(base), view)
    plan = plan_of([term], [x])
    program, _ = lower([term], [x])
    overwritten = {program.name(slot) for slot in plan.reuse.values()}
    assert "%1" not in overwritten


def test_numbers_are_not_planned_for():
    s = symbol("s")
    plan = plan_of([exp(sin(s))], [s])
    assert (plan.reuse, plan.frees, plan.ownership) == ({}, {}, (Ownership.OWN,))


def test_arrays_are_let_go_after_their_last_use():
    total = CATALOGUE["sum"](sin(x))
    plan = plan_of([exp(total)], [x])
    assert plan.frees == {1: (1,)}


def test_ownership_of_outputs():
    view = reshape(x, shape=(3, 1))
    new = sin(x)
    plan = plan_of([x, view, new, new, reshape(exp(x), shape=(3, 1))], [x])
    own, maybe, foreign = Ownership.OWN, Ownership.VIEW, Ownership.FOREIGN
    assert plan.ownership == (foreign, foreign, own, foreign, maybe)


def test_what_a_loops_steps_gave_is_new_and_its_carries_may_be_operands():
    carry, given = et.symbol("c", (3,)), et.symbol("xs", (5, 3))
    last, (powers, rows) = et.scan(lambda c, row: (c, (et.exp(row), row)), carry, given)
    f = et.function([carry, given], [last, powers, rows], backend="numpy")
    assert plan_memory(f.program).ownership == (Ownership.FOREIGN, Ownership.VIEW, Ownership.VIEW)
    mapped = et.function([given], et.map(lambda row: row, given), backend="numpy")
    assert plan_memory(mapped.program).ownership == (Ownership.OWN,)
    values = np.ones(3), np.arange(15.0).reshape(5, 3)
    results = [*f(*values), mapped(values[1])]
    for one, other in combinations([*values, *results], 2):
        assert not np.shares_memory(one, other)
    np.testing.assert_array_equal(results[2], values[1])


def test_several_new_results_are_each_of_its_own():
    f = et.function([m := et.symbol("m", (3, 3))], [*et.linalg.svd(m)], backend="numpy")
    assert Ownership.FOREIGN not in plan_memory(f.program).ownership
    for one, other in combinations(f(np.arange(9.0).reshape(3, 3)), 2):
        assert not np.shares_memory(one, other)


def test_a_view_without_dimensions_is_no_number():
    one = symbol("one", (1,))
    assert plan_of([reshape(one, shape=())], [one]).ownership == (Ownership.FOREIGN,)


add_at, set_at, getitem = (CATALOGUE[name] for name in ("add_at", "set_at", "getitem"))
FIRST = (("slice", 0, 1, None),)


def changed(whole, value, kind=add_at):
    return kind.apply((whole, value), (FIRST,))


def test_elements_are_changed_in_place_where_the_array_dies():
    plan = plan_of([changed(changed(sin(x), constant(1.0), set_at), constant(2.0))], [x])
    assert plan.reuse == {1: 3, 2: 4}
    assert plan.ownership == (Ownership.OWN,)


def test_elements_of_what_is_read_elsewhere_are_changed_in_a_copy():
    assert plan_of([changed(x, constant(1.0))], [x]).reuse == {}
    whole = sin(x)
    assert plan_of([changed(whole, constant(1.0)), whole], [x]).reuse == {}
    assert plan_of([changed(whole, getitem.apply((whole,), ((("slice", 1, 2, None),),)))], [x]).reuse == {}
    assert plan_of([changed(sin(symbol("v", (3,), "float32")), constant(1.0))], []).reuse == {}
