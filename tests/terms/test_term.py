"""Terms: interning, types, iteration, pickling, and what kanren and etuples see of them."""

import gc
import operator
import pickle
import threading

import numpy as np
import pytest
from etuples import apply, rands, rator
from etuples import etuple as plain_etuple
from etuples.core import ExpressionTuple
from kanren import conso, eq, run, var
from kanren.term import applyo
from unification import reify, unify

from etude.errors import MissingValueError, ShapeError, TermTypeError
from etude.ops import CATALOGUE
from etude.templates import slot  # with which terms unify and reify
from etude.terms import ArrayType, Term, constant, etuple, is_constant, postorder, replace, symbol, transform
from etude.terms import term as term_module

add, sin = CATALOGUE["add"], CATALOGUE["sin"]
x, y = symbol("x"), symbol("y")


def chain(length):
    made = x
    for _ in range(length // 2):
        made = add(sin(made), x)
    return made


def test_equal_terms_are_one_object():
    assert add(x, y) is add(x, y)
    assert add(x, y) is not add(y, x)
    assert symbol("x") is x
    assert symbol("x", dtype="float32") is not x
    assert symbol("x", assumptions=["positive"]) is not x
    assert symbol() is not symbol()


def test_numbers_of_different_types_stay_apart():
    assert len({constant(1), constant(1.0), constant(True), constant(1, "float32")}) == 4
    assert constant(0.0) is not constant(-0.0)
    assert constant(float("nan")) is constant(float("nan"))
    assert etuple(operator.add, 1) is not etuple(operator.add, 1.0)
    assert etuple(operator.add, (1,)) is not etuple(operator.add, (True,))


def test_a_term_equals_a_tuple_of_its_parts():
    term = etuple(operator.add, 1, 2)
    assert term == (operator.add, 1, 2) == plain_etuple(operator.add, 1, 2)
    assert hash(term) == hash((operator.add, 1, 2))
    assert term != (operator.add, 1, 3)
    assert Term() == ExpressionTuple(())


def test_unhashable_parts_are_refused():
    with pytest.raises(TypeError, match="unhashable"):
        etuple(operator.add, [1])


def test_types_follow_numpy():
    wide = symbol("a", (3, 1), "float32")
    assert add(wide, symbol("b", (4,))).type is ArrayType("float64", (3, 4))
    assert add(wide, 2).type is ArrayType("float32", (3, 1))
    assert add(symbol("u", ("n",)), symbol("v", ("n",))).type.shape == ("n",)
    assert add(symbol("u", (None,)), symbol("v", (5,))).type.shape == (5,)


def test_misfits_are_refused_where_the_expression_is_built():
    with pytest.raises(ShapeError, match="operand 2"):
        add(symbol("a", (2,)), symbol("b", (3,)))
    with pytest.raises(TermTypeError, match="no number"):
        constant("text")
    with pytest.raises(TermTypeError, match="does not fit"):
        add(symbol("i", dtype="uint8"), 300)


def test_the_table_forgets_dead_terms():
    gc.collect()  # what earlier tests left in cycles
    before = len(term_module._table)
    made = chain(2000)
    assert len(term_module._table) >= before + 1990
    del made
    gc.collect()
    assert len(term_module._table) <= before + 10


def test_threads_get_the_same_objects():
    found = []

    def build():
        found.append([sin(add(x, float(k))) for k in range(300)])

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(a is b for row in found[1:] for a, b in zip(found[0], row, strict=True))


def test_deep_terms():
    deep = chain(100_000)
    assert hash(deep) == deep._hash
    assert len(str(deep)) < 1000
    assert pickle.loads(pickle.dumps(deep)) is deep
    assert len(postorder(deep)) == 100_001
    assert len(postorder(*replace([deep], {x: y}))) == 100_001
    assert transform([deep], lambda term: term)[0] is deep


def test_pickles_of_constants_and_symbols():
    for term in (constant(np.arange(3.0)), constant(2), symbol("p", ("n",), assumptions=["positive"])):
        assert pickle.loads(pickle.dumps(term)) is term


def test_evaluation_is_numpys():
    value = CATALOGUE["multiply"](sin(constant(np.arange(3.0))), 2.0).evaled_obj
    np.testing.assert_array_equal(value, np.sin(np.arange(3.0)) * 2.0)
    with pytest.raises(MissingValueError, match="symbol x"):
        add(x, 1.0).evaled_obj


# ---------------------------------------------------------------- kanren and etuples


def test_unify_and_reify():
    hole = var()
    pattern = add(hole, y)
    assert not pattern.ground
    assert unify(pattern, add(x, y), {}) == {hole: x}
    assert reify(pattern, {hole: x}) is add(x, y)
    assert unify(pattern, sin(y), {}) is False


def test_the_variables_of_rules_are_not_solved_for():
    pattern = etuple(sin, slot(0))
    assert pattern.ground and pattern.type is None
    assert unify(pattern, sin(x), {}) is False and reify(pattern, {var(): x}) is pattern


def test_ground_terms_are_decided_by_identity():
    left, right = chain(100_000), chain(99_998)
    assert unify(left, right, {}) is False
    assert reify(left, {var(): 1}) is left


def test_goals():
    head, rest = var(), var()
    assert run(1, head, eq(sin(head), sin(x))) == (x,)
    (found,) = run(1, (head, rest), conso(head, rest, add(x, y)))
    assert found == (add, (x, y))
    assert run(1, head, conso(add, etuple(x, y), head))[0] is add(x, y)


def test_apply_builds_for_operators_and_evaluates_plain_callables():
    assert apply(add, etuple(x, y)) is add(x, y)
    assert apply(operator.add, etuple(1, 2)) == 3
    assert rator(add(x, y)) is add
    assert rands(add(x, y)) == (x, y)
    answer = var()
    assert run(1, answer, applyo(add, etuple(x, y), answer))[0] is add(x, y)
    assert run(1, answer, applyo(answer, etuple(x, y), add(x, y))) == (add,)


def test_a_slice_knows_the_living_term_it_was_cut_from_last():
    first, second = etuple(1, 2, 3), etuple(0, 2, 3)
    part = first[1:]
    assert part._parent is first
    assert second[1:] is part
    assert part._parent is second
    assert first[:] is first
    assert first._parent is None
    del second
    gc.collect()
    assert part._parent is None


def test_renaming_what_is_not_known_keeps_the_whole():
    hole, other = var(), var()
    whole = etuple(add, hole, 2)
    assert reify(whole[1:], {hole: other})._parent is whole
    twice = etuple(add, etuple(operator.add, hole), 2)
    assert reify(twice[1:], {hole: 1})._parent is None
    part = etuple(hole, 4)
    part._parent = whole
    part._parent = None
    assert part._parent is None


class Page:
    """What a pretty printer offers."""

    def __init__(self):
        self.written = ""

    def text(self, text):
        self.written += text

    def breakable(self, sep=" "):
        self.written += sep

    def group(self, *_):
        self.written += "e("
        return self

    __enter__ = group

    def __exit__(self, *_):
        self.written += ")"

    def pretty(self, item):
        if isinstance(item, ExpressionTuple):
            item._repr_pretty_(self, False)
        else:
            self.written += repr(item)


def test_untyped_terms_print_as_etuples_do():
    plain = etuple(1, etuple("a", 2), etuple("b"))
    assert repr(plain) == "ExpressionTuple((1, ExpressionTuple(('a', 2)), ExpressionTuple(('b',))))"
    assert eval(repr(plain)) == plain
    assert str(plain) == "e(1, e(a, 2), e(b))"
    assert repr(add(x, y)) == str(add(x, y)) == "e(add, x, y)"
    assert repr(etuple(add, x, "a")) == "e(add, x, a)"


def test_a_pretty_printer_never_goes_deep():
    deep = 1
    for _ in range(5_000):
        deep = etuple(operator.add, 1, deep)
    for term in (deep, chain(5_000)):
        page = Page()
        term._repr_pretty_(page, False)
        assert page.written == str(term)
    assert len(repr(deep)) < 1000


def test_constants_and_leaves():
    assert is_constant(constant(2))
    assert not is_constant(x)
    with pytest.raises(ValueError, match="read-only"):
        constant(np.arange(3.0))._tuple[1].value[0] = 5.0
