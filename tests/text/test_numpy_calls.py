"""NumPy's functions called on Arrays give the values, shapes and dtypes that they give for arrays."""

import numpy as np
import pytest
import scipy.special as sc

import etude as et

RNG = np.random.default_rng(0)
M, S, T, U = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 3)), RNG.standard_normal((2, 3, 4)), RNG.standard_normal(4)
P, I, ODD = S @ S.T + 3 * np.eye(3), np.array([3, 0, 2, 1]), np.array([np.nan, np.inf, -np.inf, 1.0])

CASES = {
    "average": (lambda a, w: np.average(a, axis=1, weights=w), M, abs(U)),
    "average_of_all": (lambda a, w: np.average(a, weights=w), M, abs(M)),
    "cond": (np.linalg.cond, S),
    "cond_1": (lambda a: np.linalg.cond(a, 1), S),
    "convolve": (np.convolve, U, U[:2]),
    "correlate": (lambda a, b: np.correlate(a, b, "full"), U, U[:2]),
    "corrcoef": (np.corrcoef, M),
    "cov": (np.cov, M),
    "delete": (lambda a: np.delete(a, 1), U),
    "diff_between": (lambda a: np.diff(a, prepend=0.0, append=a[:1]), U),
    "diff_rows": (lambda a: np.diff(a, n=2, axis=0, prepend=1.0), M),
    "digitize": (lambda a: np.digitize(a, np.array([0.0, 1, 2])), U),
    "divmod": (lambda a, b: divmod(a, b), U, U[::-1].copy()),
    "ediff1d": (lambda a: np.ediff1d(a, to_end=[8.0, 9.0], to_begin=7.0), M),
    "eigvalsh": (np.linalg.eigvalsh, P),
    "float_power": (lambda a: np.float_power(a, 2), I),
    "interp": (lambda a: np.interp(a, np.arange(5.0), np.arange(5.0) ** 2), U),
    "ldexp": (lambda a: np.ldexp(a, 2), U),
    "ldexp_by": (np.ldexp, U, I),
    "lstsq": (lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0], M.T.copy(), U),
    "median": (lambda a: np.median(a, axis=1), M),
    "modf": (np.modf, U),
    "nan_to_num": (np.nan_to_num, ODD),
    "nan_to_num_given": (lambda a: np.nan_to_num(a, nan=1.0, posinf=2.0, neginf=3.0), ODD),
    "nan_to_num_single": (np.nan_to_num, ODD.astype("float32")),
    "nan_to_num_complex": (np.nan_to_num, np.array([complex(np.nan, np.inf), 1 + 2j])),
    "nan_to_num_whole": (np.nan_to_num, I),
    "norm_nuclear": (lambda a: np.linalg.norm(a, "nuc"), S),
    "outer_of_ufunc": (np.multiply.outer, U, U),
    "percentile": (lambda a: np.percentile(a, 30), M),
    "polyval": (lambda a: np.polyval(np.array([1.0, 2, 3]), a), U),
    "ptp": (lambda a: np.ptp(a, axis=0), M),
    "quantile": (lambda a: np.quantile(a, [0.1, 0.5], axis=0), M),
    "rollaxis": (lambda a: np.rollaxis(a, 2), T),
    "rollaxis_to": (lambda a: np.rollaxis(a, 0, 3), T),
    "rollaxis_back": (lambda a: np.rollaxis(a, -1, -2), T),
    "rot90": (np.rot90, M),
    "searchsorted": (lambda a: np.searchsorted(np.array([0.0, 1, 2]), a), U),
    "select": (lambda a: np.select([a > 0, a < -1], [a, a * 2], 0.0), U),
    "singular_values": (lambda a: np.linalg.svd(a, compute_uv=False), M),
    "spence": (sc.spence, abs(U)),
    "take_along_axis": (lambda a: np.take_along_axis(a, np.argsort(a, axis=1), axis=1), M),
    "vander": (lambda a: np.vander(a, 3), U),
    "vecdot": (np.vecdot, M, M),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_are_numpys(name):
    function, *values = CASES[name]
    inputs = [et.symbol(f"a{place}", value.shape, value.dtype) for place, value in enumerate(values)]
    found, wanted = function(*inputs), function(*values)
    several = isinstance(wanted, tuple)
    pairs = zip(found, wanted, strict=True) if several else [(found, wanted)]
    for one, other in pairs:
        value = one.eval(dict(zip(inputs, values, strict=True)))
        assert (value.shape, value.dtype) == (np.shape(other), np.asarray(other).dtype)
        np.testing.assert_allclose(value, other, rtol=1e-11, atol=1e-13)


def test_least_squares_gives_what_scipy_gives():
    a, b = et.symbol("a", (4, 3)), et.symbol("b", (4,))
    wanted = np.linalg.lstsq(M.T, U, rcond=None)
    for one, other in zip(et.linalg.lstsq(a, b), wanted, strict=True):
        np.testing.assert_allclose(np.ravel(one.eval({a: M.T, b: U})), np.ravel(other), rtol=1e-11)


def test_a_cut_off_that_is_not_numpys_own_is_refused():
    with pytest.raises(et.TermTypeError, match="rcond"):
        np.linalg.lstsq(et.matrix("a"), et.vector("b"), rcond=0.1)
