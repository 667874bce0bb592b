"""Loops and choices: values, gradients of every mode to second order, errors that say what to do."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import etude as et

x, w = et.symbol("x", (4,)), et.scalar("w")
AT = {x: np.array([0.3, 0.2, 0.7, 0.4]), w: np.array(0.5)}
STEP = 1e-6


def differences(f, at):
    found = {}
    for key, value in at.items():
        slope = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            up, down = value.copy(), value.copy()
            up[place] += STEP
            down[place] -= STEP
            slope[place] = (f.eval({**at, key: up}) - f.eval({**at, key: down})) / (2 * STEP)
        found[key] = slope
    return found


def check(cost, at=AT):
    """Reverse and forward mode, and reverse over reverse, against central differences."""
    keys, expected = list(at), differences(cost, at)
    for key, gradient in zip(keys, et.grad(cost, keys, disconnected_inputs="ignore"), strict=True):
        np.testing.assert_allclose(gradient.eval(at), expected[key], rtol=1e-6, atol=1e-7)
        direction = et.Rop(cost, key, et.ones_like(key))
        np.testing.assert_allclose(direction.eval(at), expected[key].sum(), rtol=1e-6, atol=1e-7)
        again = et.sum(et.sin(gradient))
        second = et.grad(again, keys, disconnected_inputs="ignore")
        for other, slope in zip(second, differences(again, at).values(), strict=True):
            np.testing.assert_allclose(other.eval(at), slope, rtol=1e-5, atol=1e-6)


def recurrence(c, item):
    return c * w + et.sin(item * c), et.sin(c) * item


def test_scan_follows_its_definition():
    carry, ys = et.scan(recurrence, 0.3, x)
    c, expected = 0.3, []
    for item in AT[x]:
        expected.append(np.sin(c) * item)
        c = c * 0.5 + np.sin(item * c)
    np.testing.assert_allclose(carry.eval(AT), c, rtol=1e-15)
    np.testing.assert_allclose(ys.eval(AT), expected, rtol=1e-15)


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_differentiates(reverse):
    carry, ys = et.scan(recurrence, 0.3, x, reverse=reverse)
    check(et.sum(ys**2) + carry)


@pytest.mark.parametrize("reverse", [False, True])
def test_nothing_beyond_the_stop_has_a_gradient(reverse):
    carry, ys = et.scan(lambda c, i: (c * w + i, et.sin(c) * i), 0.3, x, reverse=reverse, until=lambda c, _: c > 0.7)
    assert ys.term.type.shape == (None,)
    check(et.sum(ys**2) + carry)
    reached = et.grad(carry, x).eval(AT) != 0
    assert 0 < reached.sum() < 4


def test_a_counter_is_carried_beside_an_array():
    (value, count), _ = et.scan(lambda c, i: ((c[0] * i + c[1], c[1] + 1), None), (w, 0), x)
    assert count.eval(AT) == 4
    assert count.dtype == np.int64
    check(value)


def test_the_loop_keeps_an_integer_carry_that_is_made_floating():
    total, _ = et.scan(lambda c, i: (c + i, None), 0, x)
    assert total.dtype == np.float64


def test_nested_loops_and_maps_within():
    def inner(c, i):
        total, _ = et.scan(lambda d, j: (et.sin(d * j * c * w), None), i, x)
        return c + total + et.sum(et.map(lambda item: item * c, x)), None

    check(et.scan(inner, w, x)[0])


def test_hessian_is_symmetric():
    hessian = et.hessian(et.scan(recurrence, 0.3, x)[0], x).eval(AT)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12)
    product = et.hessian_vector_product(et.scan(recurrence, 0.3, x)[0], x, et.constant([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_allclose(product.eval(AT), hessian @ [1.0, 2.0, 3.0, 4.0], rtol=1e-12)


def test_while_loop():
    first, second = et.while_loop(lambda c: c[0] < 4, lambda c: (c[0] * 1.5 * (1 + w), c[1] * w + c[0]), (1.0, w))
    check(first * second, {w: np.array(0.5)})
    assert et.while_loop(lambda v: v < 0, lambda v: v * v, w).eval({w: 3.0}) == 3.0


@pytest.mark.parametrize("at", [0.5, -0.3])
def test_cond(at):
    a, b = et.cond(w > 0, lambda q: (q * et.sin(w), q), lambda q: (q * 2, q * w), x)
    check(et.sum(a * b), {**AT, w: np.array(at)})


def test_only_the_branch_taken_is_computed():
    def forever(v):
        return et.while_loop(lambda u: u == u, lambda u: u, v)

    chosen = et.cond(w > 0, lambda v: v * 2, forever, w)
    assert chosen.eval({w: 2.0}) == 4.0
    assert et.grad(chosen, w).eval({w: 2.0}) == 2.0


def test_the_branch_not_taken_contributes_an_exact_zero():
    root = et.cond(w > 0, et.sqrt, lambda v: 0.0 * v, w)
    assert et.grad(root, w).eval({w: 0.0}) == 0.0


def test_map_of_nested_results():
    both = et.map(lambda r: {"product": r[0] * r[1] * w, "sum": (w + r[0] ** 2,)}, (x, et.sin(x)))
    np.testing.assert_allclose(both["product"].eval(AT), AT[x] * np.sin(AT[x]) * 0.5)
    check(et.sum(both["product"] * both["sum"][0]))


def test_no_steps_give_the_beginning():
    empty = et.symbol("empty", (None,))
    carry, ys = et.scan(lambda c, i: (c * i, c), w, empty)
    at = {empty: np.zeros(0), w: np.array(2.0)}
    assert carry.eval(at) == 2.0
    assert ys.eval(at).shape == (0,)
    assert et.grad(carry, w).eval(at) == 1.0
    assert et.scan(lambda c, _: (c + 1, None), w, length=0)[0].eval(at) == 2.0


def test_what_does_not_move_is_computed_outside():
    carry, _ = et.scan(lambda c, i: (c + i * et.exp(w), None), 0.0, x)
    body = carry.term._tuple[1].attributes[0]
    assert "exp" not in {getattr(node.head, "name", "") for node in et.terms.postorder(*body.results)}


def test_disconnected_and_undefined_pass_through():
    carry, _ = et.scan(lambda c, i: (c + et.disconnected_grad(w) * i, None), 0.0, x)
    with pytest.raises(et.DisconnectedInputError, match="w"):
        et.grad(carry, w)
    carry, _ = et.scan(lambda c, i: (c + et.undefined_grad(w) * i, None), 0.0, x)
    with pytest.raises(et.NullTypeGradError):
        et.grad(carry, w)


def test_cut_points_outside_are_seen_inside():
    inner = et.sin(w)
    carry, _ = et.scan(lambda c, i: (c + inner * i, None), 0.0, x)
    assert et.grad(carry, w, consider_constant=[inner], disconnected_inputs="ignore").eval(AT) == 0
    np.testing.assert_allclose(et.grad(carry, inner).eval(AT), AT[x].sum())


def test_masked_branches_inside_stay_exact_zeros():
    carry, _ = et.scan(lambda c, i: (c + et.where(i > 0, et.sqrt(et.where(i > 0, i, 0.0)), 0.0), None), 0.0, x)
    slope = et.grad(carry, x).eval({x: np.array([4.0, -1.0, 0.0, 1.0])})
    np.testing.assert_array_equal(slope, [0.25, 0.0, 0.0, 0.5])


def test_equal_bodies_are_one_term_and_survive_pickling():
    one, other = (et.scan(recurrence, 0.3, x)[0] for _ in range(2))
    assert one.term is other.term
    assert pickle.loads(pickle.dumps(one)).term is one.term


def test_a_long_loop_does_not_recurse():
    many = et.symbol("many", (100_000,))
    carry, _ = et.scan(lambda c, i: (c * 0.5 + i, None), 0.0, many)
    slope = et.grad(carry, many).eval({many: np.ones(100_000)})
    assert slope[-1] == 1.0
    assert slope[-3] == 0.25


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["sin", "tanh", "arctan"]), min_size=1, max_size=3), st.booleans())
def test_random_steps_agree_with_the_unrolled_loop(names, reverse):
    def step(c, i):
        for name in names:
            c = getattr(et, name)(c * w + i)
        return c, c * i

    carry, ys = et.scan(step, 0.1, x, reverse=reverse)
    c, outputs = et.constant(0.1), {}
    for place in reversed(range(4)) if reverse else range(4):
        c, outputs[place] = step(c, x[place])
    unrolled = c + sum(outputs[place] for place in range(4))
    for key in (x, w):
        np.testing.assert_allclose(
            et.grad(carry + et.sum(ys), key).eval(AT), et.grad(unrolled, key).eval(AT), rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: et.scan(lambda c, i: (et.stack([c, c]), None), 0.0, x), TypeError, "init"),
        (lambda: et.scan(lambda c, i: (c[0] + i[0] + i[1], None), (0.0,), (x, et.symbol("z", (3,)))), TypeError, "structure"),
        (lambda: et.scan(lambda c, i: (c + i[0] + i[1], None), 0.0, (x, et.symbol("z", (3,)))), et.errors.ShapeError, r"\[3, 4\]"),
        (lambda: et.scan(lambda c, i: (c + i, None), 0.0, x, length=3), et.errors.ShapeError, "length"),
        (lambda: et.scan(lambda c, i: (c, None), 0.0), ValueError, "length"),
        (lambda: et.scan(lambda c, i: c + i, 0.0, x), TypeError, "carry, y"),
        (lambda: et.scan(lambda c, i: (c, None), 0.0, w), et.errors.ShapeError, "first axis"),
        (lambda: et.cond(x > 0, lambda: w, lambda: w), TypeError, "boolean"),
        (lambda: et.cond(w > 0, lambda: x, lambda: w), TypeError, "result 0"),
    ],
)
def test_errors_say_what_was_expected(build, error, words):
    with pytest.raises(error, match=words):
        build()


def test_bodies_are_stabilized_before_they_are_differentiated():
    carry, _ = et.scan(lambda c, i: (c + et.log(1 - et.exp(i)), None), 0.0, x)
    slope = et.grad(carry, x).eval({x: np.full(4, -1e-20)})
    np.testing.assert_allclose(slope, -1e20)


def test_bodies_are_simplified():
    carry, _ = et.scan(lambda c, i: (c + et.sin(i) ** 2 + et.cos(i) ** 2, None), 0.0, x)
    body = et.simplify(carry).term._tuple[1].attributes[0]
    assert et.count_operations(et.from_term(body.result)) == 1


@pytest.mark.parametrize("cost", [
    lambda: et.scan(recurrence, 0.3, x)[0],
    lambda: et.grad(et.scan(recurrence, 0.3, x, until=lambda c, _: c > 3)[0], w),
    lambda: et.while_loop(lambda v: v < 3, lambda v: v * 2 + w, w),
    lambda: et.cond(w > 0, lambda v: v * 2 + w, lambda v: v, w),
    lambda: et.map(lambda row: row * w + 1, x),
    lambda: et.scan(lambda c, i: (et.scan(lambda d, j: (d * j * c, None), i, x)[0], None), w, x)[0],
])  # fmt: skip
def test_the_text_of_a_loop_reads_back(cost):
    array = cost()
    assert et.parse(str(array), x=x, w=w).term is array.term


@pytest.mark.parametrize("text", ["scan(lambda c: c, 1.0, x, carries=1)", "map(lambda a: a * q, x)", "sin(lambda a: a)"])
def test_texts_of_bodies_that_do_not_fit(text):
    with pytest.raises(et.errors.ParseError):
        et.parse(text, x=x)


def test_programs_join_a_cost_and_its_gradient():
    carry, ys = et.scan(lambda c, i: (et.tanh(c * w + i), c * i), 0.3, x)
    cost = et.sum(ys) + carry
    compiled = et.function([x, w], [cost, *et.grad(cost, [x, w])], backend="numpy")
    loops = [op.name for op in compiled.program.ops].count("scan")
    assert loops == 3  # forward, and back from the carry and from the outputs
    for value, array in zip(compiled(AT[x], AT[w]), [cost, *et.grad(cost, [x, w])], strict=True):
        np.testing.assert_allclose(value, array.eval(AT), rtol=1e-14)


def test_compiled_choices_loops_and_maps_agree_with_their_meaning():
    made = [
        et.while_loop(lambda v: v < 3, lambda v: v * 2 + w, w),
        et.cond(w > 0, lambda v: v * 2 + w, lambda v: v, x),
        et.map(lambda item: et.sin(item) * w, x),
        et.scan(lambda c, i: (c + i, c), et.symbol("m", (2, 2)), x)[1],
    ]
    at = {**AT, et.symbol("m", (2, 2)): np.eye(2)}
    compiled = et.function(list(at), made, backend="numpy")
    for value, array in zip(compiled(*at.values()), made, strict=True):
        np.testing.assert_allclose(value, array.eval(at), rtol=1e-15)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("bound", [3.0, 1e9])
def test_rows_of_a_loop_that_ends_early(reverse, bound):
    rows = et.symbol("rows", (4, 2))
    value = np.arange(8.0).reshape(4, 2)
    total, ys = et.scan(lambda c, row: (c + row, c * row), et.zeros(2), rows, reverse=reverse, until=lambda c, _: c[0] > bound)
    found = et.function([rows], [total, ys], backend="numpy")(value)
    carry, wanted = np.zeros(2), []
    for row in value[::-1] if reverse else value:
        wanted.append(carry * row)
        carry = carry + row
        if carry[0] > bound:
            break
    np.testing.assert_array_equal(found[0], carry)
    np.testing.assert_array_equal(found[1], np.array(wanted[::-1] if reverse else wanted))
    assert found[1].flags.owndata
