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
from etude.rewriting.goals import GOALS
from etude.rewriting.pipeline import best_for
from etude.rewriting.strategies import bottom_up, normal_form_by, top_down, until_stable
from etude.rules import Rule, RuleSet, default
from etude.terms import Term, postorder, symbol
from etude.text import parse_term

__all__ = [
    "STRATEGIES",
    "Case",
    "Outcome",
    "Report",
    "RuleCount",
    "Simplifying",
    "Strategy",
    "Worth",
    "ablation",
    "experiment",
    "read_cases",
    "worths",
]

Strategy = Callable[[Term, Rules], "Term | None"]


@dataclass
class RuleCount:
    """How often a rule was tried and changed something, and how long its trials took."""

    tried: int = 0
    fired: int = 0
    seconds: float = 0.0


class CountedRules(Rules):
    """The compiled rules of a set, counting."""

    __slots__ = ("counts", "own")

    def __init__(self, rules: RuleSet):
        super().__init__(rules)
        self.counts: dict[str, RuleCount] = {}
        self.own = set(rules) <= set(default("simplify"))

    def __call__(self, term: Term) -> Term | None:
        fired = self.fire(term)
        return None if fired is None else fired[1]

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
    """What one rule set with one strategy did to all cases. `left` has the operations of each case, `fired_in` for each
    rule the cases in which it changed something.
    """

    name: str
    before: int = 0
    after: int = 0
    at_best: int = 0
    known: int = 0
    seconds: float = 0.0
    rules: dict[str, RuleCount] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    fired_in: dict[str, list[str]] = field(default_factory=dict)

    @property
    def tried(self) -> int:
        return sum(count.tried for count in self.rules.values())

    @property
    def fired(self) -> int:
        return sum(count.fired for count in self.rules.values())

    def row(self) -> tuple[str, ...]:
        """The cells of `Report.HEAD`."""
        best, seconds = f"{self.at_best}/{self.known}", f"{self.seconds:.3f}"
        return (self.name, *map(str, (self.before, self.after, best, seconds, self.tried, self.fired)))


@dataclass(frozen=True)
class Worth:
    """What a rule brings: in how many cases it changed something, and how many operations more are left without it."""

    rule: str
    cases: int
    operations: int


class Report(list[Outcome]):
    """The outcomes, one a rule set and strategy; its text is a table."""

    HEAD = ("rules", "operations", "left", "at best", "seconds", "tried", "fired")

    def rows(self) -> list[tuple[str, ...]]:
        """The cells of the table below `HEAD`."""
        return [one.row() for one in self]

    def __str__(self) -> str:
        rows = [self.HEAD, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]])
            for row in rows
        )

    def json(self) -> str:
        """The outcomes with the counts of every rule."""
        return json.dumps([asdict(outcome) for outcome in self], indent=1)


def read_cases(path: str | Path) -> list[Case]:
    """The cases of a file with a JSON object a line: `expr`, `vars` (name -> "real", "vector", "matrix" or an assumption
    such as "positive"), and perhaps `id` and `best_ops`. Raises ValueError for a line that is no such object.
    """
    found = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
                names = {name: _declared(name, word) for name, word in row.get("vars", {}).items()}
                found.append(Case(row.get("id", f"line {number}"), parse_term(row["expr"], names), row.get("best_ops")))
            except (KeyError, AttributeError, ValueError, TypeError) as error:
                raise ValueError(f"{path}:{number}: {error}") from None
    return found


_SHAPES: dict[str, tuple[None, ...]] = {"real": (), "vector": (None,), "matrix": (None, None)}
_KNOWN = {"unit": ["positive"], "gt1": ["positive"]}  # intervals, of which the sign is known


def _declared(name: str, word: str) -> Term:
    if word in _SHAPES:
        return symbol(name, _SHAPES[word])
    return symbol(name, assumptions=_KNOWN.get(word, [word]))


