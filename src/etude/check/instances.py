"""Rules made concrete: patterns over typed symbols, the right side fitted to the left, star variables spelled out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from etude.errors import EtudeError
from etude.ops import CATALOGUE, Op
from etude.ops.attributes import COMPUTED_ATTRIBUTES
from etude.rewriting.patterns import INTEGER_ARITHMETIC
from etude.rules import COMPUTED, FreeSymbol, Rule, pattern_parts
from etude.terms import ArrayType, Term, TupleType, Variable, broadcast_shapes, constant
from etude.text.vocabulary import FUNCTIONS

__all__ = [
    "FitError",
    "Instance",
    "OutsideDomain",
    "attribute_variables",
    "fitted",
    "free_symbols",
    "instantiate",
    "is_composed",
    "named_parts",
    "spelled",
]

KINDS = {"real": "f", "complex": "fc", "any": "biufc"}  # of the dtypes of what a rule of that domain rewrites
REFUSALS = (EtudeError, TypeError, ValueError, IndexError, OverflowError, ZeroDivisionError, KeyError, AttributeError)


class FitError(Exception):
    """A right side that cannot be brought to the left side's type."""


class OutsideDomain(ValueError):
    """Types at which the engine leaves a rule of this domain alone, or attributes of which no other can be computed."""


@dataclass(frozen=True)
class Instance:
    """A rule at given types: both sides as typed terms, the right one fitted, over the symbols of `inputs`."""

    inputs: dict[str, Term]
    attributes: dict[str, Any]
    left: Term
    right: Term


def free_symbols(*patterns: Any) -> list[FreeSymbol]:
    """The functions that occur and are no operators, each once."""
    parts = [part for pattern in patterns for part in pattern_parts(pattern)]
    heads = [part._tuple[0] for part in parts if isinstance(part, Term)]
    return list(dict.fromkeys(head for head in heads if isinstance(head, FreeSymbol)))


def is_composed(symbol: FreeSymbol) -> bool:
    """Whether a function that is no operator is one that expressions may call, as `swapaxes` is."""
    plain = not any(isinstance(part, Variable) for _, value in symbol.keywords for part in pattern_parts(value))
    return plain and symbol.name in FUNCTIONS


def named_parts(pattern: Any) -> set[str]:
    """The names of the operators that occur."""
    return {
        part._tuple[0].name
        for part in pattern_parts(pattern)
        if isinstance(part, Term) and isinstance(part._tuple[0], Op)
    }


def attribute_variables(*patterns: Any) -> dict[str, tuple[Op, str]]:
    """The variables that stand for attributes, with an operator and the attribute's name.

    An operand whose type an attribute is computed from is no attribute.
    """
    found: dict[str, tuple[Op, str]] = {}
    applied = [part for pattern in patterns for part in pattern_parts(pattern) if isinstance(part, Term)]
    applied = [part for part in applied if isinstance(part._tuple[0], Op)]
    operands = {operand.name for part in applied for operand in part.operands if isinstance(operand, Variable)}
    for part in applied:
        op = part._tuple[0]
        for name, value in zip(op.attributes, part.attributes, strict=True):
            for inner in pattern_parts(value):
                if isinstance(inner, Variable) and inner.name not in operands:
                    found.setdefault(inner.name, (op, name))
    return found


def _as_written(pattern: Any, term: Any) -> dict[str, Any]:
    """Attribute variables in the one spelling that operators give them; none where the term was built in another form."""
    found: dict[str, Any] = {}
    pending = [(pattern, term)]
    while pending:
        part, made = pending.pop()
        if not isinstance(part, Term) or part.type is not None:
            continue
        if part._tuple[0] is not made._tuple[0] or len(part._tuple) != len(made._tuple) or not isinstance(part._tuple[0], Op):
            return {}
        pending += zip(part.operands, made.operands, strict=True)
        for wanted, value in zip(part.attributes, made.attributes, strict=True):
            if isinstance(wanted, Variable):
                found.setdefault(wanted.name, value)
    return found


def spelled(rule: Rule, counts: tuple[int, ...] = (0, 1, 2)) -> Iterator[tuple[Any, Any]]:
    """Both sides with each star variable replaced by some numbers of plain ones."""
    stars = sorted({part for part in pattern_parts(rule.lhs) if isinstance(part, Variable) and part.star}, key=repr)
    if not stars:
        yield rule.lhs, rule.rhs
        return
    for lengths in product(counts, repeat=len(stars)):
        spread = {
            star: tuple(Variable(f"{star.name}{i}") for i in range(n)) for star, n in zip(stars, lengths, strict=True)
        }
        yield _expand(rule.lhs, spread), _expand(rule.rhs, spread)


def _expand(pattern: Any, spread: Mapping[Variable, tuple[Variable, ...]]) -> Any:
    if not isinstance(pattern, (Term, tuple)):
        return pattern
    parts: list[Any] = []
    for part in pattern:
        star = _lone_star(part)
        if star in spread:
            parts.extend(_put(part, one) for one in spread[star])
        else:
            parts.append(_expand(part, spread))
    return Term(tuple(parts)) if isinstance(pattern, Term) else tuple(parts)


