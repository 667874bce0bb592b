"""Array operators against NumPy: values, dtypes, shapes known before there are values, errors."""

import itertools

import numpy as np
import pytest

from etude.errors import EtudeError, SubscriptError
from etude.ops import CATALOGUE
from etude.ops.subscripts import subscript_of
from etude.rules import default
from etude.terms import TupleType, constant, symbol

RNG = np.random.default_rng(5)
DTYPES = ("bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64", "complex128")
REDUCTIONS = ("sum", "prod", "mean", "max", "min", "all", "any", "var", "std", "count_nonzero")
AXES = (None, 0, -1, (0, 2), (), (2, 0, 1))
CUBE = np.arange(60.0).reshape(3, 4, 5)
A, S, V = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 3)), RNG.normal(size=4)
P = S @ S.T + 3 * np.eye(3)


def term(name, *values, **attributes):
    return CATALOGUE[name](*map(constant, values), **attributes)


def assert_like(found, wanted, rtol=1e-12):
    wanted = np.asarray(wanted)
    got = np.asarray(found.evaled_obj)
    assert (found.type.dtype, found.type.shape) == (wanted.dtype, wanted.shape)
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name, dtype):
    x = RNG.integers(0, 3, size=(2, 3, 4)).astype(dtype)
    tolerance = 1e-2 if dtype == "float16" else 1e-5 if dtype in ("float32", "complex64") else 1e-12
    for axis, keepdims in itertools.product(AXES, (False, True)):
        assert_like(term(name, x, axis=axis, keepdims=keepdims), getattr(np, name)(x, axis=axis, keepdims=keepdims), tolerance)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places(name):
    for axis, keepdims in itertools.product((None, 0, -1), (False, True)):
        assert_like(term(name, A, axis=axis, keepdims=keepdims), getattr(np, name)(A, axis=axis, keepdims=keepdims))


def test_sums_over_no_elements():
    empty = np.zeros((2, 0, 3))
    for name in ("sum", "prod", "all", "any", "count_nonzero"):
        assert_like(term(name, empty, axis=1), getattr(np, name)(empty, axis=1))
    assert_like(term("logsumexp", empty, axis=1), np.full((2, 3), -np.inf))
    for name in ("max", "min", "argmax"):
        with pytest.raises(EtudeError, match=rf"{name}.*no elements"):
            term(name, empty, axis=1)


def test_sums_of_exponentials_do_not_overflow():
    x = np.array([[1e4, 1e4, -np.inf], [-np.inf, -np.inf, -np.inf], [np.inf, 0, 1]])
    assert_like(term("logsumexp", x, axis=1), [1e4 + np.log(2), -np.inf, np.inf])
    assert_like(term("softmax", x[:1], axis=1), [[0.5, 0.5, 0.0]])
    assert_like(term("log_softmax", x[:1], axis=1), [[-np.log(2), -np.log(2), -np.inf]])
    assert term("logsumexp", np.float32([1, 2])).type.dtype == np.float32


def test_norms():
    assert_like(term("norm", A, axis=1, keepdims=True), np.linalg.norm(A, axis=1, keepdims=True))
    assert_like(term("norm", A * 1j), np.linalg.norm(A))
    assert_like(CATALOGUE["p_norm"](constant(A), 3.0, axis=0), np.linalg.norm(A, 3, axis=0))
    assert_like(CATALOGUE["p_norm"](constant(np.zeros(3)), 3.0), 0.0)


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_running(name):
    for axis in (None, 0, 1):
        assert_like(term(name, A, axis=axis), getattr(np, name)(A, axis=axis))
    assert_like(term(name, A, axis=1, reverse=True), getattr(np, name)(A[:, ::-1], axis=1)[:, ::-1])


@pytest.mark.parametrize("width", [1, 40])
def test_linear_recurrence(width):
    a, b = RNG.normal(size=(2, 30, width))
    wanted = [b[0]]
    for factor, summand in zip(a[1:], b[1:], strict=True):
        wanted.append(factor * wanted[-1] + summand)
    assert_like(term("linear_recurrence", a, b, axis=0), wanted)
    assert_like(term("linear_recurrence", a[::-1], b[::-1], axis=0, reverse=True), wanted[::-1])


def test_products_of_the_others():
    x = np.array([2.0, 0.0, 3.0, 5.0])
    before, after = term("exclusive_cumprod", x), term("exclusive_cumprod", x, reverse=True)
    assert_like(before, [1, 2, 0, 0.0])
    assert_like(after, [0, 15, 5, 1.0])
    assert_like(term("shift", x), [0, 2, 0, 3.0])


