import gc
import linecache
import threading
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import etude as et
from etude.backends import BackendError, compile_numpy, evaluate, profile
from etude.errors import ArgumentError, MissingValueError
from etude.ops import CATALOGUE, Op
from etude.program import check, lower
from etude.terms import constant, replace, symbol

add, multiply, sin, exp, divide = (CATALOGUE[name] for name in ("add", "multiply", "sin", "exp", "divide"))

SHAPES = [(), (3,), (2, 3), (2, 1), (1, 3), (0,), (0, 3)]
DTYPES = ["float64", "float32", "int64", "bool", "complex128"]
UNARY = [
    "sin",
    "exp",
    "negative",
    "abs",
    "sqrt",
    "square",
    "floor",
    "log1p",
    "conj",
    "real",
    "isnan",
    "logical_not",
    "sign",
]
BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "power",
    "less",
    "equal",
    "arctan2",
    "logical_and",
    "hypot",
]
OTHERS = ["where", "clip", "sum3", "sum", "transpose", "reshape", "matmul"]


def values_for(term, seed):
    kind = term.type
    rng = np.random.default_rng(seed)
    array = rng.normal(size=kind.shape) * 3
    if kind.dtype.kind == "c":
        array = array + 1j * rng.normal(size=kind.shape)
    return np.asarray(array).astype(kind.dtype)


def grown(pool, name, picks):
    """One more term from earlier ones, or None where the operator has no meaning for them."""
    a, b, c = (pool[pick % len(pool)] for pick in picks)
    try:
        if name in UNARY:
            return CATALOGUE[name](a)
        if name in BINARY:
            return CATALOGUE[name](a, b)
        if name == "where":
            return CATALOGUE[name](CATALOGUE["less"](a, b), b, c)
        if name == "clip":
            return CATALOGUE[name](a, 0.0, 1.0)
        if name == "sum3":
            return add(a, b, c)
        if name == "sum":
            return CATALOGUE[name](a, axis=None if picks[1] % 2 else 0)
        if name == "reshape":
            return CATALOGUE[name](a, shape=(int(np.prod(a.type.shape)),))
        return CATALOGUE[name](a, b) if name == "matmul" else CATALOGUE[name](a)
    except (TypeError, ValueError, IndexError):
        return None


@st.composite
def programs(draw):
    inputs = [
        symbol(f"v{position}", draw(st.sampled_from(SHAPES)), draw(st.sampled_from(DTYPES)))
        for position in range(draw(st.integers(1, 3)))
    ]
    pool = [*inputs, constant(2.0), constant(0.5, "float32"), constant([1.0, 2.0, 3.0])]
    for _ in range(draw(st.integers(1, 14))):
        name = draw(st.sampled_from(UNARY + BINARY * 2 + OTHERS))
        term = grown(pool, name, draw(st.tuples(*[st.integers(0, 99)] * 3)))
        if term is not None:
            pool.append(term)
    outputs = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3))
    return inputs, [*outputs, pool[-1]]


def reference(outputs, inputs, values):
    given = {term: constant(value) for term, value in zip(inputs, values, strict=True)}
    with np.errstate(all="ignore"):
        return [np.asarray(term.evaled_obj) for term in replace(outputs, given)]


def same(got, want):
    assert isinstance(got, np.ndarray)
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    np.testing.assert_array_equal(got, want)
    if got.dtype.kind == "f":
        np.testing.assert_array_equal(np.signbit(got), np.signbit(want))


@given(programs(), st.integers(0, 5))
def test_source_and_interpreter_give_the_reference_meaning(made, seed):
    inputs, outputs = made
    program, _ = lower(outputs, inputs)
    check(program)
    values = [values_for(term, seed + place) for place, term in enumerate(inputs)]
    kept = [value.copy() for value in values]
    wanted = reference(outputs, inputs, values)
    scalars = [value if value.ndim else value[()] for value in values]
    for limit in (0, 2000):
        run = compile_numpy(program, limit=limit)
        for _ in range(2):
            results = run(*scalars)
            for got, want in zip(results, wanted, strict=True):
                same(got, want)
                got[...] = 1
        for value, before in zip(values, kept, strict=True):
            np.testing.assert_array_equal(value, before)


def test_results_share_no_memory_with_inputs_constants_or_each_other():
    x = symbol("x", (3,))
    table = constant([1.0, 2.0, 3.0])
    view = CATALOGUE["reshape"](x, shape=(3, 1))
    outputs = [x, x, view, table, sin(x), sin(x), CATALOGUE["real"](x), CATALOGUE["broadcast_to"](x, shape=(2, 3))]
    value = np.arange(3.0)
    for limit in (0, 2000):
        results = compile_numpy(lower(outputs, [x])[0], limit=limit)(value)
        arrays = [value, table._tuple[1].value, *results]
        for place, one in enumerate(arrays):
            assert not any(np.shares_memory(one, other) for other in arrays[place + 1 :])
        assert all(result.flags.writeable for result in results)


