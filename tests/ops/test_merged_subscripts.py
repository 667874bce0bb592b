"""Subscripts of subscripts and of arrays laid out anew, beside what NumPy takes."""

from itertools import chain, combinations, permutations, product

import numpy as np
import pytest

import etude as et
from etude.ops import merged_subscripts as ms
from etude.ops.attributes import expanded
from etude.ops.subscripts import FULL, index_values, subscript_of

BOUNDS = (None, 0, 1, 2, 3, 5, -1, -2)
SLICES = [slice(start, stop, step) for start, stop, step in product(BOUNDS, BOUNDS, (None, 2, -1, -2))]
COLUMN = np.arange(6)
GRID = np.arange(24).reshape(2, 3, 4)
KEYS = [0, -1, slice(None), slice(1, None), slice(None, None, -1), None]


def spec(key):
    return subscript_of(key)[1]


def taken(array, entries):
    return array[index_values(entries, ())]


def of_known(array, key):
    """The spelling that an operator gives the subscript of an array of this shape."""
    return et.symbol("x", array.shape)[key].term


def same(found, wanted):
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found, wanted)


def attempts(function, *arguments):
    try:
        return function(*arguments)
    except (ValueError, TypeError, IndexError):
        return None


def test_slices_of_slices_of_a_known_size():
    x = et.symbol("x", (6,)).term
    for first in SLICES:
        inner = COLUMN[first]
        for then in [*SLICES[::7], *range(len(inner))]:
            same(np.asarray(taken(COLUMN, ms.merged(spec(first), spec(then), x))), np.asarray(inner[then]))


def test_slices_of_slices_of_an_unknown_size_hold_for_every_size():
    x, merged = et.symbol("x", ("n",)).term, 0
    for first, then in product(SLICES, [*SLICES[::5], 0, 1, -1]):
        entries = attempts(ms.merged, spec(first), spec(then), x)
        if entries is None:
            continue
        merged += 1
        for size in range(8):
            array = np.arange(size)
            wanted = attempts(array[first].__getitem__, then)
            if wanted is not None:
                same(np.asarray(taken(array, entries)), np.asarray(wanted))
            else:
                assert attempts(taken, array, entries) is None
    assert merged > 1500


def test_new_axes_and_indices():
    x = et.symbol("x", GRID.shape).term
    for first in chain.from_iterable(product(KEYS, repeat=n) for n in (1, 2, 3)):
        inner = GRID[first]
        entries = of_known(GRID, first).attributes[0] if first != (slice(None),) * len(first) else ()
        for then in chain.from_iterable(product(KEYS[:5], repeat=n) for n in range(min(inner.ndim, 2) + 1)):
            found = attempts(ms.merged, entries, spec(then), x)
            wanted = attempts(inner.__getitem__, then)
            if found is not None:
                same(taken(GRID, found), wanted)
            else:
                assert wanted is None or 0 in wanted.shape


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_permuted_axes(order):
    turned, kept = GRID.transpose(order), 0
    for key in product(KEYS[:5], repeat=3):
        entries = attempts(ms.through_order, order, spec(key))
        if entries is not None:
            kept += 1
            same(taken(GRID, entries), turned[key])
    assert kept >= 32
    assert kept == 125 or order != (0, 1, 2)


def test_transposed_and_new_axes():
    x = et.symbol("x", GRID.shape).term
    same(taken(GRID, ms.through_transpose(spec((slice(None), 3)), x)), np.swapaxes(GRID, 1, 2)[:, 3])
    for axes in chain(combinations(range(4), 1), combinations(range(5), 2)):
        wide = np.expand_dims(GRID, axes)
        for key in product([0, slice(None), None], repeat=3):
            same(taken(GRID, ms.through_new_axes(axes, spec(key), x)), wide[key])


def test_axes_put_in_twice():
    for first in chain(combinations(range(3), 1), combinations(range(4), 2)):
        once = np.expand_dims(np.zeros((2, 3)), first)
        for then in chain(combinations(range(once.ndim + 1), 1), combinations(range(once.ndim + 2), 2)):
            assert np.expand_dims(np.zeros((2, 3)), expanded(first, then)).shape == np.expand_dims(once, then).shape


@pytest.mark.parametrize("shape", [(), (4,), (1,), (3, 1), (1, 4), (2, 1, 4)])
def test_broadcast_arrays(shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    wide = np.broadcast_to(array, (2, 3, 4))
    for key in product([0, 1, slice(None), slice(1, 3), slice(None, None, -1)], repeat=3):
        part = taken(array, ms.through_spreading(wide.shape, spec(key), et.symbol("x", shape).term))
        same(np.broadcast_to(part, ms.subscripted(wide.shape, spec(key))), wide[key])


def test_joined_arrays():
    parts = [np.arange(3), np.arange(10, 14), np.arange(20, 22)]
    whole, firsts, others = np.concatenate(parts), 0, 0
    first = et.symbol("x", (3,)).term
    for key in [*range(9), *SLICES, *[slice(a, b, c) for a in range(9) for b in range(9) for c in (1, 2, -1, -2)]]:
        entries = of_known(whole, key)
        if entries.type is first.type or not entries.attributes:
            continue
        entries = entries.attributes[0]
        one, rest = attempts(ms.beginning, entries, 0, first), attempts(ms.beyond, entries, 0, first)
        if one is not None:
            same(np.asarray(taken(parts[0], one)), np.asarray(whole[key]))
        if rest is not None:
            same(np.asarray(taken(np.concatenate(parts[1:]), rest)), np.asarray(whole[key]))
        firsts, others = firsts + (one is not None), others + (rest is not None)
        used = np.atleast_1d(whole[key])
        assert one is not None or used.size == 0 or used.max() >= 3
        assert rest is not None or used.size == 0 or used.min() < 3
    assert (firsts > 40) and (others > 100)


def test_padded_arrays():
    x, widths = et.symbol("x", (5,)).term, ((2, 1),)
    whole = np.pad(np.arange(1, 6), widths)
    for key in [*range(8), *SLICES]:
        entries = attempts(ms.in_padding, widths, spec(key), x)
        used = np.atleast_1d(whole[key])
        assert (entries is not None) == (used.size > 0 and 0 not in used)
        if entries is not None:
            same(np.asarray(taken(np.arange(1, 6), entries)), np.asarray(whole[key]))


def test_subscripts_with_operands_are_refused():
    for entries in (("array",), (("slice", "?", None, None),)):
        for function in (ms.row_part, ms.column_part):
            with pytest.raises(ValueError, match="operands"):
                function(entries)
        with pytest.raises(ValueError, match="operands"):
            ms.merged(entries, (FULL,), et.symbol("x", (3,)).term)
