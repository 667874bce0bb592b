"""What shows of a line before it is read is what reading it gives."""

import ast

import pytest

from etude.ops import CATALOGUE
from etude.rules.glancing import glance, parted, scanned


@pytest.mark.parametrize(
    ("left", "name"),
    [
        ("a + b * c", "add"), ("a * b - c + d", "add"), ("a - (b + c)", "subtract"), ("a ** b ** c", "power"),
        ("a * b / c", "divide"), ("f(a + b) @ c", "matmul"), ("a < b + c", "less"), ("1e-3 + x", "add"), ("2.5E+4 - x_1", "subtract"),
        ("x ** -2", None), ("-x + y", None), ("not x", None), ("a and b", None), ("x", None), ("a // b % c", "remainder"),
        ("a & b | c", "bitwise_or"), ("a << 2 == b", "equal"), ("sin(x)", "sin"), ("concat(a, '+') * b", "multiply"),
        ("d(a * b)", "multiply"), ("d(sin(u))", "sin"),
    ],
)  # fmt: skip
def test_the_operator_that_is_applied_last(left, name):
    kind, head = glance(left, "->")
    assert kind == ("differential" if left.startswith("d(") else "rewrite")
    assert head is (CATALOGUE[name] if name else None)
    ast.parse(left, mode="eval")


@pytest.mark.parametrize("line", ["a(x) -> b(x) if c > 0", "a(x, '->') -> b(x)", "a(x) = b(x)", "a(x) = b('->')", "a(x) -> b('->')"])
def test_where_the_sides_part(line):
    assert parted(line) == scanned(line)[0]
