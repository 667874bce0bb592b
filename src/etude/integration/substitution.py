"""Substitutions: an inner function taken for the variable, where its derivative divides the integrand or it has an inverse."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from etude.integration.exponentials import of_one_exponential
from etude.integration.inverses import inverse_at
from etude.integration.parts import varies
from etude.integration.verification import derivative
from etude.ops import CATALOGUE, Op
from etude.rewriting import Journal, Step, apply_at_root, bottom_up, count_operations, knowledge, simplify
from etude.rewriting.fitting import number_of
from etude.rules import RuleSet, default
from etude.rules.inverses import inverse_pairs
from etude.terms import Term, depends_on, is_leaf, postorder, replace, symbol

__all__ = ["Restored", "exponentials", "half_angles", "powers", "substitutions"]

_multiply, _divide, _power = CATALOGUE["multiply"], CATALOGUE["divide"], CATALOGUE["power"]
_LONGER = 1  # operations that a substitution may add
_WORDS = ("positive", "nonnegative", "negative")


class Restored(NamedTuple):
    """An integrand in a new variable, the new variable, the way back, and the steps that came before."""

    integrand: Term
    variable: Term
    put_back: Callable[[Term], Term]
    steps: tuple[Step, ...] = ()


def substitutions(integrand: Term, variable: Term) -> Iterator[Restored]:
    """The integrand in a new variable, for each inner function that can stand for it."""
    for inner in _inner_functions(integrand, variable):
        slope = derivative(inner, variable)
        if slope is None:
            continue
        fresh = _fresh(inner, variable)
        quotient = simplify(_divide(integrand, slope))
        [found] = replace([quotient], {inner: fresh})
        if varies(found, variable):
            found = _by_inverse(integrand, inner, variable, fresh) or found
        if not varies(found, variable):
            found = simplify(found)
            if count_operations(found) <= count_operations(integrand) + _LONGER:
                yield Restored(found, fresh, _put_back(fresh, inner))


def powers(integrand: Term, variable: Term) -> Iterator[Restored]:
    """The same for a power of the variable of which all that are in the integrand, beside its slope, are powers."""
    whole = {exponent for node in postorder(integrand) for exponent in [_exponent(node, variable)] if exponent > 2}
    for lower in sorted({k for exponent in whole for k in range(2, exponent // 2 + 1) if exponent % k == 0}, reverse=True):
        inner = _power(variable, float(lower))
        slope = derivative(inner, variable)
        if slope is None:
            continue
        fresh = _fresh(inner, variable)
        quotient = simplify(_divide(integrand, slope))
        met = {node: _exponent(node, variable) for node in postorder(quotient)}
        within = {node: _power(fresh, float(k // lower)) for node, k in met.items() if k and k % lower == 0}
        [found] = replace([quotient], within)
        if within and not varies(found, variable):
            yield Restored(simplify(found), fresh, _put_back(fresh, inner))


def _exponent(node: Term, variable: Term) -> int:
    """The whole positive power of the variable that a term is, 0 where it is none."""
    if node._tuple[0] is not _power or node.operands[0] is not variable:
        return 0
    value = number_of(node.operands[1])
    return int(value) if value is not None and value > 0 and value == int(value) else 0


def exponentials(integrand: Term, variable: Term) -> Iterator[Restored]:
    """The same for the one exponential of which all others are powers."""
    found = of_one_exponential(integrand, variable)
    if found is None:
        return
    changed, fresh, unit, steps = found
    inverse = inverse_at(unit, variable, fresh)
    slope = None if inverse is None else derivative(inverse, fresh)
    if slope is not None:
        yield Restored(simplify(_multiply(changed, slope)), fresh, _put_back(fresh, unit), steps)


def _put_back(fresh: Term, inner: Term) -> Callable[[Term], Term]:
    def restore(found: Term) -> Term:
        [term] = replace([found], {fresh: inner})
        return term

    return restore


def _fresh(inner: Term, variable: Term) -> Term:
    known = [word for word in _WORDS if knowledge().holds(word, inner)]
    return symbol(f"{variable._tuple[1]}_", (), variable.type.dtype, known[:1])


def _inner_functions(integrand: Term, variable: Term) -> list[Term]:
    """What stands inside functions and powers, the largest first."""
    found: dict[Term, int] = {}
    order = postorder(integrand)
    size = {node: place for place, node in enumerate(order)}
    moving = depends_on([integrand], [variable])
    for node in order:
        if is_leaf(node) or node is integrand or node not in moving:
            continue
        found[node] = size[node]
    return sorted(found, key=lambda node: -found[node])


def half_angles(integrand: Term, variable: Term) -> Iterator[Restored]:
    """The same for the tangent of half the angle, by the lines of rules/half_angles."""
    rules = RuleSet(dataclasses.replace(rule, kind="rewrite") for rule in default("half_angles"))
    journal = Journal()
    changed = bottom_up(apply_at_root(rules, journal))(integrand)
    whole = changed or integrand
    moving = depends_on([whole], [variable])
    tangents = [node for node in postorder(whole) if _head(node) in ("tan", "tanh") and node in moving]
    if changed is None or len(tangents) != 1:
        return
    [inner] = tangents
    fresh = symbol(f"{variable._tuple[1]}_", (), variable.type.dtype)
    [found] = replace([changed], {inner: fresh})
    angle = _angle(inner._tuple[0])(fresh)
    inverse = inverse_at(inner.operands[0], variable, angle)
    slope = None if inverse is None else derivative(inverse, fresh)
    if slope is None or varies(found, variable):
        return

    def restore(found: Term) -> Term:
        [term] = replace([found], {angle: inner.operands[0], fresh: inner})
        return term

    yield Restored(simplify(_multiply(found, slope)), fresh, restore, journal.derivation().steps)


@cache
def _angle(tangent: Op) -> Op:
    """The function that gives the angle of a tangent."""
    found: Op = next(inner for outer, inner in inverse_pairs(default("simplify")) if outer is tangent)
    return found


def _head(term: Term) -> str:
    return str(getattr(term._tuple[0], "name", ""))


def _by_inverse(integrand: Term, inner: Term, variable: Term, fresh: Term) -> Term | None:
    """The integrand where the variable is the inverse function of the new one."""
    inverse = inverse_at(inner, variable, fresh)
    if inverse is None:
        return None
    slope = derivative(inverse, fresh)
    if slope is None:
        return None
    [found] = replace([integrand], {variable: inverse})
    return simplify(_multiply(found, slope))

