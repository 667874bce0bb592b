"""A rule set compiled: indexed by head operator and by the heads of its operands."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import Any

from etude.rewriting.algebra import Algebra
from etude.rewriting.assumptions import knowledge
from etude.rewriting.candidates import OnProducts, OnSums
from etude.rewriting.counting import Trees
from etude.rewriting.tables import CompiledRule, Table
from etude.rules import Rule, RuleSet
from etude.terms import Term

__all__ = ["CompiledRule", "Heard", "Rules", "compiled"]

_SUM_ROOTS = frozenset(("add", "subtract"))
_PRODUCT_ROOTS = frozenset(("multiply", "divide", "power", "sqrt", "rsqrt", "square", "reciprocal"))
_HEARD = 50_000


class Heard:
    """What the runs over one term, or over several together, share: a later run meets much of what an earlier one left."""

    __slots__ = ("algebra", "collected", "quiet", "silent", "trees", "written")

    def __init__(self) -> None:
        self.algebra = Algebra(knowledge())
        self.silent: set[Any] = set()  # pairs of addends and of factors that no rule joins
        self.quiet: set[Term] = set()  # terms that no rule changes at the root
        self.collected: dict[Any, Term] = {}  # parts of a sum or product -> what is made of them where no rule joins any
        self.trees = Trees()  # operations of terms
        self.written: dict[Any, dict[Term, Term]] = {}  # in which way -> sums and quotients -> what each is written anew as

    def keep(self, table: Any, key: Any, value: Any = None) -> None:
        """An entry more; the table is emptied where there are very many."""
        if len(table) >= _HEARD:
            table.clear()
        if value is None:
            table.add(key)
        else:
            table[key] = value


class Rules:
    """The compiled rules of a set; calling it tries them at the root of a term, in order."""

    __slots__ = ("_marks", "_on_products", "_on_sums", "_pending", "by_head", "heard")

    def __init__(self, rules: RuleSet):
        self.heard: Heard | None = None
        self._marks: dict[Any, object] = {}
        self._pending: dict[Any, list[Rule]] = {}
        self._on_sums: list[OnSums] = []
        self._on_products: list[OnProducts] = []
        for rule in rules:
            if rule.kind == "rewrite" and rule.head is not None:
                self._pending.setdefault(rule.head, []).append(rule)
        self.by_head: dict[Any, Table] = {}

    def listening(self) -> Rules:
        """The same rules, which remember between runs what came of sums, products and pairs of their parts."""
        found = copy(self)
        found.heard = Heard()
        return found

    @property
    def trees(self) -> Trees:
        """The operations of the terms that were looked at in runs together."""
        return Trees() if self.heard is None else self.heard.trees

    @property
    def on_sums(self) -> OnSums:
        """What rules on sums ask of two addends."""
        if not self._on_sums:
            self._on_sums.append(OnSums(self._rooted(_SUM_ROOTS)))
        return self._on_sums[0]

    @property
    def on_products(self) -> OnProducts:
        """What rules on products and powers ask of two factors, or of one."""
        if not self._on_products:
            self._on_products.append(OnProducts(self._rooted(_PRODUCT_ROOTS)))
        return self._on_products[0]

    def _rooted(self, roots: frozenset[str]) -> list[Rule]:
        return [rule for head, rules in self._pending.items() if getattr(head, "name", "") in roots for rule in rules]

    def mark(self, goal: str, own: bool) -> object:
        """What terms bear that are normal by these rules for a goal, where `own`, with sums written anew."""
        return self._marks.setdefault((goal, own), object())

    def candidates(self, term: Term) -> tuple[CompiledRule, ...]:
        """The rules whose head, operand heads and numbers fit, in the order of the set."""
        table = self.by_head.get(term._tuple[0]) or self._indexed(term._tuple[0])
        return table.candidates(term)

    def _indexed(self, head: Any) -> Table:
        table = self.by_head[head] = Table(self._pending.get(head, ()))
        return table

    def __call__(self, term: Term) -> Term | None:
        fired = self.fire(term)
        return None if fired is None else fired[1]

    def fire(self, term: Term) -> tuple[Rule, Term] | None:
        """The first rule that changes the root, with its result."""
        table = self.by_head.get(term._tuple[0]) or self._indexed(term._tuple[0])
        for one in table.candidates(term):
            found = one(term)
            if found is not None and found is not term:
                return one.rule, found
        return None


@lru_cache(maxsize=256)
def compiled(rules: RuleSet) -> Rules:
    """The compiled form of a rule set; rules of a head are compiled when that head is first met."""
    return Rules(rules)
