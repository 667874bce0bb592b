"""SciPy's special functions, and the few of our own that keep their derivatives stable.

SciPy's compiled functions are looked up when one of these is first evaluated, or typed with unusual operands. Dtypes are
those SciPy gives (float32 stays, integers become float64); the functions that SciPy writes in Python promote as NumPy does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from etude.errors import TermTypeError
from etude.ops.elementwise import elementwise, promoted, special
from etude.ops.op import Attributes, Infer, Types
from etude.ops.scipy_functions import scipy_special
from etude.terms import ArrayType


def _ours(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function evaluated without warnings, in the operands' common floating dtype; `plain` is the function itself."""

    def evaluate(*values: Any) -> Any:
        dtype = np.result_type(*[np.asarray(value).dtype for value in values])
        dtype = np.dtype(np.float64) if dtype.kind in "biu" else dtype
        with np.errstate(all="ignore"):
            found = function(*[np.asarray(value, dtype) for value in values])
        return np.asarray(found).astype(dtype, copy=False)[()]

    evaluate.__name__ = function.__name__.strip("_")
    evaluate.__doc__ = function.__doc__
    evaluate.plain = function  # type: ignore[attr-defined]
    return evaluate


def _real_only(infer: Infer) -> Infer:
    def checked(types: Types, attributes: Attributes) -> Any:
        for kind in types:
            if isinstance(kind, ArrayType) and kind.dtype.kind == "c":
                raise TermTypeError(f"no meaning for operands of dtype {kind.dtype}; take et.real(x) first")
        return infer(types, attributes)

    return checked


_FLOATING = promoted(floating=True)
_REAL = _real_only(_FLOATING)

# ---------------------------------------------------------------- gamma and beta

special("gamma", doc="the gamma function")
special("gammaln", doc="log(abs(gamma(x)))")
special("digamma", doc="derivative of gammaln")
special("rgamma", doc="1 / gamma(x), entire")


def _polygamma(n: Any, x: Any) -> Any:
    return scipy_special("polygamma")(n, x)


elementwise("polygamma", _ours(_polygamma), "n x", infer=_REAL, properties="special", doc="n-th derivative of digamma")
special("beta", "a b", properties="commutative", doc="gamma(a) gamma(b) / gamma(a + b)")
special("betaln", "a b", properties="commutative", doc="log(abs(beta(a, b)))")
special("binom", "n k", doc="binomial coefficient, n and k real")
special("poch", "a m", doc="rising factorial gamma(a + m) / gamma(a)")
special("gammainc", "a x", doc="regularized lower incomplete gamma function")
special("gammaincc", "a x", doc="regularized upper incomplete gamma function")
special("gammaincinv", "a p", doc="x with gammainc(a, x) = p")
special("gammainccinv", "a p", doc="x with gammaincc(a, x) = p")
special("betainc", "a b x", doc="regularized incomplete beta function")
special("betaincinv", "a b p", doc="x with betainc(a, b, x) = p")
special("betaincc", "a b x", doc="1 - betainc(a, b, x)")
special("betainccinv", "a b p", doc="x with betaincc(a, b, x) = p")


def _zeta(s: Any, q: Any) -> Any:
    return scipy_special("zeta")(s, q)


elementwise("zeta", _ours(_zeta), "s q", infer=_REAL, properties="special",
            doc="Hurwitz zeta function, sum over k >= 0 of (k + q)**-s")

# ---------------------------------------------------------------- error functions and the normal distribution

special("erf", doc="error function")
special("erfc", doc="1 - erf(x)")
special("erfcx", doc="exp(x**2) erfc(x)")
special("erfi", doc="-i erf(i x)")
special("dawsn", doc="Dawson's integral")
special("erfinv", doc="inverse of erf")
special("erfcinv", doc="inverse of erfc")
special("ndtr", doc="distribution function of the standard normal")
special("log_ndtr", doc="log(ndtr(x))")
special("ndtri", doc="inverse of ndtr")
special("ndtri_exp", doc="inverse of log_ndtr")
special("owens_t", "h a", doc="Owen's T function: P(X > h, 0 < Y < a X) of independent standard normals")
special("stdtr", "df t", doc="distribution function of Student's t")
special("stdtrit", "df p", doc="t with stdtr(df, t) = p")


def _inverse_mills(x: Any) -> Any:
    """phi(x) / Phi(x), by erfcx."""
    return np.sqrt(2 / np.pi) / scipy_special("erfcx")(-x / np.sqrt(2.0))


def _mills_tail(z: Any) -> tuple[Any, Any]:
    """K and f of K = 1/(z + f), f = 2/(z + 3/(z + ...)): Laplace's continued fraction (DLMF 7.9.3)."""
    found = np.zeros_like(z)
    for k in range(48, 1, -1):
        found = k / (z + found)
    return 1 / (z + found), found


