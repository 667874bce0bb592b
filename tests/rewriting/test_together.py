"""Several terms simplified at once: what they share is worked on once, and nothing gets longer."""

import numpy as np
import pytest

import etude as et
from etude.rewriting import count_operations, simplify, simplify_together
from etude.rewriting.compiled import Heard, Rules
from etude.terms import postorder

X, Y = et.scalar("x"), et.scalar("y")


def ladder(steps, first, second):
    """A long term without anything to simplify but `+ a - a` on each step."""
    a, b = first, second
    for _ in range(steps):
        a, b = b, et.tanh(b) * a + et.sin(a) - a + a
    return b


@pytest.fixture
def tried(monkeypatch):
    """How many terms the rules were tried on."""
    counts, fire = [0], Rules.fire

    def counting(rules, term):
        counts[0] += 1
        return fire(rules, term)

    monkeypatch.setattr(Rules, "fire", counting)
    return counts


def test_what_is_shared_is_tried_once(tried):
    simplify(et.exp(ladder(400, et.scalar("alone_x"), et.scalar("alone_y"))).term)  # nothing in it is known to be normal
    alone, tried[0] = tried[0], 0
    shared = ladder(400, et.scalar("shared_x"), et.scalar("shared_y"))
    terms = [et.exp(shared).term, et.cos(shared).term]
    assert all(len(postorder(term)) > 2000 for term in terms)
    found = simplify_together(terms)
    assert tried[0] == alone + 1
    assert [count_operations(term) for term in found] == [4 * 400 + 1] * 2


def test_short_terms_are_as_by_themselves():
    terms = [(et.sin(X) ** 2 + et.cos(X) ** 2 + Y).term, (X + X).term, (X + X).term]
    assert simplify_together(terms) == [simplify(term) for term in terms]
    assert simplify_together([]) == []


def test_what_short_terms_share_is_tried_once_and_explained_for_each(monkeypatch):
    shared = ladder(12, et.scalar("short_x"), et.scalar("short_y"))
    terms = [(shared * X + shared * Y - 1).term, (X * shared + et.cos(shared)).term, (Y * shared + 0 * X).term]
    asked, fire = [], Rules.fire
    monkeypatch.setattr(Rules, "fire", lambda rules, term: (asked.append(term) if rules.heard else None, fire(rules, term))[1])
    found = simplify_together(terms)
    assert len(asked) == len(set(asked)) > 12 * 4
    for term, result in zip(terms, found, strict=True):
        steps = list(et.explain(et.from_term(result)))
        assert steps
        assert steps[-1].after in postorder(result)
        assert count_operations(result) < count_operations(term)


def test_sums_that_short_terms_share_are_written_anew_once(monkeypatch):
    shared = et.tanh(X * X * Y + 3 * X * Y + 2 * X)
    terms = [(shared + et.sin(Y)).term, (shared * et.cos(Y)).term, et.exp(shared).term]
    alone = [simplify(term) for term in terms]
    made, begin = [], Heard.__init__
    monkeypatch.setattr(Heard, "__init__", lambda heard: (made.append(heard), begin(heard))[1])
    assert simplify_together(terms) == alone
    (heard,) = made
    assert [len(table) for table in heard.written.values()] == [3, 3]


def test_products_with_several_uses_stay_whole():
    """`q * q` and `q * sin(q)` of a long term keep the quotient q, which would be a product and a quotient in each place."""
    q = ladder(400, X, Y) / (1 + Y)
    terms = [(q * q * Y).term, (et.sin(q) * q).term]
    found = simplify_together(terms)
    assert str(found[1]._tuple[0]) == "multiply"
    assert count_operations(*found) == 4 * 400 + 2 + 4
    assert sum(term._tuple[0] is et.ops.CATALOGUE["divide"] for term in postorder(*found)) == 1


def test_gradients_of_a_long_program():
    cost = ladder(900, X, Y)
    found, raw = et.grad(cost, [X, Y]), et.grad(cost, [X, Y], simplify=False)
    assert count_operations(*[each.term for each in found]) < count_operations(*[each.term for each in raw])
    at = {X: 0.3, Y: 0.4}
    for one, other in zip(found, raw, strict=True):
        np.testing.assert_allclose(one.eval(at), other.eval(at), rtol=1e-9)
