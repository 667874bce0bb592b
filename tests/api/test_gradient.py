"""The contract of `grad`: containers, options, cut points, names, types, errors."""

import warnings

import numpy as np
import pytest

import etude as et
from etude.gradient import DisconnectedType, NullType, disconnected_type, null_type

x, y, z = et.scalar("x"), et.scalar("y"), et.scalar("z")


def at(array, **values):
    return float(array.eval({et.scalar(name): value for name, value in values.items()}))


# ---------------------------------------------------------------- containers


def test_container_follows_wrt():
    assert isinstance(et.grad(x * y, [x, y]), list)
    assert isinstance(et.grad(x * y, (x, y)), tuple)
    assert isinstance(et.grad(x * y, x), et.Array)
    assert isinstance(et.grad(x * y, (v for v in [x, y])), list)
    assert et.grad(x * y, []) == []


def test_duplicates_have_handles_of_their_own():
    cost = x * y
    cost.name = "c"
    first, second = et.grad(cost, [x, x])
    assert first.term is second.term and first is not second
    first.name = "changed"
    assert second.name == "(dc/dx)"


def test_wrt_must_be_arrays():
    with pytest.raises(TypeError, match=r"wrt\[1\]"):
        et.grad(x, [x, 3.0])
    with pytest.raises(TypeError, match="wrt is an Array"):
        et.grad(x, "x")


# ---------------------------------------------------------------- cost


def test_cost_must_be_scalar():
    v = et.vector("v")
    with pytest.raises(TypeError, match=r"shape \(\?,\)"):
        et.grad(v, v)


def test_cost_none_needs_known_grads():
    with pytest.raises(ValueError, match="known_grads"):
        et.grad(None, x)
    assert at(et.grad(None, x, known_grads={x * x: et.constant(3.0)}), x=2.0) == 12.0


def test_cost_in_wrt_gives_one():
    cost = x * y
    assert [float(g.eval({x: 2.0, y: 5.0})) for g in et.grad(cost, [cost, x])] == [1.0, 5.0]


def test_integer_and_boolean_costs_are_legal():
    i = et.scalar("i", dtype="int64")
    slope = et.grad(i * i, i)
    assert slope.dtype == np.float64 and float(slope.eval({i: 3})) == 6.0
    assert float(et.grad(x > 0, x).eval({x: 1.0})) == 0.0


# ---------------------------------------------------------------- what wrt may be


def test_intermediate_expression_and_its_input():
    square = x * x
    slopes = et.grad(square * square, [square, x])
    assert [float(g.eval({x: 3.0})) for g in slopes] == [18.0, 108.0]


def test_constant_means_every_occurrence():
    two = et.constant(2.0)
    assert at(et.grad(two * x + 2.0 * y, two), x=3.0, y=4.0) == 7.0


def test_shared_variable():
    w = et.shared(np.array([1.0, 2.0]), "w")
    np.testing.assert_array_equal(et.grad(et.sum(w * w), w).eval({}), [2.0, 4.0])


# ---------------------------------------------------------------- cut points


@pytest.mark.parametrize("make", [list, tuple, set, iter, lambda items: (item for item in items)])
def test_consider_constant_takes_any_iterable(make):
    cost = x * x * x
    assert at(et.grad(cost, x, consider_constant=make([x * x])), x=3.0) == 9.0


def test_consider_constant_is_checked():
    with pytest.raises(TypeError, match="consider_constant"):
        et.grad(x * x, x, consider_constant=x)
    with pytest.raises(TypeError, match=r"consider_constant\[0\]"):
        et.grad(x * x, x, consider_constant=[3])


def test_known_grads_replace():
    square = x * x
    cost = square * square + x
    assert at(et.grad(cost, x, known_grads={square: et.constant(5.0)}), x=3.0) == 5.0 * 6.0 + 1.0
    assert at(et.grad(cost, x, known_grads={cost: et.constant(2.0)}), x=1.0) == 10.0


def test_known_grads_are_never_renamed():
    given = et.constant(5.0)
    given.name = "mine"
    cost = x * x
    cost.name = "c"
    slope = et.grad(cost, cost, known_grads={cost: given})
    assert given.name == "mine" and float(slope.eval({})) == 5.0


