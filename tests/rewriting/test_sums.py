"""Sums and products put together in C are those that the Python puts together that it stands for."""

import gc
import random
import sys
import types
from fractions import Fraction

import numpy as np
import pytest
from tests.random_arrays import grown

import etude as et
from etude.rewriting import algebra, collecting
from etude.rewriting.algebra import IN_C, Algebra
from etude.rewriting.assumptions import knowledge
from etude.rewriting.compiled import compiled
from etude.rewriting.engine import Engine
from etude.rules import default
from etude.terms import CONSTANT, CORE, distinct, term, uses_of

RULES = compiled(default("simplify"))
NUMBERS = [1, 1, 1, -1, -1, 2, -2, 3, 6, 7, -5, 4096, 70_000, 2**40, Fraction(1, 2), Fraction(-3, 4), 0.1, -2.5e200]
EXPONENTS = [1, 1, 1, 1, -1, -1, 2, 3, -2, Fraction(1, 2), 5]
DTYPES = ["float64", "float64", "float32", "float16"]
FUNCTIONS = (et.sin, et.exp, et.log, et.cosh, et.negative, lambda a: a**2, lambda a: 1 / a, lambda a: a * 1.5, lambda a: a / 3)


def without_c(monkeypatch):
    monkeypatch.setattr(algebra, "IN_C", None)
    monkeypatch.setattr(collecting, "IN_C", None)


def scalars(seed, size, dtype="float64"):
    """A random expression of numbers in which one operand in six is shared."""
    rng = random.Random(seed)
    pool = [et.scalar(name, dtype=dtype) for name in "xyzw"]
    for _ in range(size):
        a, b, kind = rng.choice(pool), pool[-1] if rng.random() < 5 / 6 else rng.choice(pool), rng.random()
        if kind < 0.3:
            pool.append(a + b)
        elif kind < 0.45:
            pool.append(a - b)
        elif kind < 0.7:
            pool.append(a * b)
        elif kind < 0.8:
            pool.append(a * rng.choice((0, 1, 2, 2, 3, -1, 0.5)))
        else:
            pool.append(rng.choice(FUNCTIONS)(b))
    return sum(pool[-1 : 3 : -9], pool[-1]).term


def put_together(seed):
    """What an algebra makes of random parts, some of which are sums and products that it knows, and what it then knows."""
    rng = random.Random(seed)
    dtype = np.dtype(rng.choice(DTYPES))
    symbols = [et.scalar(name, dtype=dtype).term for name in "abcdef"]
    own, pool, found = Algebra(knowledge()), [*symbols, *[et.sin(et.scalar(name, dtype=dtype)).term for name in "ab"]], []
    for _ in range(25):
        parts = rng.sample(pool, rng.randint(0, 5))
        try:
            if rng.random() < 0.5:
                made = own.sum(rng.choice([0, 0, *NUMBERS]), {part: rng.choice(NUMBERS) for part in parts}, dtype)
            else:
                factors = {part: rng.choice(EXPONENTS) for part in parts}
                made = own.product(rng.choice([0, *NUMBERS]), factors, dtype, rng.random() < 0.7)
        except OverflowError as error:
            found.append(str(error))
            continue
        found.append(made)
        if made not in pool and made._tuple[0] is not CONSTANT:
            pool.append(made)
    return found, own.sums, own.products


def test_an_installation_with_terms_in_c_has_sums_in_c():
    assert (IN_C is None) is (CORE is None)


def test_parts_are_put_together_alike(monkeypatch):
    here = [put_together(seed) for seed in range(150)]
    without_c(monkeypatch)
    for (made, sums, products), (other, other_sums, other_products) in zip(here, map(put_together, range(150)), strict=True):
        assert made == other
        assert (sums, products) == (other_sums, other_products)
        assert list(map(list, sums.values())) == list(map(list, other_sums.values()))


