"""Rules and rule sets as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from etude.rules.pattern import variables_of
from etude.terms import Variable

__all__ = ["Rule", "RuleSet"]


@dataclass(frozen=True)
class Rule:
    """One line of mathematics. `kind` is "rewrite", "equation", "differential", "adjoint", or "meaning" for
    the line that says what operators are on numbers.

    `lhs` and `rhs` are patterns: untyped terms over `Variable`s and Python numbers. A differential's `lhs` is the
    operator's pattern, its `rhs` is linear in the `(D, u)`. An adjoint's `lhs` holds marked operands, and its `rhs`
    is a tuple with one pattern for each of them, over `cotangent`. `inputs` says for which inputs the promise is made:
    "any", or "ordinary" ones, zero and magnitudes from 1e-2 to 1e2. `serves` names the goals of simplification that the
    rule is for, "size", "speed", "stable" with blanks between them, or "all".
    """

    name: str
    kind: str
    lhs: Any
    rhs: Any
    condition: Any = None
    promise: str = "real"
    domain: str = "real"
    inputs: str = "any"
    serves: str = "all"
    cotangent: Variable | None = None
    text: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def variables(self) -> dict[str, Variable]:
        """The pattern variables of the left side by name."""
        return {variable.name: variable for variable in sorted(variables_of(self.lhs), key=lambda v: v.name)}

    @property
    def place(self) -> str:
        """`file:line`, as far as known."""
        return f"{self.file or '<text>'}:{self.line}"

    def __str__(self) -> str:
        return self.text


class RuleSet:
    """An ordered, immutable set of rules. Sets add up with `+`; `rules - "name"` leaves one out.

    >>> import etude as et
    >>> both = et.rules.load("a: exp(log(x)) -> x") + et.rules.load("b: log(exp(x)) -> x")
    >>> [rule.name for rule in both], len(both - "a")
    (['a', 'b'], 1)
    """

    __slots__ = ("_by_name", "_hash", "rules")

    def __init__(self, rules: Iterable[Rule] = ()):
        self.rules: tuple[Rule, ...] = tuple(dict.fromkeys(rules))
        self._by_name = {rule.name: rule for rule in self.rules}
        self._hash = hash(self.rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __getitem__(self, name: str) -> Rule:
        try:
            return self._by_name[name]
        except KeyError:
            raise KeyError(f"no rule is named {name!r}") from None

    def __contains__(self, rule: object) -> bool:
        return rule in self._by_name or rule in self.rules

    def __add__(self, other: RuleSet | Rule) -> RuleSet:
        return RuleSet((*self.rules, *((other,) if isinstance(other, Rule) else other)))

    def __sub__(self, other: str | Rule | Iterable[str]) -> RuleSet:
        gone = {other} if isinstance(other, (str, Rule)) else set(other)
        unknown = [name for name in gone if isinstance(name, str) and name not in self._by_name]
        if unknown:
            raise KeyError(f"no rule is named {unknown[0]!r}")
        return RuleSet(rule for rule in self.rules if rule not in gone and rule.name not in gone)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RuleSet) and self.rules == other.rules

    def __hash__(self) -> int:
        return self._hash

    def serving(self, goal: str) -> RuleSet:
        """The rules that are for a goal of simplification."""
        return RuleSet(rule for rule in self.rules if rule.serves == "all" or goal in rule.serves.split())

    def of_kind(self, *kinds: str) -> RuleSet:
        return RuleSet(rule for rule in self.rules if rule.kind in kinds)

    def __repr__(self) -> str:
        return f"RuleSet({len(self)} rules: {', '.join([rule.name for rule in self.rules[:4]])}{', ...' * (len(self) > 4)})"
