"""C gives what the operators mean: every operator, dtypes, shapes, edge values, layouts of memory, random programs."""

import numpy as np
import pytest
from tests.backends.c.agreement import disagreements, written_in_c
from tests.random_arrays import SYMBOLS, point, seeded, several

import etude as et
from etude.backends.c import scalars
from etude.backends.c.csource import FLAGS
from etude.ops import CATALOGUE
from etude.terms import TupleType

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, 1e-8, 20.0, -30.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e-310, 0.1, 1e5, 1e300]
NEAR = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, 1e-8, 0.1, np.nan]
INTEGERS = [0, 1, -1, 2, -7, 7, 100, -100, 3, 5, -2, 127, -128]
DTYPES = ["float64", "float32", "int64", "int32", "int8", "uint8", "bool", "complex128", "complex64"]
# shapes of the operands of an elementwise operator: equal, broadcast both ways, empty, without axes
SHAPES = [((2, 3), (2, 3)), ((2, 1), (3,)), ((0, 3), (3,)), ((), (4,))]
FIXED = [symbol for symbol in SYMBOLS if None not in symbol.term.type.shape]


def edges(dtype):
    kind = np.dtype(dtype).kind
    with np.errstate(all="ignore"):
        if kind == "c":
            return np.array([complex(a, b) for a in (0.5, -2.0, 1e-3) for b in (0.0, 1.5, -3.0)]).astype(dtype)
        return np.array({"f": EDGES, "i": INTEGERS, "u": INTEGERS, "b": [0, 1]}[kind]).astype(dtype)


def values_of(count, pool):
    """Every pair of values; further operands are shuffled ones."""
    grids = [grid.ravel() for grid in np.meshgrid(*[pool] * min(count, 2), indexing="ij")]
    rng = np.random.default_rng(0)
    return [*grids, *[rng.permutation(grids[0]) for _ in range(count - 2)]]


class Collected:
    """Terms over symbols of their own, those that C does."""

    def __init__(self):
        self.terms, self.inputs, self.values, self.names = [], [], [], set()
        self.points = [self.values]

    def add(self, name, build, values):
        symbols = [et.symbol(f"{name}_{len(self.inputs)}_{k}", v.shape, v.dtype) for k, v in enumerate(values)]
        try:
            term = build(*[symbol.term for symbol in symbols])
        except (TypeError, ValueError):  # no meaning for this dtype or shape
            return
        if isinstance(term.type, TupleType) or not written_in_c([term], [symbol.term for symbol in symbols]):
            return
        self.terms.append(term)
        self.inputs += [symbol.term for symbol in symbols]
        self.values += values
        self.names.add(name)

    def disagreements(self, flags=None):
        return disagreements(self.terms, self.inputs, self.points, *([] if flags is None else [flags]))


def several_operands(op):
    """How many operands an elementwise operator is tried on."""
    return max(len([operand for operand in op.operands if not operand.startswith("*")]), 2 if op.variadic else 1)


def dense(dtype, native):
    """Numbers of all magnitudes, those for SciPy's functions near zero; operands are of like magnitudes mostly."""
    rng, limits, count = np.random.default_rng(5), np.finfo(dtype), 2000 if native else 100

    def spread(low, high):
        return rng.choice([-1.0, 1.0], count) * np.exp(rng.uniform(np.log(low), np.log(high), count))

    ranges = [(1e-3, 800), (1e-30, 1e30), (limits.tiny, limits.max / 4)] if native else [(1e-3, 20), (1e-8, 1)]
    return [part.astype(dtype) for part in (rng.normal(0, 1.5, count), 1 + rng.normal(0, 1e-3, count), *[spread(*map(float, ends)) for ends in ranges])]


def densely(dtype):
    found = Collected()
    for name, op in CATALOGUE.items():
        if op.is_elementwise and all(default is not None for default in op.attributes.values()):
            rng, parts = np.random.default_rng(1), dense(dtype, name in scalars.ROWS)
            found.add(name, op, [np.concatenate([rng.permutation(part) for part in parts]) for _ in range(several_operands(op))])
    return found


