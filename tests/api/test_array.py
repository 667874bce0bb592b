"""The Array: operators, protocols, conversions, errors."""

import copy
import pickle

import numpy as np
import pytest

import etude as et
from etude.errors import ArgumentError, MissingValueError, ShapeError, TermTypeError

x, y = et.symbols("x y")
v, A = et.vector("v"), et.matrix("A")
V, M = np.array([1.0, -2.0, 3.0]), np.arange(6.0).reshape(2, 3) - 2.5


def agrees(symbolic, value):
    found = symbolic.eval({s: n for s, n in ((v, V), (A, M)) if occurs(s, symbolic)})
    np.testing.assert_allclose(found, value)
    assert found.dtype == symbolic.dtype == np.asarray(value).dtype
    assert found.ndim == symbolic.ndim


def occurs(leaf, expr):
    from etude.terms import postorder

    return leaf.term in postorder(expr.term)


BINARY = ["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!="]


@pytest.mark.parametrize("sign", BINARY)
def test_operators_are_numpys(sign):
    for right in (2, 2.5, np.float64(1.5), np.ones(3), [1.0, 2.0, 3.0]):
        agrees(eval(f"v {sign} right", {"v": v, "right": right}), eval(f"v {sign} right", {"v": V, "right": right}))


@pytest.mark.parametrize("sign", BINARY)
def test_reflected_operators_are_numpys(sign):
    for left in (2, 2.5, np.float64(1.5), np.ones(3)):
        agrees(eval(f"left {sign} v", {"v": v, "left": left}), eval(f"left {sign} v", {"v": V, "left": left}))


def test_products_of_matrices():
    agrees(A @ v, M @ V)
    agrees(M @ v, M @ V)
    agrees(v @ np.ones(3), V @ np.ones(3))
    agrees(np.ones((1, 2)) @ A, np.ones((1, 2)) @ M)


@pytest.mark.parametrize(
    "key",
    [0, -1, slice(1, None), slice(None, None, -1), None, ..., (0, 1), (slice(None), 1), (..., 0), (None, 1, slice(0, 2)), [0, 1],
     np.array([1, 0]), (np.array([0, 1]), np.array([1, 2])), (slice(None), [0, 2])],
)  # fmt: skip
def test_subscripts_are_numpys(key):
    agrees(A[key], M[key])


def test_masks_and_symbolic_indices():
    agrees(A[A > 0], M[M > 0])
    i = et.scalar("i", dtype="int64")
    assert (v[i] + v[i:].sum()).eval({v: V, i: 1}) == V[1] + V[1:].sum()


def test_places_are_set_and_added_to():
    assert v.at[1].set(7.0).eval({v: V}).tolist() == [1.0, 7.0, 3.0]
    assert v.at[[0, 0]].add(1.0).eval({v: V}).tolist() == [3.0, -2.0, 3.0]


