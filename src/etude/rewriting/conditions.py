"""Conditions of rules compiled to functions of a match."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Protocol

from etude.rewriting.fitting import number_of
from etude.rules.conditions import STRUCTURAL, structural
from etude.terms import Term, Variable

__all__ = ["compile_condition"]


class Knowledge(Protocol):
    def holds(self, word: str, term: Any) -> bool: ...


Test = Callable[[list[Any], Knowledge], bool]
_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def compile_condition(condition: Any, slots: dict[Variable, int]) -> Test | None:
    """A function of the bindings and of what is known; None for no condition."""
    if condition is None:
        return None
    kind = condition[0]
    if kind in ("and", "or"):
        parts = [part for part in (compile_condition(c, slots) for c in condition[1:]) if part is not None]
        if kind == "and":
            return lambda env, known: all(part(env, known) for part in parts)
        return lambda env, known: any(part(env, known) for part in parts)
    if kind == "not":
        inner = compile_condition(condition[1], slots)
        assert inner is not None
        return lambda env, known: not inner(env, known)
    if kind in _COMPARE:
        return _comparison(_COMPARE[kind], kind, slots[condition[1]], condition[2])
    return _word(kind, tuple([slots[variable] for variable in condition[1:]]))


def _comparison(test: Callable[[Any, Any], bool], sign: str, slot: int, literal: Any) -> Test:
    equality = sign in ("==", "!=")

    def run(env: list[Any], known: Knowledge) -> bool:
        value = env[slot]
        if isinstance(value, Term):
            value = number_of(value)
            if value is None:
                return _by_sign(env[slot], sign, literal, known)
        if not equality and not isinstance(value, (int, float)):
            return False
        return test(value, literal)

    return run


_SIGNS: dict[Any, str] = {(">", 0): "positive", (">=", 0): "nonnegative", ("<", 0): "negative", ("!=", 0): "nonzero"}


def _by_sign(term: Term, sign: str, literal: Any, known: Knowledge) -> bool:
    word = _SIGNS.get((sign, literal)) if isinstance(literal, (int, float)) else None
    return word is not None and known.holds(word, term)


def _word(word: str, slots: tuple[int, ...]) -> Test:
    if word == "number":
        slot = slots[0]
        return lambda env, known: number_of(env[slot]) is not None
    if word not in STRUCTURAL:
        slot = slots[0]
        return lambda env, known: known.holds(word, env[slot])
    return lambda env, known: bool(structural(word, tuple([env[slot] for slot in slots])))
