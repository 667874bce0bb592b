"""What each smooth elementwise operator means to mpmath, and points at which it is looked at."""

import mpmath as mp

HALF = mp.mpf(1) / 2


def spherical(n, x):
    return mp.sqrt(mp.pi / (2 * x)) * mp.besselj(n + HALF, x)


def ndtri(p):
    return mp.sqrt(2) * mp.erfinv(2 * p - 1)


def inverse_mills(x):
    return mp.npdf(x) / mp.ncdf(x)


def log_ndtr(x):
    return mp.log(mp.ncdf(x)) if x < 0 else mp.log1p(-mp.ncdf(-x))


def solved(function, guess):
    """The inverse of `function` in its last argument."""

    def inverse(*args):
        return mp.findroot(lambda x: function(*args[:-1], x) - args[-1], guess(*args), tol=mp.eps)

    return inverse


def lower(a, x):
    return mp.gammainc(a, 0, x, regularized=True)


def upper(a, x):
    return mp.gammainc(a, x, mp.inf, regularized=True)


def ibeta(a, b, x):
    return mp.betainc(a, b, 0, x, regularized=True)


def cut_log(x, y):
    return mp.mpf(0) if x == 0 else x * mp.log(y)


def log_diff(x):
    """log(1 - exp(x))"""
    return mp.log1p(-mp.exp(x)) if x < -1 else mp.log(-mp.expm1(x))


def huber(delta, r):
    return r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)


def share(pick):
    return lambda a, b: a if pick(a, b) == a else b


def spherical_second(n, x):
    return mp.sqrt(mp.pi / (2 * x)) * mp.bessely(n + HALF, x)


def spherical_modified(n, x):
    return mp.sqrt(mp.pi / (2 * x)) * mp.besseli(n + HALF, x)


def spherical_modified_second(n, x):
    return mp.sqrt(mp.pi / (2 * x)) * mp.besselk(n + HALF, x)


def student(n, t):
    return HALF + t * mp.gamma((n + 1) / 2) / mp.sqrt(mp.pi * n) / mp.gamma(n / 2) * mp.hyp2f1(HALF, (n + 1) / 2, 3 * HALF, -t * t / n)


def owen(h, a):
    return mp.quad(lambda x: mp.exp(-h * h * (1 + x * x) / 2) / (1 + x * x), [0, a]) / (2 * mp.pi)


def upper_beta(a, b, x):
    return 1 - ibeta(a, b, x)


