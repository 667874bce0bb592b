"""Chains of scalar operations through the whole way, without a recursion limit."""

import sys

import pytest

import etude as et


def run(length):
    x = et.scalar("x")
    y = x
    for k in range(length // 2):
        y = et.sin(y) * 0.5 if k % 2 else y + x
    slope = et.grad(y, x)
    assert len(str(y)) < 20_000
    value, derived = et.function([x], [y, slope])(0.3)
    ahead, behind = et.function([x], y)(0.3 + 1e-6), et.function([x], y)(0.3 - 1e-6)
    assert abs(float(derived) - (float(ahead) - float(behind)) / 2e-6) < 1e-7
    assert abs(float(value)) < 2.0


def test_a_chain_deeper_than_the_recursion_limit():
    assert sys.getrecursionlimit() < 5000
    run(5000)


@pytest.mark.slow
@pytest.mark.parametrize("length", [100_000, 1_000_000])
def test_long_chains(length):
    run(length)
