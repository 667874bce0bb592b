"""How a node of a term depends on its operands: its template, chosen by the conditions of its rule lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from etude.calculus.instantiate import Recipe
from etude.calculus.pruning import without
from etude.ops import CATALOGUE
from etude.rules import D, Rule, holds, structural
from etude.rules.conditions import BY_TYPE
from etude.templates import LINEAR, Template, slot, templates
from etude.terms import CONSTANT, SYMBOL, ArrayType, Term, is_constant

__all__ = ["Link", "edges", "link", "register_special"]

_ASTYPE, _ITEM = CATALOGUE["astype"], CATALOGUE["item"]


@dataclass(frozen=True, eq=False)
class Link:
    """A template ready for use: one recipe for each operand in which it is linear."""

    template: Template
    reverse: tuple[Recipe | None, ...]
    slots: tuple[Any, ...]
    names: tuple[Any, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.template.kinds

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.template.reasons

    @property
    def rule(self) -> Rule:
        return self.template.rule

    def reals(self, operands: tuple[Term, ...], result: Term) -> tuple[Term, ...]:
        """The operands, truth values that a line differentiates by being numbers of the result's dtype."""
        for part in operands:
            if isinstance(part.type, ArrayType) and part.type.dtype.kind == "b":
                break
        else:
            return operands
        dtype = result.type.dtype if result.type.dtype.kind in "fc" else "float64"
        return tuple(
            [
                _ASTYPE(part, dtype=dtype) if kind == LINEAR and part.type.dtype.kind == "b" else part
                for part, kind in zip(operands, self.kinds, strict=True)
            ]
        )

    def moving(self, active: tuple[int, ...]) -> Any:
        """The forward recipe where only the `active` operands move."""
        return _moving(self, active)


@cache
def _moving(found: Link, active: tuple[int, ...]) -> Recipe:
    still = {Term((D, operand)) for position, operand in enumerate(found.slots) if position not in active}
    return Recipe(without(found.template.forward, still), found.slots, found.names, forward=True)


_cache: dict[Any, Any] = {}
_special: dict[str, Callable[[Term], Any]] = {}


def register_special(name: str, make: Callable[[Term], Any]) -> None:
    """Let `make` give the links of an operator whose derivative depends on more than its rule line."""
    _special[name] = make


def edges(node: Term) -> tuple[Any, ...]:
    """The terms on which a node depends: its operands, or those of the operator whose result it takes."""
    parts = node._tuple
    head = parts[0]
    if head is SYMBOL or head is CONSTANT:
        return ()
    if head is _ITEM:
        parts = parts[1]._tuple
        head = parts[0]
    return parts[1 : len(parts) - getattr(head, "attribute_count", 0)]


def link(node: Term) -> Link | None:
    """The template of a node; None where no rule line speaks of its operator."""
    inner = node._tuple[1] if node._tuple[0] is _ITEM else node
    parts = inner._tuple
    op, index = parts[0], None if inner is node else node._tuple[2]
    end = len(parts) - op.attribute_count
    operands, attributes = parts[1:end], parts[end:]
    if _reads_values(op, len(operands), index):
        seen = tuple([part if is_constant(part) else part.type for part in operands])
    else:
        seen = tuple([part.type for part in operands])
    key = (op, seen, attributes, index)
    found = _cache.get(key, _cache)
    if found is _cache:
        special = _special.get(op.name)
        found = _chosen(op, operands, attributes, index) if special is None else special(node)
        if len(_cache) > 20_000:
            _cache.clear()
        _cache[key] = found
    return found  # type: ignore[no-any-return]  # the sentinel is gone here


def _chosen(op: Any, operands: tuple[Any, ...], attributes: tuple[Any, ...], index: int | None) -> Link | None:
    values = {slot(i): operand for i, operand in enumerate(operands)}
    values.update({slot(name): value for name, value in zip(op.attributes, attributes, strict=True)})
    for ready in _ready(op, len(operands), index):
        condition = ready.template.condition
        if condition is None or holds(condition, values.__getitem__, lambda word, parts: bool(structural(word, parts))):
            return ready
    return None


@cache
def _reads_values(op: Any, count: int, index: int | None) -> bool:
    """Whether a line's condition looks at the value of an operand and not only at its type."""
    return any(_looks_at(ready.template.condition, ready.slots) for ready in _ready(op, count, index))


def _looks_at(condition: Any, slots: tuple[Any, ...]) -> bool:
    if condition is None:
        return False
    word, *parts = condition
    if word in ("and", "or", "not"):
        return any(_looks_at(part, slots) for part in parts)
    return word not in BY_TYPE and any(part in slots for part in parts)


@cache
def _ready(op: Any, count: int, index: int | None) -> tuple[Link, ...]:
    slots = tuple([slot(i) for i in range(count)])
    names = tuple([slot(name) for name in op.attributes])
    return tuple(
        [
            Link(
                t,
                tuple([None if pattern is None else Recipe(pattern, slots, names) for pattern in t.reverse]),
                slots,
                names,
            )
            for t in templates(op, count, index)
        ]
    )