def test_order():
    x = np.array([[3.0, np.nan, 1.0, 3.0], [0.0, -1.0, 2.0, -1.0]])
    for axis in (None, 0, 1):
        assert_like(term("sort", x, axis=axis), np.sort(x, axis=axis))
        assert_like(term("argsort", x, axis=axis), np.argsort(x, axis=axis, kind="stable"))
    assert_like(
        CATALOGUE["tie_mean"](constant(V), constant([1, 2, 1, 1])),
        [(V[0] + V[2] + V[3]) / 3, V[1], *[(V[0] + V[2] + V[3]) / 3] * 2],
    )
    assert_like(term("searchsorted", [1.0, 2.0, 3.0], [0.0, 2.0, 9.0], side="right"), [0, 2, 3])


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
                                    ((5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((5, 1, 2, 3), (4, 3, 2))])  # fmt: skip
@pytest.mark.parametrize("dtypes", [("float64", "float32"), ("int8", "bool"), ("complex64", "int64")])
def test_matmul(shapes, dtypes):
    a, b = (RNG.integers(0, 2, size=shape).astype(dtype) for shape, dtype in zip(shapes, dtypes, strict=True))
    assert_like(term("matmul", a, b), a @ b)


def test_every_subscript():
    pool = [0, -1, slice(None), slice(1, None), slice(None, None, -1), slice(3, 0, -2), slice(5, 2), None, Ellipsis,
            np.array([0, 2]), np.array([[1], [0]]), [0, 1, 0], np.int64(1)]  # fmt: skip
    x, tried = constant(CUBE), 0
    for key in itertools.chain(itertools.product(pool, repeat=2), itertools.product(pool, repeat=3)):
        operands, spec = subscript_of(key)
        try:
            wanted = CUBE[key]
        except IndexError:
            with pytest.raises(SubscriptError):
                CATALOGUE["getitem"](x, *operands, spec=spec)
            continue
        assert_like(CATALOGUE["getitem"](x, *operands, spec=spec), wanted)
        tried += 1
    assert tried > 1000


def test_masks_and_computed_places():
    x, k, m = symbol("x", (3, 4, 5)), symbol("k", (), "int64"), symbol("m", (3, 4), "bool")
    assert_like(CATALOGUE["getitem"](constant(CUBE), *subscript_of(CUBE > 7)[0], spec=("array",)), CUBE[CUBE > 7])
    keys = [(k,), (slice(k, None),), (Ellipsis, k), (m,), (slice(None), k, None)]
    pieces = [subscript_of(key) for key in keys]
    shapes = [CATALOGUE["getitem"](x, *operands, spec=spec).type.shape for operands, spec in pieces]
    assert shapes == [(4, 5), (None, 4, 5), (3, 4), (None, 5), (3, 1, 5)]


def test_out_of_place_updates():
    for key, value in [((0,), 7.0), ((slice(None), [0, 0, 1]), np.arange(3.0)[:, None]), ((Ellipsis, -1), 1.0)]:
        operands, spec = subscript_of(key)
        wanted, added = CUBE.copy(), CUBE.copy()
        wanted[key] = value
        np.add.at(added, key, value)
        assert_like(CATALOGUE["set_at"](constant(CUBE), value, *operands, spec=spec), wanted)
        assert_like(CATALOGUE["add_at"](constant(CUBE), value, *operands, spec=spec), added)


def test_layout():
    assert_like(term("transpose", CUBE, axes=(1, -1, 0)), CUBE.transpose(1, 2, 0))
    assert_like(term("reshape", CUBE, shape=(5, -1)), CUBE.reshape(5, -1))
    assert_like(term("broadcast_to", V, shape=(3, 4)), np.broadcast_to(V, (3, 4)))
    assert_like(term("squeeze", CUBE[:1, :, :1]), CUBE[0, :, 0])
    x = symbol("x", ("m", "n"))
    assert CATALOGUE["transpose"](x) is CATALOGUE["matrix_transpose"](x)
    assert CATALOGUE["transpose"](x, axes=(0, 1)) is x
    assert CATALOGUE["reshape"](x, shape=(-1, 1)).type.shape == (None, 1)
    assert CATALOGUE["expand_dims"](x, axis=(0, -1)).type.shape == (1, "m", "n", 1)


