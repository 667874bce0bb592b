"""Operations counted."""

import pytest

from etude.ops import CATALOGUE as ops
from etude.rewriting.counting import count_operations, has_operations, size_of
from etude.terms import constant, symbol

x, y = symbol("x"), symbol("y")
s = ops["sin"](ops["multiply"](x, y))
TERMS = [x, constant(2.0), s, ops["multiply"](s, s), ops["add"](x, y, s, ops["exp"](s)), ops["sin"](ops["sin"](s))]


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_whether_there_are_so_many(term):
    count = count_operations(term)
    assert size_of(term) == (count, count_operations(term, shared=False))
    assert [has_operations(term, least) for least in range(count + 3)] == [True] * (count + 1) + [False] * 2
