"""What is missing or idle: operators without a differential or an adjoint line, rules that never fire."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from etude.check.algebra import TermRule, free_rule, positions
from etude.check.confluence import always_matches, without_names
from etude.check.instances import named_parts
from etude.ops import CATALOGUE
from etude.ops.op import is_users
from etude.rules import COMPUTED, D, Rule, RuleSet, pattern_parts
from etude.terms import Term, Variable

__all__ = ["never_firing", "uncovered"]

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
    adjoint = {rule.head.name for rule in rules if rule.kind == "adjoint"}
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


def repeated(rules: RuleSet) -> list[tuple[str, str]]:
    """Pairs of rules of one folder that differ in their variables' names only."""
    first: dict[Any, Rule] = {}
    found = []
    for rule, term in _free(rules):
        earlier = first.setdefault((Path(rule.file).parent, without_names(term)), rule)
        if earlier is not rule:
            found.append((earlier.name, rule.name))
    return found


def _free(rules: RuleSet) -> list[tuple[Rule, TermRule]]:
    return [(rule, made) for rule in rules if rule.kind == "rewrite" and (made := free_rule(rule)) is not None]


def never_firing(rules: RuleSet) -> list[tuple[str, str]]:
    """Pairs (earlier, later) of rules of one folder where the later one never fires, as the earlier one always does.

    The earlier rule must act wherever the later one is used: with every promise, on every dtype, for every goal, and with
    nothing to compute that it may be refused for.
    """
    found = []
    known: dict[tuple[Path, Any], list[tuple[int, Rule, TermRule]]] = {}  # by folder and head, those before
    for place, (later, term) in enumerate(_free(rules)):
        folder = Path(later.file).parent
        parts = [part for _, part in positions(term.renamed("'").lhs)]
        alike = sorted(chain.from_iterable(known.get((folder, head), ()) for head in {part[0] for part in parts}), key=_place)
        for _, earlier, other in alike:
            if _acts_wherever(earlier, later) and always_matches(other, parts):
                found.append((earlier.name, later.name))
                break
        if term.condition is None and not isinstance(term.lhs, Variable) and not _computes(later):
            known.setdefault((folder, term.lhs[0]), []).append((place, later, term))
    return found


def _place(entry: tuple[int, Rule, TermRule]) -> int:
    return entry[0]


def _acts_wherever(earlier: Rule, later: Rule) -> bool:
    exact = earlier.promise == "exact" or later.promise != "exact"
    serves = earlier.serves == "all" or (later.serves != "all" and set(later.serves.split()) <= set(earlier.serves.split()))
    return serves and exact and (earlier.domain == "any" or earlier.domain == later.domain)


def _computes(rule: Rule) -> bool:
    return any(isinstance(part, Term) and part._tuple[0] is COMPUTED for part in pattern_parts(rule.rhs))