def test_known_shapes_make_likes_static():
    x, n = symbol("x", (3, 4)), symbol("n", ("n", 4))
    row = symbol("row", (4,))
    assert CATALOGUE["sum_like"](x, row) is CATALOGUE["sum"](x, axis=0)
    assert CATALOGUE["sum_like"](n, row) is CATALOGUE["sum"](n, axis=0)
    assert CATALOGUE["sum_like"](n, n) is n
    assert CATALOGUE["broadcast_like"](row, x) is CATALOGUE["broadcast_to"](row, shape=(3, 4))
    assert CATALOGUE["broadcast_like"](row, n).type is n.type
    assert CATALOGUE["zeros_like"](n).type is n.type
    assert CATALOGUE["reshape_like"](CATALOGUE["reshape"](x, shape=(12,)), x).type is x.type


def test_joining():
    n = symbol("n", ("n", 4))
    assert CATALOGUE["concatenate"](n, constant(A), axis=0).type.shape == (None, 4)
    assert CATALOGUE["concatenate"](n, n, axis=1).type.shape == ("n", 8)
    assert_like(term("concatenate", A, np.int8(A)), np.concatenate([A, np.int8(A)]))
    assert_like(term("flip", A), np.flip(A))
    assert_like(term("sum_tiles", np.tile(A, (2, 3)), reps=(2, 3)), 6 * A)


def test_linear_algebra():
    for name in ("inv", "det", "cholesky"):
        assert_like(term(name, P), getattr(np.linalg, name)(P))
    assert_like(term("solve", S, np.ones(3)), np.linalg.solve(S, np.ones(3)))
    assert_like(term("solve_triangular", np.stack([P, S]), np.ones(3), lower=True),
                [np.linalg.solve(np.tril(P), np.ones(3)), np.linalg.solve(np.tril(S), np.ones(3))])  # fmt: skip
    assert_like(term("cofactor", S), np.linalg.det(S) * np.linalg.inv(S).T)
    assert_like(term("cofactor", np.diag([1.0, 0.0, 2.0])), np.diag([0.0, 2.0, 0.0]))
    for name, function in {"eigh": np.linalg.eigh, "slogdet": np.linalg.slogdet, "qr": np.linalg.qr}.items():
        found = term(name, P)
        assert isinstance(found.type, TupleType)
        for index, wanted in enumerate(function(P)):
            assert_like(CATALOGUE["item"](found, index=index), wanted)
    u, s, vh = (CATALOGUE["item"](term("svd", A), index=index).evaled_obj for index in range(3))
    np.testing.assert_allclose((u * s) @ vh, A)


@pytest.mark.parametrize(
    ("name", "shapes", "attributes", "message"),
    [
        ("sum", [(3,)], {"axis": 1}, "axis 1 does not exist"),
        ("sum", [(3, 2)], {"axis": (0, 0)}, "names an axis twice"),
        ("matmul", [(3, 2), (3,)], {}, "2 and 3 differ"),
        ("matmul", [(), (3,)], {}, "no dimensions"),
        ("reshape", [(3, 2)], {"shape": (4, -1)}, "6 elements"),
        ("squeeze", [(3, 1)], {"axis": 0}, "has not size 1"),
        ("transpose", [(3, 1)], {"axes": (0, 0)}, "no permutation"),
        ("concatenate", [(3, 1), (2, 2)], {"axis": 0}, "sizes of axis 1"),
        ("inv", [(3, 2)], {}, "square"),
        ("solve", [(3, 3), (2,)], {}, "3 and 2 differ"),
        ("broadcast_to", [(3,)], {"shape": (4,)}, "broadcast"),
        ("item", [(3,)], {"index": 0}, "several results"),
    ],
)
def test_errors_say_what_does_not_fit(name, shapes, attributes, message):
    operands = [symbol(f"x{i}", shape) for i, shape in enumerate(shapes)]
    with pytest.raises(EtudeError, match=rf"{name}: .*{message}"):
        CATALOGUE[name](*operands, **attributes)


def test_every_array_operator_has_a_differential_line():
    lines = {rule.lhs._tuple[0].name for rule in default("differentials")}
    lines |= {rule.lhs._tuple[1]._tuple[0].name for rule in default("differentials") if rule.lhs._tuple[0].name == "item"}
    modules = "axes contraction exponential_sums indexing joining layout likes linear_algebra matrices products reductions scans shapes sorting"
    mine = {op.name for op in CATALOGUE.values() if op.infer.__module__.removeprefix("etude.ops.") in modules.split()}
    assert sorted(mine - lines - {"item"}) == []
