"""C gives the meaning of every operator: terms made from the catalogue, the result held against the operator itself."""

import warnings

import numpy as np
import pytest
from tests.backends.c.agreement import PLAIN, program_of
from tests.backends.c.examples import examples
from tests.backends.c.running import Compiled
from tests.backends.c.tolerances import difference

from etude.backends.c import scalars
from etude.ops import CATALOGUE

DTYPES = ["float64", "float32", "int64", "bool", "complex128"]
MORE = ["float64", "int8", "uint8", "int32", "complex64"]
ELSEWHERE = {
    "map", "scan", "cond",  # have bodies: test_bodies.py
    "item",  # of every operator with several results
    "left_cotangent", "right_cotangent",  # always built of others
    "argwhere", "distinct", "reshape_sized", "broadcast_sized",  # have sizes that are known by the operands' values
}  # fmt: skip


def every(dtype, wanted):
    return [example for name in CATALOGUE for example in examples(name, dtype, wanted)]


def wrong(found):
    """What C makes of examples that its operators do not mean."""
    inputs, values = [symbol for example in found for symbol in example.inputs], [value for example in found for value in example.values]
    program = program_of([term for example in found for term in example.terms], inputs)
    with warnings.catch_warnings(action="ignore"):  # such as SciPy's of an order that is no whole number, where C calls it
        code, results = Compiled(program, PLAIN).call(*values)
    assert code == 0
    results = iter(results)
    problems = [
        (example.name, difference(example.name, example.values, wanted, next(results))) for example in found for wanted in example.meaning
    ]
    return [f"{name}: {problem}" for name, problem in problems if problem]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_operator(dtype):
    found = every(dtype, 3)
    assert len({example.name for example in found}) >= {"c": 150, "b": 250}.get(np.dtype(dtype).kind, 270)
    assert wrong(found) == []


def test_no_operator_is_left_out():
    found = {name for name in CATALOGUE if any(next(examples(name, dtype, 1), None) for dtype in ("float64", "int64"))}
    assert set(CATALOGUE) - found == ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("dtype", MORE)
def test_many_examples_of_every_operator(dtype):
    assert wrong(every(dtype, 6)) == []


def test_an_operator_that_c_gets_wrong_is_named(monkeypatch):
    monkeypatch.setitem(scalars.ROWS, "arctan", {"f": "atan{f}({0}) + 1"})
    found = [example for name in ("arctan", "arcsin") for example in examples(name, "float64", 5)]
    assert {text.split(":")[0] for text in wrong(found)} == {"arctan"}
