"""Every elementwise operator's slopes against mpmath, to second order, in both modes."""

import itertools

import mpmath as mp
import pytest
from tests.ops.meanings import DIGITS, SMOOTH

from etude.calculus import NullType, cotangents, one_like, tangents
from etude.ops import CATALOGUE
from etude.terms import Term, constant, replace, symbol

FLAT = {
    "floor": [(1.3,), (2.0,)], "ceil": [(1.3,)], "trunc": [(-1.3,)], "rint": [(1.3,)], "round": [(1.3,)],
    "sign": [(1.3,), (0.0,)], "spacing": [(1.3,)], "floor_divide": [(7.3, 2.0)], "angle": [(-1.3,)],
    "equal": [(1.0, 1.0)], "not_equal": [(1.0, 1.0)], "less": [(1.0, 2.0)], "less_equal": [(1.0, 2.0)],
    "greater": [(1.0, 2.0)], "greater_equal": [(1.0, 2.0)], "logical_and": [(1.0, 2.0)], "logical_or": [(1.0, 2.0)],
    "logical_xor": [(1.0, 2.0)], "logical_not": [(1.0,)], "isnan": [(1.0,)], "isinf": [(1.0,)], "isfinite": [(1.0,)],
    "signbit": [(1.0,)],
}  # fmt: skip
WHOLE = ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm", "invert")
ELSEWHERE = {"where", "real", "imag", "conj", "astype", "ldexp", "nextafter"}
MARKS = {op.name for op in CATALOGUE.values() if op.is_elementwise and ("identity" in op.doc or op.name in {
    "hold", "consider_constant", "disconnected_grad", "zero_grad", "undefined_grad", "grad_clip", "clip_cotangent",
    "grad_scale", "clipped", "scaled"})}  # fmt: skip
SYMBOLS = tuple(symbol(name) for name in "abcx")
POINTS = [(name, point) for name, (_, points) in SMOOTH.items() for point in points]
TOLERANCE = {"dawsn": 1e-9, "i0e": 1e-11, "i1e": 1e-11, "k0e": 1e-11, "k1e": 1e-11, "kve": 1e-11, "ive": 1e-11}


def value(term, point):
    found = replace([term], {name: constant(float(number)) for name, number in zip(SYMBOLS, point, strict=False)})[0]
    return float(found.evaled_obj)


def reverse(term, wrt):
    found = cotangents({term: one_like(term)}, [wrt])[0]
    return found


def forward(term, wrt):
    found = tangents([term], {wrt: constant(1.0)})[0]
    return found


def built(name):
    op = CATALOGUE[name]
    operands = SYMBOLS[: 2 if op.variadic else len(op.operands)]
    return op(*operands), operands


def close(found, wanted, rtol):
    wanted = 0.0 if abs(wanted) < 1e-60 and found == 0 else float(wanted)  # differences leave a speck of noise
    return found == wanted or abs(found - wanted) <= rtol * abs(wanted) + 1e-300


def partial(meaning, point, orders, digits):
    with mp.workdps(digits):
        return mp.diff(meaning, tuple(map(mp.mpf, point)), orders) if len(point) > 1 else mp.diff(
            meaning, mp.mpf(point[0]), orders[0])


def scaled_partial(name, point, orders):
    """The partial derivative by differences, with steps in proportion to the point, so that 1e-20 is no problem."""
    meaning = SMOOTH[name][0]
    sizes = [abs(mp.mpf(number)) if number and not 1e-3 < abs(number) < 1e3 else mp.mpf(1) for number in point]
    relative = tuple(mp.mpf(number) / size for number, size in zip(point, sizes, strict=True))
    moved = partial(lambda *at: meaning(*[a * size for a, size in zip(at, sizes, strict=True)]), relative, orders,
                    DIGITS.get(name, 60))
    with mp.workdps(60):
        for size, order in zip(sizes, orders, strict=True):
            moved /= size**order
        return mp.re(moved)


def smooth_operands(term, operands):
    return [i for i, operand in enumerate(operands) if not isinstance(reverse(term, operand), NullType)]


def test_every_elementwise_operator_is_looked_at():
    named = {*SMOOTH, *FLAT, *WHOLE, *ELSEWHERE, *MARKS}
    assert {op.name for op in CATALOGUE.values() if op.is_elementwise and "users" not in op.properties} <= named


@pytest.mark.parametrize(("name", "point"), POINTS, ids=lambda part: str(part))
def test_first_order(name, point):
    term, operands = built(name)
    live = smooth_operands(term, operands)
    assert live
    for i in live:
        wanted = scaled_partial(name, point, [int(k == i) for k in range(len(point))])
        for mode in (reverse, forward):
            found = value(mode(term, operands[i]), point)
            assert close(found, wanted, TOLERANCE.get(name, 2e-12)), (mode.__name__, i, found, mp.nstr(wanted, 17))


# The second derivative of arctan2 there is beyond the range of float64.
SECOND_ORDER = [(name, point) for name, point in POINTS if (name, point) != ("arctan2", (1e-170, 1e-170))]
# inverse_mills(x)**2 - normal_variance(x) cancels for large -x: 8 digits are left at -1e4.
SECOND_ORDER_TOLERANCE = {"inverse_mills": 2e-8}


@pytest.mark.parametrize(("name", "point"), SECOND_ORDER, ids=lambda part: str(part))
def test_second_order(name, point):
    term, operands = built(name)
    live = smooth_operands(term, operands)
    for i, j in itertools.combinations_with_replacement(live, 2):
        first = reverse(term, operands[i])
        if not isinstance(first, Term) or isinstance(reverse(first, operands[j]), NullType):
            continue
        orders = [int(k == i) + int(k == j) for k in range(len(point))]
        wanted = scaled_partial(name, point, orders)
        for mode in (reverse, forward):
            slope = mode(first, operands[j])
            found = value(slope, point) if isinstance(slope, Term) else 0.0
            assert close(found, wanted, SECOND_ORDER_TOLERANCE.get(name, 10 * TOLERANCE.get(name, 1e-11))), (mode.__name__, i, j, found, mp.nstr(wanted, 17))
