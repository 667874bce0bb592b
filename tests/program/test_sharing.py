"""Equal work in different words is done once; what stands alone stays as it is written."""

import numpy as np

import etude as et
from etude.program import lower, share_work

x, y = et.vector("x"), et.vector("y")


def operators(*outputs):
    program, _ = lower(share_work([output.term for output in outputs]))
    return [op.name for op in program.ops]


def test_equal_arguments_in_different_words():
    found = operators(et.exp(-x * y), et.exp(-(x * y)), et.exp(x * -y) + 1)
    assert found.count("exp") == 1


def test_a_cost_and_its_simplified_gradient():
    cost = et.sum(et.special.erf((x * x + y) / np.sqrt(2.0)))
    slope = et.grad(et.sum(et.special.erf((x**2 + y) / np.sqrt(2.0)) ** 2), x)
    assert operators(cost, slope).count("erf") == 1


def test_parts_of_shared_parts_are_shared():
    found = operators(et.exp(et.sin(x * 2)) + 1, et.exp(et.sin(2 * x)) - 1, et.cos(et.sin(x + x)))
    assert (found.count("sin"), found.count("exp")) == (1, 1)


def test_what_stands_alone_is_not_touched():
    total = x + y
    error = (total - x) - y  # compensated summation lives by this not being 0
    (kept,) = share_work([(et.exp(total) + error).term])
    assert kept is (et.exp(total) + error).term


def test_the_form_that_is_defined_more_often_is_taken():
    found = et.function([x], [et.exp(x * x / x), et.exp(x)], backend="numpy")([0.0, 1.0])
    np.testing.assert_array_equal(found[0], found[1])
    assert found[1][0] == 1


def test_long_programs_are_left_alone(monkeypatch):
    monkeypatch.setattr("etude.program.sharing.LONGEST", 5)
    assert operators(et.exp(-x * y), et.exp(-(x * y))).count("exp") == 2


def test_what_cancels_is_computed_as_written():
    x = et.scalar("x")
    inner = et.arcsinh(et.exp(x) * 0)
    ratio = inner / inner
    assert np.isnan(et.function([x], ratio / ratio, backend="numpy")(1.0))


def test_what_undoes_itself_is_computed_as_written():
    for expr in (et.sqrt(et.sin(x)) ** 2, 1 / et.reciprocal(et.exp(et.log(x))), 1 / (1 / et.erf(x)), et.reciprocal(et.sin(x) / et.sin(x))):
        assert share_work([expr.term]) == [expr.term]
    root = et.function([x], et.sqrt(et.sin(x)) ** 2, backend="numpy")([-1.0, 1.0])
    assert np.isnan(root[0]) and root[1] == np.sqrt(np.sin(1.0)) ** 2
