"""Columns are reduced by those before them, exactly."""

from fractions import Fraction

from etude.integration.elimination import Echelon


def test_coefficients_of_the_sum():
    system = Echelon()
    system.add((1,), {(0,): 2, (1,): 1})
    system.add((2,), {(0,): 1, (1,): 1})
    assert system.solved({(0,): 1, (1,): 0}) == {(1,): 1, (2,): -1}
    assert system.solved({(0,): Fraction(3, 2), (1,): 1}) == {(1,): Fraction(1, 2), (2,): Fraction(1, 2)}


def test_what_is_no_sum_of_the_columns():
    system = Echelon()
    system.add((1,), {(0,): 1})
    assert system.solved({(1,): 1}) is None
    assert system.solved({}) == {}


def test_a_column_that_is_a_sum_of_others_changes_nothing():
    system = Echelon()
    for name in ((1,), (2,)):
        system.add(name, {(0,): 0.1, (1,): 0.3})
    assert len(system.rows) == 1