def _lone_star(part: Any) -> Any:
    if isinstance(part, Variable):
        return part if part.star else None
    if isinstance(part, Term) and len(part._tuple) == 2 and not isinstance(part._tuple[0], Op):
        return _lone_star(part._tuple[1])
    return None


def _put(part: Any, one: Variable) -> Any:
    return one if isinstance(part, Variable) else Term((part._tuple[0], _put(part._tuple[1], one)))


def instantiate(
    pattern: Any, bindings: Mapping[str, Any], markers: Mapping[Any, Any] | None = None, real: bool = False
) -> Any:
    """The typed term of a pattern, or a plain number. `markers` give meanings to heads that are no operators.

    `real`: as in a rule about reals, which never calculates with integers; raises `OutsideDomain` where it would.
    """
    if isinstance(pattern, Variable):
        return bindings[pattern.name]
    if isinstance(pattern, Term):
        if pattern.type is not None:
            return pattern
        head = pattern._tuple[0]
        if markers and head in markers:
            return markers[head](*pattern._tuple[1:])
        parts = tuple(instantiate(part, bindings, markers, real) for part in pattern._tuple[1:])
        if isinstance(head, FreeSymbol):
            return FUNCTIONS[head.name](*parts, **dict(head.keywords))
        if head is COMPUTED:
            return _computed(*parts)
        split = len(parts) - head.attribute_count
        if real and head.name in INTEGER_ARITHMETIC and all(map(_is_discrete, parts[:split])):
            raise OutsideDomain
        return head.apply(_sized(head, parts[:split]), parts[split:])
    if isinstance(pattern, tuple):
        return tuple(instantiate(part, bindings, markers, real) for part in pattern)
    return pattern


def _computed(name: str, *arguments: Any) -> Any:
    try:
        return COMPUTED_ATTRIBUTES[name](*arguments)
    except (TypeError, ValueError, IndexError):  # as the engine does, which leaves the term alone
        raise OutsideDomain from None


def _is_discrete(part: Any) -> bool:
    return part.type.dtype.kind in "biu" if isinstance(part, Term) else isinstance(part, int)


def _sized(op: Op, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """A sum or product that lost operands to star variables is its only operand, or its neutral number."""
    if op.name in ("add", "multiply") and len(operands) == 0:
        return (0, 0) if op.name == "add" else (1, 1)
    if op.name in ("add", "multiply") and len(operands) == 1:
        return (operands[0], 0 if op.name == "add" else 1)
    return operands


def fitted(right: Any, kind: Any) -> Term:
    """The right side in the left side's dtype and shape; raises `FitError` where a cast or a broadcast does not do."""
    if isinstance(kind, TupleType):
        if isinstance(right, Term) and right.type is kind:
            return right
        raise FitError(f"{getattr(right, 'type', right)} instead of {kind}")
    if not isinstance(right, Term):
        right = _number(right, kind.dtype)
    if isinstance(right.type, TupleType):
        raise FitError(f"{right.type} instead of {kind}")
    if right.type.dtype != kind.dtype:
        if not np.can_cast(right.type.dtype, kind.dtype, "same_kind"):
            raise FitError(f"{right.type} does not cast to {kind}")
        return fitted(CATALOGUE["astype"](right, dtype=kind.dtype), kind)
    if right.type.shape != kind.shape and not _broadcasts(right.type.shape, kind.shape):
        raise FitError(f"{right.type} does not broadcast to {kind}")
    made: Term = right
    return made


def _number(value: Any, dtype: np.dtype[Any]) -> Term:
    try:
        term = constant(value, dtype)
    except REFUSALS as error:
        raise FitError(f"{value} has no place in {dtype}") from error
    exact = dtype.kind in "fc" or (isinstance(value, (int, float)) and value == term.evaled_obj)
    if not exact or (dtype.kind == "f" and isinstance(value, complex)):
        raise FitError(f"{value} has no place in {dtype}")
    return term


def _broadcasts(shape: Any, wanted: Any) -> bool:
    try:
        return bool(broadcast_shapes(shape, wanted) == wanted)
    except EtudeError:
        return False


def typed_instance(
    lhs: Any, rhs: Any, types: Mapping[str, ArrayType], symbols: Mapping[str, Term], attributes: Mapping[str, Any],
    domain: str = "any",
) -> Instance | None:  # fmt: skip
    """The instance; None where the left side has no type, or none of the domain, so that the engine never applies the rule.

    Raises `FitError` where only the right side has no type.
    """
    bindings, real = {**symbols, **attributes}, domain == "real"
    try:
        left = instantiate(lhs, bindings, real=real)
    except (OutsideDomain, *REFUSALS):
        return None
    if not isinstance(left, Term) or (isinstance(left.type, ArrayType) and left.type.dtype.kind not in KINDS[domain]):
        return None
    bindings |= _as_written(lhs, left)
    try:
        right = instantiate(rhs, bindings, real=real)
    except OutsideDomain:
        return None
    except REFUSALS as error:
        raise FitError(str(error)) from error
    return Instance(dict(symbols), dict(attributes), left, fitted(right, left.type))
