"""Orders under which every step goes down, and sets that have none."""

import pytest

from etude.check.algebra import free_rule
from etude.check.pathorder import path_order
from etude.check.termination import termination
from etude.rules import parse_rules
from etude.rules.loader import rules_root

ENDING = {
    "hyperbolic functions by exponentials": """
        r1: tanh(a) -> sinh(a)/cosh(a)
        r2: sinh(a) -> (exp(a) - exp(-a))/2
        r3: cosh(a) -> (exp(a) + exp(-a))/2""",
    "sums inside a nested function": """
        r1: f_f(f_s(a), b) -> f_f(a, f_f(a, b + b))
        r2: f_f(0, b) -> b*b""",
    "words read from their end": "r1: f_f(f_g(a)) -> f_g(f_f(f_f(a)))",
    "words of three letters": """
        r1: f_a(f_b(x)) -> f_b(f_c(f_a(f_a(x))))
        r2: f_c(f_b(x)) -> f_b(x)""",
}
WITHOUT_ORDER = [
    "r1: f_f(f_g(a)) -> f_g(f_g(f_f(f_f(a))))",
    "r1: sin(a) -> sin(a + 1)",
    "r1: a*(b + c) -> a*b + a*c\nr2: a*b + a*c -> a*(b + c)",
    "r1: f_f(a, b) -> f_f(b, a + b)",
    "r1: f_f(a + b) -> f_f(a) + f_f(b + 0)",
    "r1: f_f(a*b) -> f_f(b)*f_f(a*1)",
]


def system(text):
    lines = "\n".join(map(str.strip, text.strip().splitlines()))
    return tuple(filter(None, map(free_rule, parse_rules(lines, lenient=True))))


def judged(text):
    return termination(system(text))


@pytest.mark.parametrize("name", ENDING)
def test_an_order_is_found(name):
    ends, order, steps = judged(ENDING[name])
    assert (ends, steps) == (True, None)
    assert "order" in order or "interpretation" in order


@pytest.mark.parametrize("text", WITHOUT_ORDER)
def test_no_order_is_claimed_where_there_is_none(text):
    assert judged(text)[:2] in [(False, None), (None, None)]


def test_words_are_read_from_their_end_and_the_order_says_so():
    assert "words read backwards" in judged(ENDING["words read from their end"])[1]


def test_parts_of_a_product_are_compared_as_a_multiset():
    left = "r1: f_f(f_s(a)) * f_f(f_s(b)) ->"
    assert path_order(system(f"{left} f_f(a * a) * f_f(f_s(b)) * f_f(a)"))
    assert path_order(system(f"{left} f_f(f_s(b)) * f_f(f_s(a))")) is None
    assert path_order(system(f"{left} f_f(a * a) * f_f(f_s(b)) * f_f(f_s(b))")) is None


def test_sum_is_above_nothing():
    assert path_order(system("r1: f_f(a) + b -> f_g(a, b)")) is None
    assert path_order(system("r1: f_f(a) + b -> f_f(a)"))


def test_a_rule_that_commutes_says_why_it_comes_back():
    assert judged("c: x + y -> y + x") == (
        False, None, ("x + y", "-> x + y   by c, its operands in another order", "which holds an instance of x + y")
    )  # fmt: skip


def test_facts_that_no_type_has_close_no_loop():
    assert judged("c: x @ y -> y @ x if vector(x) and symmetric(y)")[0] is not False
    assert judged("c: x @ y -> y @ x if vector(x) and not vector(y)")[0] is not False
    assert judged("c: x @ y -> y @ x if symmetric(x) and symmetric(y)")[0] is False


@pytest.mark.parametrize("name", ["subscripts", "reductions"])
def test_facts_about_attributes_and_pairs_are_left_to_the_rules(name):
    text = (rules_root() / "simplify" / f"{name}.rules").read_text(encoding="utf-8")
    assert judged(text)[0] is not False
