"""Compiled rules, and those of one head told apart by what their first two operands can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from etude.ops import Op
from etude.rewriting.assumptions import knowledge
from etude.rewriting.building import compile_replacement
from etude.rewriting.conditions import compile_condition
from etude.rewriting.fitting import CONSTANT_HEADS, number_of
from etude.rewriting.patterns import Compiler, heads_below, resembles
from etude.rules import Rule
from etude.terms import Term, TupleType

__all__ = ["CompiledRule", "Table"]

_TOLD = 10_000
_UNLIKE = 32  # terms that are tried before a rule is compiled that none of them resembles
_KINDS = {"real": "f", "complex": "fc", "any": "biufc"}


class CompiledRule:
    """One directed rule as a function Term -> Term | None.

    Its left side is compiled when a term first resembles it, or some were tried that do not; its right side and condition
    when one first matches.
    """

    __slots__ = ("_finish", "_match", "_size", "_tried", "kinds", "rule")

    def __init__(self, rule: Rule):
        self.rule = rule
        self.kinds = _KINDS[rule.domain]
        self._match: Callable[[list[Any]], Any] | None = None
        self._finish: Callable[[list[Any]], Term | None] | None = None
        self._size = self._tried = 0

    def __call__(self, term: Term) -> Term | None:
        kind = term.type
        if kind is None or isinstance(kind, TupleType) or kind.dtype.kind not in self.kinds:
            return None
        match = self._match
        if match is None:
            self._tried += 1
            if self._tried < _UNLIKE and not resembles(self.rule.lhs, term):
                return None
            match = self._compiled()
        env: list[Any] = [None] * self._size
        env[0] = term
        found: Term | None = match(env)
        return found

    def _compiled(self) -> Callable[[list[Any]], Any]:
        compiler = Compiler(self.rule.domain)

        def matched(env: list[Any]) -> Term | None:
            if self._finish is None:
                self._finish = _finish(self.rule, compiler)
            return self._finish(env)

        match = compiler.compile(self.rule.lhs, matched)
        self._size = compiler.size
        self._match = match
        return match


def _finish(rule: Rule, compiler: Compiler) -> Callable[[list[Any]], Term | None]:
    build = compile_replacement(rule.rhs, compiler.slots, rule.domain)
    test = compile_condition(rule.condition, compiler.slots)
    if test is None:
        return build
    known = knowledge()

    def run(env: list[Any]) -> Term | None:
        return build(env) if test(env, known) else None

    return run


class Table:
    """The rules of one head, by what stands for their first two operands: a head, or that of a number with its value.

    Each pair of what operands can be is a bit, in two tables by what the first and what the second is; so that asking which
    rules fit is one `&`.
    """

    __slots__ = ("_sides", "found", "owners", "told")

    def __init__(self, rules: Iterable[Rule]):
        self.owners: list[CompiledRule] = []  # of the bits, by their places
        self.found: dict[Any, tuple[CompiledRule, ...]] = {}
        self.told: dict[Term, Any] = {}  # numbers as they stand in keys
        self._sides: tuple[dict[Any, int], dict[Any, int]] = ({}, {})
        for rule in rules:
            one = CompiledRule(rule)
            for pair in _keys(rule.lhs):
                for side, key in zip(self._sides, pair, strict=True):
                    side[key] = side.get(key, 0) | 1 << len(self.owners)
                self.owners.append(one)

    def candidates(self, term: Term) -> tuple[CompiledRule, ...]:
        """The rules that the operands fit, in order."""
        if not self.owners:
            return ()
        parts = term._tuple
        count = len(parts)
        told, first, second = self.told, None, None
        if count > 1 and type(parts[1]) is Term:
            first = parts[1]._tuple[0]
            if first in CONSTANT_HEADS:
                first = told.get(parts[1]) or self.tell(parts[1])
        if count > 2 and type(parts[2]) is Term:
            second = parts[2]._tuple[0]
            if second in CONSTANT_HEADS:
                second = told.get(parts[2]) or self.tell(parts[2])
        found = self.found.get((first, second))
        return self.fitting(first, second) if found is None else found

    def tell(self, part: Term) -> Any:
        """What stands for a number: its head, with the value where a rule asks for it."""
        value, head = number_of(part), part._tuple[0]
        asked = isinstance(value, bool), value
        if len(self.told) >= _TOLD:
            self.told.clear()
        named = value is not None and any(asked in side for side in self._sides)
        found = self.told[part] = (head, *asked) if named else head
        return found

    def fitting(self, first: Any, second: Any) -> tuple[CompiledRule, ...]:
        one, other = self._sides
        bits, rules = _fit(one, first) & _fit(other, second), {}
        while bits:
            lowest = bits & -bits
            rules[self.owners[lowest.bit_length() - 1]] = True
            bits ^= lowest
        found = self.found[first, second] = tuple(rules)
        return found


def _fit(side: dict[Any, int], key: Any) -> int:
    """The bits of what an operand can be, told by its key."""
    bits, head = side.get(None, 0), key
    if type(key) is tuple:
        head = key[0]
        bits |= side.get(key[1:], 0)
    if head is not None:
        bits |= side.get(head, 0)
    return bits | side.get(CONSTANT_HEADS, 0) if head in CONSTANT_HEADS else bits


def _keys(pattern: Term) -> tuple[tuple[Any, Any], ...]:
    """The pairs of what the first two operands can be: a head, whether a bool and the value of a number, or None for anything."""
    operands = pattern.operands
    if any(getattr(part, "star", False) for part in operands[:2]):
        return ((None, None),)
    heads = [_asked(part, pattern) for part in operands[:2]] + [None, None]
    pair = heads[0], heads[1]
    op = pattern._tuple[0]
    if isinstance(op, Op) and "commutative" in op.properties and len(operands) == 2:
        return pair, (pair[1], pair[0])
    return (pair,)


def _asked(part: Any, pattern: Term) -> Any:
    if isinstance(part, (bool, int, float, complex)):
        return CONSTANT_HEADS if part != part else (isinstance(part, bool), part)
    return heads_below(part, pattern)
