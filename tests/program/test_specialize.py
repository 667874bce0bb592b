"""A program for other types of its inputs."""

import numpy as np
import pytest

import etude as et
from etude.backends import compile_numpy
from etude.errors import ShapeError
from etude.program import lower, specialized
from etude.terms import ArrayType

X, Y = et.vector("x"), et.vector("y")


def kinds(*shapes):
    return [ArrayType(np.dtype(float), shape) for shape in shapes]


def program_of(*outputs):
    return lower([output.term for output in outputs], [X.term, Y.term])[0]


def test_sizes_become_numbers_everywhere():
    program = program_of(X + Y, et.grad(et.sum(X * Y), X), X.shape[0] + 1)
    fixed = specialized(program, kinds((1,), (3,)))
    assert all(kind.is_static for kind in fixed.types)
    values = np.ones(1), np.arange(3.0)
    for one, two in zip(compile_numpy(program)(*values), compile_numpy(fixed)(*values), strict=True):
        np.testing.assert_array_equal(one, two)


def test_bodies_and_the_bodies_within_them():
    inner = et.map(lambda x: et.scan(lambda c, y: (c * y + x, c * Y), et.constant(1.0), Y)[1], X)
    fixed = specialized(program_of(inner), kinds((2,), (3,)))
    assert fixed.types[fixed.outputs[0]].shape == (2, 3, 3)


def test_sizes_that_do_not_fit():
    with pytest.raises(ShapeError, match="add"):
        specialized(program_of(X + Y), kinds((2,), (3,)))
