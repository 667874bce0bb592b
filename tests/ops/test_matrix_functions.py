"""Functions of matrices against NumPy and SciPy; their derivatives against central differences, to second order."""

import numpy as np
import pytest
import scipy.linalg

import etude as et
from etude.errors import NullTypeGradError, ShapeError

RNG = np.random.default_rng(13)
A = RNG.normal(size=(3, 3))
S = A @ A.T + np.eye(3)
B, V = RNG.normal(size=(3, 5)), RNG.normal(size=5)
s = et.symbol("s", (3, 3))
ORDERS = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]
# name: (function of an Array, the value wanted, the point)
CASES = {
    "expm": (et.linalg.expm, scipy.linalg.expm(A), A),
    "eigvalsh": (et.linalg.eigvalsh, np.linalg.eigvalsh(S), S),
    "svdvals": (et.linalg.svdvals, np.linalg.svdvals(A), A),
    "multi_dot": (lambda x: et.linalg.multi_dot([x, B, V]), np.linalg.multi_dot([A, B, V]), A),
    "multi_dot_twice": (lambda x: et.linalg.multi_dot([V[:3], x, x, B]), np.linalg.multi_dot([V[:3], A, A, B]), A),
    **{f"matrix_norm_{o}": (lambda x, o=o: et.linalg.matrix_norm(x, ord=o), np.linalg.matrix_norm(A, ord=o), A) for o in ORDERS},
    **{f"vector_norm_{o}": (lambda x, o=o: et.linalg.vector_norm(x, ord=o), np.linalg.vector_norm(A, ord=o), A)
       for o in (2, 1, 3, np.inf, -np.inf, 0.5)},
    **{f"vector_norm_{o}_kept": (lambda x, o=o: et.linalg.vector_norm(x, ord=o, axis=1, keepdims=True),
                                 np.linalg.vector_norm(A, ord=o, axis=1, keepdims=True), A) for o in (2, 1, 3)},
    **{f"cond_{p}": (lambda x, p=p: et.linalg.cond(x, p), np.linalg.cond(A, p), A) for p in (None, 2, -2, 1, "fro")},
}  # fmt: skip


def numeric(function, point, direction, step=1e-6):
    return (function(point + step * direction) - function(point - step * direction)) / (2 * step)


@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives(name):
    function, wanted, point = CASES[name]
    made = function(s)
    found = made.eval({s: point})
    assert (made.dtype, found.dtype, found.shape) == (np.float64, np.float64, np.shape(wanted))
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    weights, direction = RNG.normal(size=found.shape), RNG.normal(size=(3, 3))
    direction = direction + direction.T if point is S else direction
    cost = et.sum(et.square(made) * weights)
    slope = et.sum(et.grad(cost, s) * direction)
    np.testing.assert_allclose(slope.eval({s: point}), numeric(et.function([s], cost), point, direction), rtol=1e-5, atol=1e-6)
    second = np.sum(et.grad(slope, s).eval({s: point}) * direction)
    np.testing.assert_allclose(second, numeric(et.function([s], slope), point, direction), rtol=1e-4, atol=1e-5)


def test_general_eigenvalues_are_complex():
    values, vectors = et.linalg.eig(s)
    assert values.dtype == vectors.dtype == np.complex128
    w, v = et.function([s], [values, vectors])(A)
    np.testing.assert_allclose(A @ v, v * w, atol=1e-12)
    np.testing.assert_allclose(et.linalg.eigvals(s).eval({s: A}), np.linalg.eigvals(A))
    np.testing.assert_allclose(et.grad(et.sum(et.real(values)), s).eval({s: A}), np.eye(3), atol=1e-12)  # the trace
    cost = et.sum(et.real(values**2))
    direction = RNG.normal(size=(3, 3))
    found = np.sum(et.grad(cost, s).eval({s: A}) * direction)
    np.testing.assert_allclose(found, numeric(et.function([s], cost), A, direction), rtol=1e-6)
    with pytest.raises(NullTypeGradError, match="up to a factor"):
        et.grad(et.sum(et.real(vectors)), s)


def test_rank_is_flat():
    assert et.linalg.matrix_rank(s).eval({s: np.diag([1.0, 0.0, 2.0])}) == 2
    assert et.linalg.matrix_rank(et.symbol("t", (2, 3, 4))).term.type.shape == (2,)
    np.testing.assert_array_equal(et.grad(et.linalg.matrix_rank(s), s).eval({s: A}), np.zeros((3, 3)))


def test_products_of_several_are_ordered_by_work():
    tall, flat = et.symbol("a", (50, 2)), et.symbol("b", (2, 50))
    ordered = et.linalg.multi_dot([tall, flat, tall])
    assert ordered.term is (tall @ (flat @ tall)).term


def test_wrong_calls():
    with pytest.raises(ShapeError, match="square"):
        et.linalg.expm(et.symbol("a", (2, 3)))
    with pytest.raises(ShapeError, match="two arrays"):
        et.linalg.multi_dot([s])


@pytest.mark.parametrize("name", ["slogdet", "svd", "eigh", "qr"])
def test_one_of_several_results_in_a_function(name):
    made = getattr(et.linalg, name)(s * 2)[1]
    wanted = getattr(np.linalg, name)(2 * S)[1]
    np.testing.assert_allclose(et.function([s], et.abs(made) + 1, backend="numpy")(S), np.abs(wanted) + 1, rtol=1e-10)


def test_svd_takes_numpys_word_for_its_size():
    wide = et.symbol("wide", (2, 3))
    assert [part.shape for part in np.linalg.svd(wide, full_matrices=False)] == [(2, 2), (2,), (2, 3)]
    assert et.linalg.svd(s, full_matrices=True)[1].term is et.linalg.svd(s)[1].term
    with pytest.raises(ShapeError, match="only for square matrices"):
        et.linalg.svd(wide, full_matrices=True)