class Simplifying:
    """The strategy of `et.simplify` for a goal, with the rules of a set that serve it."""

    def __init__(self, goal: str = "size"):
        self.goal = goal

    def __call__(self, term: Term, rules: Rules) -> Term:
        own = isinstance(rules, CountedRules) and rules.own
        return best_for(GOALS[self.goal], term, rules.listening(), None, postorder(term), own)


STRATEGIES: dict[str, Strategy] = {
    **{f"simplify for {goal}": Simplifying(goal) for goal in GOALS},
    "normal form": lambda term, rules: normal_form_by(rules)(term),
    "bottom up": lambda term, rules: bottom_up(rules)(term),
    "top down": lambda term, rules: top_down(rules)(term),
    "until stable": lambda term, rules: until_stable(bottom_up(rules))(term),
}


def experiment(
    cases: Iterable[Case] | str | Path,
    sets: Mapping[str, RuleSet],
    strategies: Mapping[str, Strategy] | None = None,
) -> Report:
    """Every rule set with every strategy over the cases, a list or the path of a file that `read_cases` reads.

    A strategy is a function of a term and the compiled rules that gives a term, or None where nothing changed; there are
    some in `STRATEGIES`. Unless given it is that of `et.simplify`. Times include the counting of trials.

    >>> import etude as et
    >>> from etude.rewriting.experiment import Case, experiment
    >>> cases = [Case("logarithm", et.exp(et.log(et.scalar("x"))).term, best=0)]
    >>> rules = et.rules.default("simplify")
    >>> [outcome.after for outcome in experiment(cases, {"all": rules, "without": rules - "exp_log"})]
    [0, 2]
    """
    chosen = read_cases(cases) if isinstance(cases, (str, Path)) else list(cases)
    ways: Mapping[str, Strategy] = strategies or {"": Simplifying()}
    report = Report()
    for case in chosen:  # so that the first set does not bear the time of what is loaded once
        Simplifying()(case.term, CountedRules(default("simplify").serving("size")))
    for name, rules in sets.items():
        for way, strategy in ways.items():
            report.append(_outcome(f"{name} {way}".strip(), chosen, rules, strategy))
    return report


def _outcome(name: str, cases: list[Case], rules: RuleSet, strategy: Strategy) -> Outcome:
    ready = CountedRules(rules.serving(strategy.goal) if isinstance(strategy, Simplifying) else rules)
    outcome = Outcome(name, rules=ready.counts)
    for case in cases:
        fired = {rule: count.fired for rule, count in ready.counts.items()}
        started = time.perf_counter()
        result = strategy(case.term, ready) or case.term
        outcome.seconds += time.perf_counter() - started
        for rule, count in ready.counts.items():
            if count.fired > fired.get(rule, 0):
                outcome.fired_in.setdefault(rule, []).append(case.name)
        left = outcome.left[case.name] = count_operations(result)
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


def worths(cases: Iterable[Case] | str | Path, rules: RuleSet, strategy: Strategy | None = None) -> list[Worth]:
    """What each rule that changes something brings, the most first: the set is tried without it, on the cases where it
    changed something.

    >>> import etude as et
    >>> from etude.rewriting.experiment import Case, worths
    >>> worths([Case("logarithm", et.exp(et.log(et.scalar("x"))).term)], et.rules.default("simplify"))
    [Worth(rule='exp_log', cases=1, operations=2)]
    """
    chosen = read_cases(cases) if isinstance(cases, (str, Path)) else list(cases)
    way = strategy or Simplifying()
    whole = _outcome("all", chosen, rules, way)
    found = []
    for rule, names in whole.fired_in.items():
        touched = [case for case in chosen if case.name in names]
        without = _outcome(rule, touched, rules - rule, way)
        found.append(Worth(rule, len(names), without.after - sum(whole.left[name] for name in names)))
    return sorted(found, key=lambda worth: (-worth.operations, -worth.cases, worth.rule))
