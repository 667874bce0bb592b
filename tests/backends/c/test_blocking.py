"""Blocks of rows in C: chosen where they save memory traffic."""

import numpy as np
from tests.backends.c.test_bodies import agree, program_of

import etude as et
from etude.backends.c.blocking import planned, traffic
from etude.backends.c.graph import Graph
from etude.backends.c.kernels import schedule

ROWS = 6000
X, Y, W = et.symbol("x", (ROWS, 200)), et.symbol("y", (ROWS,)), et.symbol("w", (200,))
COST = et.mean(et.softplus(-Y * (X @ W)))
VALUES = [np.random.default_rng(4).normal(size=symbol.shape) for symbol in (X, Y, W)]


def loops(graph):
    return [node for node in graph.nodes if node.kind == "bodies"]


def test_a_matrix_that_is_read_twice_is_read_once():
    program = program_of([COST, et.grad(COST, W)], [X, Y, W])
    graph = Graph(program)
    blocked, plan = planned(program)
    (loop,) = loops(blocked)
    assert ROWS % blocked.nodes[loop.args[2]].shape[0] == 0
    assert traffic(blocked, plan) < 0.6 * traffic(graph, schedule(graph))
    agree([COST, et.grad(COST, W)], [X, Y, W], *VALUES)


def test_what_one_loop_does_anyway_stays_as_it_is():
    large = et.symbol("large", (1_000_000,))
    assert not loops(planned(program_of([et.exp(large), et.sum(large**2)], [large]))[0])


def test_weights_as_large_as_the_rows_stay_whole():
    x, weights = et.symbol("x", (512, 256)), et.symbol("weights", (256, 256))
    cost = et.sum(et.tanh(et.tanh(x @ weights) @ weights))
    assert not loops(planned(program_of([cost, et.grad(cost, weights)], [x, weights]))[0])
