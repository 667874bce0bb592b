"""Functions of exponentials as functions of one exponential: exp(x) in place of exp(2*x), expit(x) and sinh(x)."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from functools import cache

from etude.integration.generators import Generators, Unfit
from etude.integration.parts import number, product, varies
from etude.ops import CATALOGUE
from etude.rewriting import Journal, Step, apply_at_root, bottom_up
from etude.rules import RuleSet, default
from etude.terms import Term, depends_on, postorder, replace, symbol

__all__ = ["of_one_exponential"]


@cache
def _family() -> RuleSet:
    rules = [rule for rule in default("elementary") if rule.file.endswith("/exponentials.rules")]
    return RuleSet(dataclasses.replace(rule, kind="rewrite") for rule in rules)


def of_one_exponential(integrand: Term, variable: Term) -> tuple[Term, Term, Term, tuple[Step, ...]] | None:
    """(The integrand with powers of a new variable for its exponentials, the new variable, the exponential that it is, and
    the steps that led to exponentials alone).
    """
    journal = Journal()
    changed = bottom_up(apply_at_root(_family(), journal))(integrand) or integrand
    moving = depends_on([changed], [variable])
    nodes = [node for node in postorder(changed) if node._tuple[0] is CATALOGUE["exp"] and node in moving]
    rates = [_rate(node.operands[0], variable) for node in nodes]
    known = [rate for rate in rates if rate]
    if len(known) < len(rates) or not known or (len(known) == 1 and changed is integrand):
        return None
    unit = Fraction(math.gcd(*[int(r * math.lcm(*[k.denominator for k in known])) for r in known]))
    unit /= math.lcm(*[k.denominator for k in known])
    fresh = symbol(f"{variable._tuple[1]}_", (), variable.type.dtype, ("positive",))
    powers = {node: CATALOGUE["power"](fresh, number(rate / unit, variable)) for node, rate in zip(nodes, known, strict=True)}
    [found] = replace([changed], powers)
    if varies(found, variable):
        return None
    unit_power = CATALOGUE["exp"](product(int(unit) if unit == 1 else unit, {variable: 1}, variable))
    return found, fresh, unit_power, journal.derivation().steps


def _rate(exponent: Term, variable: Term) -> Fraction | None:
    """The number that the variable is multiplied by."""
    known = Generators(variable)
    try:
        parts = known.read(exponent)
    except (Unfit, OverflowError):
        return None
    if len(parts) != 1:
        return None
    ((exponents, c),) = parts.items()
    return Fraction(c) if sum(map(abs, exponents)) == exponents[0] == 1 and not isinstance(c, float) else None
