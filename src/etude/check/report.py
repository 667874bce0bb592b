"""What a check found out about rules, for people and for tools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from etude.check.printing import pasted, plain, shown_value
from etude.rules import Rule

__all__ = ["Counterexample", "CriticalPair", "RuleReport", "Verdict"]


@dataclass(frozen=True)
class Counterexample:
    """Inputs at which the two sides differ, and their values there. `why` says how in a word."""

    inputs: dict[str, Any]
    left: Any
    right: Any
    why: str
    types: str = ""
    note: str = ""

    def __str__(self) -> str:
        if self.why == "type":
            return f"at {self.types or 'any types'}: the right side does not fit ({self.note})"
        given = ", ".join(f"{name} = {shown_value(value)}" for name, value in self.inputs.items()) or "always"
        if self.why == "slope":
            return f"{given}: {self.note}"
        right = f"an error: {self.note}" if self.why == "error" else shown_value(self.right)
        return f"{given}: left {shown_value(self.left)}, right {right} ({self.why})"

    def to_json(self) -> dict[str, Any]:
        """Plain data, with nan and infinities as text."""
        return {
            "inputs": {name: plain(value) for name, value in self.inputs.items()},
            "left": plain(self.left),
            "right": plain(self.right),
            "why": self.why,
            "types": self.types,
            "note": self.note,
        }


@dataclass(frozen=True)
class Verdict:
    """What is known of one rule.

    `sound`: whether the promise of its file holds (None: it has no meaning to check). `promise`: the strongest that
    holds, "exact", "stable", "real" or None. `counterexample`: against the promise of the file, or against `exact`
    where only that fails. `superfluous_conditions`: parts of the condition without which it is as sound.
    """

    rule: Rule
    sound: bool | None
    promise: str | None
    counterexample: Counterexample | None = None
    superfluous_conditions: tuple[str, ...] = ()
    unsatisfiable: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def file(self) -> str:
        return self.rule.file

    @property
    def line(self) -> int:
        return self.rule.line

    def __str__(self) -> str:
        word = {True: "sound", False: "UNSOUND", None: "not judged"}[self.sound]
        text = f"{self.rule.place}: {self.name}: {word}"
        if self.promise is not None:
            text += f" ({self.promise}{', for ordinary inputs' * (self.rule.inputs == 'ordinary')})"
        if self.sound is False and self.counterexample is not None:
            text += f"; {self.counterexample}"
        if self.unsatisfiable:
            text += "; the condition never holds"
        if self.superfluous_conditions:
            text += f"; needs no {', '.join(self.superfluous_conditions)}"
        return text + (f"; {self.note}" if self.note else "")

    @property
    def program(self) -> str | None:
        """A line of Python to be pasted, which prints both sides at the counter-example; of the line of a derivative the slope
        that there is and the one that it gives. None where there is no counter-example.
        """
        if self.counterexample is None:
            return None
        return pasted(self.rule.text, self.counterexample.inputs)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "kind": self.rule.kind,
            "file": self.file,
            "line": self.line,
            "text": self.rule.text,
            "sound": self.sound,
            "promise": self.promise,
            "counterexample": None if self.counterexample is None else self.counterexample.to_json(),
            "program": self.program,
            "superfluous_conditions": list(self.superfluous_conditions),
            "unsatisfiable": self.unsatisfiable,
            "note": self.note,
        }


@dataclass(frozen=True)
class CriticalPair:
    """A term that two rules rewrite differently, and the normal forms of the two results."""

    term: str
    rules: tuple[str, str]
    left: str
    right: str
    joinable: bool

    def __str__(self) -> str:
        mark = "joins" if self.joinable else "does NOT join"
        return f"{self.term} by {self.rules[0]} and {self.rules[1]} {mark}: {self.left} | {self.right}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "term": self.term,
            "rules": list(self.rules),
            "normal_forms": [self.left, self.right],
            "joinable": self.joinable,
        }


@dataclass(frozen=True)
class RuleReport:
    """The verdicts on a set of rules: each by itself, and the set as a rewrite system.

    `order` shows why rewriting ends, `loop` how it does not. `critical_pairs` are those that do not join.
    `completion` are rules that would join them; `duplicates` and `shadowed` name pairs of rules. `singly` counts the lines
    that are applied one at a time: what rewriting with them comes to is not asked. `unknown_confluence` says why nothing is
    known there.
    """

    rules: tuple[Verdict, ...]
    terminates: bool | None = None
    order: str | None = None
    loop: tuple[str, ...] | None = None
    confluent: bool | None = None
    critical_pairs: tuple[CriticalPair, ...] = ()
    completion: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    duplicates: tuple[tuple[str, str], ...] = ()
    shadowed: tuple[tuple[str, str], ...] = ()
    singly: int = 0
    unknown_confluence: str = ""

    @property
    def ok(self) -> bool:
        """No unsound rule, no unsatisfiable condition, and no loop."""
        return self.terminates is not False and all(v.sound is not False and not v.unsatisfiable for v in self.rules)

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.rules)

    def __getitem__(self, name: str) -> Verdict:
        for verdict in self.rules:
            if verdict.name == name:
                return verdict
        raise KeyError(f"no rule is named {name!r}")

    def __str__(self) -> str:
        return "\n".join([*map(str, self.rules), *self.together()])

    def together(self) -> list[str]:
        """What holds of the rules as a set, line by line."""
        ends = {True: f"yes, by {self.order}", False: "no", None: "not known"}[self.terminates]
        lines = [f"applied singly, not rewritten with: {self.singly} lines"] if self.singly else []
        lines.append(f"terminates: {ends}")
        lines += [f"  {step}" for step in self.loop or ()]
        why = f" ({self.unknown_confluence})" if self.unknown_confluence else ""
        lines.append(f"confluent: { {True: 'yes', False: 'no', None: 'not known'}[self.confluent] }{why}")
        lines += [f"  {pair}" for pair in self.critical_pairs]
        lines += [f"  would join: {rule}" for rule in self.completion]
        lines += [f"duplicate: {a} and {b}" for a, b in self.duplicates]
        lines += [f"never fires: {b}, as {a} always does" for a, b in self.shadowed]
        return lines + self._lacking()

    def _lacking(self) -> list[str]:
        """What is uncovered, by what it lacks."""
        reasons: dict[str, list[str]] = {}
        for entry in self.uncovered:
            name, _, reason = entry.partition(": ")
            reasons.setdefault(reason, []).append(name)
        return [f"uncovered: {_some(names)}: {reason}" for reason, names in reasons.items()]

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`."""
        return {
            "ok": self.ok,
            "rules": [verdict.to_json() for verdict in self.rules],
            "terminates": self.terminates,
            "order": self.order,
            "loop": None if self.loop is None else list(self.loop),
            "confluent": self.confluent,
            "critical_pairs": [pair.to_json() for pair in self.critical_pairs],
            "completion": list(self.completion),
            "uncovered": list(self.uncovered),
            "duplicates": [list(pair) for pair in self.duplicates],
            "shadowed": [list(pair) for pair in self.shadowed],
            "singly": self.singly,
            "unknown_confluence": self.unknown_confluence,
        }


def _some(names: list[str], few: int = 6) -> str:
    more = f" and {len(names) - few} more" if len(names) > few else ""
    return ", ".join(names[:few]) + more
