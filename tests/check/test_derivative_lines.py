"""Every differential line of the library against central differences, every adjoint by inner products; wrong ones are found."""

import pytest

import etude as et
from etude.check.derivatives import judge_adjoint, judge_differential
from etude.rules import RuleSet

DIFFERENTIALS, ADJOINTS = et.rules.default("differentials"), et.rules.default("adjoints")
NO_TYPES = "no types were found"

# Booleans have no slope to be seen; index operands are not drawn; the rest stands only where ranks or sizes are unknown.
UNTRIED = {
    "d_power_whole", "d_and_logic", "d_or_logic", "d_xor_logic", "d_not_logic", "d_getitem", "d_set_at", "d_add_at",
    "d_full_like", "d_triangle", "d_left_cotangent", "d_right_cotangent",
}  # fmt: skip
UNTRIED_ADJOINTS = {
    "adjoint_broadcast_like_0_2", "adjoint_triangle_0", "adjoint_left_cotangent_0", "adjoint_left_cotangent_2",
    "adjoint_right_cotangent_0", "adjoint_right_cotangent_1",
}  # fmt: skip


@pytest.mark.parametrize("rule", DIFFERENTIALS, ids=lambda rule: rule.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_differential_line(rule):
    found = judge_differential(rule, RuleSet())
    assert found.sound is not False, str(found)
    assert NO_TYPES not in found.note or rule.name in UNTRIED


@pytest.mark.parametrize("rule", ADJOINTS, ids=lambda rule: rule.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_adjoint_line(rule):
    found = judge_adjoint(rule)
    assert found.sound is not False, str(found)
    assert NO_TYPES not in found.note or rule.name in UNTRIED_ADJOINTS


def test_most_lines_are_tried():
    assert {rule.name for rule in DIFFERENTIALS} >= UNTRIED
    assert {rule.name for rule in ADJOINTS} >= UNTRIED_ADJOINTS
    assert (len(UNTRIED), len(UNTRIED_ADJOINTS)) == (12, 6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("d(sin(u)) = sin(u)*d(u)", "the slope is"),
        ("d(sin(u)) = 0", "the slope is"),
        ("d(a * b) = a*d(a) + b*d(b)", "the slope is"),
        ("d(inv(a)) = inv(a) @ d(a) @ inv(a)", "the slope is"),
        ("d(exp(u)) = abs(d(u))", "do not transpose"),
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
