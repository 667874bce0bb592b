"""Rules and rule sets as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from etude.rules.pattern import variables_of
from etude.terms import Term, Variable

__all__ = ["Rule", "RuleSet"]


def _none() -> None:
    return None


@dataclass(frozen=True, eq=False)
class Rule:
    """One line of mathematics. `kind` is "rewrite", "equation", "differential", "adjoint", or "meaning" for
    the line that says what operators are on numbers.

    `lhs` and `rhs` are patterns: untyped terms over `Variable`s and Python numbers. A differential's `lhs` is the
    operator's pattern, its `rhs` is linear in the `(D, u)`. An adjoint's `lhs` holds marked operands, and its `rhs`
    is a tuple with one pattern for each of them, over `cotangent`. `inputs` says for which inputs the promise is made:
    "any", or "ordinary" ones, zero and magnitudes from 1e-2 to 1e2. `serves` names the goals of simplification that the
    rule is for, "size", "speed", "stable" with blanks between them, or "all". `applied` tells lines that rewrite "everywhere"
    until none fits, which must come to an end, from lines that a procedure takes one at a time, "singly".

    A side of a line of the library's own files is read when it is first asked for; `head`, the operator at the
    root of `lhs`, is known before.
    """

    name: str
    kind: str
    lhs: Any
    rhs: Any
    condition: Any = field(default_factory=_none)
    promise: str = "real"
    domain: str = "real"
    inputs: str = "any"
    serves: str = "all"
    applied: str = "everywhere"
    cotangent: Variable | None = field(default_factory=_none)
    text: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @classmethod
    def unread(cls, read: Callable[[str, Any], dict[str, Any]], **known: Any) -> Rule:
        """A rule of which `known` is known; `read` gives lhs, rhs, condition and cotangent when one is asked for.

        It is told which one, and the left side where that is known: for a left side it may give that alone.
        """
        rule = object.__new__(cls)
        rule.__dict__.update(known, _read=read)
        return rule

    if TYPE_CHECKING:

        @property
        def head(self) -> Any:
            """The operator of the left side; None where it is no term."""

    else:

        def __getattr__(self, name: str) -> Any:
            held = self.__dict__
            if name == "head":
                lhs = self.lhs
                held["head"] = lhs._tuple[0] if isinstance(lhs, Term) else None
            elif "_read" in held:
                held.update(held["_read"](name, held.get("lhs")))
            if name not in held:
                raise AttributeError(f"a rule has no attribute {name!r}")
            return held[name]

    def _meaning(self) -> tuple[Any, ...]:
        return (self.name, self.kind, self.lhs, self.rhs, self.condition, self.promise, self.domain, self.inputs,
                self.serves, self.applied, self.cotangent)  # fmt: skip

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Rule) and hash(self) == hash(other) and self._meaning() == other._meaning()

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.promise, self.domain, self.inputs, self.serves, self.applied))

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

    __slots__ = ("_by_head", "_by_name", "_hash", "rules")

    def __init__(self, rules: Iterable[Rule] = ()):
        self.rules: tuple[Rule, ...] = tuple(rules)
        self._by_name = {rule.name: rule for rule in self.rules}
        if len(self._by_name) < len(self.rules):  # equal rules have one name
            self.rules = tuple(dict.fromkeys(self.rules))
        self._by_head: dict[Any, list[Rule]] = {}
        self._hash = hash(tuple(self._by_name))

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

    def headed(self, head: Any) -> Sequence[Rule]:
        """The rules whose left side has this operator at its root, in order."""
        if not self._by_head:
            for rule in self.rules:
                self._by_head.setdefault(rule.head, []).append(rule)
        return self._by_head.get(head, ())

    def of_kind(self, *kinds: str) -> RuleSet:
        return RuleSet(rule for rule in self.rules if rule.kind in kinds)

    def __repr__(self) -> str:
        return f"RuleSet({len(self)} rules: {', '.join([rule.name for rule in self.rules[:4]])}{', ...' * (len(self) > 4)})"
