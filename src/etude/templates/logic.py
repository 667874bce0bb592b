"""Between rule patterns and logic terms: fresh logic variables for pattern variables, star variables spelled out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from cons import cons
from etuples.core import ExpressionTuple
from kanren import var
from unification import unify
from unification.variable import Var

from etude.ops import Op
from etude.rules import Rule, variables_of
from etude.terms import Term, Variable

__all__ = ["Goal", "equal", "fresh", "is_finite", "occurs", "spelled_out", "substituted"]

Goal = Callable[[Any], Iterator[Any]]


def substituted(pattern: Any, mapping: Mapping[Any, Any]) -> Any:
    """The pattern with parts replaced; a tuple given for a star variable is spliced in. Patterns are small."""
    kind = type(pattern)
    if kind is not Term and kind is not tuple:
        return mapping.get(pattern, pattern) if kind is Variable else pattern
    if pattern in mapping:
        return mapping[pattern]
    parts: list[Any] = []
    for part in pattern:
        star = _star_in(part)
        if star is not None and isinstance(mapping.get(star), tuple):
            parts.extend([substituted(part, {**mapping, star: item}) for item in mapping[star]])
        else:
            parts.append(substituted(part, mapping))
    return Term(tuple(parts)) if kind is Term else tuple(parts)


def _star_in(part: Any) -> Variable | None:
    """The star variable of `*a`, or of an expression over it such as `*d(a)`."""
    kind = type(part)
    if kind is Variable:
        return part if part.star else None
    if kind is Term and len(part._tuple) == 2 and not hasattr(part._tuple[0], "operands"):
        return _star_in(part._tuple[1])
    return None


def spelled_out(rule: Rule, count: int) -> Iterator[tuple[Any, Any]]:
    """Both sides for `count` operands, in every way in which the star variables can share them."""
    operands = _pattern_operands(rule.lhs)
    stars = [part for part in operands if isinstance(part, Variable) and part.star]
    missing = count - (len(operands) - len(stars))
    if missing < 0 or (missing and not stars):
        return
    for lengths in product(range(missing + 1), repeat=len(stars)):
        if sum(lengths) != missing:
            continue
        mapping = {
            star: tuple([Variable(f"{star.name}.{i}") for i in range(n)])
            for star, n in zip(stars, lengths, strict=True)
        }
        yield substituted(rule.lhs, mapping), substituted(rule.rhs, mapping)


def _pattern_operands(lhs: Term) -> tuple[Any, ...]:
    inner = lhs._tuple[1] if lhs._tuple[0].name == "item" else lhs
    operands: tuple[Any, ...] = inner.operands
    return operands


def fresh(*patterns: Any) -> tuple[Any, ...]:
    """The patterns over new logic variables."""
    mapping = {variable: var() for pattern in patterns for variable in variables_of(pattern)}
    return tuple([substituted(pattern, mapping) for pattern in patterns])


def occurs(part: Any, term: Any) -> bool:
    """Whether `part` occurs in a (small) term."""
    pending = [term]
    while pending:
        item = pending.pop()
        if item == part and type(item) is type(part):
            return True
        if isinstance(item, (Term, tuple)):
            pending.extend(item)
    return False


def equal(left: Any, right: Any) -> Goal:
    """Both sides are one, and no variable is put into itself, which kanren's `eq` allows."""

    def goal(state: Any) -> Iterator[Any]:
        bound: Any = unify(left, right, state) if is_finite(state, (left, right)) else False
        if bound is not False and is_finite(bound, (left, right)):
            yield bound

    return goal


def is_finite(state: Mapping[Any, Any], parts: tuple[Any, ...]) -> bool:
    """Whether no variable that is met in the parts is bound to what holds it."""
    done: set[Any] = set()  # variables and the identities of sequences, left for good
    opened: set[Any] = set()
    pending: list[tuple[Any, bool]] = [(part, False) for part in parts]
    while pending:
        part, leaving = pending.pop()
        kind = type(part)
        if kind is Op or (kind is Term and part._ground):
            continue
        if kind is Var or isinstance(part, Var):
            if leaving:
                opened.discard(part)
                done.add(part)
            elif part in opened:
                return False
            elif part in state and part not in done:
                opened.add(part)
                pending += [(part, True), (state[part], False)]
        elif leaving:
            done.add(id(part))
        elif _may_hold_variables(part) and id(part) not in done:
            inside = (part.car, part.cdr) if type(part) is cons else part
            pending += [(part, True), *[(inner, False) for inner in inside]]
    return True


def _may_hold_variables(part: Any) -> bool:
    if type(part) is cons:  # its metaclass takes every sequence for an instance
        return True
    return isinstance(part, (ExpressionTuple, tuple, list)) and not getattr(part, "_ground", False)
