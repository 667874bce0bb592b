"""Untyped terms for the study of rewriting: matching and rewriting modulo associativity and commutativity.

A term is a `Variable` or a tuple `(head, argument, ...)` with a text for its head; numbers and attributes are heads
without arguments. Arguments of associative-commutative heads are flattened and sorted, so that equality modulo AC is `==`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from etude.ops import CATALOGUE, Op
from etude.rules import Rule, variables_of
from etude.terms import Term, Variable, constant_value, is_constant

__all__ = [
    "Binding", "FreeTerm", "System", "TermRule", "entailed", "free_rule", "is_ac", "is_commutative", "made", "match",
    "positions", "put", "put_in_condition", "rewrites", "shown", "size", "substitute", "variables",
]  # fmt: skip

FreeTerm = Any
Binding = dict[Variable, FreeTerm]


@dataclass(frozen=True)
class TermRule:
    """A rule over free terms. `facts` are the parts of its condition, each over the rule's variables."""

    name: str
    lhs: FreeTerm
    rhs: FreeTerm
    condition: Any = None

    def renamed(self, suffix: str) -> TermRule:
        fresh: Binding = {v: Variable(v.name + suffix) for v in variables(self.lhs) | variables(self.rhs)}
        return TermRule(
            self.name, substitute(self.lhs, fresh), substitute(self.rhs, fresh), put_in_condition(self.condition, fresh)
        )


System = tuple[TermRule, ...]


@lru_cache(None)
def is_ac(head: str) -> bool:
    """Whether a head is associative and commutative."""
    op = CATALOGUE.get(head)
    return op is not None and {"associative", "commutative"} <= op.properties


@lru_cache(None)
def is_commutative(head: str) -> bool:
    op = CATALOGUE.get(head)
    return op is not None and "commutative" in op.properties


@lru_cache(100_000)
def _key(term: FreeTerm) -> str:
    return repr(term)


def made(head: str, arguments: tuple[FreeTerm, ...]) -> FreeTerm:
    """The term in canonical form."""
    if is_ac(head):
        flat: list[FreeTerm] = []
        for part in arguments:
            flat.extend(part[1:] if isinstance(part, tuple) and part[0] == head else (part,))
        if len(flat) == 1:
            return flat[0]
        return (head, *sorted(flat, key=_key))
    if len(arguments) == 2 and is_commutative(head):
        return (head, *sorted(arguments, key=_key))
    return (head, *arguments)


# -------------------------------------------------------------------------- from rules


def free_rule(rule: Rule) -> TermRule | None:
    """The rule over free terms; None where star variables or several results make it no plain rewrite."""
    if any(variable.star for variable in variables_of(rule.lhs)):
        return None
    return TermRule(rule.name, _freed(rule.lhs), _freed(rule.rhs), rule.condition)


def _freed(pattern: Any) -> FreeTerm:
    if isinstance(pattern, Variable):
        return pattern
    if is_constant(pattern):
        return (_literal(constant_value(pattern)),)
    if not isinstance(pattern, Term):
        return (_literal(pattern),)
    head = pattern._tuple[0]
    if isinstance(head, Op):
        attributes = tuple(_attribute(n, v) for n, v in zip(head.attributes, pattern.attributes, strict=True))
        return made(head.name, (*map(_freed, pattern.operands), *attributes))
    return made(repr(head), tuple(map(_freed, pattern._tuple[1:])))


def _attribute(name: str, value: Any) -> FreeTerm:
    if isinstance(value, Variable):
        return value
    if isinstance(value, tuple) and any(isinstance(item, (Variable, Term)) for item in value):
        return (f"{name}=", *[_attribute("", item) for item in value])
    return _freed(value) if isinstance(value, Term) else (f"{name}={value!r}",)


def _literal(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return repr(int(value))
    return repr(value)


# -------------------------------------------------------------------------- terms


def variables(term: FreeTerm) -> set[Variable]:
    if isinstance(term, Variable):
        return {term}
    return set().union(*map(variables, term[1:])) if len(term) > 1 else set()


def size(term: FreeTerm) -> int:
    return 1 if isinstance(term, Variable) else 1 + sum(map(size, term[1:]))


def substitute(term: FreeTerm, binding: Mapping[Variable, FreeTerm]) -> FreeTerm:
    if isinstance(term, Variable):
        return binding.get(term, term)
    if len(term) == 1:
        return term
    return made(term[0], tuple(substitute(part, binding) for part in term[1:]))


def put_in_condition(condition: Any, binding: Mapping[Variable, FreeTerm]) -> Any:
    if isinstance(condition, Variable):
        return binding.get(condition, condition)
    if not isinstance(condition, tuple):
        return condition
    return (condition[0], *[put_in_condition(part, binding) for part in condition[1:]])


def positions(term: FreeTerm) -> Iterator[tuple[tuple[int, ...], FreeTerm]]:
    """Every place that is no variable, with its subterm; inner ones last."""
    if isinstance(term, Variable):
        return
    yield (), term
    for index, part in enumerate(term[1:], 1):
        for place, inner in positions(part):
            yield (index, *place), inner


def put(term: FreeTerm, place: tuple[int, ...], fresh: FreeTerm) -> FreeTerm:
    if not place:
        return fresh
    parts = list(term[1:])
    parts[place[0] - 1] = put(parts[place[0] - 1], place[1:], fresh)
    return made(term[0], tuple(parts))


_SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "less": "<",
    "greater": ">",
    "matmul": "@",
}