# name -> (meaning, points); a point gives one number for each operand
SMOOTH = {
    "add": (lambda a, b: a + b, [(1.5, -2.0)]),
    "subtract": (lambda a, b: a - b, [(1.5, -2.0)]),
    "multiply": (lambda a, b: a * b, [(1.5, -2.0), (0.0, 3.0)]),
    "divide": (lambda a, b: a / b, [(1.5, -2.0), (0.0, 0.3), (1e120, 1e130), (1e-150, 1e-100)]),
    "negative": (lambda x: -x, [(0.7,)]),
    "positive": (lambda x: +x, [(0.7,)]),
    "power": (mp.power, [(1.3, 2.7), (0.5, -1.5), (30.0, 0.1), (1e-12, 0.5), (2.5, 0.0)]),
    "float_power": (mp.power, [(1.3, 2.7), (0.5, -1.5)]),
    "reciprocal": (lambda x: 1 / x, [(0.3,), (-7.0,), (1e-60,)]),
    "square": (lambda x: x * x, [(1.7,), (0.0,)]),
    "sqrt": (mp.sqrt, [(1.7,), (1e-20,), (1e200,)]),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), [(1.7,), (1e-20,)]),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), [(1.7,), (-8.0,), (1e-30,)]),
    "hypot": (lambda a, b: mp.sqrt(a * a + b * b), [(3.0, -4.0), (1e-170, 2e-170), (0.5, 0.0)]),
    "abs": (abs, [(1.5,), (-1.5,)]),
    "copysign": (lambda a, b: abs(a) * mp.sign(b), [(1.5, -2.0), (-1.5, -2.0), (-1.5, 2.0)]),
    "maximum": (share(max), [(1.5, -2.0), (-3.0, 2.0)]),
    "minimum": (share(min), [(1.5, -2.0), (-3.0, 2.0)]),
    "fmax": (share(max), [(1.5, -2.0), (-3.0, 2.0)]),
    "fmin": (share(min), [(1.5, -2.0), (-3.0, 2.0)]),
    "clip": (lambda x, a, b: min(b, max(x, a)), [(0.5, 0.0, 1.0), (-0.5, 0.0, 1.0), (1.5, 0.0, 1.0), (0.5, 2.0, 1.0)]),
    "remainder": (lambda a, b: a - b * mp.floor(a / b), [(7.3, 2.0), (-7.3, 2.0), (7.3, -2.0)]),
    "fmod": (lambda a, b: a - b * mp.sign(a / b) * mp.floor(abs(a / b)), [(7.3, 2.0), (-7.3, 2.0)]),
    "deg2rad": (lambda x: x * mp.pi / 180, [(30.0,)]),
    "rad2deg": (lambda x: x * 180 / mp.pi, [(0.3,)]),
    "heaviside": (lambda x, h: mp.mpf(x > 0), [(1.5, 0.3), (-1.5, 0.3)]),
    "exp": (mp.exp, [(-3.2,), (0.0,), (700.0,), (-700.0,)]),
    "exp2": (lambda x: mp.power(2, x), [(-4.5,), (3.0,)]),
    "expm1": (mp.expm1, [(-3.2,), (1e-12,), (40.0,)]),
    "exprel": (lambda x: mp.expm1(x) / x, [(0.3,), (-2.0,), (5.0,), (1e-9,), (-300.0,)]),
    "log": (mp.log, [(0.3,), (9.0,), (1e-200,)]),
    "log2": (lambda x: mp.log(x) / mp.log(2), [(9.0,), (0.3,)]),
    "log10": (lambda x: mp.log(x) / mp.log(10), [(9.0,), (0.3,)]),
    "log1p": (mp.log1p, [(0.3,), (-0.9,), (1e-15,)]),
    "logaddexp": (lambda a, b: mp.log(mp.exp(a) + mp.exp(b)), [(0.3, 1.1), (1000.0, 1001.0), (-3.0, 40.0)]),
    "logaddexp2": (lambda a, b: mp.log(2**a + 2**b) / mp.log(2), [(0.3, 1.1), (1000.0, 1001.0)]),
    "expit": (lambda x: 1 / (1 + mp.exp(-x)), [(0.7,), (-40.0,), (40.0,), (-700.0,), (0.0,)]),
    "log_expit": (lambda x: -mp.log1p(mp.exp(-x)), [(0.7,), (-40.0,), (40.0,), (-900.0,)]),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), [(0.7,), (-40.0,), (40.0,), (-700.0,), (1000.0,)]),
    "logit": (lambda p: mp.log(p / (1 - p)), [(0.3,), (0.99,), (1e-12,)]),
    "log1mexp": (log_diff, [(-1e-20,), (-1e-3,), (-0.7,), (-5.0,), (-40.0,), (-600.0,)]),
    "bose": (lambda x: 1 / mp.expm1(x), [(1e-20,), (0.3,), (-2.0,), (40.0,), (-40.0,), (300.0,)]),
    "xlogy": (cut_log, [(0.4, 1.7), (2.0, 1e-5)]),
    "xlog1py": (lambda x, y: x * mp.log1p(y), [(0.4, 1.7), (2.0, -0.99)]),
    "entr": (lambda x: -x * mp.log(x), [(0.4,), (1e-9,), (5.0,)]),
    "rel_entr": (lambda x, y: x * mp.log(x / y), [(0.4, 1.7), (3.0, 0.01)]),
    "kl_div": (lambda x, y: x * mp.log(x / y) - x + y, [(0.4, 1.7), (3.0, 0.01)]),
    "huber": (huber, [(1.0, 0.3), (1.0, -4.0)]),
    "pseudo_huber": (lambda d, r: d * d * (mp.sqrt(1 + (r / d) ** 2) - 1), [(1.0, 0.3), (0.5, -4.0), (2.0, 0.01)]),
    "sin": (mp.sin, [(0.7,), (30.0,)]),
    "cos": (mp.cos, [(0.7,), (30.0,)]),
    "tan": (mp.tan, [(0.7,), (1.5,)]),
    "arcsin": (mp.asin, [(0.3,), (-0.99,), (1 - 1e-10,)]),
    "arccos": (mp.acos, [(0.3,), (-0.99,), (1 - 1e-10,)]),
    "arctan": (mp.atan, [(0.3,), (-40.0,)]),
    "arctan2": (mp.atan2, [(1.1, 0.4), (-1.1, -0.4), (2.0, -3.0), (1e-170, 1e-170)]),
    "sinh": (mp.sinh, [(0.7,), (-5.0,)]),
    "cosh": (mp.cosh, [(0.7,), (-5.0,)]),
    "tanh": (mp.tanh, [(0.7,), (-20.0,), (300.0,), (1e-9,)]),
    "sech": (mp.sech, [(0.7,), (-20.0,), (600.0,)]),
    "csch": (mp.csch, [(0.7,), (-20.0,), (600.0,)]),
    "arcsinh": (mp.asinh, [(0.7,), (-1e9,), (1e100,)]),
    "arccosh": (mp.acosh, [(1.7,), (1 + 1e-9,), (1e100,)]),
    "arctanh": (mp.atanh, [(0.7,), (-0.999999,)]),
    "sinc": (mp.sincpi, [(0.3,), (1e-4,), (2.5,), (40.25,)]),
    "cosm1": (lambda x: mp.cos(x) - 1, [(0.3,), (1e-7,)]),
    "gamma": (mp.gamma, [(4.3,), (0.5,), (-1.5,), (100.5,)]),
    "gammaln": (lambda x: mp.log(abs(mp.gamma(x))), [(4.3,), (0.5,), (-1.5,), (1e6,)]),
    "rgamma": (mp.rgamma, [(4.3,), (0.5,), (-1.5,)]),
    "digamma": (mp.digamma, [(4.3,), (0.5,), (-1.5,), (1e6,)]),
    "polygamma": (lambda n, x: mp.polygamma(int(n), x), [(1.0, 4.3), (2.0, 0.5), (1.0, 1e4)]),
    "beta": (mp.beta, [(1.5, 2.5), (0.3, 4.0)]),
    "betaln": (lambda a, b: mp.log(mp.beta(a, b)), [(1.5, 2.5), (0.3, 4.0)]),
    "binom": (mp.binomial, [(5.5, 2.5), (10.0, 3.2)]),
    "poch": (mp.rf, [(1.5, 2.5), (0.3, 4.2)]),
    "zeta": (mp.zeta, [(1.5, 2.5), (3.0, 0.2)]),
    "gammainc": (lower, [(1.5, 2.5), (30.0, 25.0), (0.5, 1e-3)]),
    "gammaincc": (upper, [(1.5, 2.5), (30.0, 35.0)]),
    "gammaincinv": (solved(lower, lambda a, p: a), [(1.5, 0.4), (30.0, 0.3)]),
    "gammainccinv": (solved(upper, lambda a, p: a), [(1.5, 0.4), (30.0, 0.3)]),
    "betainc": (ibeta, [(1.5, 2.5, 0.3), (20.0, 30.0, 0.45)]),
    "betaincinv": (solved(ibeta, lambda a, b, p: a / (a + b)), [(1.5, 2.5, 0.3), (20.0, 30.0, 0.45)]),
    "betaincc": (upper_beta, [(1.5, 2.5, 0.3), (20.0, 30.0, 0.45)]),
    "betainccinv": (solved(upper_beta, lambda a, b, p: a / (a + b)), [(1.5, 2.5, 0.3), (20.0, 30.0, 0.45)]),
    "stdtr": (student, [(3.0, 0.7), (10.0, -2.0), (2.5, 0.0)]),
    "stdtrit": (solved(student, lambda n, p: p - HALF), [(3.0, 0.7), (10.0, 0.3)]),
    "owens_t": (owen, [(0.5, 0.7), (-1.0, 2.0), (0.0, 1.0)]),
    "powm1": (lambda x, y: x**y - 1, [(1.3, 2.7), (1.0000001, 0.5)]),
    "ellipkm1": (lambda p: mp.ellipk(1 - p), [(0.1,), (0.9,)]),
    "ellipkinc": (mp.ellipf, [(0.7, 0.3), (2.5, 0.6), (-1.0, -2.0)]),
    "ellipeinc": (mp.ellipe, [(0.7, 0.3), (2.5, 0.6), (-1.0, -2.0)]),
    "wrightomega": (lambda x: mp.lambertw(mp.exp(x)).real, [(0.7,), (-5.0,), (30.0,)]),
    "hyp0f1": (mp.hyp0f1, [(1.5, 0.7), (2.0, -4.0)]),
    "hyperu": (mp.hyperu, [(0.5, 1.5, 0.7), (2.0, 3.5, 4.0)]),
    "struve": (mp.struveh, [(0.5, 1.3), (1.0, 4.0)]),
    "modstruve": (mp.struvel, [(0.5, 1.3), (1.0, 4.0)]),
    "spherical_yn": (spherical_second, [(0.0, 1.3), (2.0, 9.0)]),
    "spherical_in": (spherical_modified, [(0.0, 1.3), (2.0, 9.0)]),
    "spherical_kn": (spherical_modified_second, [(0.0, 1.3), (2.0, 9.0)]),
    "eval_legendre": (lambda n, x: mp.legendre(int(n), x), [(0.0, 0.3), (1.0, 0.3), (5.0, -0.7)]),
    "eval_chebyt": (lambda n, x: mp.chebyt(int(n), x), [(0.0, 0.3), (5.0, -0.7)]),
    "eval_chebyu": (lambda n, x: mp.chebyu(int(n), x), [(0.0, 0.3), (5.0, -0.7)]),
    "eval_hermite": (lambda n, x: mp.hermite(int(n), x), [(0.0, 0.3), (1.0, 0.3), (5.0, -0.7)]),
    "eval_hermitenorm": (lambda n, x: mp.hermite(int(n), x / mp.sqrt(2)) / mp.mpf(2) ** (mp.mpf(int(n)) / 2), [(0.0, 0.3), (5.0, -0.7)]),
    "eval_laguerre": (lambda n, x: mp.laguerre(int(n), 0, x), [(0.0, 0.3), (5.0, 1.7)]),
    "eval_genlaguerre": (lambda n, a, x: mp.laguerre(int(n), a, x), [(0.0, 0.5, 0.3), (5.0, 1.5, 1.7)]),
    "eval_gegenbauer": (lambda n, a, x: mp.gegenbauer(int(n), a, x), [(0.0, 0.5, 0.3), (5.0, 1.5, -0.7)]),
    "eval_jacobi": (lambda n, a, b, x: mp.jacobi(int(n), a, b, x), [(0.0, 0.5, 1.5, 0.3), (5.0, 1.5, 0.5, -0.7)]),
    "erf": (mp.erf, [(0.7,), (-3.0,)]),
    "erfc": (mp.erfc, [(0.7,), (5.0,), (-3.0,)]),
    "erfcx": (lambda x: mp.exp(x * x) * mp.erfc(x), [(0.7,), (-3.0,), (10.0,), (1e3,), (1e6,)]),
    "erfi": (mp.erfi, [(0.7,), (-3.0,)]),
    "dawsn": (lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), [(0.3,), (-2.0,), (10.0,)]),
    "erfinv": (mp.erfinv, [(0.3,), (-0.99,), (0.999999,)]),
    "erfcinv": (lambda p: mp.erfinv(1 - p), [(0.3,), (1.99,), (1e-12,)]),
    "ndtr": (mp.ncdf, [(0.4,), (-5.0,), (5.0,)]),
    "log_ndtr": (log_ndtr, [(0.4,), (-5.0,), (-40.0,), (-1e4,), (5.0,), (30.0,)]),
    "ndtri": (ndtri, [(0.4,), (1e-3,), (0.999999,)]),
    "ndtri_exp": (lambda y: ndtri(mp.exp(y)), [(-0.5,), (-7.0,)]),
    "inverse_mills": (inverse_mills, [(0.4,), (-5.0,), (-40.0,), (-1e4,), (30.0,)]),
    "normal_excess": (lambda x: x + inverse_mills(x), [(0.4,), (-3.9,), (-4.1,), (-30.0,), (20.0,)]),
    "normal_variance": (lambda x: 1 - inverse_mills(x) * (x + inverse_mills(x)), [(0.4,), (-3.9,), (-4.1,), (-30.0,)]),
    "j0": (lambda x: mp.besselj(0, x), [(9.0,), (0.3,)]),
    "j1": (lambda x: mp.besselj(1, x), [(9.0,), (1e-3,)]),
    "y0": (lambda x: mp.bessely(0, x), [(9.0,), (0.3,)]),
    "y1": (lambda x: mp.bessely(1, x), [(9.0,), (0.3,)]),
    "i0": (lambda x: mp.besseli(0, x), [(1.3,), (20.0,)]),
    "i1": (lambda x: mp.besseli(1, x), [(1.3,), (1e-3,)]),
    "i0e": (lambda x: mp.exp(-abs(x)) * mp.besseli(0, x), [(1.3,), (-2.0,), (20.0,)]),
    "i1e": (lambda x: mp.exp(-abs(x)) * mp.besseli(1, x), [(1.3,), (-2.0,), (20.0,)]),
    "k0": (lambda x: mp.besselk(0, x), [(1.3,), (20.0,)]),
    "k1": (lambda x: mp.besselk(1, x), [(1.3,), (20.0,)]),
    "k0e": (lambda x: mp.exp(x) * mp.besselk(0, x), [(1.3,), (20.0,)]),
    "k1e": (lambda x: mp.exp(x) * mp.besselk(1, x), [(1.3,), (20.0,)]),
    "jv": (mp.besselj, [(0.5, 1.3), (2.0, 9.0)]),
    "yv": (mp.bessely, [(0.5, 1.3), (2.0, 9.0)]),
    "iv": (mp.besseli, [(0.5, 1.3), (2.0, 9.0)]),
    "kv": (mp.besselk, [(0.5, 1.3), (2.0, 9.0)]),
    "jve": (mp.besselj, [(0.5, 1.3)]),
    "yve": (mp.bessely, [(0.5, 1.3)]),
    "ive": (lambda v, x: mp.exp(-abs(x)) * mp.besseli(v, x), [(0.5, 1.3), (2.0, 9.0)]),
    "kve": (lambda v, x: mp.exp(x) * mp.besselk(v, x), [(0.5, 1.3), (2.0, 9.0)]),
    "spherical_jn": (spherical, [(0.0, 1.3), (1.0, 1e-3), (2.0, 9.0)]),
    "lambertw": (lambda x: mp.lambertw(x).real, [(1.3,), (-0.3,), (1e-9,), (1e6,)]),
    "spence": (lambda x: mp.polylog(2, 1 - x).real, [(0.6,), (0.01,), (2.5,), (1 - 1e-9,)]),
    "expi": (lambda x: mp.ei(x).real, [(1.2,), (-2.0,), (10.0,)]),
    "exp1": (mp.e1, [(1.2,), (10.0,)]),
    "expn": (mp.expint, [(1.0, 0.7), (3.0, 2.0)]),
    "ellipk": (mp.ellipk, [(0.1,), (0.99,), (-3.0,), (1e-9,)]),
    "ellipe": (mp.ellipe, [(0.1,), (0.99,), (-3.0,), (1e-9,)]),
    "hyp1f1": (mp.hyp1f1, [(0.5, 1.5, 0.7), (2.0, 3.0, -4.0)]),
    "hyp2f1": (mp.hyp2f1, [(0.5, 1.0, 1.5, 0.7), (1.0, 1.0, 2.0, -4.0)]),
}

# Decimal digits at which a meaning must be computed where 60 do not tell it from its limit, or where mpmath takes seconds
# for 60 (differences are taken with two or three times as many, and float64 has 16)
DIGITS = {
    "tanh": 700, "log1mexp": 700, "log_ndtr": 500, "inverse_mills": 500, "normal_excess": 300, "bose": 300,
    **dict.fromkeys(["k0", "k1", "k0e", "k1e", "kv", "kve", "y1", "yv", "owens_t", "ellipeinc", "ellipkinc"], 25),
}  # fmt: skip
