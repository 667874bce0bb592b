"""Why a term is taken for the antiderivative of another: the steps, and the integrals that they rest on."""

from __future__ import annotations

from collections.abc import Sequence

from etude.integration.table import line_of
from etude.rewriting import Derivation, Step, attach
from etude.rules import Rule
from etude.terms import Term

__all__ = ["Reasons", "by", "by_line", "of_operator"]

Integral = tuple[Term, Term]  # an integrand and its antiderivative


def by(method: str, before: Term, after: Term) -> Step:
    """A step of arithmetic, which no line of the rules says."""
    return Step(method, "", 0, before, after)


def by_line(rule: Rule, before: Term, after: Term) -> Step:
    """A step that a line says."""
    return Step(rule.name, rule.file, rule.line, before, after)


def of_operator(name: str, method: str, before: Term, after: Term) -> Step:
    """A step that is the differential line of an operator, read backwards: of products by parts, of sums addend by addend."""
    rule = line_of(name)
    return by(method, before, after) if rule is None else Step(method, rule.file, rule.line, before, after)


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
