"""Long programs of single numbers, run by the interpreter in their C: the same bits as C text gives."""

import numpy as np
import pytest
from tests.backends.c.agreement import PLAIN, written_in_c
from tests.backends.c.running import Compiled
from tests.backends.c.test_agreement import EDGES
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.backends import compile_numpy
from etude.backends.c import bytecode, kernels
from etude.backends.c.codegen import generate
from etude.backends.c.scalars import ROWS
from etude.ops import CATALOGUE


def both_ways(monkeypatch, outputs, inputs, flags=PLAIN):
    """The program interpreted, and as text."""
    program = program_of(outputs, inputs)
    text = Compiled(program, flags)
    monkeypatch.setattr(bytecode, "LONG", 0)
    code = Compiled(program, flags)
    assert code.warnings == ""
    return code, text


def interpreted(source):
    return [kernel.text.startswith("interpreted") for kernel in source.kernels]


def names_of_different(names, found, wanted):
    """The names of results that differ; one comparison for all of a dtype."""
    for kind in ("f", "b"):
        left, right = (np.array([one for one in results if one.dtype.kind == kind]) for results in (found, wanted))
        assert left.shape == right.shape
        chosen = [name for name, one in zip(names, found, strict=True) if one.dtype.kind == kind]
        equal = (left == right) | (np.isnan(left) & np.isnan(right))
        yield from (name for name, same in zip(chosen, equal, strict=True) if not same)


def test_every_operator_on_numbers(monkeypatch):
    a, b, c = et.scalar("a"), et.scalar("b"), et.scalar("c")
    p, q = et.symbol("p", (), "bool"), et.symbol("q", (), "bool")
    inputs, outputs, names = [a, b, c, p, q], [], []
    for name in sorted(ROWS):
        op = CATALOGUE.get(name)
        if op is None or not op.is_elementwise or op.attributes:
            continue
        count = len([operand for operand in op.operands if not operand.startswith("*")]) or 2
        for given in ([a, b, c], [p, q, p], [p, a, b], [a, p, q]):
            try:
                made = et.from_term(op(*[symbol.term for symbol in given[:count]]))
            except TypeError:
                continue
            if made.dtype in (np.float64, np.bool_) and written_in_c([made.term], [symbol.term for symbol in inputs]):
                outputs.append(made)
                names.append(name)
    outputs += [et.astype(a, "bool"), et.astype(p, "float64"), a**2, a**3, a**-1.0]
    assert len(set(names)) > 70
    names += ["more"] * 5
    code, text = both_ways(monkeypatch, outputs, inputs)
    assert sum(interpreted(code.source)) == len(code.source.kernels) > 0
    assert not any(interpreted(text.source))
    for k, x in enumerate(EDGES):
        for l, y in enumerate(EDGES):
            values = x, y, EDGES[(k + l) % len(EDGES)], bool(k % 2), bool(l % 2)
            given = [*map(np.float64, values[:3]), *map(np.bool_, values[3:])]
            (status, found), (_, wanted) = code.call(*given), text.call(*given)
            assert status == 0
            assert [f"{name} {values}" for name in names_of_different(names, found, wanted)] == []


def chain(x, steps):
    y = x
    for _ in range(steps):
        y = et.sin(y) * et.cos(x) + y * 0.5
    return y


def test_a_long_program_is_interpreted():
    x = et.scalar("x")
    y = chain(x, 1200)
    program = program_of([y, y * 2], [x])
    assert len(program) > bytecode.LONG
    code = Compiled(program)
    assert all(interpreted(code.source)) and len(code.source.files) == 1
    status, found = code.call(np.float64(0.3))
    assert status == 0
    for wanted, one in zip(compile_numpy(program)(np.float64(0.3)), found, strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-12)


def rows_of(source):
    return [row for table in source.constants if table.ndim == 2 for row in table.tolist()]


def test_what_one_operator_needs_is_computed_with_it():
    x = et.scalar("x")
    source = Compiled(program_of([chain(x, 1400)], [x])).source
    assert len(source.kernels) == 1
    assert len(rows_of(source)) == 2 * 1400 + 2  # a sine (at first with the cosine), and products and sum; load and store


