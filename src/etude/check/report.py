"""What a check found out about rules, for people and for tools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

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
        given = ", ".join(f"{name} = {_shown(value)}" for name, value in self.inputs.items()) or "always"
        right = f"an error: {self.note}" if self.why == "error" else _shown(self.right)
        return f"{given}: left {_shown(self.left)}, right {right} ({self.why})"

    def to_json(self) -> dict[str, Any]:
        """Plain data, with nan and infinities as text."""
        return {
            "inputs": {name: _plain(value) for name, value in self.inputs.items()},
            "left": _plain(self.left),
            "right": _plain(self.right),
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
        if self.superfluous_conditions:
            text += f"; needs no {', '.join(self.superfluous_conditions)}"
        return text + (f"; {self.note}" if self.note else "")

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
    `completion` are rules that would join them; `duplicates` and `shadowed` name pairs of rules.
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
    notes: tuple[str, ...] = field(default=())

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
        lines = [str(verdict) for verdict in self.rules]
        ends = {True: f"yes, by {self.order}", False: "no", None: "not known"}[self.terminates]
        lines.append(f"terminates: {ends}")
        lines += [f"  {step}" for step in self.loop or ()]
        lines.append(f"confluent: { {True: 'yes', False: 'no', None: 'not known'}[self.confluent] }")
        lines += [f"  {pair}" for pair in self.critical_pairs]
        lines += [f"  would join: {rule}" for rule in self.completion]
        lines += [f"duplicate: {a} and {b}" for a, b in self.duplicates]
        lines += [f"never fires: {b}, as {a} always does" for a, b in self.shadowed]
        lines += [f"uncovered: {name}" for name in self.uncovered]
        return "\n".join(lines)

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
            "notes": list(self.notes),
        }


def _shown(value: Any) -> str:
    """A value as it is typed in, with NumPy's names."""
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value)
    if isinstance(value, (np.ndarray, np.generic)):
        text = repr(value.item())
        return text if value.dtype in _PLAIN else f"{value.dtype}({text})"
    return repr(value)


_PLAIN = (np.float64, np.int64, np.bool_, np.complex128)


def _array(value: Any) -> str:
    if value.size == 0:
        text = f"zeros({value.shape}"
        return f"{text})" if value.dtype == np.float64 else f"{text}, '{value.dtype}')"
    numbers = np.array2string(value, separator=", ", threshold=100, floatmode="unique", max_line_width=10**6)
    kind = "" if value.dtype in _PLAIN else f", '{value.dtype}'"
    return f"array({' '.join(numbers.split())}{kind})"


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return repr(value)
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)
