"""Counter-examples as they are printed: pasted into Python, they show the difference."""

import dataclasses
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import scipy.special

import etude as et
from etude.check.soundness import Effort, judge
from etude.rules import default
from etude.rules.loader import defaults

RULES = [
    "sqrt(x**2) -> x",
    "log(x*y) -> log(x) + log(y)",
    "exp(x + y) -> exp(x) + exp(y)",
    "x/x - 1 -> 1",
    "floor(x) + 1 -> ceil(x)",
    "arctan2(x, y) -> arctan(x/y)",
    "expit(x)*2 -> expit(2*x)",
    "diag(a) -> a",
    "diag(a + 1) -> diag(a)",
    "diag(u) @ v -> v",
    "inv(diag(v)) -> diag(v)",
    "diag(v) @ diag(v) -> diag(v)",
    "diag(exp(v)) -> exp(diag(v))",
    "sum(diag(v)) -> prod(v)",
    "trace(diag(v)) -> max(v)",
    "det(diag(v)) -> sum(v)",
    "diagonal(diag(v)) -> -v",
    "cumsum(cumsum(x)) -> cumsum(x)",
    "sum(x, axis=0) -> max(x, axis=0)",
    "where(c, x, y) -> where(c, y, x)",
]
NAMES = {**vars(scipy.special), **vars(np), **vars(np.linalg)}


def pasted(text):
    """The names of the inputs with their values, and the values of both sides, as Python reads the printed text."""
    given, sides = re.split(r": left ", text, maxsplit=1)
    left, rest = re.split(r", right (?=[^,]*)", sides, maxsplit=1)
    right = rest.rsplit(" (", 1)[0]
    statements = re.sub(r", (?=\w+ = )", "\n", given)
    inputs = dict(NAMES)
    exec(statements, inputs)  # it is what a reader does with it
    return {name: inputs[name] for name in re.findall(r"^(\w+) = ", statements, re.MULTILINE)}, *(eval(side, dict(NAMES)) for side in (left, right))


