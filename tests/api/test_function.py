import pickle
import sys
import threading

import numpy as np
import pytest

import etude as et
from etude.backends import BackendError
from etude.errors import ArgumentError, MissingValueError, ShapeError, TermTypeError

x, y, s = et.vector("x"), et.vector("y"), et.scalar("s")


def test_containers_of_outputs():
    assert isinstance(et.function([x], x + 1)([1.0]), np.ndarray)
    assert isinstance(et.function([x], [x + 1])([1.0]), list)
    assert isinstance(et.function([x], (x, x))([1.0]), list)
    assert et.function([], None)() is None


def test_a_number_comes_back_as_an_array_without_dimensions():
    got = et.function([s], s * s)(3)
    assert (got.shape, got.dtype) == ((), np.float64)
    assert got == 9.0


def test_arguments_by_name():
    f = et.function([x, s], x * s)
    np.testing.assert_array_equal(f([1.0, 2.0], s=3), [3.0, 6.0])
    np.testing.assert_array_equal(f(s=3, x=[1.0, 2.0]), [3.0, 6.0])


single = et.vector("v", dtype="float32")
number = et.scalar("k", dtype="int8")
fixed = et.symbol("w", (2, 3))


@pytest.mark.parametrize(
    ("symbols", "args", "named", "message"),
    [
        ([x, s], ([1.0],), {}, r"takes 2 arguments \(x, s\), 1 given; input s is missing"),
        ([s], (1, 2), {}, "takes 1 argument .*2 given"),
        ([x, s], (), {"x": [1.0]}, "input s is missing"),
        ([s], (1,), {"s": 2}, "input s was given twice"),
        ([s], (), {"q": 2}, "'q' is no input; inputs are s"),
        ([x], (1.0,), {}, "input x has 1 dimension"),
        ([s], ([1.0],), {}, "input s has 0 dimensions"),
        ([fixed], (np.ones((2, 4)),), {}, r"input w has shape \(2, 3\); .*size 4 along axis 1"),
        ([single], (np.ones(2),), {}, "input v has dtype float32; .*does not cast safely"),
        ([number], (300,), {}, "input k: 300 does not fit dtype int8"),
        ([number], (1.5,), {}, "input k has dtype int8"),
        ([s], (1j,), {}, "pass its real part"),
        ([s], ("a",), {}, "input s .*holds no numbers"),
        ([s], (None,), {}, "input s .*holds no numbers"),
        ([x], ([[1.0], 2.0],), {}, "input x was given no array"),
        ([s], (et.scalar("z"),), {}, "symbolic expression"),
    ],
)
def test_arguments_that_do_not_fit_are_named(symbols, args, named, message):
    f = et.function(symbols, [item + item for item in symbols], name="f")
    with pytest.raises(ArgumentError, match=message) as caught:
        f(*args, **named)
    assert str(caught.value).startswith("f: ")


def test_named_sizes_agree_over_all_arguments():
    a, b = et.symbol("a", ("n",)), et.symbol("b", ("n",))
    f = et.function([a, b], a + b)
    np.testing.assert_array_equal(f([1.0], [2.0]), [3.0])
    with pytest.raises(ArgumentError, match="dimension 'n' is 3 in a and 4 in b"):
        f(np.ones(3), np.ones(4))


def test_safe_casts_and_python_numbers():
    assert et.function([s], s)(3).dtype == np.float64
    k = et.scalar("k", dtype="float32")
    assert et.function([k], k)(0.5).dtype == np.float32
    with pytest.raises(ArgumentError):
        et.function([k], k)(np.float64(0.5))
    with pytest.raises(ArgumentError):
        et.function([k], k, allow_input_downcast=False)(0.5)
    assert et.function([k], k, allow_input_downcast=True)(np.float64(0.5)).dtype == np.float32


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (x, r"inputs is a list of symbols; write \[x\]"),
        ({"x": x}, "not dict"),
        ("x", "not str"),
        ([x, x], r"inputs\[1\] is x, which is an input already"),
        ([x + 1], r"inputs\[0\] is the expression"),
        ([1.0], r"inputs\[0\] is float '1.0', no symbol"),
        ([et.shared(1.0, "w")], "shared variable w"),
    ],
)
def test_inputs_must_be_distinct_symbols(inputs, message):
    with pytest.raises(ArgumentError, match=message):
        et.function(inputs, x)


def test_a_missing_input_is_named():
    with pytest.raises(MissingValueError, match=r"output 2 depends on y .*, which is no input; inputs are x"):
        et.function([x], [x, x + y])


def test_unused_inputs():
    with pytest.raises(ArgumentError, match="no output depends on input y"):
        et.function([x, y], x)
    with pytest.warns(UserWarning, match="input y"):
        et.function([x, y], x, on_unused_input="warn")
    np.testing.assert_array_equal(et.function([x, y], x, on_unused_input="ignore")([1.0], [2.0]), [1.0])


