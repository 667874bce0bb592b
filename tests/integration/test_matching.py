"""Patterns are matched modulo the order of sums and products, parameters by what does not vary."""

import pytest

import etude as et
from etude.integration.matching import Matcher
from etude.integration.parts import addends, monomial

u, a, b, x = (et.scalar(name) for name in "uabx")


def matches(pattern, term):
    matcher = Matcher(u.term, frozenset([a.term, b.term]), x.term)
    wanted, found = monomial(pattern.term, u.term), monomial(term.term, x.term)
    return list(matcher.factors(wanted.factors, found.factors, {}))


@pytest.mark.parametrize(
    ("pattern", "term", "bound"),
    [
        (et.sin(u) * et.exp(u), et.exp(x) * et.sin(x), {}),
        (1 / (u**2 + a), 1 / (3 + x**2), {"a": "3.0"}),
        (1 / (b * u**2 + a), 1 / (4 * x**2 + 9), {"a": "9.0", "b": "4.0"}),
        (et.exp(a * u), et.exp(-2 * x), {"a": "-2.0"}),
        (u**a, x**2.5, {"a": "2.5"}),
        (et.hypot(u, a), et.hypot(2.0, x), {"a": "2.0"}),
        (1 / (u**2 + a), 1 / (et.scalar("c") + x**2), {"a": "c"}),
        (1 / (u**2 + a**2), 1 / (et.scalar("c") ** 2 + x**2), {"a": "c"}),
        (1 / (u**2 + a**2), 1 / (9 + x**2), {"a": "3.0"}),
    ],
)
def test_found(pattern, term, bound):
    [found, *_] = matches(pattern, term)
    named = {str(et.from_term(key)): float(et.from_term(value).eval({})) if value.type and not value.type.shape and str(et.from_term(value)) != "c" else "c" for key, value in found.items()}
    assert {key: str(value) for key, value in named.items()} == bound


@pytest.mark.parametrize(
    ("pattern", "term"),
    [
        (et.sin(u), et.cos(x)),
        (1 / (u**2 + a), 1 / (x**3 + 1)),
        (1 / (u**2 + a**2), 1 / (et.scalar("c") + x**2)),
        (1 / (u**2 + a**2), 1 / (x**2 - 9)),
        (et.exp(a * u), et.exp(x**2)),
        (et.sin(a * u) * et.cos(a * u), et.sin(2 * x) * et.cos(3 * x)),
        (u**a, x**x),
    ],
)
def test_not_found(pattern, term):
    assert matches(pattern, term) == []


def test_terms_are_taken_apart():
    assert [str(et.from_term(part)) for part in addends((x - (a - 2 * x)).term)] == ["x", "-a", "2 * x"]
    parts = monomial((-3 * x**2 * a / et.sqrt(x)).term, x.term)
    assert parts.number == -3
    assert parts.constants == {a.term: 1}
    assert float(parts.factors[x.term]) == 1.5
