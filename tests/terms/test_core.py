"""What is done in C does what the Python does that it stands for."""

import gc
import importlib.util
import random
import sys
import types
import weakref

import pytest
from tests.random_arrays import grown

import etude as et
from etude.rewriting import counting, engine
from etude.rewriting.compiled import compiled
from etude.rules import default
from etude.terms import CORE, Term, distinct, etuple, flat, laid_out, postorder, term, traverse, uses_of

PAIRS = list(zip(traverse.WALKS, (distinct, uses_of, postorder), strict=True))
X, Y = et.scalar("x"), et.scalar("y")


def terms(count, size=25):
    return [grown(random.Random(seed), size).term for seed in range(count)]


@pytest.mark.parametrize(("walk", "other"), PAIRS, ids=lambda walk: walk.__name__)
def test_walks_meet_the_same_terms_in_the_same_order(walk, other):
    for root in terms(40):
        assert list(walk(root)) == list(other(root))
        assert walk(root) == other(root)
    roots = terms(5)
    assert walk(*roots, roots[0]) == other(*roots, roots[0])
    assert list(walk(*roots)) == list(other(*roots))
    assert not walk() and not other()


def test_a_walk_keeps_out_of_the_parts_of_what_it_is_told_to_stop_at():
    def stop(node):
        return node._tuple[0] in (et.sin(X).term.head, et.exp(X).term.head)

    for root in terms(40):
        assert traverse.WALKS[2](root, stop=stop) == postorder(root, stop=stop)
    with pytest.raises(ZeroDivisionError):
        postorder(X.term, stop=lambda node: 1 / 0)


def test_operations_are_counted_alike(monkeypatch):
    for root in terms(40):
        order = postorder(root)
        trees = counting.Trees()
        trees.take(order)
        counts = counting.operations_of(order), counting.operations_of(uses_of(root)), counting.operations_in(root)
        with monkeypatch.context() as patch:
            patch.setattr(counting, "CORE", None)
            others = counting.Trees()
            others.take(order)
            assert (trees, counts[0], counts[1], counts[2]) == (
                others, counting.operations_of(order), counting.operations_of(order), counting.operations_in(root)
            )  # fmt: skip


def test_terms_are_laid_out_alike(monkeypatch):
    for root in terms(20):
        nodes = distinct(root)
        rows = laid_out(nodes)
        assert flat.taken_up(rows) is root
        with monkeypatch.context() as patch:
            patch.setattr(flat, "CORE", None)
            assert laid_out(nodes) == rows


def regions_of(root):
    run = engine.Engine(compiled(default("simplify")))
    run.uses = uses_of(root)
    run.memo = {node: node for node in postorder(root)[::3]}
    found = []
    for node in postorder(root):
        missing = []
        if node._tuple[0] in engine._REACHED:
            found.append((run.region(node, missing), missing))
    return found


def test_regions_are_walked_alike(monkeypatch):
    """The operands of sums and products, of one type and of several, with their signs, and what is not normal yet."""
    roots = terms(100, 40)
    found = [regions_of(root) for root in roots]
    monkeypatch.setattr(engine, "_walked", None)
    assert [regions_of(root) for root in roots] == found
    assert sum(map(len, found)) > 500


def work_of(root, mark):
    """What a run finds and knows in the end, in the order in which it came to know it."""
    run = engine.Engine(compiled(default("simplify")), sharing=True)
    found = run.run(root, mark=mark)
    return found, list(run.memo.items()), list(run.algebra.sums), run.uses, run.refused, run.fired


def test_work_is_done_in_the_same_order(monkeypatch):
    """With terms of several types, and some that are known to be normal."""
    roots, mark = [*terms(60, 40), et.log(X * et.nan).term, ((X + Y) * (X + Y) / et.inf).term], object()
    for root in roots:
        for part in postorder(root)[::5]:
            part.normal_for = mark if et.simplify(part) is part else None
    found = [work_of(root, mark) for root in roots]
    monkeypatch.setattr(engine, "_ready", None)
    for root, one in zip(roots, found, strict=True):
        assert one == work_of(root, mark), str(root)
    assert sum(len(known) for _, known, *_ in found) > 1000


def test_an_error_in_the_midst_of_work_is_told():
    if CORE is None:
        return
    order = ({}, {}, {}, {}, set(), None, (None,) * 5, object())
    with pytest.raises(KeyError):
        CORE.ready(order, [(X.term, Y.term, None)])
    with pytest.raises(TypeError, match="a term was expected"):
        CORE.ready(order, [(1, None, None)])
    with pytest.raises(TypeError, match="work is"):
        CORE.ready(order, [1])
    assert CORE.ready(order, []) is None


def test_equal_parts_are_one_term_and_no_more_than_equal_ones():
    assert (X + Y).term is (X + Y).term
    assert et.constant(0.0).term is not et.constant(-0.0).term
    assert etuple(max, 1) is not etuple(max, 1.0)
    assert etuple(max, 1) is etuple(max, 1)
    made = (et.sin(X) * 17.25).term
    gone = weakref.ref(made)
    key = made._hash
    del made
    assert gone() is None
    assert key not in term._table


def test_python_looks_for_no_cycles_where_there_are_none():
    """Terms of the library's operators are left out of the search; those that may lead back to themselves are not."""
    if CORE is not None:
        plain = et.sum(et.exp(X * 2.0) + Y, axis=None)
        assert not any(map(gc.is_tracked, distinct(plain.term)))
    users = et.defop("twice_in_core", lambda u: 2 * u, differential="d(twice_in_core(u)) = 2 * d(u)")
    assert gc.is_tracked(users(X).term)
    assert gc.is_tracked((users(X) + Y).term)
    assert gc.is_tracked(etuple([].append, 1))


@pytest.mark.parametrize(
    "call",
    [
        lambda core: core.distinct("x"), lambda core: core.postorder(1), lambda core: core.postorder(X.term, start=1),
        lambda core: core.intern([1], None), lambda core: core.intern((1,)), lambda core: core.laid_out([X.term], []),
        lambda core: core.region(X.term), lambda core: core.operations_of([1], frozenset(), frozenset()),
        lambda core: core.take({}, [1], frozenset(), frozenset()), lambda core: core.operations_of(X.term, 1, 2),
        lambda core: core.ready((), []), lambda core: core.ready(({}, {}, {}, {}, set(), None, (), None), []),
    ],
)  # fmt: skip
def test_what_is_no_term_is_refused(call):
    if CORE is not None:
        with pytest.raises(TypeError):
            call(CORE)


def test_a_core_of_another_version_is_not_used(monkeypatch):
    """An older build beside newer sources."""
    monkeypatch.setitem(sys.modules, "etude.terms.core", types.SimpleNamespace(VERSION=-1))
    spec = importlib.util.spec_from_file_location("etude.terms.another", term.__file__)
    another = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(another)
    assert another.CORE is None
    one = another.etuple(max, 1, another.etuple(min, 2))
    assert one is another.etuple(max, 1, another.etuple(min, 2))
    assert type(one) is not Term
    assert len(another._table) == 2
    del one
    assert not another._table