METHODS = {
    "sum": {"axis": 0}, "prod": {}, "mean": {"axis": 1}, "var": {"ddof": 1}, "std": {"axis": 0}, "min": {"axis": 0}, "max": {}, "all": {},
    "any": {"axis": 1}, "argmax": {"axis": 1}, "argmin": {}, "ravel": {}, "flatten": {}, "clip": {"min": 0.0, "max": 1.0}, "round": {},
    "conj": {}, "squeeze": {},
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_numpys(name):
    agrees(getattr(A, name)(**METHODS[name]), getattr(M, name)(**METHODS[name]))


FUNCTIONS = {
    "sin": (M,), "add": (M, 1.0), "multiply": (M, M), "where": (M > 0, M, 0.0), "sum": (M, 0), "mean": (M, 1), "maximum": (M, 0.0),
    "transpose": (M,), "reshape": (M, (3, 2)), "clip": (M, 0.0, 1.0), "dot": (M, V), "outer": (V, V), "max": (M,), "zeros_like": (M,),
    "absolute": (M,), "isnan": (M,), "expand_dims": (M, 0), "flip": (M, 1), "swapaxes": (M, 0, 1), "moveaxis": (M, 0, 1), "diff": (M,),
    "std": (M, 0), "logaddexp": (M, M), "divmod": (M, 2.0), "ptp": (M,), "average": (M, 0), "take": (V, [0, 2]), "matmul": (M, V),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpys_functions_dispatch(name):
    args = FUNCTIONS[name]
    leaves = {id(V): v, id(M): A}
    found = getattr(np, name)(*[leaves.get(id(arg), arg) for arg in args])
    expected = getattr(np, name)(*args)
    for one, wanted in zip(*[part if isinstance(part, tuple) else (part,) for part in (found, expected)], strict=True):
        agrees(one, wanted)
    top = getattr(et, name)(*[leaves.get(id(arg), arg) for arg in args])
    assert [part.term for part in (top if isinstance(top, tuple) else (top,))] == [
        part.term for part in (found if isinstance(found, tuple) else (found,))
    ]


def test_reductions_of_ufuncs():
    agrees(np.add.reduce(A), np.add.reduce(M))
    agrees(np.maximum.reduce(A, axis=1), np.maximum.reduce(M, axis=1))


def test_scipys_functions_dispatch():
    from scipy.special import expit

    agrees(expit(v), expit(V))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: float(x), "eval"), (lambda: int(v), "eval"), (lambda: len(v), "shape"), (lambda: len(x), "0 dimensions"),
        (lambda: list(v), "scan"), (lambda: list(x), "0 dimensions"), (lambda: np.asarray(x), "eval"), (lambda: np.array([x, y]), "eval"),
        (lambda: bool(x > 0), "where"), (lambda: 1 if v else 2, "where"), (lambda: v.__setitem__(0, 1.0), r"x\.at"),
        (lambda: x in v, "any"), (lambda: range(x), "eval"), (lambda: np.add(np.ones(3), v, out=np.ones(3)), "out"),
        (lambda: np.sin(v, where=V > 0), "where"), (lambda: np.histogram(v), "histogram"), (lambda: x + "a", r"\+"), (lambda: et.sin("a"), "'a'"),
        (lambda: v.at.set(1), "places"), (lambda: et.Array(3), "asarray"),
    ],
)  # fmt: skip
def test_what_has_no_answer_is_a_type_error_that_helps(act, words):
    with pytest.raises(TypeError, match=words):
        act()


def test_shapes_that_do_not_fit_are_refused_by_name():
    with pytest.raises(ShapeError, match=r"a: float64\(3,\), b: float64\(4,\)"):
        et.symbol("a", (3,)) + et.symbol("b", (4,))
    with pytest.raises(ShapeError, match="operands: a"):
        et.maximum(et.symbol("a", (3,)), et.symbol("b", (4,)))


def test_equality_is_identity_of_terms():
    assert x == et.scalar("x")
    assert not x == y
    assert x != y
    assert x in [y, et.symbol("q", (3,)), x]
    assert et.symbol("p", (2,)) != et.symbol("p", (3,))
    assert {x: 1}[et.scalar("x")] == 1
    assert isinstance(x == y, et.Array)


def test_known_and_unknown_sizes():
    w = et.symbol("w", (3, None))
    assert len(w) == w.shape[0] == 3
    assert isinstance(w.shape[1], et.Array)
    assert w.shape[1].dtype == "int64"
    assert w.shape[1].eval({w: np.ones((3, 5))}) == 5
    assert et.symbol("w", (3, 4)).size == 12
    assert [part.term for part in et.symbol("u", (2,))] == [et.symbol("u", (2,))[k].term for k in range(2)]


def test_names_belong_to_the_handle():
    z = x + 1
    z.name = "z"
    assert z.name == "z"
    assert (x + 1).name is None
    assert (x + 1).term is z.term
    assert x.name == "x"


