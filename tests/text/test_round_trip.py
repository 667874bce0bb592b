"""Texts read back to the same terms."""

import ast

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from etude.ops import CATALOGUE as OPS
from etude.terms import constant, symbol
from etude.text import parse_term, to_text

SYMBOLS = {
    "x": symbol("x"), "y": symbol("y"), "f": symbol("f", (), "float32"), "i": symbol("i", (), "int64"),
    "v": symbol("v", (None,)), "w": symbol("w", (3,), "float32"), "A": symbol("A", (None, None)), "c": symbol("c", (), "complex128"),
}  # fmt: skip
UNARY = ["negative", "positive", "sin", "exp", "abs", "square", "isnan", "logical_not"]
BINARY = ["add", "subtract", "multiply", "divide", "power", "less", "equal", "logical_and", "floor_divide"]
NUMBERS = st.one_of(
    st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False), st.sampled_from([np.pi, np.e, 0.5, -0.0, np.inf, -np.inf])
)
DTYPES = st.sampled_from(["float64", "float32", "float16", "int64", "int8", "bool"])


@st.composite
def constants(draw):
    if draw(st.booleans()):
        return draw(NUMBERS)
    dtype = draw(DTYPES)
    values = {"f": st.floats(width=16, allow_nan=False), "i": st.integers(-100, 100), "b": st.booleans()}
    return constant(draw(values[np.dtype(dtype).kind]), dtype)


@st.composite
def terms(draw):
    pool = list(SYMBOLS.values())
    for _ in range(draw(st.integers(1, 8))):
        name = draw(st.sampled_from([*UNARY, *BINARY, *BINARY, "where", "astype", "sum"]))
        one = st.one_of(st.sampled_from(pool), st.sampled_from(pool), constants())
        try:
            if name == "where":
                made = OPS[name](draw(st.sampled_from(pool)), draw(one), draw(one))
            elif name == "astype":
                made = OPS[name](draw(st.sampled_from(pool)), dtype=draw(DTYPES))
            elif name == "sum":
                made = OPS[name](draw(st.sampled_from(pool)), axis=draw(st.sampled_from([None, 0])), keepdims=draw(st.booleans()))
            else:
                made = OPS[name](*[draw(one) for _ in range(1 if name in UNARY else 2)])
        except (TypeError, ValueError):
            continue
        pool.append(made)
    return pool[-1]


@settings(max_examples=300, deadline=None)
@given(terms())
def test_every_text_reads_back_to_its_term(term):
    text = to_text(term)
    ast.parse(text, mode="eval")
    assert parse_term(text, SYMBOLS) is term


@pytest.mark.parametrize(
    "text",
    [
        "x + 1", "2 * x", "(x + y) * 2", "(-x)**2", "-x**2", "x**-1", "(-2)**x", "x - (y - x)", "x / (y * 2)", "f + 0.1", "f * pi",
        "i + 0.5", "float64(2.0) + f", "where(x > 0, 1, 0.01)", "divide(1, 2)", "negative(2)", "logical_and(0 < x, x < 1)",
        "(x < y) < i", "x + array([1.0, 2.0])", "w + array([1.0, 2.0, 3.0], dtype=float32)", "A @ v", "A.T @ v", "sum(A, axis=0)",
        "var(v, ddof=1)", "max(A, axis=1, keepdims=True)", "A[0]", "A[1:, None]", "A[::-1, 0]", "A[[0, 2]]", "v[i]", "v[i:]",
        "A[..., 0][i:4:2]", "v[v > 0]", "v.at[0].set(x)", "A.at[1:, 0].add(2)", "float32(x)", "astype(2.0, dtype=float32)",
        "round(x, decimals=2)", "x + float32(2.0)", "c * 1j", "c + (1+2j)", "reshape(w, (3, 1))", "x + -0.0", "x * -inf", "x + nan",
    ],
)  # fmt: skip
def test_these_spellings_stay_what_they_are(text):
    term = parse_term(text, SYMBOLS)
    shown = to_text(term)
    assert parse_term(shown, SYMBOLS) is term
    if "..." not in text:
        assert shown == text


def test_a_symbol_called_e_keeps_the_number_e_apart():
    e = symbol("e")
    term = OPS["add"](e, np.e)
    assert to_text(term) == "e + 2.718281828459045"
    assert parse_term(to_text(term), {"e": e}) is term


def test_names_that_are_no_python_names_are_quoted():
    odd = symbol("d cost/d x")
    assert to_text(OPS["sin"](odd)) == "sin(symbol('d cost/d x'))"
    assert parse_term("sin(symbol('d cost/d x'))", {"d cost/d x": odd}) is OPS["sin"](odd)


def test_a_long_chain_is_abbreviated_and_says_so():
    term = symbol("x")
    for _ in range(100_000):
        term = OPS["add"](term, 1)
    text = to_text(term)
    assert "..." in text
    assert len(text) <= 10_000
    assert text.endswith("+ 1 + 1")


def test_shared_parts_that_would_be_written_exponentially_often_are_abbreviated():
    term = symbol("x")
    for _ in range(100):
        term = OPS["add"](term, term)
    assert len(to_text(term)) <= 10_000


def test_deep_brackets_are_abbreviated_so_that_python_reads_the_text():
    term = symbol("x")
    for _ in range(300):
        term = OPS["sin"](term)
    ast.parse(to_text(term), mode="eval")
    assert "..." in to_text(term)
    assert to_text(term, None).count("sin(") == 300


def test_a_big_array_is_abbreviated():
    text = to_text(constant(np.arange(100_000.0)))
    assert text == "array([0.0, 1.0, 2.0, ..., 99997.0, 99998.0, 99999.0])"
