"""Loops and choices in C give what the reference gives: carries, rows, nested bodies, ends, gradients."""

import numpy as np
import pytest
from tests.backends.c.running import Compiled

import etude as et
from etude.backends import compile_numpy
from etude.backends.c.codegen import generate
from etude.backends.c.csource import Unsupported
from etude.program import lower

FLAGS = ("-O1", "-ffp-contract=off", "-fno-math-errno", "-fwrapv", "-fopenmp-simd")
rng = np.random.default_rng(0)


def program_of(outputs, inputs):
    program, rest = lower([output.term for output in outputs], [given.term for given in inputs])
    assert not rest
    return program


def agree(outputs, inputs, *values, rtol=1e-13):
    program = program_of(outputs, inputs)
    code, found = Compiled(program, FLAGS).call(*values)
    assert code == 0
    for wanted, one in zip(compile_numpy(program)(*values), found, strict=True):
        assert (np.asarray(wanted).dtype, np.shape(wanted)) == (one.dtype, one.shape)
        np.testing.assert_allclose(one, wanted, rtol=rtol, atol=1e-14)
    return found


W, H, XS = et.symbol("W", (3, 3)), et.symbol("h", (3,)), et.symbol("xs", (7, 3))
VALUES = [rng.standard_normal(shape) / 2 for shape in ((3, 3), (3,), (7, 3))]


def recurrent(reverse=False, xs=XS):
    return et.scan(lambda h, x: ((new := et.tanh(W @ h + x)), (new * 2, et.sum(h))), H, xs, reverse=reverse)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_its_rows_and_its_gradient(reverse):
    last, (rows, sums) = recurrent(reverse)
    cost = et.sum(last) + et.sum(rows**2) + et.sum(sums)
    agree([last, rows, sums, cost, *et.grad(cost, [W, H, XS])], [W, H, XS], *VALUES)


def test_the_second_derivative_of_a_scan():
    last, _ = recurrent()
    product = et.hessian_vector_product(et.sum(last**2), H, H)
    agree([product], [W, H, XS], *VALUES)


@pytest.mark.parametrize("rows", [XS[::-1], XS[::2], XS.T[:, :3], et.symbol("xs", (7, 3))[1:] * 2, et.broadcast_to(XS[0], (5, 3))])
def test_sequences_in_any_layout(rows):
    last, (ys, _) = recurrent(xs=rows)
    agree([last, ys], [W, H, XS], *VALUES)


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_the_number_of_steps(length):
    (a, b), ys = et.scan(lambda ab, _: ((ab[1], ab[0] + ab[1]), ab[0]), (H, H * 2), length=length)
    found = agree([a, b, ys], [H], VALUES[1])
    assert found[2].shape == (length, 3)


def test_no_rows_at_all():
    xs = et.symbol("xs", (0, 3))
    last, (rows, sums) = recurrent(xs=xs)
    agree([last, rows, sums, *et.grad(et.sum(last) + et.sum(rows), [W, H])], [W, H, xs], *VALUES[:2], np.zeros((0, 3)))


def test_a_carry_that_stays_or_swaps_or_is_given_twice():
    (a, b, c), (y, z) = et.scan(lambda s, x: ((s[1], s[0], s[2]), (s[0], s[0])), (H, H + 1, H + 2), XS)
    agree([a, b, c, y, z, a], [H, XS], *VALUES[1:])


def test_integers_booleans_and_single_precision():
    n, flag, x = et.symbol("n", (), "int64"), et.symbol("flag", (), "bool"), et.symbol("x", (4,), "float32")
    (count, seen), rows = et.scan(lambda s, v: ((s[0] + 1, s[1] | (v > 1)), (v * 2, s[0])), (n, flag), x)
    agree([count, seen, *rows], [n, flag, x], np.int64(3), np.bool_(False), np.array([0, 2, 1, -1], np.float32))


def test_a_while_loop_ends_where_its_condition_fails():
    x = et.scalar("x")
    count, value = et.while_loop(lambda s: s[1] < 100, lambda s: (s[0] + 1, s[1] * 2), (et.constant(0), x))
    for start in (1.0, 99.0, 100.0, 3.0):
        agree([count, value], [x], np.float64(start))


def test_until_keeps_the_last_carry():
    last, _ = et.scan(lambda h, x: (h + x, None), H, XS, until=lambda h, _: et.sum(h) > 1)
    for scale in (0.0, 1.0, 5.0):
        agree([last], [H, XS], VALUES[1], np.abs(VALUES[2]) * scale)


def test_one_branch_runs():
    x, index = et.symbol("x", (3,)), et.symbol("index", (1,), "int64")
    chosen = et.cond(x[0] > 0, lambda a: (a * 2, et.sum(a)), lambda a: (a[index[0]] * a, et.max(a)), x)[1]
    program = program_of([chosen, et.grad(chosen, x)], [x, index])
    code = Compiled(program, FLAGS)
    for value in ([1.0, 2.0, 3.0], [-1.0, 2.0, 3.0]):
        status, found = code.call(np.array(value), np.array([1]))
        assert status == 0
        for wanted, one in zip(compile_numpy(program)(np.array(value), np.array([1])), found, strict=True):
            np.testing.assert_array_equal(one, wanted)


def test_an_index_out_of_bounds_within_a_body_is_told():
    index = et.symbol("index", (4,), "int64")
    last, _ = et.scan(lambda h, i: (h + H[i], None), et.constant(0.0), index)
    code = Compiled(program_of([last], [H, index]), FLAGS)
    assert code.call(VALUES[1], np.array([0, 2, -1, 1]))[0] == 0
    assert code.call(VALUES[1], np.array([0, 2, 3, 1]))[0] == 3


def test_maps_and_loops_within_loops():
    mapped = et.map(lambda x: et.sum(et.exp(x) * H) * x, XS)
    inner = et.map(lambda x: et.scan(lambda c, v: (c * v + 1, c), et.constant(1.0), x)[1], XS)
    found = [mapped, inner, et.grad(et.sum(mapped) + et.sum(inner), XS)]
    agree(found, [H, XS], *VALUES[1:])


def test_a_long_body_is_cut_into_functions():
    def step(h, x):
        for _ in range(40):
            h = et.sin(et.concat([h[1:], h[:1]]) * x) + h
        return h, None

    last, _ = et.scan(step, H, XS)
    agree([last], [H, XS], *VALUES[1:], rtol=1e-10)


def test_one_kernel_with_the_work_of_all_its_steps():
    source = generate(program_of([recurrent()[0]], [W, H, XS]))
    loop = source.kernels[-1]
    assert loop.text.startswith("call: scan")
    assert loop.flops == 7 * (2 * 9 + 3 + 3)


def test_a_number_of_rows_that_is_known_at_the_end_only_stays_with_numpy():
    _, rows = et.scan(lambda h, x: (h + x, h), H, XS, until=lambda h, _: et.sum(h) > 1)
    with pytest.raises(Unsupported, match="scan: sizes of"):
        generate(program_of([rows], [H, XS]))