def test_augmented_assignment_binds_a_new_array():
    z = x
    z += 1
    assert z.term is (x + 1).term
    assert x.name == "x"


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))])
def test_copies_have_the_same_term_and_name(clone):
    z = et.sin(x) + 1
    z.name = "z"
    assert clone(z).term is z.term
    assert clone(z).name == "z"


def test_values_are_checked():
    i = et.scalar("i", dtype="int64")
    with pytest.raises(MissingValueError, match="y"):
        (x + y).eval({x: 1.0})
    with pytest.raises(ArgumentError, match=r"v has 1 dimension, \(\?,\)"):
        v.eval({v: 1.0})
    with pytest.raises(ArgumentError, match="i has dtype int64"):
        i.eval({i: 1.5})
    n = et.symbol("a", ("n",)), et.symbol("b", ("n",))
    with pytest.raises(ArgumentError, match="dimension 'n' is 2 in a and 3 in b"):
        et.dot(*n).eval({n[0]: np.ones(2), n[1]: np.ones(3)})


@pytest.mark.parametrize(
    "expr",
    [x, v, A, x + 1, et.symbol("q", (3, "n"), "float32"), et.log(v) @ v,
     et.constant(2.0), et.constant([1, 2]), et.constant(np.float32(0.1)), et.log(et.scalar("a", positive=True)) + x,
     et.matrix("S", positive_definite=True) @ v, et.vector("k", dtype="int32") + 1],
)  # fmt: skip
def test_the_repr_makes_the_array_again(expr):
    assert eval(repr(expr), {name: getattr(et, name) for name in et.__all__}).term is expr.term


def test_a_shared_variable_keeps_a_value():
    w = et.shared([1.0, 2.0], name="w")
    z = 2 * w
    assert z.eval().tolist() == [2.0, 4.0]
    w.set_value([3.0, 4.0, 5.0])
    assert z.eval().tolist() == [6.0, 8.0, 10.0]
    w.get_value()[0] = 100.0
    assert w.get_value()[0] == 3.0
    assert w != et.shared([1.0, 2.0], name="w")
    assert isinstance(et.from_term(w.term), et.SharedVariable)
    with pytest.raises(ArgumentError, match="dimensions"):
        w.set_value(1.0)
    with pytest.raises(ArgumentError, match="complex"):
        w.set_value([1j])


def test_words_and_arrays_given_to_parse():
    assert et.parse("log(a)", a="positive nonzero").term is et.log(et.scalar("a", positive=True, nonzero=True)).term
    assert et.parse("B * 2", B=A, unused=v).term is (A * 2).term
    with pytest.raises(TermTypeError, match="a='postive'"):
        et.parse("a", a="postive")


def test_symbols_with_wrong_words_are_refused_by_name():
    with pytest.raises(TermTypeError, match="'foo'"):
        et.scalar("x", foo=True)
    with pytest.raises(TermTypeError, match="symmetric"):
        et.scalar("s", symmetric=True)


def test_a_symbol_without_a_name_is_fresh():
    assert et.scalar() != et.scalar()


def test_the_array_namespace_is_the_library():
    assert x.__array_namespace__() is et
    assert et.float64 is np.float64
    assert et.result_type(et.scalar("f", dtype="float32"), 1.0) == np.float32
    assert et.isdtype(et.float32, "real floating")
    assert et.finfo(x).eps == np.finfo(np.float64).eps
    assert et.newaxis is None


def test_formats_and_latex():
    assert f"{x + 1:>8}" == "   x + 1"
    assert (x / 2)._repr_latex_().startswith("$")


def test_lists_that_hold_arrays_are_stacked():
    made = et.asarray([x, 2 * x, 1])
    assert made.shape == (3,)
    assert made.dtype == "float64"
    assert made.eval({x: 3.0}).tolist() == [3.0, 6.0, 1.0]
    assert et.asarray([[x, y], [1, x]]).eval({x: 3.0, y: 4.0}).tolist() == [[3.0, 4.0], [1.0, 3.0]]
    with pytest.raises(TermTypeError, match="one shape"):
        et.asarray([v, v])
