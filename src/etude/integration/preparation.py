"""Integrands in other words: products multiplied out, powers lowered, by rules/elementary, one family at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from etude.integration.parts import addends
from etude.integration.reasons import by_line, equation
from etude.rewriting import Journal, Step, apply_at_root, bottom_up, multiplied_out
from etude.rules import RuleSet, default
from etude.terms import Term

__all__ = ["prepared"]


def prepared(integrand: Term) -> Iterator[tuple[list[Step], list[Term]]]:
    """Other forms of the integrand as lists of addends, with the steps that led there."""
    apart = multiplied_out(integrand)
    if apart is not integrand:
        yield [by_line(equation("multiplied_out"), integrand, apart)], addends(apart)
    for family in _families():
        journal = Journal()
        changed = bottom_up(apply_at_root(family, journal))(integrand)
        if changed is not None:
            yield list(journal.derivation()), addends(multiplied_out(changed))


@cache
def _families() -> list[RuleSet]:
    """The equations of each file of rules/elementary, from left to right."""
    rules = [replace(rule, kind="rewrite") for rule in default("elementary")]
    return [RuleSet(rule for rule in rules if rule.file == file) for file in dict.fromkeys(rule.file for rule in rules)]
