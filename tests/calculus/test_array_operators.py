"""Derivatives of array operators by their rules: against central differences, to second order, and Lop against Rop."""

import numpy as np
import pytest

import etude as et
from etude.ops import CATALOGUE


def function(op):
    """An operator as a function of Arrays."""

    def call(*args, **named):
        return et.from_term(op(*[arg.term if isinstance(arg, et.Array) else arg for arg in args], **named))

    return call


OPS = {name: function(op) for name, op in CATALOGUE.items()}
RNG = np.random.default_rng(7)


def normal(*shape):
    return RNG.normal(size=shape)


def spd(n):
    a = normal(n, n)
    return a @ a.T + n * np.eye(n)


def item(op, index):
    return lambda a: et.from_term(CATALOGUE["item"](CATALOGUE[op](a.term), index=index))


A, B, V, W, C3 = normal(3, 4), normal(4, 2), normal(4), normal(3), normal(2, 3, 4)
Z = np.array([[1.3, 0.0, 2.0], [0.0, 0.0, -1.5], [0.7, 1.1, 0.4]])
S = np.array([[0.2, 1.5, -0.3], [2.0, 0.1, 0.9], [-1.0, 0.4, 0.8]])
LOW = np.tril(S) + 2 * np.eye(3)

# name: (function of Arrays, values). Each function is probed at these values in every operand.
CASES = {
    "sum": (lambda x: OPS["sum"](x, axis=1), [A]),
    "sum_keepdims": (lambda x: OPS["sum"](x, axis=(0, 2), keepdims=True), [C3]),
    "mean": (lambda x: OPS["mean"](x, axis=0), [A]),
    "mean_all": (lambda x: OPS["mean"](x), [A]),
    "prod": (lambda x: OPS["prod"](x, axis=0), [Z]),
    "prod_all": (lambda x: OPS["prod"](x), [normal(2, 3)]),
    "prod_zeros": (lambda x: OPS["prod"](x, axis=1, keepdims=True), [Z]),
    "max": (lambda x: OPS["max"](x, axis=1), [A]),
    "min": (lambda x: OPS["min"](x, axis=0, keepdims=True), [A]),
    "var": (lambda x: OPS["var"](x, axis=1, ddof=1), [A]),
    "std": (lambda x: OPS["std"](x, axis=0), [A]),
    "norm": (lambda x: OPS["norm"](x, axis=1), [A]),
    "norm_all": (lambda x: OPS["norm"](x, keepdims=True), [A]),
    "p_norm": (lambda x: OPS["p_norm"](x, 3.0, axis=1), [A]),
    "p_norm_order": (lambda x, p: OPS["p_norm"](x, p), [A, np.array(2.5)]),
    "logsumexp": (lambda x: OPS["logsumexp"](x, axis=1), [A]),
    "softmax": (lambda x: OPS["softmax"](x, axis=0), [A]),
    "log_softmax": (lambda x: OPS["log_softmax"](x, axis=(1, 2)), [C3]),
    "cumsum": (lambda x: OPS["cumsum"](x, axis=1), [A]),
    "cumsum_reverse": (lambda x: OPS["cumsum"](x, axis=0, reverse=True), [A]),
    "cumsum_flat": (lambda x: OPS["cumsum"](x), [A]),
    "cumprod": (lambda x: OPS["cumprod"](x, axis=1), [Z]),
    "cumprod_reverse": (lambda x: OPS["cumprod"](x, axis=0, reverse=True), [Z]),
    "exclusive_cumprod": (lambda x: OPS["exclusive_cumprod"](x, axis=0), [Z]),
    "linear_recurrence": (lambda a, b: OPS["linear_recurrence"](a, b, axis=0), [A, normal(3, 4)]),
    "shift": (lambda x: OPS["shift"](x, axis=1, reverse=True), [A]),
    "sort": (lambda x: OPS["sort"](x, axis=1), [A]),
    "tie_mean": (lambda v: OPS["tie_mean"](v, np.array([1, 2, 1, 2]), axis=0), [V]),
    "broadcast_to": (lambda x: OPS["broadcast_to"](x, shape=(3, 4)), [V]),
    "broadcast_unit": (lambda x: OPS["broadcast_to"](x, shape=(3, 4)), [normal(3, 1)]),
    "reshape": (lambda x: OPS["reshape"](x, shape=(2, 6)), [A]),
    "expand_squeeze": (lambda x: OPS["squeeze"](OPS["expand_dims"](x, axis=(0, 2)), axis=0), [A]),
    "transpose": (lambda x: OPS["transpose"](x, axes=(1, 2, 0)), [C3]),
    "matrix_transpose": (lambda x: OPS["matrix_transpose"](x), [C3]),
    "matmul": (lambda a, b: a @ b, [A, B]),
    "matmul_vector": (lambda a, b: a @ b, [A, V]),
    "vector_matmul": (lambda a, b: a @ b, [W, A]),
    "dot": (lambda a, b: a @ b, [V, normal(4)]),
    "matmul_stack": (lambda a, b: a @ b, [C3, B]),
    "matmul_stack_vector": (lambda a, b: a @ b, [C3, V]),
    "vector_matmul_stack": (lambda a, b: a @ b, [W, C3]),
    "slice": (lambda x: x[1:, ::-2], [A]),
    "integer": (lambda x: x[-1], [A]),
    "repeated": (lambda x: x[[0, 2, 0], [1, 1, 1]], [A]),
    "newaxis": (lambda x: x[..., None, 1], [A]),
    "set": (lambda x, v: x.at[1, 1:3].set(v), [A, normal(2)]),
    "add": (lambda x, v: x.at[[0, 0, 2]].add(v), [A, normal(3, 4)]),
    "take_along_axis": (lambda x: OPS["take_along_axis"](x, np.array([[0, 1], [2, 2], [3, 0]]), axis=1), [A]),
    "concatenate": (lambda a, b: OPS["concatenate"](a, b, a, axis=1), [A, normal(3, 2)]),
    "tile": (lambda x: OPS["tile"](x, reps=(2, 3)), [A]),
    "flip": (lambda x: OPS["flip"](x, axis=1), [A]),
    "roll": (lambda x: OPS["roll"](x, shift=(1, 2), axis=(0, 1)), [A]),
    "pad": (lambda x: OPS["pad"](x, pad_width=((1, 0), (2, 3))), [A]),
    "diagonal": (lambda x: OPS["diagonal"](x, offset=1), [A]),
    "trace": (lambda x: OPS["trace"](x, offset=-1), [A]),
    "diag": (lambda x: OPS["diag"](x, offset=1), [V]),
    "tril": (lambda x: OPS["tril"](x, k=1), [A]),
    "triu": (lambda x: OPS["triu"](x), [C3]),
    "inv": (lambda x: OPS["inv"](x), [S]),
    "det": (lambda x: OPS["det"](x), [S]),
    "slogdet": (item("slogdet", 1), [S]),
    "solve": (lambda a, b: OPS["solve"](a, b), [S, normal(3, 2)]),
    "solve_vector": (lambda a, b: OPS["solve"](a, b), [S, W]),
    "solve_stack": (lambda a, b: OPS["solve"](a, b), [np.stack([S, S + np.eye(3)]), W]),
    "solve_triangular": (lambda a, b: OPS["solve_triangular"](a, b, lower=True), [LOW, normal(3, 2)]),
    "solve_unit": (lambda a, b: OPS["solve_triangular"](a, b, unit_diagonal=True), [LOW.T, W]),
    "cholesky": (lambda x: OPS["cholesky"](x), [spd(3)]),
    "eigenvalues": (item("eigh", 0), [np.diag([1.0, 2.0, 4.0]) + 0.1 * spd(3)]),
    "eigenvectors": (lambda x: item("eigh", 1)(x) ** 2, [np.diag([1.0, 2.0, 4.0]) + 0.1 * spd(3)]),
    "singular_values": (item("svd", 1), [A]),
    "left_vectors": (lambda x: item("svd", 0)(x) ** 2, [A]),
    "right_vectors": (lambda x: item("svd", 2)(x) ** 2, [A]),
    "q": (item("qr", 0), [A.T.copy()]),
    "r": (item("qr", 1), [A.T.copy()]),
    "q_wide": (item("qr", 0), [A]),
    "r_wide": (item("qr", 1), [A]),
    "r_wide_stack": (item("qr", 1), [np.stack([A, 2 * A[::-1]])]),
    "pinv": (lambda x: OPS["pinv"](x), [A]),
    "einsum": (lambda a, b: OPS["einsum"](a, b, subscripts="bij,bjk->ikb"), [C3, normal(2, 4, 2)]),
    "einsum_two": (lambda a, b: OPS["einsum"](a, b, subscripts="bij,ib->j"), [C3, normal(3, 2)]),
    "outer": (lambda a, b: OPS["einsum"](a, b, subscripts="i,j->ji"), [V, W]),
}