def test_sine_and_cosine_of_a_number_are_one_instruction(monkeypatch):
    a, b = et.scalar("a"), et.scalar("b")
    code, text = both_ways(monkeypatch, [et.sin(a) * b, et.cos(a), et.cos(b) + et.sin(b), et.sin(a * b)], [a, b])
    assert len([row for row in rows_of(code.source) if row[0] >= 4]) == 5
    for values in [(0.1, -1e5), (np.inf, 1e300), (-0.0, np.nan)]:
        for left, right in zip(code.call(*map(np.float64, values))[1], text.call(*map(np.float64, values))[1], strict=True):
            np.testing.assert_array_equal(left, right)


def test_signs_and_quotients_within_a_case(monkeypatch):
    a, b, c, d = inputs = [et.scalar(name) for name in "abcd"]
    outputs = [et.negative(-a), a - b * c, (a - b) - (c - d), a / (b / c), (a * b + c) * d, -(a + b) / -c, et.exp(-(a * b)), (a + b) ** 2]
    code, text = both_ways(monkeypatch, outputs, inputs)
    for values in np.random.default_rng(0).normal(size=(9, 4)):
        for left, right in zip(code.call(*values)[1], text.call(*values)[1], strict=True):
            np.testing.assert_array_equal(left, right)


def before_and_after(monkeypatch, module, bound, value):
    """The length of a program and its sources, with a bound as it is and as set here; their results are equal."""
    x = et.scalar("x")
    program = program_of([chain(x, 1400)], [x])
    whole = Compiled(program)
    monkeypatch.setattr(module, bound, value)
    other = Compiled(program)
    assert other.call(np.float64(0.3))[1][0] == whole.call(np.float64(0.3))[1][0]
    return len(program), whole.source, other.source


def test_values_go_from_one_table_to_the_next(monkeypatch):
    length, _, several = before_and_after(monkeypatch, kernels, "INSTRUCTIONS", 500)
    assert len(several.kernels) == -(-length // 500)


def test_more_cases_than_there_may_be_leave_operators_alone(monkeypatch):
    _, whole, alone = before_and_after(monkeypatch, bytecode, "_CASES", 0)
    assert len(rows_of(alone)) > len(rows_of(whole))


def test_a_program_below_the_limit_is_text():
    x = et.scalar("x")
    assert not any(interpreted(generate(program_of([chain(x, 100)], [x]))))


@pytest.mark.parametrize("kind", ["float32", "int64"])
def test_other_numbers_are_text_among_interpreted_ones(monkeypatch, kind):
    x, other = et.scalar("x"), et.symbol("other", (), kind)
    outputs = [et.sin(x) + et.cos(x), other * other, x * 3.0]
    monkeypatch.setattr(bytecode, "LONG", 0)
    source = Compiled(program_of(outputs, [x, other]))
    status, found = source.call(np.float64(0.5), np.dtype(kind).type(3))
    assert status == 0
    np.testing.assert_allclose(found, [np.sin(0.5) + np.cos(0.5), 9, 1.5], rtol=1e-12)


def test_elements_of_arrays_and_of_joined_results(monkeypatch):
    x, table = et.symbol("x", (4,)), et.constant([1.0, 10.0, 100.0])
    outputs = [et.stack([x[0] * x[3], x[1] + table[2], et.exp(x[2])]), x[3] > x[2], et.sum(x) * x[1]]
    code, text = both_ways(monkeypatch, outputs, [x])
    value = np.array([1.0, 2.0, 0.5, -3.0])
    assert any(interpreted(code.source))
    for left, right in zip(code.call(value)[1], text.call(value)[1], strict=True):
        np.testing.assert_array_equal(left, right)


def test_bodies_of_loops_are_interpreted_too(monkeypatch):
    x = et.scalar("x")
    last = chain(x, 2)
    value, _ = et.scan(lambda carry, _: (et.sin(carry) * 2 + carry * x, None), x, None, length=5)
    code, text = both_ways(monkeypatch, [value, last], [x])
    assert "interpret(" in code.source.files[0]
    for left, right in zip(code.call(np.float64(0.4))[1], text.call(np.float64(0.4))[1], strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_compiled_long_function(monkeypatch, tmp_path):
    monkeypatch.setattr(bytecode, "LONG", 100)
    x = et.scalar("x")
    y = chain(x, 40)
    f = et.function([x], y, backend="c")
    assert "interpreted" in f.explain()
    np.testing.assert_allclose(f(0.3), y.eval({x: 0.3}), rtol=1e-12)
    f.save(tmp_path / "saved")
    assert et.load(tmp_path / "saved")(0.3) == f(0.3)
