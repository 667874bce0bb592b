"""Rule lines matched against classes instead of terms: one side is sought, the other is built and fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from etude.egraph.graph import EGraph
from etude.ops import Op
from etude.rewriting import knowledge
from etude.rewriting.building import compile_replacement
from etude.rewriting.conditions import compile_condition
from etude.rewriting.fitting import number_of
from etude.rewriting.patterns import INTEGER_ARITHMETIC
from etude.rules import Rule, RuleSet, pattern_parts, variables_of
from etude.terms import Term, TupleType, Variable, is_typed

__all__ = ["Directed", "directed"]

Bindings = dict[Variable, Any]
_KINDS = {"real": "f", "complex": "fc", "any": "biufc"}


class Directed:
    """A rule read from one side to the other."""

    def __init__(self, rule: Rule):
        self.rule = rule
        self.head = rule.head
        self.slots = {variable: place for place, variable in enumerate(sorted(variables_of(rule.lhs), key=str), 1)}
        self._build = compile_replacement(rule.rhs, self.slots, rule.domain)
        self._test = compile_condition(rule.condition, self.slots)

    def matches(self, graph: EGraph, number: int, best: dict[int, Term]) -> Iterator[tuple[Term, Term]]:
        """Pairs (a term of the class, what the rule makes of it)."""
        for found, bound in self._match(graph, self.rule.lhs, number, {}, best):
            after = self.built(found, bound)
            if after is not None and after is not found:
                yield found, after

    def built(self, before: Term, bound: Bindings) -> Term | None:
        """The other side under these bindings; None where the condition or the types refuse."""
        kind = before.type
        if kind is None or isinstance(kind, TupleType) or kind.dtype.kind not in _KINDS[self.rule.domain]:
            return None
        env = [before, *[bound[variable] for variable in self.slots]]
        if self._test is not None and not self._test(env, knowledge()):
            return None
        made: Term | None = self._build(env)
        return made

    def _match(
        self, graph: EGraph, pattern: Any, number: int, bound: Bindings, best: dict[int, Term]
    ) -> Iterator[tuple[Term, Bindings]]:
        term = best.get(number)
        if term is None:
            return
        if isinstance(pattern, Variable):
            if pattern not in bound:
                yield term, {**bound, pattern: term}
            elif bound[pattern] is term:
                yield term, bound
        elif isinstance(pattern, Term) and not is_typed(pattern):
            for node in list(graph.classes[number].nodes.values()):
                yield from self._node(graph, pattern, node, bound, best)
        elif is_typed(pattern):
            if pattern in graph.number and graph.find(pattern) == number:
                yield pattern, bound
        elif self._is_literal(term, pattern):
            yield term, bound

    def _is_literal(self, term: Term, wanted: Any) -> bool:
        value = number_of(term)
        return value is not None and isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)

    def _node(
        self, graph: EGraph, pattern: Term, node: Term, bound: Bindings, best: dict[int, Term]
    ) -> Iterator[tuple[Term, Bindings]]:
        op = pattern._tuple[0]
        operands = node.operands
        if node._tuple[0] is not op or len(node._tuple) != len(pattern._tuple) or self._refuses(op, node):
            return
        with_attributes = self._attributes(op, pattern.attributes, node.attributes, bound)
        if with_attributes is None:
            return
        orders = [pattern.operands]
        if len(operands) == 2 and "commutative" in getattr(op, "properties", ()):
            orders.append(pattern.operands[::-1])
        for order in orders:
            partial: list[tuple[tuple[Term, ...], Bindings]] = [((), with_attributes)]
            for part, sought in zip(operands, order, strict=True):
                number = graph.find(part)
                partial = [
                    ((*done, term), more)
                    for done, soon in partial
                    for term, more in self._match(graph, sought, number, soon, best)
                ]
            for terms, final in partial:
                yield Term((op, *terms, *node.attributes)), final

    def _refuses(self, op: Any, node: Term) -> bool:
        if self.rule.domain != "real" or op.name not in INTEGER_ARITHMETIC:
            return False
        return isinstance(node.type, TupleType) or node.type.dtype.kind in "biu"

    def _attributes(self, op: Any, wanted: Any, found: Any, bound: Bindings) -> Bindings | None:
        for position, (want, value) in enumerate(zip(wanted, found, strict=True)):
            if isinstance(want, Variable):
                if want in bound and bound[want] != value:
                    return None
                bound = {**bound, want: value}
            elif not _same_attribute(op, position, want, value):
                return None
        return bound


def _same_attribute(op: Any, position: int, wanted: Any, value: Any) -> bool:
    if type(wanted) is int and list(op.attributes)[position] == "axis":
        wanted = (wanted,)
    return bool(wanted == value) and isinstance(wanted, bool) is isinstance(value, bool)


def directed(rules: RuleSet) -> list[Directed]:
    """Rewrites as they are, equations in each direction that binds every variable."""
    found = []
    for rule in rules.of_kind("rewrite", "equation"):
        sides = [(rule.lhs, rule.rhs)] if rule.kind == "rewrite" else [(rule.lhs, rule.rhs), (rule.rhs, rule.lhs)]
        for lhs, rhs in sides:
            if _usable(lhs, rhs):
                found.append(Directed(replace(rule, lhs=lhs, rhs=rhs)))
    return found


def _usable(lhs: Any, rhs: Any) -> bool:
    if not isinstance(lhs, Term) or is_typed(lhs) or not isinstance(lhs._tuple[0], Op):
        return False
    starred = any(isinstance(part, Variable) and part.star for part in pattern_parts(lhs))
    return not starred and variables_of(rhs) <= variables_of(lhs)
