"""Equality saturation: rules add equals until nothing is new or a limit is met; then the cheapest term is taken."""

from __future__ import annotations

import time
from collections import Counter
from itertools import islice, product

from etude.egraph.extraction import Cost, by_graph, by_tree, cheapest, graph_cost, root_cost
from etude.egraph.graph import EGraph
from etude.egraph.matching import Directed, directed
from etude.errors import RewriteBudgetError
from etude.rewriting import Derivation, Journal, Step, attach, simplify
from etude.rewriting.compiled import Rules, compiled
from etude.rewriting.engine import Engine
from etude.rules import Rule, RuleSet, default
from etude.terms import Term, is_leaf, postorder

__all__ = ["Saturation", "saturate"]

_MATCHES = 40  # of a rule in a round, before it is sent to rest
_VARIANTS = 3  # other forms of an operand that are tried in arithmetic
_WIDEST = 3
_PLACE = "etude/egraph/saturation.py"


class Saturation:
    """One run: the graph, its limits, and how often each rule has been sent to rest."""

    def __init__(self, rules: RuleSet, cost: Cost, max_rounds: int, max_nodes: int, max_seconds: float):
        self.graph = EGraph()
        self.cost = cost
        self.rules = directed(rules)
        self.normal: Rules = compiled(rules.of_kind("rewrite"))
        self.max_rounds, self.max_nodes = max_rounds, max_nodes
        self.stop_at = time.monotonic() + max_seconds
        self.rests: Counter[Directed] = Counter()
        self.until: dict[Directed, int] = {}
        self.normalized: set[Term] = set()
        self.rounds = 0

    @property
    def exhausted(self) -> bool:
        return len(self.graph) >= self.max_nodes or time.monotonic() >= self.stop_at

    def run(self, root: Term) -> Term:
        """The cheapest term found to be equal to `root`, which is in the graph."""
        for number in range(1, self.max_rounds + 1):
            self.rounds = number
            best = by_tree(self.graph, self.cost)
            if self.exhausted or is_leaf(best[self.graph.find(root)]):
                break
            news = self.apply_rules(best)
            self.graph.rebuild()
            news |= self.arithmetic(by_tree(self.graph, self.cost))
            self.graph.rebuild()
            if not news and not self.until:
                break
        return self.extract(root)

    # ---------------------------------------------------------------- one round

    def apply_rules(self, best: dict[int, Term]) -> bool:
        """Every rule at every class; the matches are collected first, so that their order does not count."""
        found = [pair for rule in self.rules for pair in self.found(rule, best)]
        news = False
        for rule, before, after in found:
            if self.exhausted:
                break
            step = Step(rule.rule.name, rule.rule.file, rule.rule.line, before, after)
            news |= self.equate(before, after, (step,))
            news |= self.tidy(after)
        return news

    def found(self, rule: Directed, best: dict[int, Term]) -> list[tuple[Directed, Term, Term]]:
        """The matches of one rule; one that matches too often rests, each time for twice as long (back-off)."""
        if self.until.get(rule, 0) > self.rounds or time.monotonic() >= self.stop_at:
            return []
        self.until.pop(rule, None)
        allowed = _MATCHES << self.rests[rule]
        found = []
        for number in list(self.graph.classes):
            for before, after in rule.matches(self.graph, number, best):
                found.append((rule, before, after))
            if len(found) > allowed:
                self.rests[rule] += 1
                self.until[rule] = self.rounds + (1 << self.rests[rule])
                return found[:allowed]
        return found

    def arithmetic(self, best: dict[int, Term]) -> bool:
        """Normal forms of the nodes with each of a few forms of their operands: sums and products collected anew."""
        news = False
        for number in list(self.graph.classes):
            if number not in self.graph.classes:
                continue
            for node in list(self.graph.classes[number].nodes.values()):
                for variant in self.variants(node, best):
                    if self.exhausted:
                        return news
                    if variant.type is node.type:
                        self.graph.add(variant)
                        news |= self.tidy(variant)
        return news

    def variants(self, node: Term, best: dict[int, Term]) -> list[Term]:
        operands = node.operands
        if not 0 < len(operands) <= _WIDEST:
            return []
        choices = [self.forms(part, best) for part in operands]
        return [Term((node._tuple[0], *chosen, *node.attributes)) for chosen in islice(product(*choices), 2 * _VARIANTS)]

    def forms(self, part: Term, best: dict[int, Term]) -> list[Term]:
        """The cheapest few terms of a class, that of each node."""
        number = self.graph.find(part)
        nodes = list(self.graph.classes[number].nodes.values())
        nodes.sort(key=lambda node: graph_cost(node, self.cost))
        return list(dict.fromkeys([best.get(number, part), *nodes[:_VARIANTS]]))

    def tidy(self, term: Term) -> bool:
        """Enter the normal forms of a term, factored and multiplied out."""
        if term in self.normalized:
            return False
        self.normalized.add(term)
        news = False
        for expand in (False, True):
            journal = Journal()
            try:
                made = Engine(self.normal, journal, expand=expand).run(term)
            except RewriteBudgetError:
                continue  # without a normal form the term stays as it is
            self.normalized.add(made)
            news |= self.equate(term, made, derived(term, made, journal.derivation()))
        return news

    def equate(self, before: Term, after: Term, steps: tuple[Step, ...]) -> bool:
        if before is after or before.type is not after.type:
            return False
        size = len(self.graph)
        self.graph.add(before)
        self.graph.add(after)
        return self.graph.merge(before, after, steps) or len(self.graph) > size

    # ---------------------------------------------------------------- the result

    def extract(self, root: Term) -> Term:
        number = self.graph.find(root)
        shared = by_graph(self.graph, self.cost, number)
        found = [by_tree(self.graph, self.cost)[number], *([] if shared is None else [shared])]
        for term in found:
            self.graph.add(term)
        self.graph.rebuild()
        return cheapest(found, self.cost)


