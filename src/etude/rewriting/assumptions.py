"""What is known of a term without values: sign, integer, finite, matrix structure; from rules/assumptions."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from etude.errors import RuleError
from etude.ops.binders import Body
from etude.rewriting.conditions import compile_condition
from etude.rewriting.patterns import Compiler
from etude.rules import Rule, parse_rules
from etude.rules.location import rules_root
from etude.terms import CONSTANT, MATRIX_WORDS, SYMBOL, Term, TupleType, assumptions_of, constant_value, postorder

__all__ = ["Knowledge", "knowledge", "read_facts"]

WORDS = ("positive", "nonnegative", "negative", "nonzero", "integer", "finite", *MATRIX_WORDS, "unbounded")
BIT = {word: 1 << place for place, word in enumerate(WORDS)}
_MATRIX_BITS = sum(map(BIT.__getitem__, MATRIX_WORDS))
_CLOSURE = (
    (BIT["positive"], BIT["nonnegative"] | BIT["nonzero"]),
    (BIT["negative"], BIT["nonzero"]),
    (BIT["identity"], BIT["positive_definite"] | BIT["diagonal"] | BIT["orthogonal"] | BIT["integer"] | BIT["finite"]),
    (BIT["positive_definite"], BIT["positive_semidefinite"]),
    (BIT["positive_semidefinite"], BIT["symmetric"]),
    (BIT["diagonal"], BIT["symmetric"] | BIT["lower_triangular"] | BIT["upper_triangular"]),
)
_SMALL = 1 << 18  # elements of a constant that are looked at
_NARY = ("add", "multiply")

Fact = tuple[int, Callable[[list[Any]], Any], int]


@cache
def _closed(bits: int) -> int:
    for given, more in _CLOSURE:
        if bits & given:
            bits |= more
    if bits & BIT["lower_triangular"] and bits & BIT["upper_triangular"]:
        bits |= BIT["diagonal"] | BIT["symmetric"]
    if bits & BIT["nonnegative"] and bits & BIT["nonzero"]:
        bits |= BIT["positive"]
    return bits


class _Partial:
    """The first operands of a long sum or product, of which only the facts count."""

    __slots__ = ("_tuple", "bits", "type")

    def __init__(self, bits: int, kind: Any):
        self.bits, self.type = bits, kind
        self._tuple: tuple[Any, ...] = (None, None)


class Knowledge:
    """Answers `holds(word, term)` from facts, bottom-up, each term once."""

    def __init__(self, text: str = "", file: str = ""):
        self.memo: weakref.WeakKeyDictionary[Term, int] = weakref.WeakKeyDictionary()
        self.facts: dict[Any, list[Fact]] = {}
        self.plain: dict[Any, list[Fact]] = {}
        self._uncompiled: dict[Any, list[tuple[str, Rule]]] = {}
        self.read(text, file)

    def read(self, text: str, file: str = "", checked: bool = False) -> None:
        """Add facts, one a line: `word(pattern)` or `word(pattern) if condition`."""
        for word, rule in read_facts(text, file, checked):
            self._uncompiled.setdefault(rule.head, []).append((word, rule))

    def _facts(self, head: Any, kind: Any) -> list[Fact]:
        """What is said of terms with this head; of numbers and vectors nothing that is said of matrices alone."""
        waiting = self._uncompiled.get(head)
        if waiting is not None:  # all at once, so that no thread meets a part of them
            facts = [*self.facts.get(head, ()), *[self._compiled(word, rule) for word, rule in waiting]]
            self.plain[head] = [fact for fact in facts if not fact[0] & _MATRIX_BITS]
            self.facts[head] = facts
            self._uncompiled.pop(head, None)
        return (self.plain if getattr(kind, "ndim", 2) < 2 else self.facts).get(head, [])

    def _compiled(self, word: str, rule: Rule) -> Fact:
        compiler = Compiler("any")
        test: list[Any] = [None]

        def last(env: list[Any]) -> Any:
            return True if test[0] is None or test[0](env, self) else None

        matcher = compiler.compile(rule.lhs, last)
        test[0] = compile_condition(rule.condition, compiler.slots)
        return BIT[word], matcher, compiler.size

    def holds(self, word: str, term: Any) -> bool:
        """Whether `word` is known of a term (or of an attribute's value)."""
        if not isinstance(term, Term):
            if isinstance(term, _Partial):
                return bool(term.bits & BIT[word])
            return bool(_of_value(term) & BIT[word]) if isinstance(term, (bool, int, float)) else False
        bits = self.memo.get(term)
        if bits is None:
            bits = self._infer(term)
        return bool(bits & BIT[word])

    def _infer(self, root: Term) -> int:
        memo = self.memo
        for term in postorder(root, stop=memo.__contains__):
            if term not in memo:
                memo[term] = _closed(self._of(term))
        return memo[root]

    def _of(self, term: Term) -> int:
        bits = self._said_of(term)
        if bits & BIT["finite"]:
            return bits & ~BIT["unbounded"]
        return bits | BIT["unbounded"] if any(self._unbounded(part) for part in term._tuple[1:]) else bits

    def _unbounded(self, part: Any) -> bool:
        """Whether a part of a term may be infinite at finite values; what is made of it may be so too."""
        if type(part) is Term:
            return bool(self.memo.get(part, 0) & BIT["unbounded"])
        return type(part) is Body and any(self.holds("unbounded", result) for result in part.results)

    def _said_of(self, term: Term) -> int:
        head = term._tuple[0]
        if head is SYMBOL:
            return _of_dtype(term.type) | sum(BIT[word] for word in assumptions_of(term))
        if head is CONSTANT:
            return _of_value(constant_value(term))
        bits = _of_dtype(term.type)
        facts = self._facts(head, term.type)
        if not facts or term.type is None:
            return bits
        if head.name in _NARY and len(term._tuple) > 3:
            return bits | self._of_many(term, facts)
        env: list[Any] = [term]
        for bit, matcher, size in facts:
            if not bits & bit:
                env.extend([None] * (size - len(env)))
                if matcher(env):
                    bits = _closed(bits | bit)
        return bits

    def _of_many(self, term: Term, facts: list[Fact]) -> int:
        head = term._tuple[0]
        left = _Partial(self.memo[term._tuple[1]], term.type)
        for part in term._tuple[2:]:
            whole = _Partial(0, term.type)
            whole._tuple = (head, left, part)
            env: list[Any] = [whole]
            for bit, matcher, size in facts:
                env.extend([None] * (size - len(env)))
                if matcher(env):
                    whole.bits = _closed(whole.bits | bit)
            left = whole
        return left.bits


def _of_dtype(kind: Any) -> int:
    if kind is None or isinstance(kind, TupleType):
        return 0
    bits = BIT["integer"] | BIT["finite"] if kind.dtype.kind in "biu" else 0
    return bits | BIT["nonnegative"] if kind.dtype.kind in "bu" else bits


def _of_value(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return _of_array(value)
    if isinstance(value, (complex, np.complexfloating)):
        return BIT["nonzero"] if value != 0 else 0
    number = float(value)
    if math.isnan(number):
        return 0
    bits = BIT["finite"] if math.isfinite(number) else BIT["unbounded"]
    bits |= BIT["integer"] if bits and number == math.floor(number) else 0
    bits |= BIT["nonnegative"] if number >= 0 else 0
    return _closed(bits | (BIT["positive"] if number > 0 else BIT["negative"] if number < 0 else 0))


def _of_array(value: Any) -> int:
    if value.size > _SMALL:
        return BIT["unbounded"]
    if value.size == 0 or value.dtype.kind == "c":
        return 0
    low, high = value.min(), value.max()
    if low != low:
        return 0
    bits = BIT["positive"] if low > 0 else BIT["nonnegative"] if low >= 0 else BIT["negative"] if high < 0 else 0
    bits |= BIT["nonzero"] if bool((value != 0).all()) else 0
    bits |= BIT["finite"] if bool(np.isfinite(value).all()) else BIT["unbounded"]
    if value.ndim >= 2 and value.shape[-1] == value.shape[-2]:
        bits |= BIT["symmetric"] if bool((value == np.swapaxes(value, -1, -2)).all()) else 0
        bits |= BIT["lower_triangular"] if bool((np.tril(value) == value).all()) else 0
        bits |= BIT["upper_triangular"] if bool((np.triu(value) == value).all()) else 0
        bits |= BIT["identity"] if bool((value == np.eye(value.shape[-1])).all()) else 0
    return _closed(bits)


def read_facts(text: str, file: str = "", checked: bool = False) -> list[tuple[str, Rule]]:
    """(word, rule) for each line `word(pattern) if condition`; the rule holds the pattern and the condition."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        body = line.partition("#")[0].strip()
        if not body:
            continue
        word, _, rest = body.partition("(")
        statement, condition = rest, ""
        if " if " in rest:
            statement, _, condition = rest.partition(" if ")
        statement = statement.strip()
        if word not in BIT or not statement.endswith(")"):
            raise RuleError(
                f"a fact is `word(pattern)` or `word(pattern) if condition`, word one of {', '.join(WORDS)}",
                line,
                1,
                1,
                file,
            )
        try:
            rules = parse_rules(f"fact: {statement[:-1]} -> 0{' if ' + condition if condition else ''}", file, checked=checked)
        except RuleError as error:
            raise RuleError(error.message, line, number, error.column, file) from None
        found.append((word, rules.rules[0]))
    return found


@cache
def knowledge() -> Knowledge:
    """The library's own facts."""
    known = Knowledge()
    for file in sorted(rules_root().joinpath("assumptions").glob("*.facts")):
        known.read(file.read_text(encoding="utf-8"), str(file), checked=True)
    return known
