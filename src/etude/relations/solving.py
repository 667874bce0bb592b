"""What all goals share: arguments as terms, unification modulo commutativity with an occurs check, fairness, limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice, product
from time import monotonic
from typing import Any, NamedTuple

from unification import reify, unify

from etude.ops import CATALOGUE
from etude.rewriting import simplify
from etude.rewriting.fitting import number_of
from etude.templates.logic import Goal, is_finite
from etude.terms import Term, constant, is_symbol, is_typed, postorder

__all__ = [
    "Goal",
    "equal_terms",
    "fair",
    "is_known",
    "limits",
    "reified",
    "same",
    "seconds_allowed",
    "solutions",
    "symbols_of",
    "term_of",
    "typed_numbers",
]

_FLIPPED = 6  # commutative operators of one pattern of which both orders are tried
_OPEN = 500  # terms with variables that such a pattern may have
_COMMUTATIVE = frozenset(op.name for op in CATALOGUE.values() if "commutative" in op.properties)


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


def seconds_allowed() -> float:
    """How long a goal may look for answers."""
    return _limits.get().seconds


def solutions(state: Any, answers: Iterable[tuple[tuple[Any, Any], ...] | None]) -> Iterator[Any]:
    """The states in which the pairs of an answer are equal, within the limits. None is no answer, but time that passed."""
    allowed = _limits.get()
    until = monotonic() + allowed.seconds

    def found() -> Iterator[Any]:
        for pairs in answers:
            if pairs is not None:
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
        if bound is not False and is_finite(bound, (one, right)):
            yield bound
            return


def reified(parts: tuple[Any, ...], state: Any) -> tuple[Any, ...] | None:
    """The parts as far as they are known; None where a variable was put into itself, by another goal."""
    return tuple([reify(part, state) for part in parts]) if is_finite(state, parts) else None


def _orders(pattern: Any) -> Iterator[Any]:
    """The pattern with the operands of some commutative operators in the other order, the outermost first."""
    yield pattern
    open_ = _not_ground(pattern)
    turned = [node for node in open_ if getattr(node._tuple[0], "name", "") in _COMMUTATIVE and len(node._tuple) == 3]
    for flips in islice(product((False, True), repeat=min(len(turned), _FLIPPED)), 1, None):
        flipped = {node for node, flip in zip(turned, flips, strict=False) if flip}
        made: dict[Any, Any] = {}
        for node in reversed(open_):
            head, *parts = [made.get(part, part) if isinstance(part, Term) else part for part in node._tuple]
            made[node] = Term((head, *(parts[::-1] if node in flipped else parts)))
        yield made[pattern]


def _not_ground(pattern: Any) -> list[Term]:
    """The terms in a pattern that hold variables, each before its parts; none of a pattern that has too many."""
    found: dict[Term, None] = {}
    level = [pattern] if isinstance(pattern, Term) else []
    while level and len(found) < _OPEN:
        level = [part for part in level if not part._ground]
        for part in level:
            found.pop(part, None)
            found[part] = None
        level = list(dict.fromkeys(inner for part in level for inner in part._tuple if isinstance(inner, Term)))
    return [] if level else list(found)


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
