"""A differential with some of its differentials taken as zero."""

from __future__ import annotations

from typing import Any

from etude.ops import CATALOGUE
from etude.rules import D
from etude.terms import Term

__all__ = ["without"]

_SUMS = {CATALOGUE["add"], CATALOGUE["subtract"]}
_zeros_like = CATALOGUE["zeros_like"]
_ZERO = object()


def without(pattern: Any, still: set[Term]) -> Any:
    """`pattern` where the differentials in `still` vanish; patterns are small."""
    if not isinstance(pattern, Term):
        return pattern
    if pattern in still:
        return _ZERO
    if pattern.type is not None or pattern._tuple[0] is D:
        return pattern
    head, operands = pattern._tuple[0], pattern.operands
    parts = [without(part, still) for part in operands]
    zeros = [part is _ZERO for part in parts]
    if not any(zeros):
        return Term((head, *parts, *pattern.attributes))
    if head in _SUMS:
        rest = [part for part in parts if part is not _ZERO]
        if not rest:
            return _ZERO
        return Term((CATALOGUE["negative"], rest[0])) if head.name == "subtract" and zeros[0] else rest[0]
    others = [part for part, zero in zip(parts, zeros, strict=True) if not zero]
    if not any(_moves(part) for part in others):
        return _ZERO
    filled = [_zero_for(old, head) if zero else new for old, new, zero in zip(operands, parts, zeros, strict=True)]
    return Term((head, *filled, *pattern.attributes))


def _zero_for(old: Any, head: Any) -> Any:
    if head.is_elementwise:
        return 0
    return Term((_zeros_like, old._tuple[1] if isinstance(old, Term) and old._tuple[0] is D else old, None))


def _moves(part: Any) -> bool:
    if not isinstance(part, Term):
        return False
    return part._tuple[0] is D or any(_moves(item) for item in part._tuple[1:])