@pytest.mark.parametrize("options", [{"on_unused_input": "no"}, {"allow_input_downcast": 3}, {"backend": "fast"}])
def test_unknown_options(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        et.function([x], x, **options)


def test_backends_that_are_not_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(BackendError, match="needs the package dask"):
        et.function([x], x, backend="dask")


def test_shared_variables_are_read_when_called():
    w = et.shared(np.array([1.0, 2.0]), "w")
    f = et.function([s], w * s)
    np.testing.assert_array_equal(f(2), [2.0, 4.0])
    w.set_value(np.array([5.0, 6.0]))
    np.testing.assert_array_equal(f(2), [10.0, 12.0])


def test_updates_follow_outputs_and_happen_together():
    a, b = et.shared(1.0, "a"), et.shared(10.0, "b")
    f = et.function([], a + b, updates={a: b, b: a + 1})
    assert f() == 11.0
    assert (a.get_value(), b.get_value()) == (10.0, 2.0)
    assert et.function([s], updates=[(a, a + s)])(5) is None
    assert a.get_value() == 15.0


def test_a_failed_call_updates_nothing():
    a, b = et.shared(1.0, "a"), et.shared(np.ones(2), "b")
    f = et.function([x, y], x + y, updates={a: a + 1, b: b * 2})
    with pytest.raises(ShapeError, match=r"add failed: .*x has shape \(2,\), y has shape \(3,\)"):
        f(np.ones(2), np.ones(3))
    assert a.get_value() == 1.0
    np.testing.assert_array_equal(b.get_value(), [1.0, 1.0])


def test_updates_that_do_not_fit():
    a = et.shared(1.0, "a")
    with pytest.raises(ArgumentError, match="updates: x is no shared variable"):
        et.function([x], x, updates={x: x})
    with pytest.raises(ArgumentError, match=r"updates: a has shape \(\)"):
        et.function([x], x, updates={a: x})
    with pytest.raises(ArgumentError, match="does not cast"):
        et.function([s], s, updates={a: et.sqrt(s.astype("complex128"))})
    with pytest.raises(ArgumentError, match="two entries for a"):
        et.function([s], s, updates=[(a, s), (a, s)])


def test_givens_replace_in_outputs_and_updates():
    a = et.shared(1.0, "a")
    f = et.function([s], x * 2, givens={x: et.stack([s, s]) if hasattr(et, "stack") else np.ones(2) * s})
    np.testing.assert_array_equal(f(3), [6.0, 6.0])
    g = et.function([], a + s, updates={a: s}, givens=[(s, 4)])
    assert g() == 5.0
    assert a.get_value() == 4.0
    with pytest.raises(ArgumentError, match=r"givens: s has shape \(\)"):
        et.function([x], s, givens={s: x})


def test_functions_pickle():
    w = et.shared(2.0, "w")
    f = et.function([x], [x * w], updates={w: w + 1}, name="f")
    g = pickle.loads(pickle.dumps(f))
    np.testing.assert_array_equal(g([1.0])[0], [2.0])
    np.testing.assert_array_equal(g([1.0])[0], [3.0])
    assert w.get_value() == 2.0
    assert (g.name, g.source) == ("f", f.source)


def test_updates_from_many_threads_are_all_counted():
    count = et.shared(0.0, "count")
    f = et.function([], updates={count: count + 1})
    threads = [threading.Thread(target=lambda: [f() for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.get_value() == 400.0


def test_what_a_function_tells():
    f = et.function([x], et.exp(x) + 1, name="f")
    assert f.backend == "numpy"
    assert f.wait() is f
    assert "exp(x)" in f.source
    assert "%2 = exp(x)" in str(f.program)
    assert [row.instruction for row in f.profile([0.0])] == ["k0 loop 1: exp add"]
    assert [row.op for row in et.function([x], et.exp(x) + 1, backend="numpy").profile()] == ["exp", "add"]
    assert f.explain().splitlines()[1] == "2 instructions: exp 1, add 1"
    assert repr(f) == "<Function f(x: float64(?,)) -> float64(?,), c>"
    assert ([item.name for item in f.inputs], len(f.outputs)) == (["x"], 1)


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_masks_are_not_dropped_without_a_word(backend):
    x = et.vector("x")
    f = et.function([x], 2 * x, backend=backend)
    with pytest.raises(ArgumentError, match=r"input x was given an array with masked elements; pass value.filled"):
        f(np.ma.array([1.0, 2.0], mask=[False, True]))
    np.testing.assert_array_equal(f(np.ma.array([1.0, 2.0])), [2.0, 4.0])
    with pytest.raises(TermTypeError, match="masked elements"):
        x + np.ma.array([1.0, 2.0], mask=[False, True])
