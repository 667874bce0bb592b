"""SciPy's distribution functions, transformations and combinatorial functions, composed of special functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from etude.errors import TermTypeError
from etude.ops.arithmetic import (
    add,
    divide,
    equal,
    floor,
    greater,
    less,
    logical_and,
    logical_or,
    multiply,
    power,
    subtract,
    where,
)
from etude.ops.compositions import term_of
from etude.ops.op import _registered
from etude.ops.transcendental import exp, expm1, log, log1p
from etude.terms import Term

__all__ = ["DISTRIBUTIONS"]

_functions: dict[str, Callable[..., Any]] = {}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    _functions[function.__name__] = function
    return function


_gammainc, _gammaincc, _gammaincinv, _gammainccinv, _betainc, _betaincc, _betaincinv = (
    _registered[name] for name in "gammainc gammaincc gammaincinv gammainccinv betainc betaincc betaincinv".split()
)
_exprel, _gamma, _gammaln, _binom, _poch, _ellipk = (
    _registered[name] for name in "exprel gamma gammaln binom poch ellipk".split()
)


def _half(x: Any) -> Term:
    return divide(term_of(x), 2.0)


# ---------------------------------------------------------------- distributions


@_named
def chdtr(v: Any, x: Any) -> Term:
    """Distribution function of chi square with v degrees of freedom."""
    return _gammainc(_half(v), _half(x))


@_named
def chdtrc(v: Any, x: Any) -> Term:
    """1 - chdtr(v, x)."""
    return _gammaincc(_half(v), _half(x))


@_named
def chdtri(v: Any, p: Any) -> Term:
    """The x with chdtrc(v, x) = p."""
    return multiply(2.0, _gammainccinv(_half(v), term_of(p)))


@_named
def gdtr(a: Any, b: Any, x: Any) -> Term:
    """Distribution function of the gamma distribution of rate a and shape b."""
    return _gammainc(term_of(b), multiply(term_of(a), term_of(x)))


@_named
def gdtrc(a: Any, b: Any, x: Any) -> Term:
    """1 - gdtr(a, b, x)."""
    return _gammaincc(term_of(b), multiply(term_of(a), term_of(x)))


@_named
def gdtrix(a: Any, b: Any, p: Any) -> Term:
    """The x with gdtr(a, b, x) = p."""
    return divide(_gammaincinv(term_of(b), term_of(p)), term_of(a))


@_named
def fdtr(dfn: Any, dfd: Any, x: Any) -> Term:
    """Distribution function of the F distribution."""
    top = multiply(term_of(dfn), term_of(x))
    return _betainc(_half(dfn), _half(dfd), divide(top, add(term_of(dfd), top)))


@_named
def fdtrc(dfn: Any, dfd: Any, x: Any) -> Term:
    """1 - fdtr(dfn, dfd, x)."""
    below = add(term_of(dfd), multiply(term_of(dfn), term_of(x)))
    return _betainc(_half(dfd), _half(dfn), divide(term_of(dfd), below))


@_named
def fdtri(dfn: Any, dfd: Any, p: Any) -> Term:
    """The x with fdtr(dfn, dfd, x) = p."""
    share = _betaincinv(_half(dfn), _half(dfd), term_of(p))
    return divide(multiply(term_of(dfd), share), multiply(term_of(dfn), subtract(1.0, share)))


@_named
def bdtr(k: Any, n: Any, p: Any) -> Term:
    """Distribution function of the binomial distribution: the chance of at most k of n successes."""
    k, n, p = floor(term_of(k)), term_of(n), term_of(p)
    inside = logical_and(greater(add(k, 1), 0), less(k, n))
    k_inside = where(inside, k, 0.0)
    chance = _betaincc(add(k_inside, 1.0), subtract(where(inside, n, 1.0), k_inside), p)
    return where(inside, chance, where(less(k, 0), math.nan, 1.0))


@_named
def bdtrc(k: Any, n: Any, p: Any) -> Term:
    """The chance of more than k of n successes."""
    k, n, p = floor(term_of(k)), term_of(n), term_of(p)
    inside = logical_and(greater(add(k, 1), 0), less(k, n))
    k_inside = where(inside, k, 0.0)
    chance = _betainc(add(k_inside, 1.0), subtract(where(inside, n, 1.0), k_inside), p)
    return where(inside, chance, where(less(k, 0), 1.0, 0.0))


@_named
def nbdtr(k: Any, n: Any, p: Any) -> Term:
    """Distribution function of the negative binomial distribution: the chance of at most k failures before n successes."""
    return _betainc(term_of(n), add(floor(term_of(k)), 1.0), term_of(p))


@_named
def nbdtrc(k: Any, n: Any, p: Any) -> Term:
    """The chance of more than k failures before n successes."""
    return _betaincc(term_of(n), add(floor(term_of(k)), 1.0), term_of(p))


@_named
def pdtr(k: Any, m: Any) -> Term:
    """Distribution function of the Poisson distribution of mean m."""
    return _gammaincc(add(floor(term_of(k)), 1.0), term_of(m))


@_named
def pdtrc(k: Any, m: Any) -> Term:
    """1 - pdtr(k, m)."""
    return _gammainc(add(floor(term_of(k)), 1.0), term_of(m))


@_named
def pdtri(k: Any, y: Any) -> Term:
    """The mean m with pdtr(k, m) = y."""
    return _gammainccinv(add(floor(term_of(k)), 1.0), term_of(y))


# ---------------------------------------------------------------- transformations


@_named
def boxcox(x: Any, lmbda: Any) -> Term:
    """Box and Cox's transformation: (x**lmbda - 1)/lmbda, log(x) where lmbda is 0."""
    x, lmbda = term_of(x), term_of(lmbda)
    nothing = equal(x, 0)
    logs = log(where(nothing, 1.0, x))
    at_zero = where(greater(lmbda, 0), divide(-1.0, lmbda), -math.inf)
    return where(nothing, at_zero, multiply(logs, _exprel(multiply(lmbda, logs))))