def shown(term: FreeTerm) -> str:
    """The text in rule syntax."""
    if isinstance(term, Variable):
        return term.name
    if len(term) == 1:
        return str(term[0])
    parts = list(map(shown, term[1:]))
    if term[0] in _SIGNS:
        wrapped = [
            f"({t})" if isinstance(p, tuple) and (p[0] in _SIGNS or p[0] == "negative") else t
            for p, t in zip(term[1:], parts, strict=True)
        ]
        return f" {_SIGNS[term[0]]} ".join(wrapped)
    if term[0] == "negative":
        inner = term[1]
        return f"-({parts[0]})" if isinstance(inner, tuple) and inner[0] in _SIGNS else f"-{parts[0]}"
    return f"{term[0]}({', '.join(parts)})"


# -------------------------------------------------------------------------- matching


def match(pattern: FreeTerm, term: FreeTerm, binding: Binding) -> Iterator[Binding]:
    """Each way in which `term` is an instance of `pattern`, modulo AC. Variables of the term stand for themselves."""
    if isinstance(pattern, Variable):
        if pattern not in binding:
            yield {**binding, pattern: term}
        elif binding[pattern] == term:
            yield binding
        return
    if isinstance(term, Variable) or pattern[0] != term[0]:
        return
    if is_ac(pattern[0]):
        yield from _match_ac(pattern[0], pattern[1:], term[1:], binding)
    elif len(pattern) == len(term):
        yield from _match_all(pattern[1:], term[1:], binding)
        if len(pattern) == 3 and is_commutative(pattern[0]) and term[1] != term[2]:
            yield from _match_all(pattern[1:], (term[2], term[1]), binding)


def _match_all(patterns: tuple[FreeTerm, ...], terms: tuple[FreeTerm, ...], binding: Binding) -> Iterator[Binding]:
    if not patterns:
        yield binding
        return
    for found in match(patterns[0], terms[0], binding):
        yield from _match_all(patterns[1:], terms[1:], found)


def _match_ac(
    head: str, patterns: tuple[FreeTerm, ...], terms: tuple[FreeTerm, ...], binding: Binding
) -> Iterator[Binding]:
    if len(patterns) > len(terms):
        return
    rigid = [p for p in patterns if not isinstance(p, Variable)]
    if rigid:
        rest = _without(patterns, rigid[0])
        for term in dict.fromkeys(terms):
            for found in match(rigid[0], term, binding):
                yield from _match_ac(head, rest, _without(terms, term), found)
        return
    bound = next((p for p in patterns if p in binding), None)
    if bound is not None:
        value = binding[bound]
        taken = value[1:] if isinstance(value, tuple) and value[0] == head else (value,)
        left = terms
        for part in taken:
            if part not in left:
                return
            left = _without(left, part)
        rest = _without(patterns, bound)
        if rest or not left:
            yield from _match_ac(head, rest, left, binding) if rest else iter((binding,))
        return
    yield from _share(head, patterns, terms, binding)


def _share(
    head: str, patterns: tuple[FreeTerm, ...], terms: tuple[FreeTerm, ...], binding: Binding
) -> Iterator[Binding]:
    if not patterns:
        if not terms:
            yield binding
        return
    variable, often = patterns[0], patterns.count(patterns[0])
    rest = tuple(p for p in patterns if p != variable)
    if not rest and often == 1:
        yield {**binding, variable: made(head, terms)}
        return
    seen = set()
    for count in range(1, (len(terms) - len(rest)) // often + 1):
        for chosen in combinations(terms, count):
            if chosen in seen:
                continue
            seen.add(chosen)
            left: tuple[FreeTerm, ...] | None = terms
            for part in chosen * often:
                left = _without(left, part) if left is not None and part in left else None
            if left is not None:
                yield from _share(head, rest, left, {**binding, variable: made(head, chosen)})


def _without(items: tuple[FreeTerm, ...], item: FreeTerm) -> tuple[FreeTerm, ...]:
    index = items.index(item)
    return items[:index] + items[index + 1 :]


# -------------------------------------------------------------------------- rewriting


def rewrites(term: FreeTerm, rules: System, facts: frozenset[Any] = frozenset()) -> Iterator[tuple[TermRule, FreeTerm]]:
    """Each term that one step makes of `term`. A conditional rule applies where `facts` entail its condition."""
    for place, inner in sorted(positions(term), key=lambda item: -len(item[0])):
        for rule in rules:
            for fresh in _at_root(inner, rule, facts):
                yield rule, put(term, place, fresh)


def _at_root(term: FreeTerm, rule: TermRule, facts: frozenset[Any]) -> Iterator[FreeTerm]:
    if isinstance(rule.lhs, Variable) or rule.lhs[0] != term[0]:
        return
    for binding in match(rule.lhs, term, {}):
        if entailed(put_in_condition(rule.condition, binding), facts):
            yield substitute(rule.rhs, binding)
    if is_ac(term[0]) and len(term) > len(rule.lhs):
        rest = Variable("%rest")
        for binding in match((*rule.lhs, rest), term, {}):
            if entailed(put_in_condition(rule.condition, binding), facts):
                yield made(term[0], (substitute(rule.rhs, binding), binding[rest]))


_IMPLIED = {"nonzero": ("positive", "negative"), "nonnegative": ("positive",)}


def entailed(condition: Any, facts: frozenset[Any]) -> bool:
    """Whether a condition, already over the term's parts, follows from what is known of them."""
    if condition is None or condition in facts:
        return True
    head, *rest = condition
    if head == "and":
        return all(entailed(part, facts) for part in rest)
    if head == "or":
        return any(entailed(part, facts) for part in rest)
    if any((word, *rest) in facts for word in _IMPLIED.get(head, ())):
        return True
    return head in ("number", "scalar", "real", "static", "constant") and _is_literal(rest[0])


def _is_literal(term: Any) -> bool:
    return isinstance(term, tuple) and len(term) == 1
