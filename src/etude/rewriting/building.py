"""Right sides compiled to functions that build interned, typed terms from a match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etude.errors import EtudeError
from etude.ops import Op
from etude.ops.attributes import COMPUTED_ATTRIBUTES
from etude.rewriting.fitting import Refused, fit
from etude.rewriting.patterns import INTEGER_ARITHMETIC
from etude.rules import COMPUTED
from etude.terms import Term, Variable, constant, is_typed

__all__ = ["compile_replacement"]

Build = Callable[[list[Any]], Any]


def compile_replacement(pattern: Any, slots: dict[Variable, int], domain: str = "real") -> Build:
    """A function of the bindings (the matched term in slot 0) that gives the fitted replacement, or None to refuse."""
    make = _compile(pattern, slots, domain == "real")
    kinds = tuple(slots.values()) if domain == "real" else ()

    def build(env: list[Any]) -> Term | None:
        like: Term = env[0]
        try:
            for slot in kinds:
                part = env[slot]
                if type(part) is Term and part.type.dtype.kind == "c":
                    return None
            made = make(env)
            if type(made) is not Term:
                made = constant(made, like.type.dtype)
            return made if made.type is like.type else fit(made, like)
        except (Refused, EtudeError, OverflowError, AttributeError):
            return None

    return build


def _compile(pattern: Any, slots: dict[Variable, int], guard: bool) -> Build:
    if isinstance(pattern, Variable):
        slot = slots[pattern]
        return lambda env: env[slot]
    if not isinstance(pattern, Term) or is_typed(pattern):
        return lambda env: pattern
    op = pattern._tuple[0]
    if op is COMPUTED:
        return _attribute(pattern, slots)
    operands = [_compile(part, slots, guard) for part in pattern.operands]
    attributes = [_attribute(value, slots) for value in pattern.attributes]
    starred = [isinstance(part, Variable) and part.star for part in pattern.operands]
    if not isinstance(op, Op):
        return lambda env: _refuse()
    wary = guard and op.name in INTEGER_ARITHMETIC
    if any(starred):
        return _variadic(op, operands, attributes, starred)
    return _fixed(op, operands, attributes, wary)


def _refuse() -> Any:
    raise Refused


def _fixed(op: Op, operands: list[Build], attributes: list[Build], wary: bool) -> Build:
    def build(env: list[Any]) -> Any:
        made = op.apply(tuple([part(env) for part in operands]), tuple([value(env) for value in attributes]))
        if wary and made.type.dtype.kind in "biu":
            raise Refused
        return made

    return build


def _variadic(op: Op, operands: list[Build], attributes: list[Build], starred: list[bool]) -> Build:
    def build(env: list[Any]) -> Any:
        found: list[Any] = []
        for part, star in zip(operands, starred, strict=True):
            value = part(env)
            found.extend(value) if star else found.append(value)
        return op.apply(tuple(found), tuple([value(env) for value in attributes]))

    return build


def _attribute(value: Any, slots: dict[Variable, int]) -> Build:
    if isinstance(value, Variable):
        slot = slots[value]
        return lambda env: env[slot]
    if isinstance(value, Term) and value._tuple[0] is COMPUTED:
        function = COMPUTED_ATTRIBUTES[value._tuple[1]]
        arguments = [_attribute(part, slots) for part in value._tuple[2:]]
        return lambda env: _computed(function, [argument(env) for argument in arguments])
    return lambda env: value


def _computed(function: Callable[..., Any], arguments: list[Any]) -> Any:
    try:
        return function(*arguments)
    except (TypeError, ValueError, IndexError):
        raise Refused from None
