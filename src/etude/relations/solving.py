"""What all goals share: arguments as terms, unification modulo commutativity with an occurs check, fairness, limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from time import monotonic
from typing import Any, NamedTuple

from unification import reify, unify
from unification.variable import Var

from etude.ops import CATALOGUE, Op
from etude.rewriting import simplify
from etude.rewriting.fitting import number_of
from etude.terms import Term, constant, is_symbol, is_typed, postorder

__all__ = ["Goal", "equal_terms", "fair", "is_known", "limits", "same", "solutions", "symbols_of", "term_of", "typed_numbers"]

Goal = Callable[[Any], Iterator[Any]]
_ORDERS = 64  # orders of commutative operands that are tried for one pattern


class _Limits(NamedTuple):
    results: int = 1000
    seconds: float = 10.0


_DEFAULT = _Limits()
_limits: ContextVar[_Limits] = ContextVar("limits", default=_DEFAULT)


@contextmanager
def limits(results: int | None = None, seconds: float | None = None) -> Iterator[None]:
    """Goals run inside give no more than `results` answers each and stop looking after `seconds`.

    Without it these are 1000 answers and 10 seconds.
    """
    now = _limits.get()
    token = _limits.set(_Limits(now.results if results is None else results, now.seconds if seconds is None else seconds))
    try:
        yield
    finally:
        _limits.reset(token)


def solutions(state: Any, answers: Iterable[tuple[tuple[Any, Any], ...]]) -> Iterator[Any]:
    """The states in which the pairs of an answer are equal, within the limits."""
    allowed = _limits.get()
    until = monotonic() + allowed.seconds

    def found() -> Iterator[Any]:
        for pairs in answers:
            yield from _unified(pairs, state)
            if monotonic() > until:
                return

    yield from islice(found(), allowed.results)


def _unified(pairs: tuple[tuple[Any, Any], ...], state: Any) -> Iterator[Any]:
    if not pairs:
        yield state
        return
    (left, right), *others = pairs
    for one in same(left, right, state):
        yield from _unified(tuple(others), one)


def same(left: Any, right: Any, state: Any) -> Iterator[Any]:
    """The states in which two sides are equal, modulo the order of commutative operands; no variable is put into itself."""
    left, right = reify(left, state), reify(right, state)
    for one in _orders(left):
        bound = unify(one, right, state)
        if bound is not False and _is_finite(one, right):
            yield bound
            return


def _is_finite(left: Any, right: Any) -> bool:
    for variable, term in ((left, right), (right, left)):
        if isinstance(variable, Var) and variable is not term and _holds(variable, term):
            return False
    return True


def _holds(variable: Var, term: Any) -> bool:
    pending = [term]
    while pending:
        item = pending.pop()
        if item == variable and isinstance(item, Var):
            return True
        if isinstance(item, (Term, tuple)) and not getattr(item, "_ground", False):
            pending.extend(item)
    return False


def _orders(pattern: Any) -> Iterator[Any]:
    """The pattern with the operands of commutative operators in either order; a ground term only as it is."""
    if not isinstance(pattern, Term) or pattern._ground:
        yield pattern
        return
    yield from islice(_variants(pattern), _ORDERS)


def _variants(pattern: Any) -> Iterator[Any]:
    if not isinstance(pattern, Term) or pattern._ground or not pattern._tuple:
        yield pattern
        return
    head, *parts = pattern._tuple
    for chosen in _each(parts):
        yield Term((head, *chosen))
        if isinstance(head, Op) and "commutative" in head.properties and len(chosen) == 2:
            yield Term((head, *chosen[::-1]))


def _each(parts: list[Any]) -> Iterator[list[Any]]:
    if not parts:
        yield []
        return
    for first in _variants(parts[0]):
        for rest in _each(parts[1:]):
            yield [first, *rest]


def fair(streams: Iterable[Iterator[Any]]) -> Iterator[Any]:
    """The answers of several searches in turn, so that none keeps another from being heard."""
    waiting = list(streams)
    while waiting:
        kept = []
        for stream in waiting:
            for answer in islice(stream, 1):
                yield answer
                kept.append(stream)
        waiting = kept


def term_of(part: Any) -> Any:
    """An Array as its term; everything else as it is."""
    found = getattr(part, "term", None)
    return found if isinstance(found, Term) else part


def is_known(part: Any) -> bool:
    """Whether a part is a typed term without logic variables."""
    return isinstance(part, Term) and part._ground and part.type is not None


def equal_terms(left: Term, right: Term) -> bool:
    """Whether two terms have one normal form, or their difference is zero."""
    if left is right:
        return True
    one, other = simplify(left), simplify(right)
    if one is other:
        return True
    if left.type.shape != right.type.shape or one.type.dtype.kind not in "fc":
        return False
    return bool(number_of(simplify(CATALOGUE["subtract"](one, other))) == 0)


def symbols_of(term: Term) -> list[Term]:
    return [node for node in postorder(term) if is_symbol(node)]


def typed_numbers(pattern: Any, like: Term) -> Any:
    """The pattern with constants of the node's dtype for numbers that stand for operands."""
    if isinstance(pattern, Term) and not is_typed(pattern):
        operands = [typed_numbers(part, like) for part in pattern.operands]
        return Term((pattern._tuple[0], *operands, *pattern.attributes))
    if isinstance(pattern, (int, float)) and not isinstance(pattern, bool) and like.type.dtype.kind in "fc":
        return constant(float(pattern), like.type.dtype)
    return pattern