def _normal_excess(x: Any) -> Any:
    """The sum x + inverse_mills(x), by the continued fraction where it would cancel."""
    return np.where(x > -4.0, x + _inverse_mills(x), _mills_tail(-np.minimum(x, -4.0))[0])


def _normal_variance(x: Any) -> Any:
    excess, rest = _mills_tail(-np.minimum(x, -4.0))
    hazard = _inverse_mills(x)
    return np.where(x > -4.0, 1 - hazard * (x + hazard), excess * (rest - excess))


elementwise("inverse_mills", _ours(_inverse_mills), infer=_REAL, properties="special",
            doc="exp(-x**2/2) / (sqrt(2 pi) ndtr(x)), the derivative of log_ndtr")
elementwise("normal_excess", _ours(_normal_excess), infer=_REAL, properties="special",
            doc="x + inverse_mills(x): mean distance below x of a standard normal known to be below x")
elementwise("normal_variance", _ours(_normal_variance), infer=_REAL, properties="special",
            doc="1 - inverse_mills(x) normal_excess(x): variance of a standard normal known to be below x")

# ---------------------------------------------------------------- logistic family, stable exponentials

special("expit", doc="1 / (1 + exp(-x)), the logistic sigmoid")
special("logit", doc="log(x / (1 - x))")
special("log_expit", doc="log(expit(x))")
special("exprel", doc="(exp(x) - 1) / x, 1 at 0")
special("cosm1", doc="cos(x) - 1, accurate near 0")


def _softplus(x: Any) -> Any:
    return np.logaddexp(x.dtype.type(0), x)


def _log1mexp(x: Any) -> Any:
    """Machler's switch at -log(2) between the two forms that do not cancel."""
    return np.where(x > -0.6931471805599453, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))


elementwise("softplus", _ours(_softplus), infer=_REAL, properties="special", doc="log(1 + exp(x))")
elementwise("log1mexp", _ours(_log1mexp), infer=_REAL, properties="special", doc="log(1 - exp(x)) for x <= 0")
elementwise("bose", _ours(lambda x: 1 / np.expm1(x)), infer=_REAL, properties="special",
            doc="1 / (exp(x) - 1), the Bose-Einstein function")
elementwise("sech", _ours(lambda x: 1 / np.cosh(x)), infer=_FLOATING, properties="special", doc="1 / cosh(x)")
elementwise("csch", _ours(lambda x: 1 / np.sinh(x)), infer=_FLOATING, properties="special", doc="1 / sinh(x)")

# ---------------------------------------------------------------- entropies and losses

special("xlogy", "x y", doc="x log(y), 0 where x is 0 and y is not nan")
special("xlog1py", "x y", doc="x log1p(y), 0 where x is 0 and y is not nan")
special("entr", doc="-x log(x), 0 at 0, -inf below")
special("rel_entr", "x y", doc="x log(x / y)")
special("kl_div", "x y", doc="x log(x / y) - x + y")
special("powm1", "x y", doc="x**y - 1, accurate near 0")
special("huber", "delta r", doc="r**2/2 for abs(r) <= delta, delta (abs(r) - delta/2) beyond")
special("pseudo_huber", "delta r", doc="delta**2 (sqrt(1 + (r/delta)**2) - 1)")

# ---------------------------------------------------------------- Bessel functions

for _name, _doc in {
    "j0": "Bessel function of the first kind, order 0",
    "j1": "Bessel function of the first kind, order 1",
    "y0": "Bessel function of the second kind, order 0",
    "y1": "Bessel function of the second kind, order 1",
    "i0": "modified Bessel function of the first kind, order 0",
    "i1": "modified Bessel function of the first kind, order 1",
    "i0e": "exp(-abs(x)) i0(x)",
    "i1e": "exp(-abs(x)) i1(x)",
    "k0": "modified Bessel function of the second kind, order 0",
    "k1": "modified Bessel function of the second kind, order 1",
    "k0e": "exp(x) k0(x)",
    "k1e": "exp(x) k1(x)",
}.items():
    special(_name, doc=_doc)
for _name, _doc in {
    "jv": "Bessel function of the first kind, real order v",
    "yv": "Bessel function of the second kind, real order v",
    "iv": "modified Bessel function of the first kind, real order v",
    "kv": "modified Bessel function of the second kind, real order v",
    "jve": "exp(-abs(imag(x))) jv(v, x)",
    "yve": "exp(-abs(imag(x))) yv(v, x)",
    "ive": "exp(-abs(real(x))) iv(v, x)",
    "kve": "exp(x) kv(v, x)",
}.items():
    special(_name, "v x", doc=_doc)