@_named
def boxcox1p(x: Any, lmbda: Any) -> Term:
    """Box and Cox's transformation of 1 + x."""
    x, lmbda = term_of(x), term_of(lmbda)
    nothing = equal(x, -1)
    logs = log1p(where(nothing, 0.0, x))
    at_zero = where(greater(lmbda, 0), divide(-1.0, lmbda), -math.inf)
    return where(nothing, at_zero, multiply(logs, _exprel(multiply(lmbda, logs))))


def _exponent(x: Any, lmbda: Any) -> Term:
    """log(1 + lmbda x)/lmbda, x where lmbda is 0."""
    x, lmbda = term_of(x), term_of(lmbda)
    return where(equal(lmbda, 0), x, divide(log1p(multiply(lmbda, x)), lmbda))


@_named
def inv_boxcox(y: Any, lmbda: Any) -> Term:
    """The x with boxcox(x, lmbda) = y."""
    return exp(_exponent(y, lmbda))


@_named
def inv_boxcox1p(y: Any, lmbda: Any) -> Term:
    """The x with boxcox1p(x, lmbda) = y."""
    return expm1(_exponent(y, lmbda))


@_named
def exp10(x: Any) -> Term:
    """10**x."""
    return power(10.0, term_of(x))


# ---------------------------------------------------------------- counting, and the mean of Gauss


@_named
def factorial(n: Any, exact: bool = False) -> Term:
    """gamma(n + 1), 0 for negative n; always a floating number."""
    if exact:
        raise TermTypeError("factorial: exact=True is for plain integers; leave it out for the floating value")
    n = term_of(n)
    return where(less(n, 0), 0.0, _gamma(add(where(less(n, 0), 0.0, n), 1.0)))


@_named
def comb(N: Any, k: Any) -> Term:
    """The number of ways to choose k of N things, 0 where there is none."""
    N, k = term_of(N), term_of(k)
    nothing = logical_or(less(k, 0), logical_or(less(N, k), less(N, 0)))
    return where(nothing, 0.0, _binom(where(nothing, 1.0, N), where(nothing, 0.0, k)))


@_named
def perm(N: Any, k: Any) -> Term:
    """The number of ways to arrange k of N things, 0 where there is none."""
    N, k = term_of(N), term_of(k)
    nothing = logical_or(less(k, 0), logical_or(less(N, k), less(N, 0)))
    rest = where(nothing, 1.0, add(subtract(N, k), 1.0))
    return where(nothing, 0.0, _poch(rest, where(nothing, 0.0, k)))


@_named
def multigammaln(a: Any, d: int) -> Term:
    """The logarithm of the gamma function of symmetric d x d matrices."""
    a, found = term_of(a), d * (d - 1) / 4 * math.log(math.pi)
    for j in range(int(d)):
        found = add(found, _gammaln(subtract(a, j / 2)))
    return term_of(found)


@_named
def agm(a: Any, b: Any) -> Term:
    """The arithmetic-geometric mean of positive numbers (DLMF 19.8.1)."""
    a, b = term_of(a), term_of(b)
    total = add(a, b)
    ratio = divide(subtract(a, b), total)
    return divide(multiply(math.pi / 4, total), _ellipk(multiply(ratio, ratio)))


DISTRIBUTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
