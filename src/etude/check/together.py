"""Rules as a set: where they are read, and whether rewriting with them ends, is unique and leaves nothing out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from etude.check.algebra import free_rule
from etude.check.confluence import Confluence, confluence
from etude.check.coverage import never_firing, repeated, uncovered
from etude.check.report import RuleReport, Verdict
from etude.check.termination import termination
from etude.rules import Rule, RuleSet, parse_rules
from etude.rules.loader import is_text

__all__ = ["rules_of", "together"]


def together(rules: RuleSet, verdicts: Sequence[Verdict] = ()) -> RuleReport:
    """What can be found out about the rules as a set, beside the verdicts on each."""
    rewriting = RuleSet(rule for rule in rules if rule.kind == "rewrite" and rule.applied == "everywhere")
    free = [free_rule(rule) for rule in rewriting]
    plain = tuple(rule for rule in free if rule is not None)
    singly = sum(rule.kind == "rewrite" and rule.applied == "singly" for rule in rules)
    ends, order, steps = termination(plain)
    if len(plain) < len(free) and ends:
        ends, order = None, None
    strange = f"{len(free) - len(plain)} of its {len(free)} rules take any number of operands"
    unique = confluence(plain, ends) if len(plain) == len(free) else Confluence(None, reason=strange)
    return RuleReport(
        tuple(verdicts), ends, order, steps, unique.confluent, tuple(unique.pairs), tuple(unique.completion), uncovered(rules),
        tuple(repeated(rules)), tuple(never_firing(rewriting)), singly, unique.reason,
    )  # fmt: skip


def rules_of(path_or_text: Any) -> RuleSet:
    """The rules of a file, a folder or a text, or those given."""
    if isinstance(path_or_text, RuleSet):
        return path_or_text
    if isinstance(path_or_text, Rule):
        return RuleSet([path_or_text])
    if isinstance(path_or_text, str) and is_text(path_or_text):
        return parse_rules(path_or_text, lenient=True)
    path = Path(path_or_text)
    files = sorted(path.rglob("*.rules")) if path.is_dir() else [path]
    return RuleSet(rule for file in files for rule in parse_rules(file.read_text(encoding="utf-8"), str(file), lenient=True))
