"""Memory of large results: given out again once let go, never while somebody has it."""

import numpy as np
import pytest

import etude as et
from etude.backends.c.native import _trampoline

SIZE = 1 << 17


@pytest.fixture
def held():
    function = _trampoline().held
    function(True)
    yield function
    function(True)


@pytest.fixture
def doubled():
    given = et.symbol("given", (SIZE,))
    return et.function([given], [given + given, given * given], backend="c")


def address(array):
    return array.__array_interface__["data"][0]


def test_dropped_results_are_used_again(held, doubled):
    ones = np.ones(SIZE)
    first = [address(array) for array in doubled(ones)]
    assert held(False) == 2 * 8 * SIZE
    second = doubled(ones)
    assert held(False) == 0
    assert sorted(address(array) for array in second) == sorted(first)


def test_kept_results_stay_as_they_are(held, doubled):
    kept = doubled(np.ones(SIZE))
    again = doubled(np.full(SIZE, 3.0))
    assert all(array.flags.owndata and array.flags.writeable for array in kept)
    np.testing.assert_array_equal(kept[0], np.full(SIZE, 2.0))
    np.testing.assert_array_equal(again[1], np.full(SIZE, 9.0))


def test_no_more_is_kept_than_one_call_needed(held, doubled):
    large = et.symbol("large", (4 * SIZE,))
    et.function([large], large + large, backend="c")(np.ones(4 * SIZE))
    held(True)
    many = [doubled(np.ones(SIZE)) for _ in range(4)]
    del many
    assert held(False) == 2 * 8 * SIZE


def test_results_can_be_resized_and_viewed(held, doubled):
    result = doubled(np.ones(SIZE))[0]
    result.resize(2 * SIZE, refcheck=False)
    assert result[SIZE - 1] == 2 and result[-1] == 0
    view = doubled(np.ones(SIZE))[1][5:9]
    np.testing.assert_array_equal(view, np.ones(4))
