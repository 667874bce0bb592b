"""The search for cycles rests while terms are made in bulk, and goes on afterwards."""

import gc

import pytest

from etude.terms import bulk


def test_it_rests_and_goes_on():
    assert gc.isenabled()
    with bulk():
        assert not gc.isenabled()
        with bulk():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error():
    with pytest.raises(ValueError, match="on purpose"), bulk():
        raise ValueError("on purpose")
    assert gc.isenabled()


def test_whoever_turned_it_off_keeps_it_off():
    gc.disable()
    try:
        with bulk():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
