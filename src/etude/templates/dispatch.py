"""How terms unify and reify. Ground terms are decided by identity, so that nothing walks into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from etuples.core import ExpressionTuple
from unification.core import _reify, _unify, construction_sentinel
from unification.variable import Var

from etude.terms import Term, register_variable_type

__all__: list[str] = []

register_variable_type(Var)


def _unify_terms(left: Term, right: Term, state: Any) -> Iterator[Any]:
    if left is right:
        yield state
    elif left._ground and right._ground:
        yield False
    else:
        yield _unify(left._tuple, right._tuple, state)


def _unify_with_parts(left: Any, right: Any, state: Any) -> Iterator[Any]:
    yield _unify(getattr(left, "_tuple", left), getattr(right, "_tuple", right), state)


def _reify_term(term: Term, state: Any) -> Iterator[Any]:
    if term._ground:
        yield term
        return
    parts = yield _reify(term._tuple, state)
    yield construction_sentinel
    yield Term(parts)


_unify.add((Term, Term, Mapping), _unify_terms)
for _other in (tuple, ExpressionTuple):
    _unify.add((Term, _other, Mapping), _unify_with_parts)
    _unify.add((_other, Term, Mapping), _unify_with_parts)
_reify.add((Term, Mapping), _reify_term)
