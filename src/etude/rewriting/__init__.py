"""Rewriting: rules compiled into a matcher, strategies, normal forms, and the journal of what was done."""

from etude.rewriting.assumptions import Knowledge, knowledge, read_facts
from etude.rewriting.bodies import within_bodies
from etude.rewriting.counting import count_operations
from etude.rewriting.journal import Derivation, Journal, Step, attach, derivation_of, precede
from etude.rewriting.pipeline import explained, multiplied_out, normalize, rewrite, simplify
from etude.rewriting.strategies import (
    Strategy,
    apply_at_root,
    attempt,
    bottom_up,
    chain,
    choice,
    normal_form,
    top_down,
    until_stable,
)
from etude.rewriting.together import simplify_together

__all__ = [
    "Derivation",
    "Journal",
    "Knowledge",
    "Step",
    "Strategy",
    "apply_at_root",
    "attach",
    "attempt",
    "bottom_up",
    "chain",
    "choice",
    "count_operations",
    "derivation_of",
    "explained",
    "knowledge",
    "multiplied_out",
    "normal_form",
    "normalize",
    "precede",
    "read_facts",
    "rewrite",
    "simplify",
    "simplify_together",
    "top_down",
    "until_stable",
    "within_bodies",
]