def derived(before: Term, after: Term, steps: Derivation) -> tuple[Step, ...]:
    """Steps that lead from one term to the other; where a journal leaves a gap, it is closed by a step of arithmetic."""
    if before is after:
        return ()
    trial = EGraph()
    trial.add(before)
    trial.add(after)
    for step in steps:
        trial.add(step.before)
        trial.add(step.after)
        trial.merge(step.before, step.after, (step,))
    trial.rebuild()
    if trial.find(before) == trial.find(after):
        return tuple(trial.explain(before, after))
    return (Step("collect", _PLACE, derived.__code__.co_firstlineno, before, after),)


def saturate(
    term: Term,
    rules: RuleSet | Rule | None = None,
    cost: str | Cost | None = None,
    max_rounds: int = 6,
    max_nodes: int = 500,
    max_seconds: float = 2.0,
) -> Term:
    """The cheapest term that the rules show to be equal to `term`, never dearer than its simplified form."""
    price = root_cost(cost)
    for name, limit in (("max_rounds", max_rounds), ("max_nodes", max_nodes), ("max_seconds", max_seconds)):
        if not limit >= 0:
            raise ValueError(f"{name} is a limit and cannot be {limit!r}")
    chosen = _rule_set(rules)
    journal = Journal()
    simple = simplify(term, chosen.of_kind("rewrite"), journal=journal)
    if len(postorder(term, simple)) > max_nodes:
        attach(simple, journal.derivation())
        return simple
    run = Saturation(chosen, price, max_rounds, max_nodes, max_seconds)
    run.equate(term, simple, derived(term, simple, journal.derivation()))
    run.graph.add(term)
    for start in (term, simple):
        run.tidy(start)
    run.graph.rebuild()
    found = run.run(term)
    last = Journal()
    again = simplify(found, chosen.of_kind("rewrite"), journal=last)
    run.equate(found, again, derived(found, again, last.derivation()))
    run.graph.rebuild()
    result = cheapest([simple, found, again, term], price)
    attach(result, Derivation(run.graph.explain(term, result)))
    return result


def _rule_set(rules: RuleSet | Rule | None) -> RuleSet:
    if rules is None:
        return default("simplify") + default("equations")
    return RuleSet([rules]) if isinstance(rules, Rule) else rules