def test_broadcast_results_can_be_written_to():
    x = symbol("x", (3,))
    (result,) = compile_numpy(lower([CATALOGUE["broadcast_to"](sin(x), shape=(2, 3))], [x])[0])(np.zeros(3))
    result[0, 0] = 5
    assert result[1, 0] == 0


def test_a_view_is_not_overwritten_while_it_lives():
    x = symbol("x", (2, 2))
    base = sin(x)
    view = CATALOGUE["transpose"](base)
    term = add(exp(exp(base)), view)
    value = np.array([[0.1, 0.2], [0.3, 0.4]])
    for limit in (0, 2000):
        (got,) = compile_numpy(lower([term], [x])[0], limit=limit)(value)
        np.testing.assert_array_equal(got, np.exp(np.exp(np.sin(value))) + np.sin(value).T)


def test_a_maximum_is_written_over_a_temporary():
    x = symbol("x", (3,))
    value = np.array([0.4, -0.4, 2.0])
    for limit in (0, 2000):
        (got,) = compile_numpy(lower([CATALOGUE["maximum"](x, sin(x))], [x])[0], limit=limit)(value)
        np.testing.assert_array_equal(got, np.maximum(value, np.sin(value)))


def test_temporaries_are_overwritten_in_the_source():
    x = symbol("x", (3,))
    assert compile_numpy(lower([exp(sin(x))], [x])[0]).source == (
        "def run(x):\n    t0 = sin(x)\n    t0 = exp(t0, out=t0)\n    return [asarray(t0)]\n"
    )


def test_numbers_use_pythons_operators_and_keep_numpys_infinities():
    s = symbol("s")
    run = compile_numpy(lower([divide(1.0, multiply(s, s))], [s])[0])
    assert "t0 = s * s" in run.source
    (got,) = run(np.float64(0.0))
    same(got, np.asarray(np.inf))


def test_names_of_inputs_that_are_no_identifiers_are_changed():
    awkward = [symbol(name, (2,)) for name in ("class", "a b", "1", "sin", "t0", "a_b", "run", "asarray")]
    term = sin(awkward[0])
    for other in awkward[1:]:
        term = add(term, other)
    (got,) = compile_numpy(lower([term], awkward)[0])(*[np.full(2, float(place)) for place in range(8)])
    np.testing.assert_array_equal(got, np.full(2, np.sin(0.0) + sum(range(1, 8))))


def test_no_warnings_from_inside():
    x = symbol("x", (2,))
    for limit in (0, 2000):
        (got,) = compile_numpy(lower([CATALOGUE["log"](x)], [x])[0], limit=limit)(np.array([0.0, -1.0]))
        np.testing.assert_array_equal(got, [-np.inf, np.nan])


def test_linalg_and_index_errors_pass_through():
    a = symbol("a", (2, 2))
    invert = Op("test_inverse", ("a",), np.linalg.inv, lambda types, attributes: types[0])
    with pytest.raises(np.linalg.LinAlgError):
        compile_numpy(lower([invert(a)], [a])[0])(np.zeros((2, 2)))
    search = Op("test_pick", ("v", "i"), lambda v, i: v[i], lambda types, attributes: types[1].with_dtype("float64"))
    v, i = symbol("v", (3,)), symbol("i", (2,), "int64")
    with pytest.raises(IndexError):
        compile_numpy(lower([search(v, i)], [v, i])[0])(np.zeros(3), np.array([0, 9]))


