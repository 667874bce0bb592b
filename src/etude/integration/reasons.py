"""Why a term is taken for the antiderivative of another: the steps, and the integrals that they rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from etude.differentiation import differentiate
from etude.integration.table import line_of
from etude.rewriting import Derivation, Step, attach
from etude.rules import Rule, default
from etude.terms import Term

__all__ = ["NEW_VARIABLE", "SUBSTITUTION", "Reasons", "by", "by_line", "equation", "new_variable", "of_operator"]

NEW_VARIABLE, SUBSTITUTION = "new variable", "substitution"

Integral = tuple[Term, Term]  # an integrand and its antiderivative


def by(method: str, algorithm: Callable[..., Any], before: Term, after: Term) -> Step:
    """A step of an algorithm that is more than a line: its place is where that is written, with its source."""
    file = algorithm.__module__.replace(".", "/") + ".py"
    return Step(method, file, algorithm.__code__.co_firstlineno, before, after)


def by_line(rule: Rule, before: Term, after: Term, method: str | None = None) -> Step:
    """A step that a line says, by the name of the line or of the method that follows it."""
    return Step(method or rule.name, rule.file, rule.line, before, after)


def of_operator(name: str, method: str, before: Term, after: Term) -> Step:
    """A step that is the differential line of an operator, read backwards: of products by parts, of sums addend by addend."""
    rule = line_of(name)
    return by(method, differentiate, before, after) if rule is None else by_line(rule, before, after, method)


def new_variable(fresh: Term, meaning: Term, before: Term, after: Term) -> list[Step]:
    """A function taken for the variable, and what becomes of the integrand, both by the line that differentiates it."""
    name = getattr(meaning._tuple[0], "name", "")
    return [of_operator(name, NEW_VARIABLE, meaning, fresh), of_operator(name, SUBSTITUTION, before, after)]


@cache
def equation(name: str) -> Rule:
    """A line about fractions, polynomials or sums."""
    return next(rule for group in ("fractions", "equations", "arithmetic") for rule in default(group) if rule.name == name)


class Reasons:
    """For each integral that was found: the steps that open it, the integrals it rests on, and the steps that close it."""

    def __init__(self) -> None:
        self._known: dict[Integral, tuple[Sequence[Step], Sequence[Integral], Sequence[Step]]] = {}

    def note(
        self,
        integrand: Term,
        found: Term,
        parts: Sequence[Integral] = (),
        opening: Sequence[Step] = (),
        closing: Sequence[Step] = (),
    ) -> None:
        """Keep the first reason: what it rests on was known before, so that no reason rests on itself."""
        self._known.setdefault((integrand, found), (opening, parts, closing))

    def explain(self, answer: Term, found: Integral, last: Step) -> None:
        """Link to the answer the steps that made it, in order."""
        attach(answer, Derivation([*self._steps(found, set()), last]))

    def _steps(self, integral: Integral, told: set[Integral]) -> list[Step]:
        if integral in told:
            return []
        told.add(integral)
        opening, parts, closing = self._known.get(integral, ((), (), ()))
        return [*opening, *[step for part in parts for step in self._steps(part, told)], *closing]