def test_known_grads_are_checked():
    v = et.symbol("v", (3,))
    with pytest.raises(TypeError, match="int64"):
        et.grad(et.sum(v), v, known_grads={v: et.constant([1, 2, 3])})
    with pytest.raises(ValueError, match=r"\(2,\)"):
        et.grad(et.sum(v), v, known_grads={v: et.constant([1.0, 2.0])})
    with pytest.raises(TypeError, match="no Array"):
        et.grad(x, x, known_grads={"x": et.constant(1.0)})


def test_known_grads_may_be_disconnected_or_null():
    square = x * x
    found = et.grad(square + x, x, known_grads={square: disconnected_type})
    assert at(found, x=3.0) == 1.0
    assert isinstance(et.grad(square, x, known_grads={square: null_type}, null_gradients="return"), NullType)


# ---------------------------------------------------------------- disconnected, zero, undefined


def test_disconnected_raises_by_name():
    cost = x * x
    cost.name = "loss"
    with pytest.raises(et.DisconnectedInputError, match=r"loss.*\by\b.*does not occur") as caught:
        et.grad(cost, y)
    assert isinstance(caught.value, ValueError)


def test_disconnected_names_the_rule_that_cut():
    with pytest.raises(et.DisconnectedInputError, match=r"marks\.rules:\d+"):
        et.grad(et.consider_constant(x) * y, x)


def test_disconnected_warns_once_each():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        slopes = et.grad(x * x, [y, z, x], disconnected_inputs="warn")
    assert [warning.category for warning in seen] == [UserWarning, UserWarning]
    assert [str(warning.message).count("depend on y") for warning in seen] == [1, 0]
    assert float(slopes[0].eval({})) == 0.0


def test_return_disconnected():
    options = {"disconnected_inputs": "ignore"}
    v = et.symbol("v", (2,), "float32")
    zero = et.grad(x, v, **options)
    assert zero.dtype == np.float32 and zero.eval({}).shape == (2,)
    assert et.grad(x, v, return_disconnected="none", **options) is None
    assert isinstance(et.grad(x, v, return_disconnected="disconnected", **options), DisconnectedType)


@pytest.mark.parametrize("name", ["disconnected_inputs", "return_disconnected", "null_gradients"])
@pytest.mark.parametrize("value", ["other", None, 1])
def test_bad_options_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        et.grad(x * x, x, **{name: value})


@pytest.mark.parametrize(
    "function", [et.floor, et.ceil, et.sign, et.rint, lambda v: (v > 0) * 1.0, lambda v: v.astype("int64")]
)
def test_zero_slope_is_connected(function):
    assert float(et.grad(function(x), x).eval({x: 1.5})) == 0.0


def test_undefined_is_null_with_its_reason():
    cost = et.special.polygamma(y, x)
    with pytest.raises(et.NullTypeGradError, match=r"\by\b.*order") as caught:
        et.grad(cost, y)
    assert isinstance(caught.value, TypeError)
    found = et.grad(cost, y, null_gradients="return")
    assert isinstance(found, NullType) and "order" in found.why


def test_forward_agrees_on_disconnected_and_undefined():
    with pytest.raises(et.DisconnectedInputError):
        et.Rop(et.consider_constant(x) * y, x, z)
    with pytest.raises(et.NullTypeGradError):
        et.Rop(et.special.polygamma(y, x), y, z)
    assert float(et.Rop(et.floor(x), x, z).eval({x: 1.5, z: 1.0})) == 0.0


# ---------------------------------------------------------------- names and types


def test_names():
    cost = x * y
    cost.name = "c"
    assert [g.name for g in et.grad(cost, [x, y])] == ["(dc/dx)", "(dc/dy)"]
    assert et.grad(cost * cost, x, add_names=False).name is None
    assert et.grad(x * x * y, x).name is None
    assert x.name == "x"


def test_dtype_is_that_of_wrt():
    half = et.scalar("h", dtype="float32")
    assert et.grad(half * x, half).dtype == np.float32
    assert et.grad(half * x, x).dtype == np.float64