def elementwise(dtype):
    found = Collected()
    for name, op in CATALOGUE.items():
        if not op.is_elementwise or any(default is None for default in op.attributes.values()):
            continue
        count = several_operands(op)
        pool = edges(dtype)
        if name not in scalars.ROWS and pool.dtype.kind == "f":  # SciPy's may take minutes far away from zero
            pool = np.array(NEAR).astype(dtype)
        found.add(name, op, values_of(count, pool))
        for shapes in SHAPES:
            rng = np.random.default_rng(1)
            found.add(name, op, [rng.choice(pool, shapes[k % 2]) for k in range(count)])
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_elementwise_operators(dtype):
    found = elementwise(dtype)
    assert len(found.names) >= {"f": 120, "i": 25, "u": 20, "b": 15, "c": 30}[np.dtype(dtype).kind]
    assert found.terms == [] or found.disagreements() == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_elementwise_operators_at_many_numbers(dtype):
    found = densely(dtype)
    assert len(found.names) >= 150
    assert found.disagreements() == []


MIXED = [("float32", "int8"), ("int64", "float32"), ("bool", "float64"), ("uint8", "int8"), ("int32", "bool"), ("float32", "float64")]


def test_elementwise_operators_of_mixed_dtypes():
    found = Collected()
    for left, right in MIXED:
        for name, op in CATALOGUE.items():
            if op.is_elementwise and len(op.operands) == 2 and not op.attributes:
                found.add(name, op, [edges(left)[:, None], edges(right)])
    assert len(found.names) >= 30
    assert found.disagreements() == []


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_everything_as_users_have_it_compiled(dtype):
    numbers = [densely(dtype)] if dtype.startswith("float") else []
    for found in (elementwise(dtype), reductions_and_layouts(dtype), *numbers):
        assert found.terms == [] or found.disagreements(FLAGS) == []


AXES = [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}]
REDUCTIONS = [et.sum, et.prod, et.mean, et.max, et.min, et.var, et.std, et.all, et.any, et.logsumexp, et.linalg.norm]
ARRANGED = [
    lambda x: x.T, lambda x: x[::-1, 1:], lambda x: x[..., None, ::2], lambda x: et.reshape(x.T, (-1,)), lambda x: et.flip(x, axis=0),
    lambda x: et.concat([x, x * x], axis=1), lambda x: et.stack([x, x]), lambda x: x.at[0].set(x[-1]), lambda x: x.at[:, 1:].add(x[:, 1:]),
    lambda x: et.broadcast_to(x, (2, *x.shape)), lambda x: x @ x.T, lambda x: x.T @ x[:, 0], lambda x: x[0] @ x.T, lambda x: et.take(x, [0, -1, 0], axis=0),
    lambda x: et.cumsum(x, axis=0), lambda x: et.tril(x), lambda x: et.trace(x), lambda x: et.einsum("ij,kj->ik", x, x), lambda x: et.roll(x, 1, axis=0),
    lambda x: et.sort(x, axis=1), lambda x: et.argmax(x, axis=0), lambda x: et.pad(x, 1), lambda x: et.diagonal(x), lambda x: et.softmax(x, axis=1),
    lambda x: et.astype(x, "float32"), lambda x: et.astype(x, "int64"), lambda x: et.astype(x, "bool"),
]  # fmt: skip


def reductions_and_layouts(dtype):
    found, rng = Collected(), np.random.default_rng(2)
    plain = edges(dtype)[np.isfinite(edges(dtype)) & (np.abs(edges(dtype).astype(complex)) < 1e4)]
    for shape in ((3, 4), (4, 33), (1, 1), (3, 0)):
        for function in REDUCTIONS:
            for named in AXES:
                found.add(function.__name__, lambda x, f=function, n=named: f(et.from_term(x), **n).term, [rng.choice(plain, shape)])
        for place, build in enumerate(ARRANGED):
            if shape != (3, 0):
                found.add(f"layout{place}", lambda x, f=build: f(et.from_term(x)).term, [rng.choice(plain, shape)])
    for function in REDUCTIONS:
        found.add(function.__name__, lambda x, f=function: f(et.from_term(x), axis=1).term, [rng.choice(edges(dtype), (40, 3))])
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8", "bool", "complex128", "complex64"])
def test_reductions_and_layouts(dtype):
    found = reductions_and_layouts(dtype)
    assert len(found.names) >= 15
    assert found.terms == [] or found.disagreements() == []


