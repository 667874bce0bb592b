"""What is promised about building: one test for each promise."""

import numpy as np
import pytest
from etuples import etuple as upstream
from etuples.core import ExpressionTuple
from kanren import var

import etude as et
from etude.errors import ParseError
from etude.terms import etuple

x, y = et.symbols("x y")
v, A = et.vector("v"), et.matrix("A")

HOLDS = {
    "equal names, types and assumptions are one symbol": lambda: et.symbol("a", (3,), positive=True).term is et.symbol("a", (3,), positive=True).term,
    "assumptions tell symbols apart": lambda: et.symbol("a").term is not et.symbol("a", positive=True).term,
    "types tell symbols apart": lambda: et.symbol("a", dtype="float32").term is not et.symbol("a").term,
    "no name is a fresh symbol": lambda: et.symbol().term is not et.symbol().term,
    "several symbols": lambda: [s.name for s in et.symbols("x y z", shape=(2,))] == ["x", "y", "z"],
    "a row": lambda: et.row("r").term.type.shape == (1, None),
    "a column": lambda: et.col("r").term.type.shape == (None, 1),
    "ranks": lambda: [make("t").ndim for make in (et.scalar, et.vector, et.matrix, et.tensor3, et.tensor4)] == [0, 1, 2, 3, 4],
    "nested lists that hold Arrays are stacked": lambda: et.constant([[x, 1], [2, y]]).eval({x: 5, y: 6}).tolist() == [[5, 1], [2, 6]],
    "a dtype may be NumPy's scalar type": lambda: et.constant(1, dtype=et.float32).dtype == np.float32 and et.float32 is np.float32,
    "an array keeps its dtype": lambda: et.asarray(np.arange(3)).dtype == np.int64,
    "keywords that do not occur are allowed": lambda: str(et.parse("x", other="positive")) == "x",
    "several assumption words": lambda: et.parse("x", x="positive integer").term is et.symbol("x", positive=True, integer=True).term,
    "an Array for a name": lambda: et.parse("A @ v", A=A, v=v).term is (A @ v).term,
    "unknown names are scalars": lambda: et.parse("q").term is et.scalar("q").term,
    "text parses back to the same term": lambda: et.parse(str(et.special.softmax(v) * v), v=v).term is (et.special.softmax(v) * v).term,
    "a term is an etuple": lambda: isinstance(x.term, ExpressionTuple),
    "from_term": lambda: et.from_term((x + y).term).term is (x + y).term,
    "etuples are interned": lambda: etuple(1, 2) is etuple(1, 2) and etuple(1, 2) is not etuple(1.0, 2),
    "etuples hold logic variables": lambda: len(etuple(1, var(), "a")) == 3,
    "a Term equals a tuple and an etuple": lambda: etuple(1, 2) == (1, 2) and etuple(1, 2) == (1, 2) and etuple(1, 2) == upstream(1, 2),
    "the empty Term": lambda: etuple() == ExpressionTuple(()),
    "etuples evaluate plain callables": lambda: etuple(sum, (1, 2)).evaled_obj == 3,
    "dtype is NumPy's": lambda: isinstance(x.dtype, np.dtype),
    "known sizes are ints": lambda: et.symbol("a", (2, 3)).shape == (2, 3),
    "unknown sizes are int64 Arrays": lambda: isinstance(v.shape[0], et.Array) and v.shape[0].ndim == 0 and v.shape[0].dtype == np.int64,
    "the type has names and None": lambda: et.symbol("a", ("n", None, 3)).term.type.shape == ("n", None, 3),
    "shape as a vector": lambda: et.shape(A).eval({A: np.ones((2, 3))}).tolist() == [2, 3],
    "size": lambda: A.size.eval({A: np.ones((2, 3))}) == 6 and et.symbol("a", (2, 3)).size == 6,
    "equality of terms": lambda: bool(x == x) and not bool(x == y) and bool(x != y),
    "known lengths": lambda: len(et.symbol("a", (3,))) == 3 and len(list(et.symbol("a", (3, 2)))) == 3,
    "places set": lambda: v.at[0].set(5).eval({v: np.zeros(2)}).tolist() == [5, 0],
    "places added to, twice": lambda: v.at[[0, 0]].add(1).eval({v: np.zeros(2)}).tolist() == [2, 0],
    "eval": lambda: type((x + 1).eval({x: 2})) is np.ndarray,
    "NumPy's functions": lambda: str(np.sin(x)) == "sin(x)" and np.sum(A, axis=0).ndim == 1 and (np.ones((2, 2)) @ A).ndim == 2,
    "slices": lambda: A[..., ::-1].eval({A: np.arange(4.0).reshape(2, 2)}).tolist() == [[1, 0], [3, 2]],
    "results of unknown size": lambda: et.nonzero(v)[0].term.type.shape == (None,),
    "eig is complex": lambda: {part.dtype for part in et.linalg.eig(A)} == {np.dtype("complex128")},
    "two names": lambda: et.asin(x).term is et.arcsin(x).term and et.concat([v, v]).term is et.concatenate([v, v]).term,
    "ddof and correction": lambda: et.std(v, ddof=1).term is et.std(v, correction=1).term,
}  # fmt: skip


