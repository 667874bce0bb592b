"""The journal: which rule changed what, recorded only where somebody asked for it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from etude.terms import Term, etuple, flatten, unflatten

__all__ = ["Derivation", "Journal", "Step", "attach", "derivation_of"]

Printer = Callable[[Any], str]


@dataclass(frozen=True)
class Step:
    """One rewrite: `before` became `after` by the rule of that name, written at `file:line`."""

    rule: str
    file: str
    line: int
    before: Term
    after: Term

    def text(self, printer: Printer = str) -> str:
        place = f"  [{self.file}:{self.line}]" if self.file else ""
        return f"{self.rule}: {printer(self.before)} -> {printer(self.after)}{place}"

    def __str__(self) -> str:
        return self.text()


class Journal:
    """Collects steps. A journal that is None costs nothing; this one a tuple a step."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, int, Term, Term]] = []

    def record(self, rule: str, file: str, line: int, before: Term, after: Term) -> None:
        self._rows.append((rule, file, line, before, after))

    def extend(self, steps: Iterable[Step]) -> None:
        """Append the steps of an earlier derivation."""
        self._rows.extend((s.rule, s.file, s.line, s.before, s.after) for s in steps)

    def __len__(self) -> int:
        return len(self._rows)

    def derivation(self) -> Derivation:
        return Derivation(tuple(Step(*row) for row in self._rows))


class Derivation:
    """The steps that led to a term, in order."""

    __slots__ = ("steps",)

    def __init__(self, steps: Iterable[Step] = ()):
        self.steps = tuple(steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Step:
        return self.steps[index]

    def __add__(self, other: Derivation) -> Derivation:
        return Derivation((*self.steps, *other.steps))

    def text(self, printer: Printer = str) -> str:
        """The steps, one a line; `printer` gives the text of a term."""
        return "\n".join(step.text(printer) for step in self.steps) or "no step: nothing was rewritten"

    def __str__(self) -> str:
        return self.text()


_Packed = tuple[tuple[tuple[str, str, int], ...], tuple[tuple[Any, ...], ...]]
_of_result: weakref.WeakKeyDictionary[Term, _Packed] = weakref.WeakKeyDictionary()


def attach(result: Term, derivation: Derivation) -> None:
    """Link a derivation to its result for as long as the result lives.

    The steps are kept as flat data without terms, as a step that held the result would keep it alive forever.
    """
    names = tuple([(step.rule, step.file, step.line) for step in derivation])
    terms = etuple(*[part for step in derivation for part in (step.before, step.after)])
    _of_result[result] = (names, flatten(terms) if names else ())


def derivation_of(result: Term) -> Derivation:
    """The derivation linked to `result`; an empty one where none is."""
    names, rows = _of_result.get(result, ((), ()))
    if not names:
        return Derivation()
    terms = unflatten(rows)._tuple
    return Derivation(Step(*name, terms[2 * i], terms[2 * i + 1]) for i, name in enumerate(names))
