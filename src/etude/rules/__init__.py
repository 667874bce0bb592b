"""Rules as data: one line of mathematics each, read from text."""

from etude.rules.conditions import holds, structural
from etude.rules.loader import default, defaults, load, rule
from etude.rules.parser import parse_rules
from etude.rules.pattern import (
    COMPUTED,
    DISCONNECTED,
    MARK,
    UNDEFINED,
    D,
    FreeSymbol,
    Marker,
    pattern_parts,
    variables_of,
)
from etude.rules.rule import Rule, RuleSet

__all__ = [
    "COMPUTED",
    "DISCONNECTED",
    "MARK",
    "UNDEFINED",
    "D",
    "FreeSymbol",
    "Marker",
    "Rule",
    "RuleSet",
    "default",
    "defaults",
    "holds",
    "load",
    "parse_rules",
    "pattern_parts",
    "rule",
    "structural",
    "variables_of",
]
