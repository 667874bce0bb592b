"""The journal: which rule changed what, recorded only where somebody asked for it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from etude.rewriting.reasons import reason
from etude.terms import Term, etuple, flatten, replace, unflatten

__all__ = ["Derivation", "Journal", "Row", "Step", "attach", "attach_later", "derivation_of", "precede"]

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


class Collected(NamedTuple):
    """A sum or product that was collected, as it is noted while rewriting goes on: what the step was is found when asked."""

    term: Term
    parts: tuple[Term, ...]
    normal: tuple[Term, ...]  # the normal forms of the parts
    numbers: tuple[Any, ...]  # the signs, or exponents, of the parts
    after: Term

    def step(self) -> Step | None:
        """The line of rules/arithmetic that was taken; None where the sum or product is as it was over its new parts."""
        before = replace([self.term], dict(zip(self.parts, self.normal, strict=True)))[0]
        if before is self.after:
            return None
        line = reason(before, list(zip(self.normal, self.numbers, strict=True)), self.after)
        return Step(line.name, line.file, line.line, before, self.after)


Row = tuple[str, str, int, Term, Term] | Collected
Source = Callable[[], Iterable[Row]]  # gives steps when somebody asks; holds no term
_Packed = tuple[tuple[tuple[Any, ...], ...], tuple[tuple[Any, ...], ...]]  # names, numbers; the terms, flat


class Journal:
    """Collects steps. A journal that is None costs nothing; this one a tuple a step."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def record(self, rule: str, file: str, line: int, before: Term, after: Term) -> None:
        self._rows.append((rule, file, line, before, after))

    def collected(self, term: Term, region: Sequence[tuple[Term, Any]], normal: Mapping[Term, Term], after: Term) -> None:
        """Note that a sum or product became `after` when its parts had their normal forms."""
        parts, numbers = zip(*region, strict=True)
        self._rows.append(Collected(term, parts, tuple([normal.get(part, part) for part in parts]), numbers, after))

    def extend(self, derivation: Derivation) -> None:
        """Append the steps of an earlier derivation."""
        self._rows.extend(derivation.rows)

    def __len__(self) -> int:
        return len(self._rows)

    def derivation(self) -> Derivation:
        return Derivation(rows=self._rows)


class Derivation:
    """The steps that led to a term, in order."""

    __slots__ = ("_packed", "_rows", "_sources", "_steps")

    def __init__(self, steps: Iterable[Step] = (), rows: Iterable[Row] = (), sources: Sequence[Source] = ()):
        self._rows = [*[(step.rule, step.file, step.line, step.before, step.after) for step in steps], *rows]
        self._sources = tuple(sources)
        self._steps: tuple[Step, ...] | None = None
        self._packed: _Packed | None = None

    @property
    def rows(self) -> list[Row]:
        """The steps as they were noted, those of the sources after what was given at once."""
        sources, self._sources = self._sources, ()
        for source in sources:
            self._rows.extend(source())
        return self._rows

    @property
    def steps(self) -> tuple[Step, ...]:
        if self._steps is None:
            found = [row.step() if isinstance(row, Collected) else Step(*row) for row in self.rows]
            self._steps = tuple([step for step in found if step is not None])
        return self._steps

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Step:
        return self.steps[index]

    def __add__(self, other: Derivation) -> Derivation:
        return Derivation(rows=(*self.rows, *other.rows))

    def packed(self) -> _Packed:
        """The steps as flat data that hold no terms."""
        if self._packed is None:
            names: list[tuple[Any, ...]] = []
            terms: list[Term] = []
            for row in self.rows:
                if isinstance(row, Collected):
                    names.append((row.numbers,))
                    terms += [row.term, row.after, *row.parts, *row.normal]
                else:
                    names.append(row[:3])
                    terms += row[3:]
            self._packed = tuple(names), flatten(etuple(*terms)) if names else ()
        return self._packed

    def text(self, printer: Printer = str) -> str:
        """The steps, one a line; `printer` gives the text of a term."""
        return "\n".join(step.text(printer) for step in self.steps) or "no step: nothing was rewritten"

    def __str__(self) -> str:
        return self.text()


_of_result: weakref.WeakKeyDictionary[Term, tuple[Source, ...]] = weakref.WeakKeyDictionary()


def attach(result: Term, derivation: Derivation) -> None:
    """Link a derivation to its result for as long as the result lives.

    The steps are kept as flat data without terms, as a step that held the result would keep it alive forever.
    """
    attach_later(result, partial(_rows, derivation.packed()))


def attach_later(result: Term, source: Source) -> None:
    """Link steps to a result that are found when somebody asks for them."""
    _of_result[result] = (source,)


def precede(result: Term, derivation: Derivation) -> None:
    """Link steps to a result that were taken before those that are linked to it."""
    _of_result[result] = (partial(_rows, derivation.packed()), *_of_result.get(result, ()))


def derivation_of(result: Term) -> Derivation:
    """The derivation linked to `result`; an empty one where none is."""
    return Derivation(sources=_of_result.get(result, ()))


def _rows(packed: _Packed) -> Iterator[Row]:
    names, rows = packed
    if names:
        terms = iter(unflatten(rows)._tuple)
        for name in names:
            yield _unpacked(name, terms)


def _unpacked(name: tuple[Any, ...], terms: Iterator[Term]) -> Row:
    first, second = next(terms), next(terms)
    if len(name) == 3:
        return (*name, first, second)
    (numbers,) = name
    parts = tuple(islice(terms, len(numbers)))
    return Collected(first, parts, tuple(islice(terms, len(numbers))), numbers, second)
