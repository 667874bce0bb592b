"""Whether a term is an antiderivative: its derivative is the integrand, and it has a value wherever the integrand has one."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import product as pairs
from random import Random
from typing import Any

import numpy as np

from etude.calculus import one_like
from etude.differentiation import differentiate
from etude.ops import CATALOGUE
from etude.rewriting import knowledge, simplify
from etude.rewriting.fitting import number_of
from etude.terms import Term, constant, is_symbol, postorder

__all__ = ["EXACTLY", "NUMERICALLY", "derivative", "verified"]

EXACTLY = "the difference of the derivative and the integrand simplifies to zero"
NUMERICALLY = "the derivative and the integrand agree at sample points"
_POINTS = (-7.31, -2.17, -1.23, -0.71, -0.28, 0.19, 0.43, 0.83, 1.37, 1.91, 2.73, 6.47)
_TOLERANCE, _ENOUGH, _DRAWS = 1e-9, 2, 3


@lru_cache(maxsize=2048)
def derivative(term: Term, variable: Term) -> Term | None:
    """The simplified derivative, None where there is none."""
    [found] = differentiate({term: one_like(term)}, [variable])
    return found if isinstance(found, Term) else None


def verified(candidate: Term, integrand: Term, variable: Term) -> str | None:
    """How the candidate was found to be right: EXACTLY or NUMERICALLY; None where it is not."""
    slope = derivative(candidate, variable)
    if slope is None:
        slope = constant(0.0)
    agrees = _agree(candidate, slope, integrand, variable)
    if not agrees:
        return None
    difference = simplify(CATALOGUE["subtract"](slope, integrand))
    return EXACTLY if number_of(difference) == 0 else NUMERICALLY


def _agree(candidate: Term, slope: Term, integrand: Term, variable: Term) -> bool:
    others = [node for node in postorder(candidate, slope, integrand) if is_symbol(node) and node is not variable]
    random, seen = Random(1), 0  # noqa: S311  # sample points, nothing secret
    for point, _ in pairs(_POINTS, range(_DRAWS if others else 1)):
        if not _allowed(point, variable):
            continue
        values = {variable: point, **{other: _drawn(other, random) for other in others}}
        wanted, found, height = _values((integrand, slope, candidate), values)
        if wanted is None:
            continue
        if found is None or height is None or abs(found - wanted) > _TOLERANCE * max(1.0, abs(wanted), abs(height)):
            return False
        seen += 1
    return seen >= _ENOUGH


def _allowed(point: float, symbol: Term) -> bool:
    known = knowledge()
    if known.holds("positive", symbol) or known.holds("nonnegative", symbol):
        return point > 0
    return not known.holds("negative", symbol) or point < 0


def _drawn(symbol: Term, random: Random) -> float:
    size = random.uniform(0.3, 2.5)
    if not _allowed(-1.0, symbol):
        return size
    return -size if not _allowed(1.0, symbol) or random.random() < 0.5 else size


def _values(terms: tuple[Term, ...], values: dict[Term, float]) -> list[float | None]:
    """The real values at a point, None where there are none; what terms share is evaluated once."""
    found: dict[Any, Any] = {symbol: symbol.type.dtype.type(value) for symbol, value in values.items()}
    with np.errstate(all="ignore"):
        for node in postorder(*terms):
            if node not in found:
                head, *parts = node._tuple
                found[node] = head.meaning(*[found.get(part, part) if isinstance(part, Term) else part for part in parts])
        return [value if math.isfinite(value) else None for value in (float(found[term]) for term in terms)]
