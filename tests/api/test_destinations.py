"""Results written to arrays of the caller's, by C itself where these fit."""

import pickle
import sys

import numpy as np
import pytest

import etude as et
from etude.api.function import Function
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


def python_calls(call):
    """The functions of Python that a call runs."""
    names = []

    def note(frame, event, argument):
        if event == "call":
            names.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return [name for name in names if name != "<lambda>"]


def test_arguments_that_fit_go_to_c_without_python():
    x, y = et.symbol("x", (2,)), et.scalar("y")
    value, out = np.ones(2), np.zeros(2)
    f = et.function([x, y], x * y)
    assert "__call__" in python_calls(lambda: f(value, 3.0))
    f.wait()
    f(value, 3.0)
    assert python_calls(lambda: f(value, 3.0)) == []
    assert python_calls(lambda: f(value, 3.0, out=out)) == []
    np.testing.assert_array_equal(out, [3.0, 3.0])
    assert python_calls(lambda: f(value, y=3.0))[0] == "__call__"
    np.testing.assert_array_equal(f(value, y=4.0), [4.0, 4.0])
    np.testing.assert_array_equal(f([1, 2], 2, out=None), [2.0, 4.0])
    with pytest.raises(ArgumentError, match="takes 2 arguments"):
        f(value)
    with pytest.raises(ArgumentError, match="out"):
        f(value, 3.0, out=np.zeros(3))


def test_a_function_that_raises_or_is_pickled_keeps_its_way():
    x = et.symbol("x", (2, 2))
    f = et.function([x], et.linalg.inv(x), backend="c")
    for _ in range(2):
        np.testing.assert_allclose(f(np.eye(2) * 2), np.eye(2) / 2)
        with pytest.raises(np.linalg.LinAlgError):
            f(np.zeros((2, 2)))
    again = pickle.loads(pickle.dumps(f))
    np.testing.assert_allclose(again(np.eye(2) * 2), np.eye(2) / 2)
    value = np.eye(2)
    assert python_calls(lambda: again(value)) == []


def test_an_input_called_out_is_an_input():
    out = et.symbol("out", (2,))
    f = et.function([out], out + 1, backend="c")
    for _ in range(3):
        np.testing.assert_array_equal(f(out=np.ones(2)), [2.0, 2.0])
        np.testing.assert_array_equal(f(np.ones(2)), [2.0, 2.0])


def test_only_a_slot_of_the_class_itself_is_taken():
    class Other:
        __slots__ = ("place",)

    caller = native._trampoline()
    with pytest.raises(TypeError, match="one class and a slot of its own"):
        caller.hasten(Other, Function.__dict__["_quick"])
