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
    kind, head, _ = glance(left, "->")
    assert kind == ("differential" if left.startswith("d(") else "rewrite")
    assert head is (CATALOGUE[name] if name else None)
    ast.parse(left, mode="eval")


@pytest.mark.parametrize(
    ("left", "name", "own"),
    [
        ("adjoint(sum([x], axis=k), g)", "sum", "adjoint_sum_0"), ("adjoint( add_at([x], [v], *i, spec=s) , g ) ", "add_at", "adjoint_add_at_0_1"),
        ("adjoint(where(c, [a], [b]), g)", "where", "adjoint_where_1_2"), ("adjoint(concat(*a, [v], axis=k), g)", "concatenate", "adjoint_concatenate_1"),
    ],
)  # fmt: skip
def test_adjoint_lines_are_told_by_what_is_marked(left, name, own):
    assert glance(left, "=") == ("adjoint", CATALOGUE[name], own)


@pytest.mark.parametrize("line", ["a(x) -> b(x) if c > 0", "a(x, '->') -> b(x)", "a(x) = b(x)", "a(x, axis=k) = b(x) if c == 1", "a(x) = b('->')", "a(x) -> b('->')"])
def test_where_the_sides_part(line):
    assert parted(line) == scanned(line)[0]
