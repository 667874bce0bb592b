"""Scans and maps in C beside NumPy: values, gradients, directions, nesting, no step at all."""

import numpy as np
import pytest

import etude as et

RNG = np.random.default_rng(3)
XS, W, C = et.symbol("xs", (6, 3)), et.symbol("w", (3,)), et.symbol("c", (3,))
VALUES = {XS: RNG.normal(size=(6, 3)), W: RNG.normal(size=3), C: RNG.normal(size=3)}


def stepped(**options):
    carry, ys = et.scan(lambda c, x: (et.tanh(c * W + x), (c * x).sum()), C, XS, **options)
    return [carry, ys]


def two_carries():
    (a, n), ys = et.scan(lambda s, x: ((s[0] * 0.5 + x, s[1] + 1), (s[0], x * 2)), (C, et.constant(0)), XS)
    return [a, n, *ys]


def nested():
    def outer(c, x):
        inner, ys = et.scan(lambda d, e: (et.sin(d + e), d * e), c.sum(), x)
        return c + ys, inner

    return list(et.scan(outer, C, XS))


def gradients():
    carry, ys = stepped()
    return list(et.grad(et.sum(ys**2) + et.sum(carry), [XS, W, C]))


PROGRAMS = {
    "forwards": stepped,
    "backwards": lambda: stepped(reverse=True),
    "by length": lambda: list(et.scan(lambda c, _: (c * W, c.sum()), C, length=4)),
    "two carries": two_carries,
    "nested": nested,
    "gradients": gradients,
    "a second derivative": lambda: [et.hessian_vector_product(et.sum(stepped()[1] ** 2), C, W)],
    "a view as a sequence": lambda: list(et.scan(lambda c, x: (c + x.sum(), c * 1), et.constant(0.0), XS.T[:, ::2])),
    "a product in the body": lambda: list(et.scan(lambda c, x: (et.outer(x, x) @ c, et.logsumexp(c)), C, XS)),
    "only the last carry": lambda: [et.scan(lambda c, x: (c * x, c), C, XS)[0]],
    "only what is stacked": lambda: [et.scan(lambda c, x: (c * x, c), C, XS)[1]],
    "a map": lambda: [et.map(lambda r: et.exp(r).sum() * r + W, XS)],
    "a map of a scalar": lambda: [et.map(lambda r: r.max(), XS)],
    "an unchanged carry": lambda: list(et.scan(lambda c, x: (c, c * x), C, XS)),
}  # fmt: skip


@pytest.mark.parametrize("what", PROGRAMS)
def test_values_are_numpys(what):
    outputs = PROGRAMS[what]()
    symbols = list(VALUES)
    wanted = et.function(symbols, outputs, backend="numpy", on_unused_input="ignore")(*VALUES.values())
    compiled = et.function(symbols, outputs, backend="c", on_unused_input="ignore")
    assert compiled.backend == "c"
    for found, value in zip(compiled(*VALUES.values()), wanted, strict=True):
        assert (found.dtype, found.shape) == (value.dtype, value.shape)
        np.testing.assert_allclose(found, value, rtol=1e-13, atol=1e-14)


def test_no_step_gives_the_carry_back():
    empty = et.symbol("empty", (0, 3))
    carry, ys = et.scan(lambda c, x: (c + x, c), C, empty)
    found = et.function([empty, C], [carry, ys], backend="c")(np.zeros((0, 3)), np.arange(3.0))
    np.testing.assert_array_equal(found[0], np.arange(3.0))
    assert found[1].shape == (0, 3)


def test_calls_do_not_share_what_they_carry():
    f = et.function([XS, W, C], stepped(), backend="c")
    first = [value.copy() for value in f(*VALUES.values())]
    f(VALUES[XS] * 2, VALUES[W], VALUES[C])
    for found, value in zip(f(*VALUES.values()), first, strict=True):
        np.testing.assert_array_equal(found, value)


def test_a_loop_that_ends_by_a_condition():
    halved = et.while_loop(lambda c: c > 1.0, lambda c: c / 2, et.scalar("start"))
    f = et.function([et.scalar("start")], halved, backend="c")
    assert [float(f(start)) for start in (10.0, 1.0, -3.0)] == [0.625, 1.0, -3.0]


def test_the_text_has_a_kernel_for_the_loop():
    f = et.function([XS, W, C], stepped(), backend="c")
    assert "for (int64_t i = 0; i < 6; i++)" in f.source
