"""Programs in blocks of rows."""

import numpy as np
import pytest
from tests.random_arrays import seeded, several

import etude as et
from etude.backends import compile_numpy
from etude.program import check, even_block, in_blocks, lower, row_counts, with_less_memory
from etude.program.rows import Rows

ROWS = 7
X, M, P, W, S = (et.symbol(name, shape) for name, shape in zip("xmpws", [(ROWS,), (ROWS, 3), (ROWS, 1), (3,), ()], strict=True))
INPUTS = [X, M, P, W, S]
VALUES = [np.random.default_rng(2).normal(size=symbol.shape) for symbol in INPUTS]
U = et.symbol("u", (4, 3, 2))


def program_of(*outputs, inputs=INPUTS):
    return lower([output.term for output in outputs], [symbol.term for symbol in inputs])[0]


def agree(program, blocked, values=VALUES):
    check(blocked)
    for one, two in zip(compile_numpy(program)(*values), compile_numpy(blocked)(*values), strict=True):
        assert (one.shape, one.dtype) == (two.shape, two.dtype)
        np.testing.assert_allclose(two, one, rtol=1e-11, atol=1e-11)


def loops(program):
    return [row for row in program if row.op.name == "scan"]


CASES = {
    "a sum of squares": lambda: et.sum((M @ W - X) ** 2),
    "a mean": lambda: et.mean(et.exp(M) * W),
    "a mean that keeps the axis": lambda: M - et.mean(M, axis=0, keepdims=True),
    "the weights' gradient": lambda: et.grad(et.sum(et.softplus(M @ W * X)), W),
    "rows in the middle": lambda: et.sum(et.logsumexp(et.sum((M[None] - U[:, :1, 0][:, :, None]) @ U, axis=-1), axis=0)),
    "rows of each": lambda: et.softmax(M * W, axis=1)[:, ::-1],
    "rows and totals": lambda: et.concat([M * 2, M - et.sum(P * M, axis=0)], axis=1),
    "outer products": lambda: et.matrix_transpose(et.tanh(M)) @ (P * M),
    "reshaped rows": lambda: et.sum(et.reshape(M[:, :, None] * et.ones((1, 1, 4)), (ROWS, 6, 2)) ** 2, axis=(0, 2)),
    "spread over rows": lambda: et.sum(et.broadcast_to(X[:, None], (2, ROWS, 3)) * M, axis=1),
    "by rows and whole": lambda: et.sum(et.cos(X[:, None] * X), axis=1) * et.sort(X),
    "a maximum of all rows, then each": lambda: et.sum(et.exp(X - et.max(X))),
}


@pytest.mark.parametrize("block", [1, 3, 7])
@pytest.mark.parametrize("name", CASES)
def test_blocks_agree_with_the_whole(name, block):
    program = program_of(CASES[name](), inputs=[*INPUTS, U])
    blocked = in_blocks(program, ROWS, block)
    assert len(loops(blocked)) == 1
    agree(program, blocked, [*VALUES, np.random.default_rng(3).normal(size=(4, 3, 2))])


def test_several_outputs_share_one_loop():
    cost = et.sum(et.log1p(et.exp(-X * (M @ W))))
    program = program_of(cost, *et.grad(cost, [M, W]), M @ W)
    blocked = in_blocks(program, ROWS, 2)
    (loop,) = loops(blocked)
    assert len(loop.type.items) == 4
    agree(program, blocked)


@pytest.mark.parametrize(
    "make",
    [
        lambda: et.sum(W * S),
        lambda: et.cumsum(X),
        lambda: et.flip(M),
        lambda: et.sort(X),
        lambda: et.logsumexp(X),
        lambda: M[::2] * 2,
    ],
)
def test_what_has_no_rows_of_its_own(make):
    found = Rows([make().term], ROWS)
    assert make().term not in {**found.inside, **found.totals}


def test_rows_of_another_axis_are_computed_after():
    program = program_of((M @ W)[None] * et.ones((2, 1)), et.sum(X))
    blocked = in_blocks(program, ROWS, 3)
    assert [item.shape for item in loops(blocked)[0].type.items] == [(), (2, 3)]
    agree(program, blocked)
    assert in_blocks(program_of(W * 2), ROWS, 3) is None


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed):
    outputs = several(seeded(seed), 25, 3, INPUTS)
    program = program_of(*outputs)
    blocked = in_blocks(program, ROWS, 1 + seed % 4)
    if blocked is not None:
        with np.errstate(all="ignore"):
            agree(program, blocked)


def test_rows_are_counted_by_their_elements():
    few, many = et.symbol("f", (600,)), et.symbol("g", (520, 9))
    assert row_counts(program_of(et.sum(few), et.sum(many), inputs=[few, many, X])) == [520, 600]


def test_much_memory_of_all_rows_is_saved():
    points, centers = et.symbol("points", (4000, 8)), et.symbol("centers", (30, 8))
    each = et.sum((points[:, None] - centers) ** 2, axis=2)
    inputs = [points, centers]
    values = [np.random.default_rng(5).normal(size=symbol.shape) for symbol in inputs]
    program = program_of(et.sum(et.exp(-each)), et.grad(et.sum(et.exp(-each)), centers), inputs=inputs)
    blocked = with_less_memory(program)
    assert len(loops(blocked)) == 1
    agree(program, blocked, values)
    for kept in (
        program_of(each, inputs=inputs),
        program_of(et.sum(points @ centers.T), inputs=inputs),
        program_of(et.sum(W), inputs=[W]),
    ):
        assert with_less_memory(kept) is kept
    rows = et.symbol("rows", ("n", 8))
    named = program_of(et.sum((rows[:, None] - centers) ** 2), inputs=[rows, centers])
    assert with_less_memory(named) is named


def test_rows_that_are_given_take_no_more_memory():
    points, centers = et.symbol("points", (5000, 8)), et.symbol("centers", (30, 8))
    each = et.logsumexp(et.sum((points[:, None] - centers) ** 2, axis=2), axis=1)
    values = [np.random.default_rng(6).normal(size=symbol.shape) for symbol in (points, centers)]
    program = program_of(each, et.sum(each), inputs=[points, centers])
    blocked = with_less_memory(program)
    assert len(loops(blocked)) == 1
    agree(program, blocked, values)


def test_no_rows_are_left_over_where_that_takes_no_small_blocks():
    assert [even_block(1_000_000, most) for most in (6636, 4096, 2_000_000)] == [6250, 4000, 1_000_000]
    assert [even_block(997, most) for most in (100, 1, 997)] == [100, 1, 997]


def test_long_inputs_are_divided_without_a_rest():
    values = [np.linspace(0.1, 2.0, 600_000) for _ in range(2)]
    x, y = (et.symbol(name, (600_000,)) for name in "xy")
    price = et.exp(-x * y) * et.sin(x + y) * et.log(x * x + y) * et.sqrt(x + 2 * y)
    program = program_of(price, et.grad(et.sum(price), x), inputs=[x, y])
    blocked = with_less_memory(program)
    assert len(loops(blocked)) == 1
    assert [op.name for op in blocked.ops if op.name == "concatenate"] == []
    agree(program, blocked, values)