def symbols(values):
    return [et.symbol(f"x{i}", value.shape) for i, value in enumerate(values)]


def projected(array, key):
    weights = np.random.default_rng(key).normal(size=array.shape)
    return OPS["sum"](array * weights)


def slopes(cost, xs, values, step=1e-5):
    found = []
    for i, value in enumerate(values):
        slope = np.zeros(value.shape)
        for place in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = [v.copy() for v in values]
                moved[i][place] += sign * step
                ends.append(float(cost.eval(dict(zip(xs, moved, strict=True)))))
            slope[place] = (ends[0] - ends[1]) / (2 * step)
        found.append(slope)
    return found


def assert_gradient(cost, xs, values):
    gradients = et.grad(cost, xs, disconnected_inputs="ignore")
    for gradient, slope, value in zip(gradients, slopes(cost, xs, values), values, strict=True):
        assert gradient.term.type.shape == value.shape
        got = gradient.eval(dict(zip(xs, values, strict=True)))
        np.testing.assert_allclose(got, slope, rtol=2e-5, atol=2e-6)
    return gradients


@pytest.mark.parametrize("name", CASES)
def test_gradient_is_the_slope_to_second_order(name):
    function, values = CASES[name]
    xs = symbols(values)
    gradients = assert_gradient(projected(function(*xs), 1), xs, values)
    total = sum((projected(gradient, 2) for gradient in gradients[1:]), projected(gradients[0], 2))
    assert_gradient(total, xs, values)