@pytest.mark.parametrize("options", [{}, {"sharing": True}, {"expand": True, "most": 100}], ids=str)
@pytest.mark.parametrize(
    "term_of",
    [lambda seed: scalars(seed, 40), lambda seed: scalars(seed, 30, "float16"), lambda seed: grown(random.Random(seed), 30).term],
    ids=["float64", "float16", "arrays"],
)
def test_terms_are_collected_alike(monkeypatch, term_of, options):
    """The same normal forms, by the same rules, and the same terms on the way, in the same order."""

    def ran(root):
        run = Engine(RULES.listening(), **options)
        try:
            return run.run(root), run.fired, run.refused, list(run.algebra.sums), list(run.algebra.products)
        except collecting.TooLong:
            return "too long"

    roots = [term_of(seed) for seed in range(60)]
    here = [ran(root) for root in roots]
    without_c(monkeypatch)
    for root, one in zip(roots, here, strict=True):
        assert one == ran(root), str(root)


def test_large_terms_are_simplified_alike(monkeypatch):
    roots = [scalars(seed, 400) for seed in range(6)]
    here = [et.simplify(root) for root in roots]
    without_c(monkeypatch)
    assert [et.simplify(root) for root in roots] == here
    assert all(len(distinct(root)) > 200 for root in roots)


def test_a_product_of_a_shared_product_with_a_number_is_collected_alike(monkeypatch):
    """What has other uses stays whole, its number apart, unless it meets what cancels."""
    x, y, z = et.symbols("x y z")
    shared = 3 * x * y * et.sin(z)
    roots = [(shared * z).term, (shared / y).term, (et.exp(shared * z) + shared).term, (shared * shared + shared - 3).term]

    def ran(root, sharing):
        run = Engine(RULES, sharing=sharing)
        return run.run(root, {**uses_of(root), shared.term: 2})

    here = [ran(root, sharing) for root in roots for sharing in (True, False)]
    without_c(monkeypatch)
    assert [ran(root, sharing) for root in roots for sharing in (True, False)] == here


def test_the_key_of_parts_is_the_same_in_any_order():
    if IN_C is None:
        return
    x, y = et.scalar("x").term, et.scalar("y").term
    assert IN_C.key(1, 2, {x: 1, y: Fraction(1, 2)}) == IN_C.key(1, 2, {y: Fraction(1, 2), x: 1})
    others = [(2, 2, {x: 1, y: 3}), (1, 3, {x: 1, y: 3}), (1, 2, {x: 3, y: 1}), (1, 2, {x: 1}), (1, 2, {x: 1, y: 3})]
    assert len({IN_C.key(*each) for each in others}) == len(others)


def test_nothing_is_left_behind():
    """No reference to a term, tuple or dictionary is lost in C."""

    def work():
        for seed in range(12):
            root = scalars(f"left {seed}", 60)
            Engine(RULES, sharing=True).run(root)
            Engine(RULES, expand=True, most=50).run(scalars(seed, 8))
            put_together(seed)

    def counted():
        gc.collect()
        return len(term._table), len(gc.get_objects())

    work()
    before = counted()
    for _ in range(3):
        work()
    after = counted()
    assert after[0] - before[0] <= 5
    assert after[1] - before[1] <= 200


def known(**changes):
    run = Engine(RULES)
    fields = list(run.all_known())
    for place, value in changes.items():
        fields[int(place[1:])] = value
    return tuple(fields)


@pytest.mark.parametrize(
    "call",
    [
        lambda: IN_C.sum(1, 2, {}, None), lambda: IN_C.sum((), 1, {}, None), lambda: IN_C.sum(({}, {}, []), 1, {}, None),
        lambda: IN_C.sum(({}, {}, {}), 1, [], None), lambda: IN_C.product(({}, {}, {}), 1, [], None, True),
        lambda: IN_C.key("a", 1, {}), lambda: IN_C.linear(), lambda: IN_C.linear((), [], None),
        lambda: IN_C.linear(known(_1=[]), [], None), lambda: IN_C.multiplicative(known(_7=()), [], None),
        lambda: IN_C.multiplicative(known(), {}, None), lambda: IN_C.install(1), lambda: IN_C.install((), 1, 1, 1, 1),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call):
    if IN_C is not None:
        with pytest.raises(TypeError):
            call()


def test_sums_of_another_version_are_not_used(monkeypatch):
    """An older build beside newer sources."""
    monkeypatch.setitem(sys.modules, "etude.rewriting.sums", types.SimpleNamespace(VERSION=-1))
    assert algebra._in_c() is None