special("struve", "v x", doc="Struve function of real order v")
special("modstruve", "v x", doc="modified Struve function of real order v")


def _spherical(name: str) -> Callable[..., Any]:
    def evaluate(n: Any, x: Any) -> Any:
        return scipy_special(name)(n.astype(np.int64), x)

    evaluate.__name__ = name
    return evaluate


for _name, _doc in {
    "spherical_jn": "spherical Bessel function of the first kind",
    "spherical_yn": "spherical Bessel function of the second kind",
    "spherical_in": "modified spherical Bessel function of the first kind",
    "spherical_kn": "modified spherical Bessel function of the second kind",
}.items():
    elementwise(_name, _ours(_spherical(_name)), "n x", infer=_REAL, properties="special",
                doc=f"{_doc}, integer order n >= 0")
elementwise("sinc", _ours(np.sinc), infer=_FLOATING, properties="special", doc="sin(pi x) / (pi x), 1 at 0")

# ---------------------------------------------------------------- integrals, Lambert's W, hypergeometric functions


def _lambertw(x: Any) -> Any:
    found = scipy_special("lambertw")(x)
    return found if x.dtype.kind == "c" else np.where(found.imag == 0, found.real, np.nan)


def _expn(n: Any, x: Any) -> Any:
    """Orders below 1, which SciPy lacks, by the incomplete gamma function (DLMF 8.19.1)."""
    order = np.minimum(n, 0.0)
    below = scipy_special("gammaincc")(1 - order, x) * scipy_special("gamma")(1 - order) * x ** (order - 1)
    return np.where(n < 1, below, scipy_special("expn")(np.maximum(n, 1.0), x))


elementwise("lambertw", _ours(_lambertw), infer=_FLOATING, properties="special",
            doc="w with w exp(w) = x, principal branch; real for real x, nan below -1/e")
special("spence", doc="dilogarithm of 1 - x, integral from 1 to x of log(t) / (1 - t)")
special("expi", doc="exponential integral Ei")
special("exp1", doc="exponential integral E1")
elementwise("expn", _ours(_expn), "n x", infer=_REAL, properties="special",
            doc="generalized exponential integral of integer order n")
special("ellipk", doc="complete elliptic integral of the first kind, of the parameter m = k**2")
special("ellipe", doc="complete elliptic integral of the second kind, of the parameter m = k**2")
special("ellipkm1", "p", doc="ellipk(1 - p), accurate near p = 0")
special("ellipkinc", "phi m", doc="incomplete elliptic integral of the first kind, of the parameter m = k**2")
special("ellipeinc", "phi m", doc="incomplete elliptic integral of the second kind, of the parameter m = k**2")
special("wrightomega", doc="the w with w + log(w) = x")
special("hyp0f1", "b x", doc="confluent hypergeometric limit function")
special("hyperu", "a b x", doc="Tricomi's confluent hypergeometric function U(a, b, x)")
special("hyp1f1", "a b x", doc="Kummer's confluent hypergeometric function M(a, b, x)")
special("hyp2f1", "a b c x", doc="Gauss's hypergeometric function")

# ---------------------------------------------------------------- orthogonal polynomials


def _polynomial(name: str) -> Callable[..., Any]:
    """Whole degrees by recurrence; 0 for negative ones, which derivatives ask for."""

    def evaluate(n: Any, *rest: Any) -> Any:
        whole = n.astype(np.int64)
        if name.startswith("eval_hermite") or np.all(whole == n):
            return np.where(whole < 0, 0.0, scipy_special(name)(np.maximum(whole, 0), *rest))
        return scipy_special(name)(n, *rest)

    evaluate.__name__ = name
    return evaluate


for _name, _operands, _doc in (
    ("eval_legendre", "n x", "Legendre polynomial"),
    ("eval_chebyt", "n x", "Chebyshev polynomial of the first kind"),
    ("eval_chebyu", "n x", "Chebyshev polynomial of the second kind"),
    ("eval_hermite", "n x", "physicists' Hermite polynomial"),
    ("eval_hermitenorm", "n x", "probabilists' Hermite polynomial"),
    ("eval_laguerre", "n x", "Laguerre polynomial"),
    ("eval_genlaguerre", "n alpha x", "generalized Laguerre polynomial"),
    ("eval_gegenbauer", "n alpha x", "Gegenbauer polynomial"),
    ("eval_jacobi", "n alpha beta x", "Jacobi polynomial"),
):
    elementwise(_name, _ours(_polynomial(_name)), _operands, infer=_REAL, properties="special", doc=f"{_doc} of degree n at x")
