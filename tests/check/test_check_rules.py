"""Verdicts of the rule checker: soundness, termination, confluence, and what it says of wrong input."""

import json

import numpy as np
import pytest

import etude as et
from etude.check import Effort
from etude.check.soundness import judge
from etude.errors import RuleError

REAL = {name: et.symbol(name) for name in "xyzab"}
X, Y = et.matrix("x"), et.matrix("y")


def verdict(text, **variables):
    return et.check_rules(f"r: {text}", **(variables or REAL)).rules[0]


@pytest.mark.parametrize(
    "text",
    [
        "sqrt(x**2) -> x",
        "log(x*y) -> log(x) + log(y)",
        "exp(x + y) -> exp(x)*exp(y)",
        "floor(x + y) -> floor(x) + floor(y)",
        "maximum(x, x + y) -> x + y",
        "cbrt(x) -> sign(x)*x**(1/3)",
        "logical_not(x < y) -> x >= y",
    ],
)
def test_wrong_rule_is_refused_with_inputs_that_show_it(text):
    found = verdict(text)
    assert found.sound is False
    assert found.promise is None
    assert set(found.counterexample.inputs) == set(found.rule.variables)


@pytest.mark.parametrize(
    "text",
    [
        "sqrt(x**2) -> abs(x)",
        "x - x -> 0",
        "log(exp(x)) -> x",
        "cosh(x)**2 - sinh(x)**2 -> 1",
        "(1 - cos(x))/x**2 -> 2*sin(x/2)**2/x**2",
        "sqrt(x)*sqrt(x) -> x",
    ],
)
def test_rounding_and_a_wider_domain_are_no_fault(text):
    found = verdict(text)
    assert (found.sound, found.promise) == (True, "real")
    assert found.counterexample is not None  # against `exact`


def test_exact_rule_has_no_counterexample():
    found = verdict("abs(-x) -> abs(x)")
    assert (found.promise, found.counterexample) == ("exact", None)


