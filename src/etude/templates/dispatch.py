"""How terms unify and reify. Ground terms are decided by identity, so that nothing walks into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from etuples.core import ExpressionTuple
from unification.core import _reify, _unify, construction_sentinel
from unification.variable import Var

from etude.terms import Term, is_variable, register_variable_type

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
    made, whole = Term(parts), term._parent
    if whole is not None and made is not term and _only_variables_differ(term, made):
        made._parent = whole  # as etuples has it: the whole is not lost by renaming what was not known
    yield made


def _only_variables_differ(before: Term, after: Term) -> bool:
    return all(a == b for a, b in zip(before, after, strict=True) if not is_variable(a) and not is_variable(b))


_unify.add((Term, Term, Mapping), _unify_terms)
for _other in (tuple, ExpressionTuple):
    _unify.add((Term, _other, Mapping), _unify_with_parts)
    _unify.add((_other, Term, Mapping), _unify_with_parts)
_reify.add((Term, Mapping), _reify_term)