@pytest.mark.parametrize("promise", HOLDS)
def test_holds(promise):
    assert HOLDS[promise]()


REFUSED = {
    "an unknown assumption": (lambda: et.symbol("a", postive=True), TypeError, "postive.*positive"),
    "a matrix word of what is not square": (lambda: et.symbol("a", (2, 3), symmetric=True), (TypeError, ValueError), "symmetric"),
    "an unknown word in parse": (lambda: et.parse("x", x="posit"), TypeError, "posit"),
    "no term": (lambda: et.from_term(5), TypeError, "5"),
    "a part that has no hash": (lambda: etuple(1, [2]), TypeError, "list"),
    "assignment": (lambda: v.__setitem__(0, 1), TypeError, r"x\.at\[i\]"),
    "float": (lambda: float(x), TypeError, "x.*eval"),
    "int": (lambda: int(x), TypeError, "x.*eval"),
    "index": (lambda: range(v.shape[0]), TypeError, r"size\(v\)"),
    "len": (lambda: len(v), TypeError, "v.*not known"),
    "len of a scalar": (lambda: len(x), TypeError, "0 dimensions"),
    "iteration": (lambda: list(v), TypeError, "scan|map"),
    "a NumPy array": (lambda: np.asarray(x), TypeError, "eval"),
    "truth": (lambda: bool(x < y), TypeError, "where"),
    "in": (lambda: x in v, TypeError, "any"),
    "at without places": (lambda: v.at.set(1), TypeError, "places"),
    "no value": (lambda: x.eval(), ValueError, "x.*no value"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    build, error, message = REFUSED[what]
    with pytest.raises(error, match=message):
        build()


TEXTS = [
    ("sin(", 1, 4), ("x +* y", 1, 4), ("import os", 1, 1), ("__import__('os')", 1, 1), ("x.y", 1, 1), ("lambda: 1", 1, 1),
    ("f(x)", 1, 1), ("x; y", 1, 2), ("sin(x, y)", 1, 1), ("x = 1", 1, 3), ("", 1, 1), ("[x for x in y]", 1, 1), ("x\n+ y )", 2, 5),
    ("'a'", 1, 1), ("x[", 1, 2), ("sin(x)(y)", 1, 1), ("10**10**10", 1, 1), ("(x", 1, 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column"), TEXTS)
def test_what_is_no_expression_is_pointed_at(text, line, column):
    with pytest.raises(ParseError, match=rf"^<text>:{line}:{column}: "):
        et.parse(text)


def test_adding_in_place_binds_a_new_array():
    held = moved = v
    moved += 1
    assert held is v and moved is not v and str(moved) == "v + 1"


def test_a_name_belongs_to_its_handle():
    handle = et.scalar("named")
    handle.name = "other"
    assert handle.name == "other" and et.scalar("named").name == "named" and str(handle) == "named"


def test_errors_have_names_at_the_top():
    assert et.ParseError is ParseError and issubclass(et.RuleError, et.EtudeError)
