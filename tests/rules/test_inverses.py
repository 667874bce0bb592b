"""Lines that say which functions undo each other."""

import etude as et
from etude.ops import CATALOGUE
from etude.rules import load
from etude.rules.inverses import inverse_pairs


def test_only_lines_of_one_function_within_another_count():
    rules = load("a: exp(log(x)) -> x\nb: sin(cos(x)) -> tan(x)\nc: abs(-x) -> abs(x)\nd: log(x**2) -> x")
    assert list(inverse_pairs(rules)) == [(CATALOGUE["exp"], CATALOGUE["log"])]


def test_the_librarys_own():
    assert (CATALOGUE["sinh"], CATALOGUE["arcsinh"]) in set(inverse_pairs(et.rules.default("simplify")))
