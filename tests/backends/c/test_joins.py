"""Parts of concatenations, and arrays of which elements are changed, computed where they stay."""

import numpy as np
from tests.backends.c.test_bodies import agree, program_of

import etude as et
from etude.backends.c.codegen import generate
from etude.backends.c.graph import Graph
from etude.backends.c.kernels import schedule

X, Y = et.symbol("x", (4, 3)), et.symbol("y", (3,))
VALUES = [np.arange(12.0).reshape(4, 3), np.array([1.0, -2.0, 0.5])]


def test_parts_along_every_axis_and_stacks_of_stacks():
    parts = [et.exp(X), et.sin(X) * 2, X + 1]
    rows = [et.stack([et.cos(X[:, 0]) * k, X[:, 1] - k, X[:, 2] * Y[k]], axis=1) for k in range(2)]
    outputs = [et.concat(parts, axis=0), et.concat(parts, axis=1), et.stack(parts, axis=0), et.stack(parts, axis=2)]
    outputs.append(et.stack(rows, axis=1))
    for output in outputs:
        agree([output], [X, Y], *VALUES)
    agree([*outputs, et.sum(outputs[0])], [X, Y], *VALUES)


def test_a_part_that_is_read_elsewhere_or_given_or_twice_in_is_copied():
    part = et.exp(X)
    joined = et.concat([part, part, X, X.T[:3].T, part[::-1]], axis=0)
    agree([joined, part], [X, Y], *VALUES)
    agree([joined, part @ Y], [X, Y], *VALUES)
    agree([et.concat([part, X[:0] * 2], axis=0), et.stack([et.sum(X), et.sum(Y) * 2])], [X, Y], *VALUES)
    agree([et.concat([et.concat([part, X * 2], axis=0), X], axis=0) * 2], [X, Y], *VALUES)


def test_one_pass_and_no_copy():
    joined = et.stack([et.exp(X[:, 0]), et.sin(X[:, 1])], axis=1)
    program = program_of([joined], [X, Y])
    assert len(schedule(Graph(program)).inside) == 2
    assert [kernel.text for kernel in generate(program).kernels] == ["loop 4: exp sin", "call: concatenate"]


def test_elements_changed_in_place():
    changed = et.exp(X).at[1].set(Y).at[::2].add(X[::2]).at[np.array([0, 3, 0])].add(Y * 2)
    program = program_of([changed], [X, Y])
    assert len(schedule(Graph(program)).inside) == 3
    agree([changed], [X, Y], *VALUES)
    agree([changed, et.sum(changed), changed.T], [X, Y], *VALUES)
    agree([et.concat([changed, X], axis=0), et.reshape(changed, (2, 6))], [X, Y], *VALUES)


def test_what_is_read_besides_is_not_changed_in_place():
    part = et.exp(X)
    once = part.at[1].set(Y)
    agree([part.at[1:].add(part[:3])], [X, Y], *VALUES)
    agree([once, once.at[2].add(Y), part.at[0].set(Y)], [X, Y], *VALUES)
    agree([X.at[1].set(Y), X.at[2].set(Y).at[1].add(X[2])], [X, Y], *VALUES)
    assert not schedule(Graph(program_of([part.at[1].set(part[0])], [X, Y]))).inside


def test_an_output_in_another_shape_needs_no_copy():
    program = program_of([et.reshape(et.exp(X), (12,)), et.sum(X, axis=1), et.matrix_transpose(et.sin(X))], [X])
    assert sorted(schedule(Graph(program)).given.values()) == [0, 1]
    agree([et.reshape(et.exp(X), (12,)), et.exp(X), et.exp(X)[1:], et.sum(X, axis=1)[:, None]], [X], VALUES[0])
