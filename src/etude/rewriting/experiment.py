"""Rule sets and strategies compared over a file of expressions: operations left, time, and what each rule did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from etude.rewriting.compiled import Rules
from etude.rewriting.counting import count_operations
from etude.rewriting.pipeline import smallest
from etude.rules import Rule, RuleSet
from etude.terms import Term, postorder, symbol
from etude.text import parse_term

__all__ = ["Case", "Outcome", "Report", "RuleCount", "Strategy", "ablation", "experiment", "read_cases", "simplified"]

Strategy = Callable[[Term, Rules], Term]


@dataclass
class RuleCount:
    """How often a rule was tried and changed something, and how long its trials took."""

    tried: int = 0
    fired: int = 0
    seconds: float = 0.0


class CountedRules(Rules):
    """The compiled rules of a set, counting."""

    __slots__ = ("counts",)

    def __init__(self, rules: RuleSet):
        super().__init__(rules)
        self.counts: dict[str, RuleCount] = {}

    def fire(self, term: Term) -> tuple[Rule, Term] | None:
        for one in self.candidates(term):
            count = self.counts.setdefault(one.rule.name, RuleCount())
            started = time.perf_counter()
            found = one(term)
            count.seconds += time.perf_counter() - started
            count.tried += 1
            if found is not None and found is not term:
                count.fired += 1
                return one.rule, found
        return None


@dataclass(frozen=True)
class Case:
    """An expression, and the fewest operations known for it (None: not known)."""

    name: str
    term: Term
    best: int | None = None


@dataclass
class Outcome:
    """What one rule set with one strategy did to all cases."""

    name: str
    before: int = 0
    after: int = 0
    at_best: int = 0
    known: int = 0
    seconds: float = 0.0
    rules: dict[str, RuleCount] = field(default_factory=dict)


class Report(list[Outcome]):
    """The outcomes, one a rule set and strategy; its text is a table."""

    def __str__(self) -> str:
        head = ("rules", "operations", "left", "at best", "seconds", "tried", "fired")
        rows = [head, *[self._row(outcome) for outcome in self]]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]])
            for row in rows
        )

    def _row(self, outcome: Outcome) -> tuple[str, ...]:
        tried, fired = [sum(getattr(count, what) for count in outcome.rules.values()) for what in ("tried", "fired")]
        best = f"{outcome.at_best}/{outcome.known}"
        counts = (str(outcome.before), str(outcome.after), best, f"{outcome.seconds:.3f}", str(tried), str(fired))
        return (outcome.name, *counts)

    def json(self) -> str:
        """The outcomes with the counts of every rule."""
        return json.dumps([asdict(outcome) for outcome in self], indent=1)


def read_cases(path: str | Path) -> list[Case]:
    """The cases of a file with a JSON object a line: `expr`, `vars` (name -> a word such as "real" or "positive"),
    and perhaps `id` and `best_ops`. Lines whose variables are not numbers are left out.
    """
    found = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        row = json.loads(line)
        words = row.get("vars", {})
        if all(isinstance(word, str) and word in _DOMAINS for word in words.values()):
            names = {name: symbol(name, assumptions=_DOMAINS[word]) for name, word in words.items()}
            found.append(Case(row.get("id", f"line {number}"), parse_term(row["expr"], names), row.get("best_ops")))
    return found


_DOMAINS: dict[str, list[str]] = {
    "real": [], "positive": ["positive"], "nonzero": ["nonzero"], "unit": ["positive"], "gt1": ["positive"],
}  # fmt: skip


def simplified(term: Term, rules: Rules) -> Term:
    """The strategy of `simplify`."""
    return smallest(term, rules, None, postorder(term))


def experiment(
    cases: Iterable[Case] | str | Path,
    sets: Mapping[str, RuleSet],
    strategies: Mapping[str, Strategy] | None = None,
) -> Report:
    """Every rule set with every strategy over the cases.

    >>> import etude as et
    >>> from etude.rewriting.experiment import Case, experiment
    >>> x = et.scalar("x").term
    >>> cases = [Case("logarithm", et.exp(et.log(et.scalar("x"))).term, best=0)]
    >>> rules = et.rules.default("simplify")
    >>> [outcome.after for outcome in experiment(cases, {"all": rules, "without": rules - "exp_log"})]
    [0, 2]
    """
    chosen = read_cases(cases) if isinstance(cases, (str, Path)) else list(cases)
    ways: Mapping[str, Strategy] = strategies or {"": simplified}
    report = Report()
    for name, rules in sets.items():
        for way, strategy in ways.items():
            report.append(_outcome(f"{name} {way}".strip(), chosen, CountedRules(rules), strategy))
    return report


def _outcome(name: str, cases: list[Case], rules: CountedRules, strategy: Strategy) -> Outcome:
    outcome = Outcome(name, rules=rules.counts)
    for case in cases:
        started = time.perf_counter()
        result = strategy(case.term, rules)
        outcome.seconds += time.perf_counter() - started
        left = count_operations(result)
        outcome.before += count_operations(case.term)
        outcome.after += left
        if case.best is not None:
            outcome.known += 1
            outcome.at_best += left <= case.best
    return outcome


def ablation(rules: RuleSet, names: Iterable[str]) -> dict[str, RuleSet]:
    """The rule set, and the set without each of the named rules, for `experiment`."""
    sets: dict[str, Any] = {"all": rules}
    return sets | {f"without {name}": rules - name for name in names}
