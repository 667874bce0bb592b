"""Arrays of sets by numbers are what arrays of Python's sets are."""

from functools import reduce

import numpy as np
import pytest

from etude.calculus.placesets import PlaceSets

COUNT = 5
RNG = np.random.default_rng(0)


def spelled(table, numbers):
    """Python's sets, in the array's own layout."""
    found = np.empty(np.shape(numbers), object)
    for place, number in np.ndenumerate(numbers):
        found[place] = frozenset(table.places(int(number)))
    return found


def drawn(table, shape):
    """Sets of up to three places."""
    return reduce(table.united, [table.singles(COUNT)[RNG.integers(COUNT, size=shape)] * RNG.integers(2, size=shape) for _ in range(3)])


def test_single_places_and_none():
    table = PlaceSets(COUNT)
    assert spelled(table, table.singles((COUNT,))).tolist() == [{place} for place in range(COUNT)]
    assert table.places(0) == ()


@pytest.mark.parametrize("shapes", [((4, 3), (4, 3)), ((4, 1), (4, 3)), ((), (2, 3)), ((0,), (0,))])
def test_unions_element_by_element(shapes):
    table = PlaceSets(COUNT)
    left, right = (drawn(table, shape) for shape in shapes)
    assert np.array_equal(spelled(table, table.united(left, right)), spelled(table, left) | spelled(table, right))
    assert table.united(left, left) is left


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 2, 1), (2, 0, 3)])
def test_unions_along_an_axis(shape, axis):
    table = PlaceSets(COUNT)
    sets = drawn(table, shape)
    known = spelled(table, sets)
    for keepdims in (False, True):
        want = np.bitwise_or.reduce(known, axis=axis, keepdims=keepdims, initial=frozenset())
        assert np.array_equal(spelled(table, table.reduced(sets, axis, keepdims)), want)
    assert np.array_equal(spelled(table, table.accumulated(sets, axis)), np.bitwise_or.accumulate(known, axis=axis))
    assert set(table.places(table.union(sets))) == set().union(*known.ravel())


def test_equal_sets_have_one_number():
    table = PlaceSets(COUNT)
    first, second, third = table.singles((3,)).tolist()
    assert table.both(table.both(first, second), third) == table.both(first, table.both(third, second))
