"""Every differential line of the library against central differences, every adjoint by inner products; wrong ones are found."""

import pytest

import etude as et
from etude.check.derivatives import judge_adjoint, judge_differential
from etude.rules import RuleSet

DIFFERENTIALS, ADJOINTS = et.rules.default("differentials"), et.rules.default("adjoints")
# What a line may say that claims no slope: it says so by these words, or is about a mark.
UNCLAIMED = ("no derivative is claimed", "a mark for the calculus, no slope", "a mark for the calculus, not linear")


@pytest.mark.parametrize("rule", DIFFERENTIALS, ids=lambda rule: rule.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_differential_line(rule):
    found = judge_differential(rule, RuleSet())
    silent = "undefined(" in rule.text or "disconnected" in rule.text or "mark" in rule.lhs.head.properties
    assert found.sound or (silent and found.note in UNCLAIMED), str(found)


@pytest.mark.parametrize("rule", ADJOINTS, ids=lambda rule: rule.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_adjoint_line(rule):
    found = judge_adjoint(rule)
    assert found.sound or ("mark" in rule.head.properties and found.note in UNCLAIMED), str(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("d(sin(u)) = sin(u)*d(u)", "the slope is"),
        ("d(sin(u)) = 0", "the slope is"),
        ("d(a * b) = a*d(a) + b*d(b)", "the slope is"),
        ("d(inv(a)) = inv(a) @ d(a) @ inv(a)", "the slope is"),
        ("d(exp(u)) = abs(d(u))", "do not transpose"),
        ("d(x ** y) = y*float_power(x, y)*d(x) if integral(x) and integral(y) and y != 0", "the slope is"),
        ("d(getitem(x, *i, spec=s)) = 2 * getitem(d(x), *i, spec=s) + disconnected * d(*i)", "the slope is"),
        ("d(triangle(x, lower=l, unit_diagonal=u)) = triangle(d(x), lower=l)", "the slope is"),
        ("d(left_cotangent(g, a, b)) = left_cotangent(d(g), a, b) + disconnected * d(a)", "the slope is"),
        ("adjoint(triangle([x], lower=l, unit_diagonal=u), g) = g", "the inner product is"),
        ("adjoint(right_cotangent(g, [a], b), h) = right_cotangent(g, h, a)", "the inner product is"),
        ("adjoint(broadcast_like([x], y, axis=k, keepdims=m), g) = mean(g, axis=k, keepdims=m)", "the inner product is"),
        ("adjoint(a * [v], g) = g", "the inner product is"),
        ("adjoint(cumsum([x], axis=k, reverse=r), g) = cumsum(g, axis=k, reverse=r)", "the inner product is"),
    ],
)
def test_wrong_line_is_found(text, says):
    report = et.check_rules(text)
    assert report.rules[0].sound is False
    assert says in str(report.rules[0])
    assert not report.ok


def test_complex_parts_take_the_real_part_of_a_cotangent():
    z = et.symbol("z", dtype="complex128")
    at = {z: 0.6 - 0.8j}
    direct = et.grad(et.real(et.sign(2j * z)), z).eval(at)  # sign(z) = z/|z|, moved at right angles to z
    step = 1e-6
    value = lambda w: (2j * w / abs(2j * w)).real  # noqa: E731
    slope = [(value(at[z] + step * way) - value(at[z] - step * way)) / (2 * step) for way in (1, 1j)]
    assert abs(direct - (slope[0] - 1j * slope[1])) < 1e-8
