"""Results written to arrays of the caller's, by C itself where these fit."""

import copy
import inspect
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
    assert python_calls(lambda: f(value, 3.0, out=None)) == []
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


def test_only_a_slot_of_the_class_itself_is_taken():
    class Other:
        __slots__ = ("place",)

    caller = native._trampoline()
    with pytest.raises(TypeError, match="one class and a slot of its own"):
        caller.hasten(Other, Function.__dict__["_quick"])


def test_a_call_keeps_nothing():
    x, y = et.symbol("x", (3,)), et.symbol("y", ())
    f = et.function([x, y], [x * y, x + y], backend="c")
    holder = [np.ones(3), np.zeros(3), np.zeros(3), np.zeros((3, 1)), 0.5]
    value, first, second, wrong, number = holder
    before = list(map(sys.getrefcount, holder))
    for _ in range(20):
        f(value, number)
        f(value, y=number)
        f(value, number, out=(first, second))
        f(value, number, out=(first, value))
        for out in ((first, wrong), (first, first), (first,), first):
            with pytest.raises(ArgumentError):
                f(value, number, out=out)
    del out
    assert list(map(sys.getrefcount, holder)) == before


def test_what_is_not_given_to_c_as_it_is():
    x, y = et.symbol("x", (2,)), et.symbol("y", ())
    f = et.function([x, y], x * y, backend="c")
    assert isinstance(f, et.Function)
    assert list(inspect.signature(f).parameters) == ["args", "out", "named"]
    for call in (lambda: f([1, 2], 3), lambda: f(y=3.0, x=np.arange(1.0, 3)), lambda: f(np.arange(1.0, 3), y=3, out=np.zeros(2))):
        np.testing.assert_array_equal(call(), [3.0, 6.0])
    for arguments, named in (((), {}), ((np.ones(2),), {}), ((np.ones(2), 1.0), {"z": 1.0}), ((np.ones(2), 1.0), {"x": 1.0})):
        with pytest.raises(ArgumentError):
            f(*arguments, **named)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(f))(np.ones(2), 3.0), [3.0, 3.0])
    np.testing.assert_array_equal(copy.copy(f)(np.ones(2), 3.0), [3.0, 3.0])


@pytest.mark.parametrize("name", ["x", "out"])
def test_an_input_called_out_is_an_input(name):
    x = et.symbol(name, (2,))
    f = et.function([x], x * 2, backend="c")
    for _ in range(2):
        np.testing.assert_array_equal(f(np.ones(2)), [2.0, 2.0])
        np.testing.assert_array_equal(f(**{name: np.ones(2)}), [2.0, 2.0])


@pytest.mark.parametrize("step", [1, 2, -1, -2])
def test_memory_between_the_elements_of_an_argument_is_written_after_it_was_read(step):
    x = et.symbol("x", (4,))
    f = et.function([x], x * 2, backend="c")
    for start in range(9):
        memory = np.arange(12.0)
        value, out = memory[:8][::step][:4], memory[start : start + 4]
        expected = value * 2
        f(value, out=out)
        np.testing.assert_array_equal(out, expected)


def test_results_share_no_memory_in_c_either():
    x, memory = et.symbol("x", (2,)), np.zeros(3)
    with pytest.raises(ArgumentError, match=r"out\[1\] shares memory"):
        et.function([x], [x, 2 * x], backend="c")(np.ones(2), out=[memory[:2], memory[1:]])
