"""The e-graph: terms in classes of equals, congruence restored in one go, and a reason kept for every merge.

Every term that enters keeps its own number, so a merge joins two terms that can be named: by a rule, by arithmetic,
or because they have equal parts (congruence). The reasons form a forest, in which the path between two terms of a
class is the proof of their equality. Deferred rebuilding: Willsey et al. 2021, "egg", section 3; proof forest:
Nieuwenhuis and Oliveras 2005.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from etude.rewriting import Step
from etude.terms import CONSTANT, SYMBOL, Term, postorder

__all__ = ["EClass", "EGraph", "Reason"]

Key = tuple[Any, ...]
Reason = tuple[Step, ...] | None  # the steps from one term to the other; None: congruence
_LEAVES = (SYMBOL, CONSTANT)


@dataclass
class EClass:
    """Equal terms: one witness for each distinct node, and the terms in which the class is an operand."""

    nodes: dict[Key, Term] = field(default_factory=dict)
    parents: list[Term] = field(default_factory=list)


class EGraph:
    """Classes of equal terms of one type, closed under congruence after `rebuild`."""

    def __init__(self) -> None:
        self.number: dict[Term, int] = {}
        self.up: list[int] = []
        self.classes: dict[int, EClass] = {}
        self.known: dict[Key, Term] = {}
        self.proof: dict[Term, list[tuple[Term, Reason, bool]]] = {}
        self.dirty: list[int] = []

    def __len__(self) -> int:
        return len(self.known)

    def find(self, term: Term) -> int:
        """The class of a term of the graph."""
        return self.root(self.number[term])

    def root(self, number: int) -> int:
        up = self.up
        while up[number] != number:
            up[number] = up[up[number]]
            number = up[number]
        return number

    def key(self, term: Term) -> Key:
        if term._tuple[0] in _LEAVES:
            return (term,)
        return tuple([(self.find(part),) if isinstance(part, Term) else (type(part), part) for part in term._tuple])

    def add(self, term: Term) -> int:
        """Enter a term and its parts; the class it belongs to."""
        if term in self.number:
            return self.find(term)
        for part in postorder(term, stop=self.number.__contains__):
            if part not in self.number:
                self._enter(part)
        return self.find(term)

    def _enter(self, term: Term) -> None:
        number = self.number[term] = len(self.up)
        self.up.append(number)
        self.proof[term] = []
        key = self.key(term)
        twin = self.known.get(key)
        self.classes[number] = EClass({key: term})
        if twin is not None:
            self.merge(term, twin, None)
            return
        self.known[key] = term
        if term._tuple[0] not in _LEAVES:
            for part in {part for part in term._tuple if isinstance(part, Term)}:
                self.classes[self.find(part)].parents.append(term)

    def merge(self, left: Term, right: Term, reason: Reason) -> bool:
        """State that two terms of the graph are equal; whether that was news."""
        a, b = self.find(left), self.find(right)
        if a == b or left.type is not right.type:
            return False
        self.proof[left].append((right, reason, True))
        self.proof[right].append((left, reason, False))
        weight = [len(self.classes[c].parents) + len(self.classes[c].nodes) for c in (a, b)]
        if weight[0] < weight[1]:
            a, b = b, a
        self.up[b] = a
        gone = self.classes.pop(b)
        self.classes[a].nodes.update({key: term for key, term in gone.nodes.items() if key not in self.classes[a].nodes})
        self.classes[a].parents.extend(gone.parents)
        self.dirty.append(a)
        return True

    def rebuild(self) -> None:
        """Merge what has become equal by its parts, until nothing more does."""
        touched: set[int] = set()
        while self.dirty:
            pending = {self.root(number) for number in self.dirty}
            self.dirty.clear()
            touched |= pending
            for number in sorted(pending):
                if number not in self.classes:
                    continue
                owner = self.classes[number]
                owner.parents = list(dict.fromkeys(owner.parents))
                for term in list(owner.parents):
                    key = self.key(term)
                    twin = self.known.setdefault(key, term)
                    if twin is not term:
                        self.merge(term, twin, None)
        for number in {self.root(self.number[term]) for c in touched if c in self.classes for term in self.classes[c].parents}:
            owner = self.classes[number]
            owner.nodes = {self.key(term): term for term in reversed(owner.nodes.values())}

    # ---------------------------------------------------------------- proofs

    def explain(self, left: Term, right: Term) -> list[Step]:
        """The steps that make two terms of one class equal; a step used backwards has its sides exchanged."""
        steps: dict[tuple[Any, ...], Step] = {}
        seen: set[frozenset[Term]] = set()
        stack: list[tuple[Term, Term] | Step] = [(left, right)]
        while stack:
            item = stack.pop()
            if isinstance(item, Step):
                steps.setdefault((item.rule, item.before, item.after), item)
                continue
            pair = frozenset(item)
            if len(pair) == 1 or pair in seen:
                continue
            seen.add(pair)
            todo: list[tuple[Term, Term] | Step] = []
            for a, b, reason, forward in self._path(*item):
                if reason is None:
                    zipped = zip(a._tuple, b._tuple, strict=True)
                    todo.extend([(p, q) for p, q in zipped if isinstance(p, Term) and p is not q])
                else:
                    todo.extend(reason if forward else [turned(step) for step in reversed(reason)])
            stack.extend(reversed(todo))
        return list(steps.values())

    def _path(self, start: Term, end: Term) -> list[tuple[Term, Term, Reason, bool]]:
        came: dict[Term, tuple[Term, Reason, bool] | None] = {start: None}
        queue = [start]
        for term in queue:
            if term is end:
                break
            for other, reason, forward in self.proof[term]:
                if other not in came:
                    came[other] = (term, reason, forward)
                    queue.append(other)
        path = []
        here = end
        while (link := came[here]) is not None:
            path.append((link[0], here, link[1], link[2]))
            here = link[0]
        return path[::-1]


def turned(step: Step) -> Step:
    return Step(step.rule, step.file, step.line, step.after, step.before)