@pytest.mark.parametrize("text", RULES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_difference_is_seen(text):
    found = et.check_rules(f"r: {text}")["r"]
    assert found.sound is False
    inputs, *printed = pasted(str(found.counterexample))
    before, after = text.split(" if ")[0].split(" -> ")
    values = [np.asarray(eval(side, {**NAMES, **inputs}), dtype=float) for side in (before, after)]
    for value, shown in zip(values, printed, strict=True):
        np.testing.assert_array_equal(np.broadcast_to(value, np.shape(shown)), shown)
    assert not np.array_equal(*np.broadcast_arrays(*values), equal_nan=True)


ALL_OF_THEM = """
import contextlib, io, json, sys, traceback
results = []
for program in json.load(sys.stdin):
    said, error = io.StringIO(), ""
    with contextlib.redirect_stdout(said):
        try:
            exec(program, {"__name__": "__main__"})
        except Exception:
            error = traceback.format_exc()
    results.append((said.getvalue(), error))
json.dump(results, sys.stdout)
"""


def in_fresh_interpreter(programs):
    """What each program prints, and its traceback; one interpreter for all, as the library takes long to import."""
    given = json.dumps(programs)
    done = subprocess.run([sys.executable, "-c", ALL_OF_THEM], input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


UNCONDITIONAL = [line for name in defaults() for line in default(name) if line.kind in ("rewrite", "equation") and line.condition][::8]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_programs_show_the_difference_in_a_fresh_interpreter():
    verdicts = []
    for line in UNCONDITIONAL:
        weakened = et.rule(line.text.rpartition(" if ")[0])
        weakened = dataclasses.replace(weakened, promise=line.promise, domain=line.domain, inputs=line.inputs)
        verdicts.append(judge(weakened, {}, {}, Effort()))
    shown = [verdict for verdict in verdicts if verdict.counterexample is not None]
    assert len(shown) > 25
    results = in_fresh_interpreter([verdict.program for verdict in shown])
    for verdict, (said, error) in zip(shown, results, strict=True):
        if verdict.counterexample.why in ("type", "error"):
            assert "Error: " in error, verdict
        else:
            half = len(said) // 2
            assert error == "", error
            assert said[:half].strip() != said[half:].strip(), verdict


@pytest.mark.parametrize(
    ("inputs", "error", "said"),
    [
        ({}, KeyError, "tr: x has no value"),
        ({"x": np.ones(3), "z": 1}, KeyError, "tr: z does not occur, x does"),
        ({"x": np.ones((3, 4))}, et.errors.TermTypeError, r"there are no values of one type at x: float64\(3, 4\)"),
    ],
)
def test_sides_that_have_no_values(inputs, error, said):
    with pytest.raises(error, match=said):
        et.sides("tr: sum(mT(x), axis=0) -> sum(x, axis=0)", **inputs)


WRONG_LINES = [
    "d(sin(u)) = sin(u)*d(u)",
    "d(sin(u)) = 0",
    "d(a * b) = a*d(a) + b*d(b)",
    "d(inv(a)) = inv(a) @ d(a) @ inv(a)",
    "d(x**y) = y*float_power(x, y)*d(x) if integral(x) and integral(y) and y != 0",
    "d(getitem(x, *i, spec=s)) = 2 * getitem(d(x), *i, spec=s) + disconnected * d(*i)",
    "d(triangle(x, lower=l, unit_diagonal=u)) = triangle(d(x), lower=l)",
    "d(item(slogdet(a), 1)) = trace(d(a))",
    "d(log(x + y)) = d(x)/x + d(y)/y",
    "adjoint([a] @ b, g) = b @ g",
    "adjoint(sum([x], axis=k, keepdims=m), g) = 2 * g",
]


@pytest.mark.parametrize("text", WRONG_LINES)
def test_a_wrong_derivative_is_seen(text):
    verdict = next(iter(et.check_rules(text)))
    assert verdict.sound is False
    done = subprocess.run([sys.executable, "-c", verdict.program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, claimed = (np.asarray(eval(line, dict(NAMES))) for line in done.stdout.splitlines())
    assert np.max(np.abs(found - claimed)) > 1e-5


def test_a_right_derivative_has_equal_sides():
    for text, inputs in (
        ("d(sin(u)) = cos(u)*d(u)", {"u": 0.5, "du": 2.0}),
        ("adjoint([a] @ b, g) = g @ mT(b)", {"a": np.eye(2), "b": np.ones((2, 2)), "g": np.arange(4.0).reshape(2, 2)}),
    ):
        np.testing.assert_allclose(*et.sides(text, **inputs), rtol=1e-8)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [({"x": 1.0}, "d_sin: u has no value"), ({"u": 1.0, "dx": 1.0}, "d_sin: dx does not occur, u, du, cotangent do")],
)
def test_a_derivative_at_other_names_says_so(inputs, said):
    with pytest.raises(KeyError, match=said):
        et.sides("d(sin(u)) = cos(u)*d(u)", **inputs)


def test_sides_of_equations_stars_and_attributes():
    assert et.sides("e: log(x*y) = log(x) + log(y)", x=np.e, y=1.0) == (1.0, 1.0)
    left, right = et.sides("s: sum(x, axis=k) -> max(x, axis=k)", x=np.array([[1, 2], [3, 4]]), k=0)
    assert left.tolist() == [4, 6]
    assert right.tolist() == [3, 4]


def test_complex_numbers_keep_the_signs_of_their_zeros():
    verdict = et.check_rules("domain: any\none: x * 1 -> x", x=et.symbol("x", (), "complex128"))["one"]
    assert 'et.sides("one: x * 1 -> x", x=complex(1.0, -0.0))' in verdict.program


def test_diag_is_of_a_vector():
    with pytest.raises(et.errors.ShapeError, match=r"diag is of a vector, not of shape \(2, 3\)"):
        et.diag(et.vector("v")).term.head(et.symbol("m", (2, 3)).term)
