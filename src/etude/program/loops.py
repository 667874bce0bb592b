"""Loops of a program: those over the same items joined into one, what nobody reads left out, bodies as programs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from etude.ops import CATALOGUE
from etude.ops.binders import Body, parameter
from etude.terms import Term, replace

__all__ = ["has_loops", "joined_loops"]

_scan, _item = CATALOGUE["scan"], CATALOGUE["item"]


def has_loops(work: Sequence[Term]) -> bool:
    return any(term._tuple[0] is _scan for term in work)


def joined_loops(outputs: Sequence[Term], work: Sequence[Term]) -> list[Term]:
    """The outputs, where scans of the same carries are one, which gives no more than what is read of it.

    `work` are the applications below the outputs, operands first. A cost and its gradient are such scans: the one
    gives its results, the other the carries before each step.
    """
    groups: dict[Any, _Group] = {}
    read: dict[Term, set[int]] = {}
    for term in work:
        if term._tuple[0] is _item and term._tuple[1]._tuple[0] is _scan:
            read.setdefault(term._tuple[1], set()).add(term._tuple[2])
    for term, indices in read.items():
        groups.setdefault(_key(term), _Group(term)).take(term, indices)
    memo: dict[Any, Term] = {}
    for term in work:
        if term._tuple[0] is _scan and term in read:
            continue
        if term._tuple[0] is _item and term._tuple[1] in read:
            memo[term] = groups[_key(term._tuple[1])].item(term, memo)
            continue
        parts = tuple([memo.get(part, part) if isinstance(part, Term) else part for part in term._tuple])
        memo[term] = term if parts == term._tuple else Term(parts)
    return [memo.get(output, output) for output in outputs]


def _key(term: Term) -> Any:
    body, carries, sequences, length, reverse, stops, condition = term.attributes
    last = body.results[-1] if stops else None
    return term.operands, body.results[:carries], last, sequences, length, reverse, condition


class _Group:
    """Scans that carry the same."""

    def __init__(self, term: Term):
        self.term = term
        self.body, self.carries, *_ = term.attributes
        self.outputs: dict[Term, None] = {}
        self.read: set[int] = set()
        self.made: Term | None = None

    def take(self, term: Term, indices: set[int]) -> None:
        results = term.attributes[0].results
        self.outputs.update(dict.fromkeys(results[place] for place in sorted(indices) if place >= self.carries))
        self.read |= {place for place in indices if place < self.carries}

    def item(self, term: Term, memo: dict[Any, Term]) -> Term:
        if self.made is None:
            self.made = self._built(memo)
        index, results = term._tuple[2], term._tuple[1].attributes[0].results
        if index < self.carries:
            place = self.live.index(index)
        else:
            place = len(self.live) + list(self.outputs).index(results[index])
        return _item.apply((self.made,), (place,))

    def _built(self, memo: dict[Any, Term]) -> Term:
        _, carries, sequences, length, reverse, stops, condition = self.term.attributes
        results = self.body.results
        rest = [*self.outputs, *(results[-1:] if stops else ())]
        tests = list(condition.results) if condition is not None else []
        self.live = _live(results[:carries], [*rest, *tests], self.read)
        needed = Body([*[results[place] for place in self.live], *rest, *tests], self.body.count)
        used = needed.parameters()
        split = carries + sequences
        kept = [*self.live, *range(carries, split), *[p for p in range(split, self.body.count) if p in used]]
        renamed = {used[place]: parameter(new, used[place].type) for new, place in enumerate(kept) if place in used}
        moved = replace(needed.results, renamed)
        step = Body(moved[: len(moved) - len(tests)], len(kept))
        check = Body(moved[len(moved) - len(tests) :], len(kept)) if tests else None
        operands = tuple([memo.get(self.term.operands[place], self.term.operands[place]) for place in kept])
        return _scan.apply(operands, (step, len(self.live), sequences, length, reverse, stops, check))


@lru_cache(4096)
def _places(result: Term) -> frozenset[int]:
    return frozenset(Body(result, 0).parameters())


def _live(carried: Sequence[Term], others: Sequence[Term], read: set[int]) -> list[int]:
    """The carries that are read after the loop, or that what is read depends on."""
    live = set(read)
    pending = [carried[place] for place in read] + list(others)
    while pending:
        for place in _places(pending.pop()):
            if place < len(carried) and place not in live:
                live.add(place)
                pending.append(carried[place])
    return sorted(live)
