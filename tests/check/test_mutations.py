"""The harness of derivative lines tested itself: every small mistake in a line is found, but for those that are none."""

from collections import Counter

import pytest
from tests.check.mutations import mutants

import etude as et
from etude.check.derivatives import judge_adjoint, judge_differential
from etude.rules import RuleSet

LINES = [*et.rules.default("differentials"), *et.rules.default("adjoints")]

POINTS = "values at ties and zeros, where there is no slope; the tests of conventions hold them"
SIZES = "the same after broadcasting, or an error of shapes"
EQUAL = "the same by an identity: orders of Bessel functions by their sign, a trace turned, parts of a symmetric matrix"
WHOLE = "an operand that is a whole number is not moved"
UNFOUND = {
    "d_p_norm": (12, f"{POINTS}; {SIZES}"),
    "d_power_any": (10, POINTS),
    "d_float_power_any": (10, POINTS),
    "d_pinv": (8, SIZES),
    "d_ldexp": (5, WHOLE),
    "d_norm": (4, POINTS),
    "d_hypot": (4, POINTS),
    "d_xlogy": (3, POINTS),
    "d_xlog1py": (3, POINTS),
    "d_rel_entr": (3, POINTS),
    "d_kl_div": (3, POINTS),
    "d_std": (3, f"{POINTS}; {SIZES}"),
    "d_clip": (3, POINTS),
    "d_softmax": (2, SIZES),
    "d_log_softmax": (2, SIZES),
    "d_power": (2, POINTS),
    "d_float_power": (2, POINTS),
    "d_maximum": (2, POINTS),
    "d_minimum": (2, POINTS),
    "d_fmax": (2, POINTS),
    "d_fmin": (2, POINTS),
    "d_cofactor": (2, f"{SIZES}; {EQUAL}"),
    "d_max": (1, POINTS),
    "d_min": (1, POINTS),
    "d_var": (1, SIZES),
    "d_det": (1, SIZES),
    "adjoint_sum_like_0": (1, SIZES),
    "d_slogdet_1": (1, EQUAL),
    "d_eigh_0": (1, EQUAL),
    "d_iv": (1, EQUAL),
    "d_ive": (1, EQUAL),
    "d_kv": (1, EQUAL),
    "d_kve": (1, EQUAL),
}


def judged(line, original):
    if line.kind == "adjoint":
        return judge_adjoint(line).sound
    beside = [one for one in et.rules.default("differentials") if one.lhs._tuple[0] is line.lhs._tuple[0]]
    return judge_differential(line, RuleSet([line if one is original else one for one in beside])).sound


def tally(lines):
    """The numbers of mutants found, and of those not found by line, of the lines that are tried at all."""
    found, unfound = 0, Counter()
    for line in lines:
        if judged(line, line):
            for _, mutant in mutants(line):
                if judged(mutant, line) is False:
                    found += 1
                else:
                    unfound[line.name] += 1
    return found, dict(unfound)


@pytest.mark.parametrize(
    ("name", "count"),
    [("d_matmul", 7), ("d_inv", 4), ("d_cumsum", 2), ("d_sum", 2), ("d_einsum", 5), ("d_where", 3), ("adjoint_matmul_0", 2)],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_mistake_in_an_array_line_is_found(name, count):
    assert tally([line for line in LINES if line.name == name]) == (count, {})


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_mistake_is_found_but_for_those_that_are_none():
    found, unfound = tally(LINES)
    assert unfound == {name: count for name, (count, _) in UNFOUND.items()}
    assert found == 1883
