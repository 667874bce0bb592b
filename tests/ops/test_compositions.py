"""Array functions against NumPy: values, dtypes and shapes."""

import numpy as np
import pytest

import etude as et
from etude.ops import COMPOSITIONS
from etude.terms import Term, constant, symbol

RNG = np.random.default_rng(3)
A, B, T, V, W = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=(2, 3, 4)), RNG.normal(size=4), RNG.normal(size=3)
S = RNG.normal(size=(3, 3))
I = np.arange(6).reshape(2, 3)
N = np.array([[1.0, np.nan, 2.0], [0.5, 3.0, -1.0]])

# (name, arguments, keywords); arrays become symbols
CASES = [
    ("stack", ([V, V * 2],), {}), ("stack", ([A, A + 1],), {"axis": -1}), ("vstack", ([V, V],), {}),
    ("vstack", ([A, V],), {}), ("hstack", ([V, W],), {}), ("hstack", ([A, S],), {}), ("column_stack", ([W, A],), {}),
    ("split", (A, 2), {"axis": 1}), ("split", (V, [1, 3]), {}), ("array_split", (A, 3), {"axis": 1}), ("unstack", (A,), {}),
    ("repeat", (A, 2), {"axis": 0}), ("repeat", (A, 3), {"axis": 1}), ("repeat", (A, 2), {}), ("repeat", (I, [0, 2, 1]), {"axis": 1}),
    ("tile", (A, 2), {}), ("tile", (V, (2, 3)), {}), ("tile", (I, (2, 1, 2)), {}),
    ("roll", (A, 1), {}), ("roll", (A, (1, -2)), {"axis": (0, 1)}), ("roll", (I, 2), {"axis": 1}),
    ("pad", (A, 1), {}), ("pad", (A, ((1, 2), (0, 1))), {"constant_values": 7.0}), ("pad", (A, 2), {"mode": "reflect"}),
    ("pad", (A, ((0, 2), (1, 0))), {"mode": "edge"}),
    ("nansum", (N,), {}), ("nansum", (N,), {"axis": 0}), ("nanmean", (N,), {"axis": 1}),
    ("median", (A,), {}), ("median", (A,), {"axis": 0}), ("median", (A,), {"axis": 1, "keepdims": True}), ("median", (N,), {"axis": 1}),
    ("median", (I,), {}), ("trapezoid", (A,), {}), ("trapezoid", (A,), {"axis": 0, "dx": 0.5}), ("trapezoid", (A, V), {}),
    ("diagonal", (T,), {}), ("diagonal", (T,), {"offset": 1, "axis1": 2, "axis2": 1}), ("trace", (T,), {}), ("trace", (I,), {}),
    ("diag", (V,), {}), ("diag", (V, -1), {}), ("diag", (A, 1), {}),
    ("kron", (A, B), {}), ("kron", (V, A), {}), ("kron", (I, I), {}), ("cross", (S, W), {}), ("cross", (I, I[::-1]), {}),
    ("tensordot", (A, B), {"axes": 1}), ("tensordot", (T, T), {"axes": ((0, 2), (0, 2))}), ("tensordot", (V, W), {"axes": 0}),
    ("tensordot", (A, A), {}),
    ("einsum", ("ij,jk->ik", A, B), {}), ("einsum", ("ij,jk", A, B), {}), ("einsum", ("ij,kj->ki", A, A), {}),
    ("einsum", ("ii", S), {}), ("einsum", ("ii->i", S), {}), ("einsum", ("ij->ji", A), {}), ("einsum", ("ij->", A), {}),
    ("einsum", ("i,j->ij", V, W), {}), ("einsum", ("i,i", V, V), {}), ("einsum", ("bij,jk,bi->bk", T, B, T[:, :, 0]), {}),
    ("einsum", ("...ij,...jk->...ik", T, B), {}), ("einsum", ("bij,bij->b", T, T), {}), ("einsum", ("ij,ij->ij", A, A), {}),
    ("einsum", ("bij,ik->jkb", T, S), {}), ("einsum", ("iij,j->i", RNG.normal(size=(3, 3, 4)), V), {}), ("einsum", ("ij,kl->il", A, B), {}),
    ("einsum", ("ij,jk->ik", I, I.T), {}), ("einsum", ("ij,ij->i", A, A[:, :1]), {}),
    ("meshgrid", (V, W), {}), ("meshgrid", (V, I[0], W), {"indexing": "ij"}),
]  # fmt: skip
LINALG = [
    ("matrix_power", (S, 5), {}), ("matrix_power", (S, -2), {}), ("matrix_power", (S, 0), {}), ("norm", (A,), {}), ("norm", (V, 1), {}),
    ("norm", (V, np.inf), {}), ("norm", (V, -np.inf), {}), ("norm", (V, 0), {}), ("norm", (V, 3), {}), ("norm", (A,), {"axis": 1}),
    ("norm", (A, 3), {"axis": 0, "keepdims": True}), ("norm", (A, "fro"), {}), ("norm", (A, "nuc"), {}), ("norm", (A, 2), {}),
    ("norm", (A, -2), {}), ("norm", (A, 1), {}), ("norm", (A, np.inf), {}), ("norm", (T, 1), {"axis": (0, 2), "keepdims": True}),
    ("norm", (I,), {}), ("norm", (A * 1j,), {}),
]  # fmt: skip


def named(value):
    """Arrays as constant terms, inside lists as well."""
    if isinstance(value, np.ndarray):
        return constant(value)
    return [named(part) for part in value] if isinstance(value, list) and any(isinstance(p, np.ndarray) for p in value) else value


def assert_same(found, wanted):
    if isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_same(one, other)
        return
    assert isinstance(found, Term)
    wanted = np.asarray(wanted)
    assert found.type.shape == wanted.shape
    assert found.type.dtype == wanted.dtype
    got = np.asarray(found.evaled_obj)
    assert got.dtype == wanted.dtype
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("name", "args", "named_args"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_value_dtype_and_shape_are_numpys(name, args, named_args):
    function = getattr(np, name)
    assert_same(COMPOSITIONS[name](*map(named, args), **named_args), function(*args, **named_args))


@pytest.mark.parametrize(("name", "args", "named_args"), LINALG, ids=lambda part: part if isinstance(part, str) else "")
def test_value_dtype_and_shape_are_numpys_in_linalg(name, args, named_args):
    assert_same(COMPOSITIONS[name](*map(named, args), **named_args), getattr(np.linalg, name)(*args, **named_args))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("stack", ([],)),
        ("split", (V, 3)),
        ("split", (symbol("n", ("n",)), 2)),
        ("unstack", (symbol("n", ("n",)),)),
        ("einsum", ("ij,jk->ik", A)),
        ("einsum", ("ij,jk->iz", A, B)),
        ("einsum", ("ijk->i", A)),
        ("tensordot", (A, A, ((0, 1), (0,)))),
        ("kron", (symbol("n", ("n", 2)), A)),
        ("norm", (T, 1)),
        ("trace", (A, 0, 1, 1)),
    ],
)
def test_misuse_is_named(name, args):
    with pytest.raises(et.errors.EtudeError if hasattr(et, "errors") else ValueError, match=name):
        COMPOSITIONS[name](*map(named, args))