def test_run_time_broadcasting():
    v, w = et.vector("v"), et.vector("w")
    slope = et.grad((v + w).sum(), v)
    np.testing.assert_array_equal(slope.eval({v: [1.0], w: [1.0, 2.0, 3.0]}), [3.0])
    np.testing.assert_array_equal(slope.eval({v: [1.0, 2.0, 3.0], w: [1.0]}), [1.0, 1.0, 1.0])


def test_named_sizes_and_static_shapes():
    a = et.symbol("a", (3, 1))
    b = et.symbol("b", (1, 4))
    first, second = et.grad((a * b).sum(), [a, b])
    assert first.term.type.shape == (3, 1) and second.term.type.shape == (1, 4)


# ---------------------------------------------------------------- points where a convention decides


@pytest.mark.parametrize(
    ("function", "point", "wanted"),
    [
        (lambda v: et.max(v), [1.0, 1.0, 0.0], [0.5, 0.5, 0.0]),
        (lambda v: et.min(v), [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]),
        (lambda v: et.maximum(v, 1.0).sum(), [1.0, 2.0, 0.0], [0.5, 1.0, 0.0]),
        (lambda v: et.abs(v).sum(), [0.0, -2.0, 3.0], [0.0, -1.0, 1.0]),
        (lambda v: et.sqrt(v**2).sum(), [0.0, -2.0, 3.0], [0.0, -1.0, 1.0]),
        (lambda v: et.clip(v, 0.0, 1.0).sum(), [0.0, 0.5, 2.0], [0.5, 1.0, 0.0]),
        (lambda v: et.prod(v), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        (lambda v: et.prod(v), [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
    ],
)
def test_points(function, point, wanted):
    v = et.symbol("v", (3,))
    np.testing.assert_allclose(et.grad(function(v), v).eval({v: point}), wanted, rtol=1e-14)


def test_where_masks_infinite_and_nan_slopes():
    safe = et.where(x > 0, et.sqrt(x), 0.0)
    assert at(et.grad(safe, x), x=-1.0) == 0.0
    assert at(et.grad(safe, x), x=0.0) == 0.0
    nested = et.where(x > 0, et.where(y > 0, et.sqrt(x / y), 0.0), 0.0)
    slopes = et.grad(nested, [x, y])
    assert [float(g.eval({x: 0.0, y: 0.0})) for g in slopes] == [0.0, 0.0]
    second = et.grad(et.grad(nested, x), y)
    assert float(second.eval({x: 0.0, y: 0.0})) == 0.0


# ---------------------------------------------------------------- marks


def test_marks():
    assert at(et.grad(et.zero_grad(x) * x, x), x=3.0) == 3.0
    assert at(et.grad(et.grad_scale(x, 2.0) ** 2, x), x=3.0) == 12.0
    assert at(et.grad(et.grad_clip(x, -1.0, 1.0) ** 2, x), x=3.0) == 1.0
    assert at(et.grad(et.disconnected_grad(x) * x, x), x=3.0) == 3.0
    with pytest.raises(et.NullTypeGradError, match="undefined_grad"):
        et.grad(et.undefined_grad(x), x)
    assert isinstance(et.gradient.grad_undefined("op", 0, x, "because"), NullType)
    assert "because" in et.gradient.grad_not_implemented("op", 0, x, "because").why


# ---------------------------------------------------------------- products


def test_pullback_and_pushforward():
    v, u, t = (et.symbol(name, (3,)) for name in "vut")
    point = {v: [1.0, 2.0, 3.0], u: [1.0, 0.0, 2.0], t: [0.5, 1.0, -1.0]}
    back, along = et.Lop(v * v, v, u), et.Rop(v * v, v, t)
    assert np.dot(back.eval(point), point[t]) == np.dot(along.eval(point), point[u])
    assert isinstance(et.Lop([v, v * v], (v,), [u, u]), tuple) and isinstance(et.Rop([v, v * v], v, t), list)


def test_eval_points_are_checked():
    v = et.symbol("v", (3,))
    with pytest.raises(ValueError, match="eval_points"):
        et.Lop(v, v, [v, v])
    with pytest.raises(ValueError, match="dimensions"):
        et.Rop(v, v, x)


def test_jacobian_of_any_rank():
    a = et.symbol("a", (2, 3))
    b = et.vector("b")
    weights = np.arange(6.0).reshape(2, 3)
    found = et.jacobian(a @ b, b)
    np.testing.assert_array_equal(found.eval({a: weights, b: np.ones(3)}), weights)
    assert et.jacobian(a * 2.0, a).eval({a: weights}).shape == (2, 3, 2, 3)
    assert et.jacobian(x * b, x).eval({x: 1.0, b: [1.0, 2.0]}).shape == (2,)


def test_hessian_blocks():
    a, b = et.symbol("a", (2,)), et.symbol("b", (3,))
    cost = (a.sum() * b * b).sum()
    rows = et.hessian(cost, [a, b])
    point = {a: np.ones(2), b: np.arange(3.0)}
    assert [[block.eval(point).shape for block in row] for row in rows] == [[(2, 2), (2, 3)], [(3, 2), (3, 3)]]
    np.testing.assert_array_equal(rows[1][1].eval(point), np.diag([4.0, 4.0, 4.0]))
    np.testing.assert_array_equal(rows[0][1].eval(point), [[0.0, 2.0, 4.0]] * 2)


def test_what_only_has_the_shape_of_an_input_does_not_depend_on_it():
    v = et.vector("v")
    nothing = et.grad(et.sum(x * x), v, disconnected_inputs="ignore")  # zeros in the shape of v
    with pytest.raises(et.DisconnectedInputError, match="operand 2 of broadcast_like"):
        et.jacobian(nothing, v)
    found = et.jacobian(nothing, v, disconnected_inputs="ignore")
    np.testing.assert_array_equal(found.eval({v: np.ones(2)}), np.zeros((2, 2)))
    a = et.matrix("a")
    blocks = et.hessian(et.sum(a * a), [a, v], disconnected_inputs="ignore")
    assert [[block.eval({a: np.ones((2, 2)), v: np.ones(3)}).shape for block in row] for row in blocks] == [
        [(2, 2, 2, 2), (2, 2, 3)], [(3, 2, 2), (3, 3)],
    ]  # fmt: skip


def test_hessian_vector_product_is_the_product():
    a, p = et.symbol("a", (3,)), et.symbol("p", (3,))
    cost = (et.sin(a) * et.sum(a * a)).sum()
    point = {a: np.array([0.3, -0.2, 1.1]), p: np.array([1.0, 2.0, -1.0])}
    product = et.hessian_vector_product(cost, a, p).eval(point)
    np.testing.assert_allclose(product, et.hessian(cost, a).eval(point) @ point[p], rtol=1e-12)


def test_derivative():
    assert [at(et.derivative(x**3, x, n), x=2.0) for n in range(5)] == [8.0, 12.0, 12.0, 6.0, 0.0]
    with pytest.raises(ValueError, match="whole number"):
        et.derivative(x, x, -1)


def test_subgraph_grad():
    middle = x * y
    cost = middle * middle
    wrt_grads, end_grads = et.gradient.subgraph_grad([x], [middle], cost=cost)
    assert float(end_grads[0].eval({x: 2.0, y: 3.0})) == 12.0
    assert float(wrt_grads[0].eval({x: 2.0, y: 3.0})) == 0.0
    through, _ = et.gradient.subgraph_grad([x], [x], start={middle: end_grads[0]})
    assert float(through[0].eval({x: 2.0, y: 3.0})) == 36.0


def test_verify_grad_tells_right_from_wrong():
    et.gradient.verify_grad(lambda v: et.sin(v) * v, [np.array([0.1, 0.7])])
    with pytest.raises(et.GradientError, match=r"argument 0, element \(0,\)"):
        et.gradient.verify_grad(lambda v: et.grad_scale(v, 2.0) ** 2, [np.array([0.5])])
    with pytest.raises(TypeError, match="int64"):
        et.gradient.verify_grad(lambda v: v, [np.array([1])])


def test_product_where_one_of_several_operands_moves():
    a, p = et.symbol("a", (5,)), et.symbol("p", (5,))
    cost = et.sum(100 * (a[1:] - a[:-1] ** 2) ** 2 + (1 - a[:-1]) ** 2)
    point = {a: np.linspace(-1.0, 1.5, 5), p: np.arange(5.0)}
    product = et.hessian_vector_product(cost, a, p).eval(point)
    np.testing.assert_allclose(product, et.hessian(cost, a).eval(point) @ point[p], rtol=1e-12)


def test_gaussian_mixture_like_cost_against_differences():
    rng = np.random.default_rng(3)
    means, points = et.symbol("means", (2, 3)), rng.standard_normal((7, 3))
    inner = -0.5 * et.sum((points[None] - means[:, None]) ** 2, axis=-1)
    cost = et.sum(et.special.logsumexp(inner, axis=0))
    place = rng.standard_normal((2, 3))
    slope = et.grad(cost, means).eval({means: place})
    for index in np.ndindex(2, 3):
        moved = [place.copy(), place.copy()]
        moved[0][index] += 1e-6
        moved[1][index] -= 1e-6
        numeric = (float(cost.eval({means: moved[0]})) - float(cost.eval({means: moved[1]}))) / 2e-6
        assert abs(slope[index] - numeric) < 1e-7


@pytest.mark.parametrize("shapes", [((2, 3), (4,)), ((4,), (2, 3)), ((), (2, 2)), ((5, 2), ()), ((3, 2), (0,))])
def test_jacobian_by_rows_and_by_columns_is_the_matrix_of_differences(shapes):
    out, into = shapes
    rng = np.random.default_rng(3)
    m, n = int(np.prod(out)), int(np.prod(into))
    M, at = rng.normal(size=(m, n)), rng.normal(size=into)
    x = et.symbol("x", into)
    y = et.reshape(et.sin(M @ et.reshape(x, (-1,))), out)
    found = et.jacobian(y, x)
    assert found.shape == out + into
    want = (np.cos(M @ at.ravel())[:, None] * M).reshape(out + into)
    assert np.allclose(found.eval({x: at}), want)


def test_jacobians_of_known_shape_hold_no_loop():
    x = et.symbol("x", (4,))
    cost = et.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    assert "map(" not in str(et.hessian(cost, x)) + str(et.jacobian(et.tanh(x), x))


def test_a_jacobian_by_columns_still_says_what_is_wrong():
    x, y = et.symbol("x", (2,)), et.symbol("y", (3, 3))
    with pytest.raises(et.DisconnectedInputError, match="x"):
        et.jacobian(y, x)
    with pytest.raises(et.NullTypeGradError):
        et.jacobian(et.undefined_grad(x[0]) * y, x)
    assert et.jacobian(y, x, disconnected_inputs="ignore").shape == (3, 3, 2)


def test_jacobians_of_unknown_sizes_are_diagonals_where_the_function_is_elementwise():
    v, w, m = et.vector("v"), et.vector("w"), et.matrix("m")
    assert str(et.hessian(et.sum(et.exp(v)), v)) == "diag(exp(v))"
    assert str(et.jacobian(et.sin(v), v)) == "diag(cos(v))"
    assert str(et.jacobian(m @ v, v)) == "m"
    softmax = et.jacobian(et.exp(v) / et.sum(et.exp(v)), v)
    at = np.array([0.1, -0.4, 0.9])
    share = np.exp(at) / np.exp(at).sum()
    np.testing.assert_allclose(softmax.eval({v: at}), np.diag(share) - np.outer(share, share), atol=1e-15)
    for size in (1, 3):
        found = et.hessian(et.sum(v**2 * w), v).eval({v: np.arange(3.0), w: np.arange(size) + 2.0})
        np.testing.assert_allclose(found, 2 * np.diag(np.broadcast_to(np.arange(size) + 2.0, 3)))
    assert et.jacobian(et.sin(v), v).eval({v: np.zeros(0)}).shape == (0, 0)