# ---------------------------------------------------------------- memory


def layouts(value):
    """The same elements (of a square matrix) in memory of many forms."""
    size = len(value)
    wide = np.zeros((2 * size, 3 * size), value.dtype)
    wide[::2, ::3] = value
    read_only = value.copy()
    read_only.flags.writeable = False
    odd = np.frombuffer(b"\0" + value.tobytes(), np.uint8)[1:].view(f"V{value.itemsize}").view(value.dtype).reshape(value.shape)
    return {
        "strided": wide[::2, ::3], "reversed": value[::-1, ::-1].copy()[::-1, ::-1], "columns first": np.asfortranarray(value),
        "read only": read_only, "misaligned": odd, "other byte order": value.astype(value.dtype.newbyteorder()),
    }  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_memory_of_many_forms(dtype):
    x, row = et.symbol("x", (4, 4), dtype), et.symbol("row", (4, 4), dtype)
    outputs = [x * 2 + row.T, et.sum(x - row, axis=0), x @ row, x[::-1]]
    ours = et.function([x, row], outputs, backend="c").wait()
    assert ours.backend == "c"
    value = np.arange(16).reshape(4, 4).astype(dtype)
    repeated = np.broadcast_to(value[0], (4, 4))
    plain = et.function([x, row], outputs, backend="numpy")(value, repeated.copy())
    for name, given in layouts(value).items():
        before = given.copy()
        for wanted, found in zip(plain, ours(given, repeated), strict=True):
            np.testing.assert_array_equal(found, wanted, err_msg=name)
            assert (found.dtype, found.flags.writeable, found.flags.owndata or found.base is not given) == (wanted.dtype, True, True)
        np.testing.assert_array_equal(given, before, err_msg=name)


def test_out_may_be_a_part_of_an_input():
    x = et.symbol("x", (5,))
    outputs = [x[::-1] + x, et.cumsum(x), x * et.sum(x)]
    for build in outputs:
        wanted = et.function([x], build, backend="numpy")(np.arange(5.0))
        for start in (0, 1, 3):
            for step in (1, 2):
                memory = np.zeros(20)
                given = memory[:5]
                given[:] = np.arange(5.0)
                place = memory[start : start + 5 * step : step]
                et.function([x], build).wait()(given, out=place)
                np.testing.assert_array_equal(place, wanted)


# ---------------------------------------------------------------- random programs


def points(seed):
    """Random values, and edge values at random."""
    drawn = point(seeded(seed))
    rng = np.random.default_rng(seed)
    yield [drawn[symbol] for symbol in FIXED]
    yield [rng.choice(edges(symbol.dtype), symbol.shape) for symbol in FIXED]


def random_programs(seeds):
    """Terms of several-output programs that C does."""
    found = Collected()
    found.inputs, found.points = [symbol.term for symbol in FIXED], list(points(seeds[0]))
    for seed in seeds:
        rng = seeded(seed)
        grown = several(rng, rng.randrange(3, 14), rng.randrange(1, 4), FIXED)
        found.terms += [expr.term for expr in grown if expr.term.operands and written_in_c([expr.term], found.inputs)]
    found.terms = list(dict.fromkeys(found.terms))
    return found


def check(seeds):
    found = random_programs(seeds)
    assert len(found.terms) > len(seeds)
    assert found.disagreements() == []


def test_random_programs():
    check(range(200))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(200, 5200, 200))
def test_five_thousand_random_programs(start):
    check(range(start, start + 200))


def test_a_wrong_operator_is_named(monkeypatch):
    monkeypatch.setitem(scalars.ROWS, "arctan", {"f": "atan{f}({0}) * (1 + 1e-15)"})
    x = et.symbol("x", (3,))
    found = disagreements([et.sin(et.arctan(x) + 1).term], [x.term], [[np.ones(3)]])
    assert [text.split("(")[0] for text in found] == ["arctan"]
