"""Templates: what the relations say of one operator, asked once on placeholders and kept.

kanren derives, the engine applies: a differential line gives the forward template, and the adjoint relation
transposes it into one reverse template for each operand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from kanren import eq, run, var

from etude.errors import RuleError
from etude.ops import CATALOGUE
from etude.rules import DISCONNECTED, UNDEFINED, D, Rule, RuleSet, default
from etude.templates.adjoint import adjointo
from etude.templates.differential import differential_headed, differentialo, spread
from etude.templates.logic import fresh, occurs, spelled_out
from etude.terms import Term, Variable

__all__ = ["COTANGENT", "DISCONNECTED_FROM", "FLAT", "LINEAR", "UNDEFINED_IN", "Template", "slot", "templates"]

COTANGENT = Variable("%g")
LINEAR, FLAT, DISCONNECTED_FROM, UNDEFINED_IN = "linear", "flat", "disconnected", "undefined"


def slot(name: int | str) -> Variable:
    """The placeholder of an operand (by position) or of an attribute (by name)."""
    return Variable(f"%{name}")


@dataclass(frozen=True)
class Template:
    """One differential line for a number of operands, over `slot`s.

    `kinds[i]` says how the result depends on operand i; `reasons[i]` why it is undefined there. `forward` is the
    differential over `(D, slot(i))`; `reverse[i]` the contribution to operand i over `COTANGENT`.
    """

    rule: Rule
    condition: Any
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    forward: Any
    reverse: tuple[Any, ...]


def templates(op: Any, count: int, index: int | None = None, rules: RuleSet | None = None) -> tuple[Template, ...]:
    """The templates of an operator with `count` operands (of its result `index`, where it has several).

    Several lines differ in their conditions; the first that holds is meant. Empty where there is no line.
    """
    return _tabled(op, count, index, rules)


@cache
def _tabled(op: Any, count: int, index: int | None, rules: RuleSet | None) -> tuple[Template, ...]:
    differentials = default("differentials") if rules is None else rules.of_kind("differential")
    adjoints = default("adjoints") if rules is None else rules.of_kind("adjoint")
    general = Term((op, *[slot(i) for i in range(count)], *[slot(name) for name in op.attributes]))
    if index is not None:
        general = Term((CATALOGUE["item"], general, index))
    found = []
    for rule in differential_headed(differentials, general):
        for lhs, rhs in spelled_out(rule, count):
            found.append(_derived(rule, lhs, rhs, general, differentials, adjoints))
    return tuple(found)


def _derived(rule: Rule, lhs: Term, rhs: Any, general: Term, differentials: RuleSet, adjoints: RuleSet) -> Template:
    asked, required = _with_literals(lhs, general)
    pattern, sides = fresh(lhs, (rhs, rule.condition))
    forward, condition = run(1, sides, eq(pattern, asked))[0]
    operands = _inner(asked).operands
    forward = spread(forward, lambda term: _one(term, differentials, rule))
    kinds, reasons, forward = _kinds(forward, operands, rule)
    reverse = tuple(
        [
            _transposed(forward, operand, adjoints, rule) if kind == LINEAR else None
            for operand, kind in zip(operands, kinds, strict=True)
        ]
    )
    conditions = [*required, *([] if condition is None else [condition])]
    return Template(rule, ("and", *conditions) if conditions else None, kinds, reasons, forward, reverse)


def _inner(term: Term) -> Term:
    inner: Term = term._tuple[1] if term._tuple[0].name == "item" else term
    return inner


def _with_literals(lhs: Term, general: Term) -> tuple[Term, list[Any]]:
    """The general term with the attributes that the line fixes, and those as conditions of the line."""
    line, term = _inner(lhs), _inner(general)
    fixed = {
        place: value
        for place, value in enumerate(line.attributes, len(term.operands) + 1)
        if not isinstance(value, (Variable, Term))
    }
    required = [("==", term._tuple[place], value) for place, value in fixed.items()]
    asked = Term(tuple([fixed.get(place, part) for place, part in enumerate(term._tuple)]))
    return (Term((general._tuple[0], asked, general._tuple[2])) if term is not general else asked), required


def _one(term: Term, differentials: RuleSet, rule: Rule) -> Any:
    answer = var()
    found = run(1, answer, differentialo(term, answer, differentials))
    if not found:
        raise RuleError(f"no differential line fits {term}, which this line uses", rule.text, 1, 1, rule.file)
    return found[0]


def _kinds(forward: Any, operands: tuple[Any, ...], rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...], Any]:
    """How each operand enters, and the differential without the summands that only say so."""
    kept: list[Any] = []
    kinds = dict.fromkeys(operands, FLAT)
    reasons = dict.fromkeys(operands, "")
    for summand in _summands(forward):
        word = _no_derivative(summand)
        touched = [operand for operand in operands if occurs(Term((D, operand)), summand)]
        if word is None:
            if touched:
                kept.append(summand)
            for operand in touched:
                kinds[operand] = LINEAR
            continue
        for operand in touched or (operands if word is summand else ()):
            kinds[operand] = DISCONNECTED_FROM if word._tuple[0] is DISCONNECTED else UNDEFINED_IN
            reasons[operand] = str(word._tuple[1]) if len(word._tuple) > 1 else ""
    total: Any = 0
    for summand in kept:
        total = summand if total == 0 else Term((CATALOGUE["add"], total, summand))
    return tuple(kinds.values()), tuple(reasons.values()), total


def _summands(pattern: Any) -> list[Any]:
    if isinstance(pattern, Term) and pattern._tuple[0] is CATALOGUE["add"]:
        return [summand for part in pattern._tuple[1:] for summand in _summands(part)]
    return [pattern]


def _no_derivative(pattern: Any) -> Term | None:
    """The `undefined(...)` or `disconnected` of a summand."""
    if not isinstance(pattern, Term):
        return None
    if pattern._tuple[0] in (UNDEFINED, DISCONNECTED):
        return pattern
    return next((word for part in pattern._tuple[1:] if (word := _no_derivative(part)) is not None), None)


def _transposed(forward: Any, operand: Any, adjoints: RuleSet, rule: Rule) -> Any:
    answer = var()
    found = run(1, answer, adjointo(forward, Term((D, operand)), COTANGENT, answer, adjoints))
    if not found:
        raise RuleError(
            f"the adjoint lines do not transpose {forward} in d({operand}); an operator around it has no adjoint line",
            rule.text, 1, 1, rule.file,
        )  # fmt: skip
    return found[0]
