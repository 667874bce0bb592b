"""Results written to arrays of the caller's, by C itself where these fit."""

import numpy as np
import pytest

import etude as et
from etude.backends.c import native
from etude.errors import ArgumentError


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("shape", [(2,), (None,)])
def test_several_results(headers, shape, monkeypatch):
    if not headers:
        monkeypatch.setattr(native, "_trampoline", lambda: None)
    x = et.symbol("x", shape)
    f = et.function([x], [x + 1, et.sum(x)], backend="c")
    f(np.ones(2))
    for holder in ([np.zeros(2), np.zeros(())], (np.zeros(2), np.zeros(()))):
        assert f(np.ones(2), out=holder) is holder
        np.testing.assert_array_equal(holder[0], [2.0, 2.0])
        assert holder[1] == 2.0
        assert f._quick.into((np.ones(2),), holder) is holder
        assert f._quick.into((np.ones(2),), holder[:1]) is None
    with pytest.raises(ArgumentError, match="out is a list of 2 arrays"):
        f(np.ones(2), out=np.zeros(2))
