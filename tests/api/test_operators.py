"""A user's own operators: in expressions, gradients, rules, compiled functions and pickles."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import etude as et
from etude.check.coverage import uncovered
from etude.errors import NullTypeGradError, ParseError, RuleError, TermTypeError

CUBE = "d(my_cube(u)) = 3 * u**2 * d(u)"


def twice(u):
    return 2 * u


@pytest.fixture
def cube():
    return et.defop("my_cube", lambda u: u**3, differential=CUBE, c="x*x*x")


@pytest.fixture
def x():
    return et.scalar("x")


def test_operator_is_used_as_any_other(cube, x):
    v = et.vector("v")
    assert str(cube(x) + 1) == "my_cube(x) + 1"
    assert et.parse("my_cube(x) + 1").term is (cube(x) + 1).term
    assert str(et.simplify(cube(x) + cube(x))) == "2 * my_cube(x)"
    assert cube(2.0).eval() == 8.0
    np.testing.assert_array_equal(et.function([v], cube(v) + cube(v))([1.0, 2.0]), [2.0, 16.0])
    assert cube(et.symbol("i", (2, "n"), "int64")).term.type.shape == (2, "n")
    assert cube(et.symbol("i", dtype="float32")).dtype == np.float32


def test_derivatives_of_first_and_second_order(cube, x):
    assert str(et.grad(cube(x), x)) == "3 * x**2"
    assert str(et.derivative(cube(x), x, 2)) == "6 * x"
    assert et.Rop(cube(x), x, et.constant(2.0)).eval({x: 3.0}) == 54.0
    et.verify_grad(lambda a: et.sum(cube(et.sin(a))), [np.array([0.3, 1.2])])


def test_operator_in_rules_and_in_their_check(cube, x):
    odd = et.rule("odd: my_cube(-x) -> -my_cube(x)")
    assert str(et.rewrite(cube(-x), odd)) == "-my_cube(x)"
    assert et.check_rules("odd: my_cube(-x) -> -my_cube(x)").ok
    assert not et.check_rules("even: my_cube(-x) -> my_cube(x)").ok
    assert "my_cube" not in " ".join(uncovered(et.rules.default("differentials")))


def test_lines_for_several_operands_and_for_none(x):
    y = et.scalar("y")
    length = et.defop(
        "my_length",
        lambda a, b: np.sqrt(a * a + b * b),
        ["d(my_length(a, b)) = a/my_length(a, b)*d(a)", "d(my_length(p, q)) = q/my_length(p, q)*d(q)"],
    )
    assert list(map(str, et.grad(length(x, y), [x, y]))) == ["x / my_length(x, y)", "y / my_length(x, y)"]
    power = et.defop(
        "my_power", lambda n, u: u**n, 'd(my_power(n, u)) = n*my_power(n - 1, u)*d(u) + undefined("n is whole")*d(n)'
    )
    assert str(et.grad(power(x, y), y)) == "x * my_power(x - 1, y)"
    with pytest.raises(NullTypeGradError, match="n is whole"):
        et.grad(power(x, y), x)
    with pytest.raises(NullTypeGradError, match="jumps"):
        et.grad(et.defop("my_jump", np.sign, 'd(my_jump(u)) = undefined("jumps")')(x), x)
    with pytest.raises(NullTypeGradError, match="no differential line"):
        et.grad(et.defop("my_bare", lambda u: u + 1)(x), x)


def test_operator_with_a_type_and_an_adjoint_of_its_own():
    v = et.vector("v")
    turned = et.defop(
        "my_turned",
        lambda u: u[::-1],
        "d(my_turned(u)) = my_turned(d(u))\nadjoint(my_turned([v]), g) = my_turned(g)",
        infer=lambda kind: (kind.dtype, kind.shape),
    )
    slope = et.grad(et.sum(turned(v) * et.arange(3.0)), v)
    np.testing.assert_array_equal(slope.eval({v: [1.0, 2.0, 3.0]}), [2.0, 1.0, 0.0])
    total = et.defop("my_total", np.sum, "d(my_total(u)) = sum(d(u))", infer=lambda kind: (kind.dtype, ()))
    assert total(v).shape == ()
    assert str(et.grad(total(v * v), v)) == "2 * v"


def test_a_later_definition_replaces_and_leaves_earlier_expressions(cube, x):
    before = cube(x)
    again = et.defop("my_cube", lambda u: -(u**3), differential="d(my_cube(u)) = -3 * u**2 * d(u)")
    assert str(et.grad(again(x), x)) == "-3 * x**2"
    assert et.parse("my_cube(x)").term is again(x).term
    assert before.eval({x: 2.0}) == 8.0
    assert str(et.grad(before, x)) == "3 * x**2"


def test_definition_stays_out_of_the_library_rule_sets(cube):
    assert not [rule for name in et.rules.defaults() for rule in et.rules.default(name) if "my_cube" in rule.text]


@pytest.mark.parametrize(
    ("name", "fun", "lines", "error", "words"),
    [
        ("sin", np.sin, None, TermTypeError, "name of the library"),
        ("float64", np.sin, None, TermTypeError, "name of the library"),
        ("pi", np.sin, None, TermTypeError, "name of the library"),
        ("3x", np.sin, None, TermTypeError, "no name of an operator"),
        ("my_new", 3, None, TermTypeError, "a function was expected"),
        ("my_new", np.sin, "d(sinn(u)) = d(u)", RuleError, "did you mean sin"),
        ("my_new", np.sin, "d(sin(u)) = d(u)", RuleError, "was expected"),
        ("my_new", np.sin, "d(my_new(u)) = w * d(u)", RuleError, "'w' does not occur"),
        ("my_new", np.sin, "r: my_new(u) -> u", RuleError, "was expected"),
        ("my_new", np.sin, "d(my_new(u)) =", RuleError, "not an expression"),
        ("my_new", lambda u: u.sum(), None, TermTypeError, "infer="),
        ("my_new", lambda u: 1 if u > 0 else 0, None, TermTypeError, "fails on arrays"),
    ],
)
def test_bad_definition_says_what_is_wrong_and_defines_nothing(name, fun, lines, error, words):
    with pytest.raises(error, match=words):
        et.defop(name, fun, lines)
    with pytest.raises(ParseError, match="my_new"):
        et.parse("my_new(x)")


def test_pickle(cube, x):
    assert pickle.loads(pickle.dumps(cube(x))).term is cube(x).term  # by its name, as a lambda cannot be imported
    restored = pickle.loads(pickle.dumps(et.defop("my_twice", twice, "d(my_twice(u)) = 2 * d(u)")(x)))
    assert restored.eval({x: 4.0}) == 8.0


def test_pickled_operator_is_defined_where_it_is_loaded(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import etude as et\n\n\ndef half(u):\n    return u / 2\n\n\n"
        "def expression():\n    return et.defop('my_half', half, 'd(my_half(u)) = d(u) / 2')(et.scalar('x'))\n"
    )
    dump = "import pickle, mine; pickle.dump(mine.expression(), open('e.pickle', 'wb'))"
    load = (
        "import pickle, etude as et; e = pickle.load(open('e.pickle', 'rb')); x = et.scalar('x'); "
        "print(e, e.eval({x: 3.0}), et.grad(e, x))"
    )
    for code, printed in ((dump, ""), (load, "my_half(x) 1.5 0.5\n")):
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == printed
