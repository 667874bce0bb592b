"""Special functions of SciPy, called by pointer from fused loops."""

import mpmath
import numpy as np
import pytest
import scipy.special
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of
from tests.backends.c.tolerances import ULPS, difference

import etude as et
from etude.backends import BackendError
from etude.backends.c import bytecode
from etude.backends.c.codegen import generate
from etude.backends.c.parts import weight
from etude.backends.c.special import foreign
from etude.ops import CATALOGUE

X = et.symbol("x", (1000,))
VALUES = np.linspace(0.1, 4, 1000)


def test_they_are_part_of_loops():
    outputs = [et.special.gammaln(X) + et.exp(X), et.sum(et.special.digamma(X) * X)]
    compiled = Compiled(program_of(outputs, [X]))
    assert [kernel.text for kernel in compiled.source.kernels] == ["loop 1000: gammaln exp add digamma multiply sum"]
    assert compiled.source.callbacks == ()
    first, second = compiled.call(VALUES)[1]
    np.testing.assert_allclose(first, scipy.special.gammaln(VALUES) + np.exp(VALUES), rtol=1e-14)
    np.testing.assert_allclose(second, np.sum(scipy.special.digamma(VALUES) * VALUES), rtol=1e-13)


EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, np.nextafter(1, 0), 1e-5, -1e-150, 1e300]


def test_sinc_is_written_in_c():
    values = np.concatenate([np.linspace(-9, 9, 1000), EDGES])
    for dtype in ("float64", "float32"):
        x = et.symbol("x", values.shape, dtype)
        compiled = Compiled(program_of([et.sinc(x)], [x]))
        assert compiled.source.callbacks == compiled.source.externals == ()
        with np.errstate(all="ignore"):
            given = values.astype(dtype)
            wanted = CATALOGUE["sinc"].evaluate(given)
        assert difference("sinc", [given], wanted, compiled.call(given)[1][0]) is None


@pytest.mark.parametrize("order", [0, 1])
def test_spherical_bessel_functions_of_order_0_and_1_are_written_in_c(order):
    """They are near the exact value where it is no difference of much greater ones, as SciPy's of small numbers are not."""
    values = np.concatenate([np.linspace(-30, 30, 997), np.linspace(-1.2, 1.2, 1000), 10.0 ** np.arange(-200, 0, 7), EDGES])
    for dtype in ("float64", "float32"):
        x = et.symbol("x", values.shape, dtype)
        compiled = Compiled(program_of([et.special.spherical_jn(order, x)], [x]))
        assert compiled.source.callbacks == compiled.source.externals == ()
        given = values.astype(dtype)
        wanted = np.array([_spherical(order, float(z)) for z in given])
        found = compiled.call(given)[1][0].astype(float)
        greatest = np.maximum(np.abs(wanted), np.where(np.abs(given) > 1, 1 / np.maximum(np.abs(given), 1), 0))
        allowed = ULPS * np.spacing(np.where(np.isnan(greatest), 0, greatest).astype(dtype))
        assert np.all((np.abs(found - wanted) <= allowed) | (np.isnan(found) & np.isnan(wanted)))


def _spherical(order, z):
    if z != z or np.isinf(z) or z == 0:
        return z if z != z else float(z == 0 and order == 0)
    with mpmath.workdps(40):
        of = mpmath.sqrt(mpmath.pi / (2 * mpmath.mpf(abs(z)))) * mpmath.besselj(order + mpmath.mpf("0.5"), mpmath.mpf(abs(z)))
        return float(of if z > 0 else (-1) ** order * of)


def test_spherical_bessel_functions_of_other_orders_are_those_of_scipy():
    n = et.symbol("n", (1000,), "int64")
    orders = np.arange(1000) % 3
    for order, inputs, values in ((2, [X], [VALUES]), (-1, [X], [VALUES]), (n, [n, X], [orders, VALUES])):
        f = et.function(inputs, et.special.spherical_jn(order, X), backend="c")
        wanted = scipy.special.spherical_jn(orders if order is n else order, VALUES)
        np.testing.assert_array_equal(f(*values), wanted)


def test_most_of_them_have_a_pointer():
    ufuncs = [op for op in CATALOGUE.values() if "ufunc" in op.properties]
    found = [op.name for op in ufuncs if foreign(op.name, len(op.operands), "d")]
    assert len(found) >= 70
    assert {"gamma", "gammaln", "digamma", "betainc", "ndtri", "jv", "ellipk", "hyp2f1", "logit"} <= set(found)
    assert foreign("gamma", 2, "d") is None and foreign("sin_of_nothing", 1, "d") is None


def test_float32_has_its_own_where_scipy_has():
    assert foreign("betainc", 3, "f")[1] == "float"
    assert foreign("gammaln", 1, "f")[1] == "double"
    assert foreign("betainc", 3, "d")[1] == "double"


def test_shared_among_threads_and_interpreted(monkeypatch):
    long = et.symbol("long", (100_000,))
    compiled = Compiled(program_of([et.sum(et.special.gammaln(long))], [long]))
    assert compiled.source.kernels[0].parts > 1
    value = np.linspace(0.5, 9, 100_000)
    assert compiled.call(value)[1][0].tobytes() == compiled.call(value, threads=2)[1][0].tobytes()
    monkeypatch.setattr(bytecode, "LONG", 0)
    x = et.scalar("x")
    code = Compiled(program_of([et.special.gamma(x) + 1], [x]))
    assert code.source.kernels[0].text.startswith("interpreted")
    assert code.call(np.float64(0.5))[1][0] == scipy.special.gamma(0.5) + 1


def test_they_cannot_be_exported(tmp_path):
    f = et.function([X], et.special.gammaln(X), backend="c")
    f.save(tmp_path / "saved")
    np.testing.assert_array_equal(et.load(tmp_path / "saved")(VALUES), f(VALUES))
    with pytest.raises(BackendError, match="gammaln, which cannot be had without Python"):
        f.export_c(tmp_path / "c")


def test_integers_stay_with_numpy():
    k = et.symbol("k", (4,), "int64")
    made = et.from_term(CATALOGUE["binom"](k.term, k.term))
    source = generate(program_of([made], [k]))
    assert source.callbacks in ((), ("binom",))
    np.testing.assert_allclose(et.function([k], made, backend="c")(np.arange(4)), 1.0)


def test_what_c_has_itself_does_not_load_scipys():
    assert foreign("erf", 1, "d") is None and foreign("floor_divide", 2, "d") is None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_ndtr_is_exact_in_the_far_tail_too(dtype):
    values = np.concatenate([np.linspace(-38.4, 10, 2000), np.linspace(-1.5, -1.3, 200), -(10.0 ** np.arange(-300, 0, 9)), EDGES])
    given = values.astype(dtype)
    x = et.symbol("x", given.shape, dtype)
    compiled = Compiled(program_of([et.special.ndtr(x)], [x]))
    assert compiled.source.callbacks == compiled.source.externals == ()
    wanted = np.array([z if z != z else float(mpmath.ncdf(np.clip(float(z), -1e3, 1e3))) for z in given]).astype(dtype)
    assert difference("ndtr", [given], wanted, compiled.call(given)[1][0]) is None


def test_forms_that_call_functions_of_libm_are_weighed_as_such():
    assert [weight(name) for name in ("ndtr", "sinc", "spherical_jn of order 1", "gammaln", "add", "abs")] == [8, 8, 8, 8, 1, 1]
