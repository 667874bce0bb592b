"""Does rewriting end? A search for an order that every step decreases, and where there is none for a loop."""

from __future__ import annotations

from etude.check.algebra import System
from etude.check.loops import loop
from etude.check.pathorder import path_order
from etude.check.polynomials import polynomial_order

__all__ = ["termination"]


def termination(rules: System) -> tuple[bool | None, str | None, tuple[str, ...] | None]:
    """(True, order, None), (False, None, derivation) or (None, None, None)."""
    if not rules:
        return True, "no rules", None
    order = polynomial_order(rules) or path_order(rules)
    if order is not None:
        return True, order, None
    found = loop(rules)
    return (None if found is None else False), None, found
