"""What the reader takes, and what it refuses and how."""

import pytest

from etude.errors import ParseError
from etude.ops import CATALOGUE as OPS
from etude.terms import scalar_value, symbol
from etude.text import parse_term

x, y, A, v = symbol("x"), symbol("y"), symbol("A", (None, None)), symbol("v", (2,))
NAMES = {"A": A, "v": v}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "empty"), ("   ", 1, 4, "empty"), ("x +", 1, 4, "breaks off"), ("sin(x", 1, 4, "never closed"), ("x y", 1, 3, "no expression"),
        ("x = 2", 1, 3, "=="), ("  x $ y", 1, 5, "no expression"), ("foo(x)", 1, 1, "'foo'"), ("1 + sine(x)", 1, 5, "did you mean sin"),
        ("v(2)", 1, 1, "variable"), ("x.sum()", 1, 1, "write sum("), ("np.sin(x)", 1, 1, "write sin("), ("lambda x: x", 1, 1, "lambda"),
        ("[i for i in x]", 1, 1, "comprehension"), ("'abc'", 1, 1, "no array"), ("sin()", 1, 1, "sin takes"), ("sin(x, y)", 1, 1, "sin takes"),
        ("x in v", 1, 1, "`in`"), ("x ^ 2", 1, 1, "**"), ("A.foo", 1, 1, "foo"), ("sum(x, axis=k)", 1, 1, "axis"), ("max(x, y)", 1, 1, "maximum"),
        ("10**10**10", 1, 1, "bits"), ("1 << 10**6", 1, 1, "bits"), ("1 + ...", 1, 1, "abbreviated"), ("sin(...)", 1, 1, "abbreviated"),
        ("-" * 5000 + "x", 1, 1, "deep"), ("(" * 300 + "x" + ")" * 300, 1, 201, "nested"),
        ("A + array([1.0, 2.0, 3.0]) + v", 1, 1, "broadcast"), ("v[0, 0]", 1, 1, "too many"), ("v[x]", 1, 1, "index"), ("f'{x}'", 1, 1, "f-string"),
        ("sin(*v)", 1, 1, "stars"), ("(x, y)", 1, 1, "no array"), ("__import__('os').system('true')", 1, 1, "system"), ("(\nx +\nfoo(y))", 3, 1, "foo"),
        ("é + foo(x)", 1, 5, "foo"), ("x; y", 1, 2, "no expression"), ("float32(x, y)", 1, 1, "one value"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_where_it_is(text, line, column, words):
    with pytest.raises(ParseError) as caught:
        parse_term(text, NAMES)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["9" * 5000, "x\0", "\ud800", "x\\", "'"])
def test_what_python_cannot_tokenize_is_refused(text):
    with pytest.raises(ParseError):
        parse_term(text)


@pytest.mark.parametrize("text", [b"x", None, 3])
def test_what_is_no_text_is_a_type_error(text):
    with pytest.raises(TypeError, match="str"):
        parse_term(text)


def test_unknown_names_are_float64_scalars():
    assert parse_term("x") is x


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("asin(x)", "arcsin(x)"), ("pow(x, 2)", "x**2"), ("true_divide(x, y)", "x / y"), ("absolute(x)", "abs(x)"), ("psi(x)", "digamma(x)"),
        ("amax(v)", "max(v)"), ("x if x > 0 else y", "where(x > 0, x, y)"), ("0 < x < 1", "logical_and(0 < x, x < 1)"),
        ("x > 0 or y > 0", "logical_or(x > 0, y > 0)"), ("not x", "logical_not(x)"), ("x**(1/2)", "x**0.5"), ("2*pi*x", "6.283185307179586*x"),
        ("A.T", "transpose(A)"), ("dot(A, v)", "A @ v"), ("A.mT", "matrix_transpose(A)"), ("[1, 2] + v", "array([1, 2]) + v"),
        ("clip(x, a_min=0, a_max=None)", "maximum(x, 0)"), ("degrees(x)", "rad2deg(x)"), ("float32(x)", "astype(x, float32)"),
    ],
)  # fmt: skip
def test_two_spellings_of_one_term(text, other):
    assert parse_term(text, NAMES) is parse_term(other, NAMES)


@pytest.mark.parametrize(
    ("text", "value"), [("1/2", 0.5), ("2**10", 1024), ("-3", -3), ("7 // 2", 3), ("inf", float("inf")), ("2 < 3", True)]
)
def test_operators_between_numbers_are_computed(text, value):
    found = scalar_value(parse_term(text))
    assert found == value
    assert type(found.item()) is type(value)


def test_what_numbers_cannot_compute_is_left_to_the_arrays():
    assert parse_term("1/0") is OPS["divide"](1, 0)


def test_a_long_sum_is_read():
    assert parse_term(" + ".join(["x"] * 900)).type is x.type
