"""Is the table of derivatives closed? Operators without a differential or an adjoint line."""

from __future__ import annotations

from etude.check.instances import named_parts
from etude.ops import CATALOGUE
from etude.ops.op import is_users
from etude.rules import D, RuleSet, pattern_parts
from etude.terms import Term

__all__ = ["uncovered"]

_NOT_DIFFERENTIATED = frozenset({"item"})  # projections have the lines of the operator that they project


def uncovered(rules: RuleSet) -> tuple[str, ...]:
    """Where a set has differential lines: operators that it or the catalogue lacks one for, named with the reason."""
    differentials = [rule for rule in rules if rule.kind == "differential"]
    if not differentials:
        return ()
    known = set().union(*[named_parts(rule.lhs) for rule in differentials])
    missing = [f"{name}: no differential" for name in CATALOGUE if not is_users(name) and name not in known | _NOT_DIFFERENTIATED]
    used = {name: rule.name for rule in differentials for name in named_parts(rule.rhs)}
    missing += [f"{name}: used by {used[name]}, no differential" for name in sorted(set(used) - known - _NOT_DIFFERENTIATED)]
    adjoint = {rule.lhs._tuple[0].name for rule in rules if rule.kind == "adjoint"}
    if adjoint:
        around = {name: rule.name for rule in differentials for name in _around_differentials(rule.rhs)}
        without = sorted(set(around) - adjoint - _NOT_DIFFERENTIATED)
        missing += [f"{name}: linear in {around[name]}, no adjoint" for name in without]
    return tuple(missing)


def _around_differentials(pattern: object) -> set[str]:
    """The operators with a `d(...)` in an operand: these are transposed."""
    found = set()
    for part in pattern_parts(pattern):
        if isinstance(part, Term) and hasattr(part._tuple[0], "operands"):
            inner = [p for operand in part.operands for p in pattern_parts(operand)]
            if any(isinstance(p, Term) and p._tuple[0] is D for p in inner):
                found.add(part._tuple[0].name)
    return found
