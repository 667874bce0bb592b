"""Draws that are remembered are those that a plain generator makes, and leave the stream where it would be."""

from threading import Thread

import numpy as np

from etude.check import sampling
from etude.check.sampling import Draws
from etude.check.values import array_sample, column_samples

FLOAT, WHOLE = np.dtype("float64"), np.dtype("int64")


def _drawn_plainly(seed):
    rng = np.random.default_rng(seed)
    first = [array_sample(FLOAT, (3, 4), 2, rng), array_sample(WHOLE, (3,), 12, rng)]
    columns = column_samples((FLOAT, FLOAT), 50, rng, (0.5,))
    return [*first, *columns, rng.random(3), array_sample(FLOAT, (4,), 10, rng), rng.random()]


def _drawn(seed):
    draws = Draws(seed)
    first = draws.arrays(((FLOAT, (3, 4), 2), (WHOLE, (3,), 12)), ())
    columns = draws.columns((FLOAT, FLOAT), 50, (0.5,))
    between = draws.rng.random(3)
    return [*first, *columns, between, *draws.arrays(((FLOAT, (4,), 10),), ()), draws.rng.random()]


def test_remembered_draws_are_those_of_a_plain_generator():
    for _ in ("made", "remembered"):
        for ours, plain in zip(_drawn(7), _drawn_plainly(7), strict=True):
            assert np.array_equal(ours, plain, equal_nan=True)


def test_remembered_arrays_are_not_written_to():
    assert not any(array.flags.writeable for array in Draws(3).arrays(((FLOAT, (3,), 0), (FLOAT, (), 3)), ()))


def test_another_thread_may_draw_at_any_time(monkeypatch):
    kinds, others = ((FLOAT, (3, 4), 2), (WHOLE, (3,), 12)), [Draws(12), Draws(13)]

    def interrupted(*given):
        if others:
            other = Thread(target=others.pop().arrays, args=(kinds, ()))
            other.start()
            other.join()
        return array_sample(*given)

    monkeypatch.setattr(sampling, "array_sample", interrupted)
    found = [*Draws(11).arrays(kinds, ()), *Draws(12).arrays(kinds, ()), *Draws(13).arrays(kinds, ())]
    plain = [array_sample(*kind, rng) for rng in map(np.random.default_rng, (11, 12, 13)) for kind in kinds]
    assert not others
    for ours, wanted in zip(found, plain, strict=True):
        assert np.array_equal(ours, wanted, equal_nan=True)
