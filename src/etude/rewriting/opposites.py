"""Negatives in normal form: that of `2*x` is `-2*x`, that of `x - y` is `y - x`."""

from __future__ import annotations

from etude.ops import CATALOGUE
from etude.rewriting.fitting import number_of
from etude.terms import Term

__all__ = ["NEGATIVE", "are_opposite"]

NEGATIVE, _SUBTRACT, _MULTIPLY, _DIVIDE = (CATALOGUE[name] for name in ("negative", "subtract", "multiply", "divide"))


def are_opposite(one: Term, other: Term) -> bool:
    """Whether each of two terms in normal form is the negative of the other."""
    a, b = one._tuple, other._tuple
    if a[0] is NEGATIVE or b[0] is NEGATIVE:
        return (a[0] is NEGATIVE and a[1] is other) or (b[0] is NEGATIVE and b[1] is one)
    if a[0] is not b[0] or len(a) != len(b) or one.type is not other.type:
        return False
    if a[0] is _SUBTRACT:
        return a[1] is b[2] and a[2] is b[1]
    if a[0] is _MULTIPLY or a[0] is _DIVIDE:
        differing = [(left, right) for left, right in zip(a[1:], b[1:], strict=True) if left is not right]
        return len(differing) == 1 and are_opposite(*differing[0])
    return _are_opposite_numbers(one, other)


def _are_opposite_numbers(one: Term, other: Term) -> bool:
    left, right = number_of(one), number_of(other)
    return left is not None and right is not None and not isinstance(left, bool) and left == -right != 0