KINDS = {
    "real": {name: et.symbol(name) for name in "xyza"},
    "int": {name: et.symbol(name, dtype="int64") for name in "xyza"},
    "bool": {name: et.symbol(name, dtype="bool") for name in "xyza"},
    "vector": {name: et.symbol(name, (4,)) for name in "xyza"},
    "square": {name: et.symbol(name, (4, 4)) for name in "xyza"},
}
CASES = """
real   | exact | x - 0.0 -> x                                | real | x + 0.0 -> x
real   | exact | sign(sign(x)) -> sign(x)                    | real | sign(x)*abs(x) -> x
real   | exact | floor(-x) -> -ceil(x)                       | None | ceil(x) -> floor(x) + 1
real   | exact | abs(x) -> x if positive(x)                  | real | abs(x) -> x if nonnegative(x)
real   | exact | round(-x) -> -round(x)                      | None | round(x + 1) -> round(x) + 1
real   | real  | rint(x + 2) -> rint(x) + 2                  | None | round(x, decimals=1) -> round(10*x)/10 + (x > 7)
real   | exact | fmax(x, x) -> x                             | None | round(x) -> floor(x + 0.5)
real   | exact | heaviside(x, 1) -> 1 - heaviside(-x, 0)     | None | heaviside(x, 1) -> heaviside(x, 0)
real   | exact | trunc(x) -> floor(x) if nonnegative(x)      | None | trunc(x) -> floor(x)
real   | exact | round(round(x)) -> round(x)                 | None | round(x) -> trunc(x)
real   | real  | maximum(x*y, x) -> x*maximum(y, 1.0) if positive(x) | None | maximum(x*y, x) -> x*maximum(y, 1.0)
real   | exact | x**2 -> x*x                                 | real | sqrt((2*x)**2) -> 2*sqrt(x**2)
real   | real  | exp(2*x) -> exp(x)**2                       | None | exp(x/2) -> sqrt(exp(x))
real   | real  | log(exp(x) + exp(y)) -> logaddexp(x, y)     | None | logaddexp(x, y) -> log(exp(x) + exp(y))
real   | real  | arccosh(cosh(x)) -> abs(x)                  | None | arccosh(cosh(x)) -> x
real   | real  | exp(x)*exp(y) -> exp(x + y)                 | None | exp(x)*exp(y)*exp(z) -> exp(x + y + z)
real   | real  | maximum(x, 0.0) -> where(x > 0, x, 0.0)     | None | where(x > 0, x, 0.0) -> maximum(x, 0.0)
real   | exact | x <= y -> logical_or(x < y, x == y)         | None | x == x -> True
real   | real  | x*log(y) -> xlogy(x, y)                     | None | xlogy(x, y) -> x*log(y)
real   | real  | x*log(x) -> xlogy(x, x)                     | None | xlogy(x, x) -> x*log(x)
real   | real  | sqrt(x)*sqrt(y) -> sqrt(x*y)                | None | sqrt(x*y) -> sqrt(x)*sqrt(y)
real   | real  | tanh(x) -> 1 - 2/(exp(2*x) + 1)             | None | tanh(x) -> sinh(x)/cosh(x)
int    | exact | x // 2 -> right_shift(x, 1)                 | None | x*2 // 2 -> x
int    | exact | (x + y) - y -> x                            | None | (x*y) // y -> x
int    | exact | abs(x) -> where(x < 0, -x, x)               | None | abs(x*y) -> abs(x)*abs(y)
int    | exact | x > 0 -> x >= 1                             | None | x + 1 > x -> True
bool   | exact | x + x -> x                                  | None | x + y -> logical_xor(x, y)
bool   | exact | x*y -> logical_and(x, y)                    | None | logical_not(logical_and(x, y)) -> logical_and(logical_not(x), logical_not(y))
vector | real  | sum(x) + sum(y) -> sum(x + y)               | None | sum(x*y) -> sum(x)*sum(y)
vector | real  | log(sum(exp(x))) -> logsumexp(x)            | None | prod(exp(x)) -> exp(sum(x))
vector | real  | norm(2*x) -> 2*norm(x)                      | None | norm(a*x) -> a*norm(x)
vector | real  | argmax(2*x) -> argmax(x)                    | None | argmax(-x) -> argmax(x)
vector | exact | sort(sort(x)) -> sort(x)                    | None | sort(-x) -> -sort(x)
vector | exact | flip(flip(x, axis=0), axis=0) -> x          | None | cumsum(flip(x, axis=0)) -> flip(cumsum(x), axis=0)
square | real  | x @ y + x @ z -> x @ (y + z)                | None | trace(x @ y) -> trace(x)*trace(y)
square | real  | solve(x, x @ y) -> y                        | None | solve(x, y @ x) -> y
square | real  | det(2*x) -> 16*det(x)                       | None | det(2*x) -> 2*det(x)
"""
ROWS = [tuple(map(str.strip, line.split("|"))) for line in CASES.strip().splitlines()]