@pytest.mark.parametrize("name", CASES)
def test_pushforward_and_pullback_are_transposes(name):
    function, values = CASES[name]
    xs = symbols(values)
    result = function(*xs)
    rng = np.random.default_rng(4)
    weight = rng.normal(size=result.shape)
    directions = [rng.normal(size=value.shape) for value in values]
    point = dict(zip(xs, values, strict=True))
    forward = et.Rop(result, xs, directions).eval(point)
    backward = et.Lop(result, xs, weight, disconnected_inputs="ignore")
    sent = sum(np.sum(b.eval(point) * d) for b, d in zip(backward, directions, strict=True))
    np.testing.assert_allclose(np.sum(forward * weight), sent, rtol=1e-9, atol=1e-9)


UNSIZED = ["sum", "mean", "prod", "max", "var", "std", "norm", "logsumexp", "softmax", "log_softmax", "cumsum", "cumprod",
           "sort", "matmul", "matmul_vector", "vector_matmul", "matrix_transpose", "slice", "integer", "repeated", "set", "add",
           "concatenate", "tile", "flip", "roll", "pad", "diagonal", "trace", "diag", "tril", "inv", "solve", "cholesky",
           "expand_squeeze", "einsum"]  # fmt: skip


@pytest.mark.parametrize("name", UNSIZED)
@pytest.mark.parametrize("dim", ["named", "unknown"])
def test_gradient_without_known_sizes(name, dim):
    function, values = CASES[name]
    xs = symbols(values)
    sizes = {"named": lambda size: f"n{size}", "unknown": lambda size: None}[dim]
    loose = [et.symbol(f"x{i}", tuple(map(sizes, value.shape))) for i, value in enumerate(values)]
    fixed, free = (et.grad(OPS["sum"](function(*args) ** 2), args) for args in (xs, loose))
    for one, other in zip(fixed, free, strict=True):
        wanted = one.eval(dict(zip(xs, values, strict=True)))
        np.testing.assert_allclose(other.eval(dict(zip(loose, values, strict=True))), wanted, rtol=1e-12, atol=1e-12)


def test_ties_share_evenly():
    x = et.symbol("x", (3,))
    for name, point, wanted in [("max", [1, 1, 0], [0.5, 0.5, 0]), ("min", [1, 0, 0], [0, 0.5, 0.5])]:
        np.testing.assert_array_equal(et.grad(OPS[name](x), x).eval({x: np.array(point, float)}), wanted)
    slope = et.grad(OPS["sum"](OPS["sort"](x) * np.array([1.0, 2.0, 3.0])), x)
    np.testing.assert_array_equal(slope.eval({x: np.array([2.0, 2.0, 1.0])}), [2.5, 2.5, 1.0])


@pytest.mark.parametrize("name", ["norm", "std"])
def test_slope_is_zero_where_a_norm_is(name):
    x = et.symbol("x", (3,))
    np.testing.assert_array_equal(et.grad(OPS[name](x), x).eval({x: np.ones(3) * (name == "std")}), np.zeros(3))


def test_products_with_zeros_are_exact():
    x = et.symbol("x", (3,))
    point = {x: np.array([0.0, 2.0, 0.0])}
    slope = et.grad(OPS["prod"](x), x)
    np.testing.assert_array_equal(slope.eval(point), np.zeros(3))
    np.testing.assert_array_equal(et.grad(slope[0], x).eval(point), [0.0, 0.0, 2.0])


def test_singular_matrix_has_a_slope_of_the_determinant():
    x = et.symbol("x", (2, 2))
    np.testing.assert_allclose(et.grad(OPS["det"](x), x).eval({x: np.array([[1.0, 2.0], [2.0, 4.0]])}), [[4, -2], [-2, 1]])
