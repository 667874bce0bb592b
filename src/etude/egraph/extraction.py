"""The cheapest term of a class: by the cost of its tree, and by the cost of its graph where parts are shared."""

from __future__ import annotations

from collections.abc import Callable

from etude.egraph.graph import EGraph
from etude.rewriting.costs import run_time
from etude.rewriting.counting import operation_cost
from etude.terms import Term, postorder

__all__ = ["Cost", "by_graph", "by_tree", "cheapest", "graph_cost", "root_cost"]

Cost = Callable[[Term], float]  # of the root of a term alone


def root_cost(cost: str | Cost | None) -> Cost:
    """The cost function of a name: "operations" (the default) or "time"; a function stands for itself."""
    if cost is None or cost == "operations":
        return operation_cost
    if cost == "time":
        return run_time
    if not callable(cost):
        raise ValueError(f"cost is 'operations', 'time' or a function of a term that prices its root, not {cost!r}")
    return cost


def graph_cost(term: Term, cost: Cost) -> tuple[float, float]:
    """The cost with each distinct part paid once, and with each occurrence paid."""
    total: dict[Term, float] = {}
    once = 0.0
    for part in postorder(term):
        own = cost(part)
        once += own
        total[part] = own + sum([total[child] for child in part._tuple if isinstance(child, Term)])
    return once, total[term]


def by_tree(graph: EGraph, cost: Cost) -> dict[int, Term]:
    """For each class the term whose tree costs least."""
    best: dict[int, Term] = {}
    price: dict[int, tuple[float, int]] = {}
    changed = True
    while changed:
        changed = False
        for number, owner in graph.classes.items():
            for node in owner.nodes.values():
                children = [graph.find(part) for part in node._tuple if isinstance(part, Term)]
                if any(child not in price for child in children):
                    continue
                total = cost(node) + sum([price[child][0] for child in children])
                size = 1 + sum([price[child][1] for child in children])
                if number not in price or (total, size) < price[number]:
                    price[number] = (total, size)
                    best[number] = _with_best(graph, node, best)
                    changed = True
    return best


def by_graph(graph: EGraph, cost: Cost, root: int) -> Term | None:
    """A term of the class whose distinct parts together cost little: greedily, with sets of parts for costs."""
    best: dict[int, Term] = {}
    sets: dict[int, dict[int, float]] = {}
    changed, rounds = True, 0
    while changed and rounds < len(graph.classes) + 2:
        changed, rounds = False, rounds + 1
        for number, owner in graph.classes.items():
            for node in owner.nodes.values():
                children = {graph.find(part) for part in node._tuple if isinstance(part, Term)}
                if any(child not in sets or number in sets[child] for child in children):
                    continue
                together = {number: float(cost(node))}
                for child in children:
                    together.update(sets[child])
                if number not in sets or sum(together.values()) < sum(sets[number].values()):
                    sets[number] = together
                    best[number] = node
                    changed = True
    return _assembled(graph, best, root)


def _assembled(graph: EGraph, chosen: dict[int, Term], root: int) -> Term | None:
    made: dict[int, Term] = {}
    open_: set[int] = set()
    stack = [root]
    while stack:
        number = stack[-1]
        node = chosen.get(number)
        if node is None:
            return None
        missing = [c for part in node._tuple if isinstance(part, Term) and (c := graph.find(part)) not in made]
        if missing:
            if number in open_:
                return None
            open_.add(number)
            stack.extend(missing)
            continue
        made[stack.pop()] = _with_best(graph, node, made)
    return made[root]


def _with_best(graph: EGraph, node: Term, best: dict[int, Term]) -> Term:
    parts = tuple([best[graph.find(part)] if isinstance(part, Term) else part for part in node._tuple])
    return node if parts == node._tuple else Term(parts)


def cheapest(terms: list[Term], cost: Cost) -> Term:
    """The first of the terms that costs least as a graph, then as a tree."""
    return min(terms, key=lambda term: graph_cost(term, cost))