@pytest.mark.parametrize(
    ("kind", "promise", "text"),
    [(kind, promise, text) for kind, *pairs in ROWS for promise, text in (pairs[:2], pairs[2:])],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_strongest_promise(kind, promise, text):
    rule = et.rule(f"r: {text}")
    found = judge(rule, {name: KINDS[kind][name].term.type for name in rule.variables}, {}, Effort(conditions=False))
    assert str(found.promise) == promise, str(found)
    assert found.sound is (promise != "None")


def test_broken_promise_of_the_file_is_unsound():
    found = et.check_rules("promise: exact\nr: x + 0 -> x", x=et.symbol("x")).rules[0]
    assert (found.sound, found.promise) == (False, "real")
    assert found.counterexample.why == "sign of zero"


def test_types_that_are_not_named_are_tried():
    found = et.check_rules("domain: any\nr: sin(2*x) -> 2*sin(x)*cos(x)").rules[0]
    assert found.sound is False
    assert "int64" in found.counterexample.types


def test_rule_about_reals_is_not_tried_where_the_engine_leaves_it_alone():
    text = "r: sin(2*x) -> 2*sin(x)*cos(x)"
    doubled = et.sin(2 * et.symbol("i", dtype="int64"))
    assert et.rewrite(doubled, et.rule(text)).term is doubled.term
    assert et.check_rules(text).rules[0].sound is True
    assert et.check_rules(text, x=et.symbol("x", dtype="int64")).rules[0].sound is False  # a type that is named is meant


def test_rule_about_truth_values_is_tried_at_their_types():
    assert et.check_rules("r: logical_not(logical_not(x)) -> x if boolean(x)").rules[0].promise == "exact"


def test_promise_for_ordinary_inputs_does_not_bind_at_the_edge():
    text = "inputs: {}\nr: log(x**n) -> n*log(x) if positive(x)"
    assert et.check_rules(text.format("any")).rules[0].sound is False
    found = et.check_rules(text.format("ordinary")).rules[0]
    assert (found.sound, found.promise) == (True, "real")
    assert et.check_rules("inputs: ordinary\nr: log(x*y) -> log(x) + log(y)").rules[0].sound is False
    with pytest.raises(RuleError, match="inputs is one of any, ordinary"):
        et.check_rules("inputs: odd\nr: abs(x) -> x")


def test_condition_on_a_dtype_that_is_an_attribute():
    text = "domain: any\nr: astype(where(c, a, 0), dtype=k) -> where(c, astype(a, dtype=k), 0)"
    assert et.check_rules(text).rules[0].sound is False
    assert et.check_rules(text + " if not integral(k)").rules[0].sound is True


def test_matrices_are_multiplied_in_one_order_only():
    square = {name: et.symbol(name, shape=(3, 3)) for name in "xy"}
    assert verdict("x @ y -> y @ x", **square).sound is False
    assert verdict("transpose(x @ y) -> transpose(y) @ transpose(x)", **square).sound is True


def test_conditions_that_are_needed_superfluous_or_never_hold():
    assert verdict("sqrt(x**2) -> x if nonnegative(x)").superfluous_conditions == ()
    assert verdict("abs(-x) -> abs(x) if positive(x)").superfluous_conditions == ("positive(x)",)
    never = et.check_rules("r: abs(x) -> x if x > 2 and x < 1", x=et.symbol("x"))
    assert never.rules[0].unsatisfiable
    assert not never.ok
    # what holds of every element of an empty array alone
    assert verdict("log(exp(y)) -> y if y > 0 and y < 0").unsatisfiable


def test_uninterpreted_functions_are_not_judged_but_take_part():
    report = et.check_rules("r: f_f(a) -> f_g(f_f(f_h(a)))")
    assert report.rules[0].sound is None
    assert report.terminates is False
    assert report.loop[0] == "f_f(x)"


@pytest.mark.parametrize(
    ("text", "terminates", "confluent"),
    [
        ("p: f_add(a, 0) -> a\nq: f_add(a, f_s(b)) -> f_s(f_add(a, b))", True, True),
        ("p: f_a(0, y) -> f_s(y)\nq: f_a(f_s(x), 0) -> f_a(x, f_s(0))\nr: f_a(f_s(x), f_s(y)) -> f_a(x, f_a(f_s(x), y))", True, True),
        ("p: a * (b + c) -> a * b + a * c\nq: 0 + a -> a", True, False),
        ("p: 2 * a -> a + a\nq: a + a -> 2 * a", False, None),
        ("p: 0 + a -> a\nq: 1 * a -> a", True, True),
        ("p: abs(-a) -> abs(a)\nq: abs(-a) -> -abs(a)", True, False),
    ],
)  # fmt: skip
def test_rule_sets(text, terminates, confluent):
    report = et.check_rules(text, a=et.symbol("a"), b=et.symbol("b"), c=et.symbol("c"))
    assert (report.terminates, report.confluent) == (terminates, confluent)
    assert (report.order is not None) is terminates
    assert bool(report.critical_pairs) is (confluent is False)


def test_critical_pair_shows_both_normal_forms_and_a_rule_that_would_join():
    report = et.check_rules("p: abs(-a) -> abs(a)\nq: abs(-a) -> -abs(a)")
    pair = report.critical_pairs[0]
    assert {pair.left, pair.right} == {"abs(x)", "-abs(x)"}
    assert report.completion == ("join_1: -abs(x) -> abs(x)",)


def test_report_is_plain_data():
    text = json.dumps(et.check_rules("r: log(x*y) -> log(x) + log(y)", **REAL).to_json(), allow_nan=False)
    assert json.loads(text)["rules"][0]["counterexample"]["why"]


def test_bad_input_is_named():
    with pytest.raises(TypeError, match="x: 'large' is no assumption"):
        et.check_rules("r: abs(x) -> x", x="large")
    with pytest.raises(TypeError, match="x: a symbol"):
        et.check_rules("r: abs(x) -> x", x=3)
    with pytest.raises(RuleError, match="does not occur on the left side"):
        et.check_rules("r: abs(x) -> y")
    with pytest.raises(FileNotFoundError):
        et.check_rules("no_such_file.rules")


def test_structural_words_mean_to_the_checker_what_they_mean_to_the_engine():
    text = "r: x @ y -> mT(mT(y) @ mT(x)) if {}(x) and {}(y)"
    assert et.check_rules(text.format("matrix", "matrix")).rules[0].sound is True
    tensor = "r: transpose(transpose(x)) -> x if {}(x)"
    assert et.check_rules(tensor.format("unbatched")).rules[0].sound is True
    plain = "r: transpose(x) -> mT(x) if matrix(x){}"
    assert et.check_rules(plain.format("")).rules[0].sound is False  # a stack of matrices is a matrix to the engine
    assert et.check_rules(plain.format(" and unbatched(x)")).rules[0].sound is True
    stack = et.symbol("x", (2, 3, 4))
    assert et.rewrite(et.matrix_transpose(stack), et.rule("r: mT(x) -> x if unbatched(x)")).term is stack.mT.term


def test_word_said_of_several_variables_holds_for_each():
    rule = et.rule("r: x - y -> x if floating(x, y)")
    i, x = et.symbol("i", dtype="int64"), et.symbol("x")
    assert et.rewrite(x - i, rule).term is not x.term
    assert et.rewrite(x - x / 2, rule).term is x.term


def test_number_may_be_a_constant_that_was_broadcast():
    assert et.check_rules("r: max(c + x) -> c + max(x) if number(c)").rules[0].sound is False
    assert et.check_rules("r: max(c + x) -> c + max(x) if number(c) and scalar(c)").rules[0].sound is True


@pytest.mark.parametrize(
    ("text", "promise"),
    [
        ("max(x + a) -> max(x) + a", "real"),  # infinities of two signs in one array
        ("argmax(exp(x)) -> argmax(x)", None),  # two numbers of which both exponentials overflow
        ("sum(x*0) -> 0", "real"),
        ("any(x > a) -> max(x) > a", None),  # nan among the numbers
        ("swapaxes(swapaxes(m, 0, 1), 0, 1) -> m", "exact"),
        ("sum(concatenate((x, x))) -> 2*sum(x)", "real"),
        ("concatenate((x, x), axis=0) -> x", None),
        ("inv(transpose(m)) -> transpose(inv(m))", "real"),  # nan in a matrix is not LAPACK's business
    ],
)
def test_arrays(text, promise):
    types = {"x": et.symbol("x", (4,)), "m": et.symbol("m", (3, 3)), "a": et.symbol("a")}
    found = et.check_rules(f"r: {text}", **types).rules[0]
    assert (found.promise, found.sound) == (promise, promise is not None), str(found)


def test_counterexample_is_simple_and_can_be_typed_in():
    found = et.check_rules("r: cumsum(cumsum(x)) -> cumsum(x)", x=et.symbol("x", (4,))).rules[0].counterexample
    given, _, values = str(found).partition(": left ")
    x = eval(given.removeprefix("x = "), {"array": np.array})
    assert set(x) <= {0.0, 1.0}
    left, right = np.cumsum(np.cumsum(x)), np.cumsum(x)
    assert not np.array_equal(left, right)
    assert values.startswith("array(") and np.array_equal(eval(values.partition(", right")[0], {"array": np.array}), left)
    empty = et.check_rules("r: prod(x) -> prod(x)*0", x=et.symbol("x", (0,))).rules[0].counterexample
    assert str(empty).startswith("x = zeros((0,)): left 1.0, right 0.0")


def test_name_that_is_no_operator_but_a_function_is_said_to_be_one():
    found = et.check_rules("r: swapaxes(x, 0, 1) -> transpose(x)", x=et.symbol("x", (2, 3))).rules[0]
    assert found.sound is True
    assert "made of operators" in found.note


def test_variables_without_types_have_all_shapes_in_turn():
    """A condition on the first of two operands is needed, though the second has many shapes."""
    assert et.check_rules("r: sum(a * x, axis=k) -> a * sum(x, axis=k)").rules[0].sound is False
    found = et.check_rules("r: sum(a * x, axis=k, keepdims=m) -> a * sum(x, axis=k, keepdims=m) if scalar(a) and finite(a)").rules[0]
    assert (found.sound, found.superfluous_conditions) == (True, ())
    assert et.check_rules("domain: any\nr: sum(a * x) -> a * sum(x) if scalar(a)").rules[0].sound is False  # integers wrap


@pytest.mark.parametrize(
    ("text", "dtypes"),
    [
        ("solve(transpose(a), b) -> b @ inv(a)", ("int64", "float64")),
        ("solve(transpose(a), b) -> b @ inv(a)", ("float32", "float32")),
        ("solve(a, a @ b) -> b", ("float32", "float32")),
    ],
)
def test_rounding_on_the_way_is_no_fault_where_it_is_enlarged(text, dtypes):
    a, b = et.symbol("a", (4, 4), dtypes[0]), et.symbol("b", (4,), dtypes[1])
    assert et.check_rules(f"r: {text}", a=a, b=b).rules[0].sound is True


def test_lines_applied_singly_need_no_end():
    back = "out: x * (y + z) -> x*y + x*z\nin: x*y + x*z -> x * (y + z)\n"
    assert et.check_rules(back).terminates is False
    report = et.check_rules("applied: singly\n" + back)
    assert (report.ok, report.terminates, report.singly, report.critical_pairs) == (True, True, 2, ())
    assert "applied singly, not rewritten with: 2 lines" in str(report)


def test_what_is_uncovered_is_said_in_a_line_for_each_reason():
    report = et.check_rules("d(sin(x)) = cos(x)*d(x)")
    said = [line for line in report.together() if line.startswith("uncovered")]
    assert len(report.uncovered) > 200
    assert len(said) == 2
    assert said[0].endswith("more: no differential")


def test_a_wrong_slope_is_shown_at_the_line_s_own_operand():
    verdict = et.check_rules("d(sin(x)) = sin(x)*d(x)")["d_sin"]
    assert str(verdict.counterexample).startswith("x = ")
    assert "the slope is" in str(verdict)
    assert "None" not in str(verdict)
    assert 'et.sides("d(sin(x)) = sin(x)*d(x)", x=' in verdict.program


def test_why_confluence_is_not_known():
    many = "\n".join(f"r{n}: sin(x + {n}) -> cos(x - {n})" for n in range(61))
    assert "confluent: not known (critical pairs are formed of at most 60 rules, and these are 61)" in et.check_rules(
        "applied: everywhere\n" + many, x=et.scalar("x")
    ).together()
    assert et.check_rules("c: x + y -> y + x").unknown_confluence == "rewriting does not end"
    assert et.check_rules("a: exp(log(x)) -> x").unknown_confluence == ""


def test_a_rule_of_another_goal_leaves_a_rule_its_turn():
    first, later = "serves: {}\na: sqrt(x**2 + 1) -> hypot(x, 1)\n", "serves: all\nb: log(sqrt(x**2 + 1)) -> log(x**2 + 1)/2\n"
    assert et.check_rules(first.format("speed") + later).shadowed == ()
    assert et.check_rules(first.format("all") + later).shadowed == (("a", "b"),)
