"""Work of a loop's steps that is done ahead: the same values, fewer instructions in a step."""

import numpy as np
import pytest

import etude as et
from etude.backends.numpy_backend import compile_numpy
from etude.ops import CATALOGUE as OPS
from etude.ops.binders import Body, parameter
from etude.program import ahead, body_programs, check, lower, with_work_ahead

STEPS, SIZE = 20, 4
RNG = np.random.default_rng(0)
XS, C0, W, N = RNG.normal(size=(STEPS, SIZE)), RNG.normal(size=SIZE), RNG.normal(size=(SIZE, SIZE)), np.arange(STEPS)
LOOPS = {
    "a product": (lambda c, x, k, w: (et.tanh(c + et.exp(x @ w)), c * et.sin(x)), 3),
    "a result by itself": (lambda c, x, k, w: (c + 1, et.exp(x)), 1),
    "a sequence by itself": (lambda c, x, k, w: (c + et.exp(x), x), 1),
    "a carry that needs none": (lambda c, x, k, w: (et.exp(x), c), 0),
    "sums": (lambda c, x, k, w: (c * et.sum(et.exp(x)) + et.max(x), c), 2),
    "counters": (lambda c, x, k, w: (c * et.exp(x) + k, c * (k % 3 == 0)), 3),
    "choices": (lambda c, x, k, w: (et.where(et.sum(x) > 0, c, et.exp(x)), c), 1),
    "constants": (lambda c, x, k, w: (c + np.ones(SIZE) * et.exp(x) * 2.0, c * 2.0), 2),
    "parts": (lambda c, x, k, w: (c + et.sum(x[1:3]) * et.flip(x), et.stack([et.exp(x), c])), 3),
    "places": (lambda c, x, k, w: (c.at[1].set(et.exp(x[0])), x.at[2].add(et.sum(et.exp(x)))), 1),
    "rows that differ": (lambda c, x, k, w: (c * w[k % 4] + et.exp(w[k % 4]), c), 4),
    "a loop within": (lambda c, x, k, w: (c + et.scan(lambda d, y: (d * et.exp(x) + y, d), x, w)[0], c * et.exp(x)), 4),
}


def program_of(step, reverse=False):
    xs, c, n, w = et.symbol("xs", XS.shape), et.symbol("c", C0.shape), et.symbol("n", N.shape, "int64"), et.symbol("w", W.shape)
    outputs = et.scan(lambda c, row: step(c, row[0], row[1], w), c, (xs, n), reverse=reverse)
    return et.function([xs, c, n, w], list(outputs), backend="numpy", on_unused_input="ignore").program


def step_of(program):
    """The instructions of the one loop's step."""
    (row,) = [row for row in program if row.op.name == "scan"]
    return body_programs(row.op, row.attributes, tuple([program.types[slot] for slot in row.inputs]))[0]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", LOOPS)
def test_values_stay_and_steps_get_shorter(name, reverse):
    step, left = LOOPS[name]
    program = program_of(step, reverse)
    found = check(with_work_ahead(program))
    assert len(step_of(found)) == left < len(step_of(program))
    for one, other in zip(compile_numpy(found)(XS, C0, N, W), compile_numpy(program)(XS, C0, N, W), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def test_what_is_the_same_in_each_step_is_computed_once():
    carry, outside = (parameter(place, et.symbol("v", (SIZE,)).term.type) for place in (0, 2))
    body = Body([OPS["add"](carry, OPS["exp"](outside)), OPS["exp"](outside)], 3)
    c, xs = et.symbol("c", (SIZE,)), et.symbol("xs", (STEPS, SIZE))
    loop = OPS["scan"](c.term, xs.term, c.term, body=body, carries=1, sequences=1)
    program, _ = lower([OPS["item"](loop, 0), OPS["item"](loop, 1)], [c.term, xs.term])
    found = check(with_work_ahead(program))
    assert [row.op.name for row in step_of(found)] == ["add"]
    for one, other in zip(compile_numpy(found)(C0, XS), compile_numpy(program)(C0, XS), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_loops_within_loops_make_fewer_calls_too():
    xs, starts = et.symbol("xs", XS.shape), et.symbol("starts", (3, SIZE))
    outer = et.map(lambda start: et.scan(lambda c, x: (c * start + et.exp(x * start), c), start, xs)[1], starts)
    f = et.function([xs, starts], outer, backend="numpy")
    (row,) = f.program
    (body,) = body_programs(row.op, row.attributes, tuple([f.program.types[slot] for slot in row.inputs]))
    assert len(step_of(with_work_ahead(body))) == 2 < len(step_of(body))
    values = RNG.normal(size=(3, SIZE))
    want = values.copy(), []
    for x in XS:
        want[1].append(want[0].copy())
        want[0][:] = want[0] * values + np.exp(x * values)
    np.testing.assert_allclose(f(XS, values), np.stack(want[1], axis=1), rtol=1e-12)


def test_no_more_is_computed_ahead_than_there_is_room_for(monkeypatch):
    program = program_of(lambda c, x, k, w: (c + et.exp(x), et.sin(x) * c))
    assert len(step_of(program)) == 4 and len(step_of(with_work_ahead(program))) == 2
    monkeypatch.setattr(ahead, "MUCH", XS.nbytes)
    found = with_work_ahead(program)
    assert len(step_of(found)) == 3
    for one, other in zip(compile_numpy(found)(XS, C0, N, W), compile_numpy(program)(XS, C0, N, W), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_gradient_computes_ahead_what_the_steps_before_gave():
    xs, c, w = et.symbol("xs", XS.shape), et.symbol("c", C0.shape), et.symbol("w", W.shape)
    cost = et.sum(et.scan(lambda c, x: (et.tanh(c @ w + x * et.special.expit(x)), c * et.sin(x)), c, xs)[1])
    f = et.function([xs, c, w], [cost, *et.grad(cost, [xs, c, w])], backend="numpy")
    assert len(with_work_ahead(f.program)) > len(f.program)
    for one, other in zip(f(XS, C0, W), compile_numpy(f.program)(XS, C0, W), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_programs_without_such_work_are_themselves():
    assert with_work_ahead(program := program_of(lambda c, x, k, w: (c * x, c))) is program
    x, xs = et.symbol("x", (SIZE,)), et.symbol("xs", (None, SIZE))
    few, large = et.symbol("few", (3, SIZE)), et.symbol("large", (STEPS, 5000))
    stopping = et.while_loop(lambda carry: carry[0] < 3, lambda carry: (carry[0] + 1, carry[1] * et.exp(x)), (0, x))
    loops = [
        (et.exp(x),), stopping, et.scan(lambda c, x: (c + et.exp(x), c), x, xs), et.scan(lambda c, x: (c + et.exp(x), c), x, few),
        et.scan(lambda c, x: (c + et.exp(x), c), large[0], large),
    ]  # fmt: skip
    for outputs in loops:
        program = et.function([x, xs, few, large], list(outputs), backend="numpy", on_unused_input="ignore").program
        assert with_work_ahead(program) is program