def deep(count):
    s = symbol("s")
    term = s
    for _ in range(count // 2):
        term = add(sin(term), s)
    return s, term


def deep_value(count, value):
    value = result = np.float64(value)
    for _ in range(count // 2):
        result = np.sin(result) + value
    return result


def test_a_chain_of_100_000_is_interpreted():
    s, term = deep(100_000)
    run = compile_numpy(lower([term], [s])[0])
    assert run.source.startswith("# interpreted")
    same(run(np.float64(0.3))[0], np.asarray(deep_value(100_000, 0.3)))


@pytest.mark.slow
def test_a_chain_of_1_000_000_is_interpreted():
    s, term = deep(1_000_000)
    same(evaluate([term], {s: 0.3})[0], np.asarray(deep_value(1_000_000, 0.3)))


def test_a_long_chain_of_arrays_needs_few_registers():
    x = symbol("x", (4,))
    term = x
    for _ in range(3000):
        term = add(sin(term), x)
    value = np.linspace(0, 1, 4)
    want = value
    for _ in range(3000):
        want = np.sin(want) + value
    np.testing.assert_array_equal(compile_numpy(lower([term], [x])[0])(value)[0], want)


def test_threads_do_not_disturb_each_other():
    x = symbol("x", (1000,))
    run = compile_numpy(lower([add(exp(sin(x)), sin(x), x)], [x])[0])
    faults = []

    def work(seed):
        value = np.full(1000, float(seed))
        for _ in range(50):
            if not np.array_equal(run(value)[0], np.exp(np.sin(value)) + np.sin(value) + value):
                faults.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


# ---------------------------------------------------------------- other namespaces


def other_namespace():
    """An array namespace that has the standard's names and nothing else, and counts its calls."""
    module = ModuleType("other")
    module.calls = []
    for name in ("asarray", "sin", "add", "multiply", "sum", "concat", "asin", "float64", "float32"):
        setattr(module, name, counted(module, name))
    return module


def counted(module, name):
    found = getattr(np, name)
    if isinstance(found, type):
        return found

    def call(*args, **named):
        module.calls.append(name)
        return found(*args, **named)

    return call


def test_another_namespace_is_called_by_the_standards_names():
    module = other_namespace()
    x = symbol("x", (3,))
    term = CATALOGUE["sum"](multiply(CATALOGUE["arcsin"](x), 2.0))
    for limit in (0, 2000):
        module.calls.clear()
        (got,) = compile_numpy(lower([term], [x])[0], module, limit=limit)(np.full(3, 0.5))
        assert float(got) == np.sum(np.arcsin(np.full(3, 0.5)) * 2.0)
        assert {"asin", "multiply", "sum"} <= set(module.calls)


def test_an_operator_that_a_namespace_lacks_is_named():
    x = symbol("x", (3,))
    with pytest.raises(BackendError, match="other has no function for operator exp"):
        compile_numpy(lower([exp(x)], [x])[0], other_namespace())


# ---------------------------------------------------------------- evaluate, profile


def test_evaluate_takes_values_for_any_term():
    x = symbol("x", (2,))
    (got,) = evaluate([exp(sin(x))], {sin(x): [0.0, 1.0]})
    np.testing.assert_array_equal(got, np.exp([0.0, 1.0]))


def test_evaluate_names_what_has_no_value():
    with pytest.raises(MissingValueError, match=r"y \(float64\(\)\) has no value"):
        evaluate([add(symbol("x"), symbol("y"))], {symbol("x"): 1.0})


def test_evaluate_checks_values():
    with pytest.raises(ArgumentError, match="eval: input x has 1 dimension"):
        evaluate([sin(symbol("x", (2,)))], {symbol("x", (2,)): 1.0})


def test_profile_has_a_row_for_each_instruction():
    x = symbol("x", (1000,))
    program, _ = lower([CATALOGUE["sum"](exp(sin(x)))], [x])
    table = profile(program, [np.zeros(1000)])
    assert [row.op for row in table] == ["sin", "exp", "sum"]
    assert all(row.seconds > 0 for row in table)
    assert [row.bytes for row in table] == [16_000, 16_000, 8_008]
    assert table.seconds == sum(row.seconds for row in table)
    lines = str(table).splitlines()
    assert len(lines) == 5
    assert "all 3 instructions" in lines[-1]


def test_source_lines_are_not_forgotten_while_someone_reads_them():
    x = et.scalar("x")
    first = et.function([x], x * 3 + 1, backend="numpy")
    first(1.0)
    shown = [name for name in linecache.cache if name.startswith("<etude program")]
    del first
    gc.collect()
    assert shown and all(name in linecache.cache for name in shown)  # as linecache.checkcache goes over them
    held = et.function([x], x * 4 + 1, backend="numpy")
    assert held(1.0) == 5 and len([name for name in shown if name in linecache.cache]) < len(shown)


@pytest.mark.parametrize(("name", "first"), [("expn", 0.0), ("eval_hermite", 2.0)])
def test_a_function_that_extends_scipys_of_the_same_name_runs_as_it_means(name, first):
    x = et.symbol("x", (3,))
    expr = getattr(et.special, name)(first, x)
    given = np.array([0.5, 1.0, 2.0])
    wanted = {"expn": np.exp(-given) / given, "eval_hermite": 4 * given**2 - 2}[name]
    np.testing.assert_allclose(et.function([x], expr * 1, backend="numpy")(given), wanted, rtol=1e-14)
