"""Rewriting of Arrays: simplified, stabilised, rewritten by chosen rules, explained, counted."""

from __future__ import annotations

from typing import Any

from etude import egraph, rewriting
from etude.api.array import Array, as_term, reached, steps_of, wrap
from etude.api.explanation import Explanation
from etude.rules import Rule, RuleSet, default

__all__ = ["Explanation", "count_operations", "explain", "rewrite", "saturate", "simplify", "stabilize"]


def simplify(expr: Any, rules: RuleSet | None = None, promise: str = "real", goal: str = "size") -> Array:
    """The normal form of an expression: the same value, dtype and shape, with no more operations.

    rules: the rule set, `et.rules.default("simplify")` unless given. promise: "real" (the same value up to rounding
    wherever the original is finite) or "exact" (bit for bit).

    Raises RewriteBudgetError where the rules do not come to an end, ValueError for an unknown promise or goal.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> str(et.simplify(et.sin(x)**2 + et.cos(x)**2))
    '1.0'
    """
    return reached(rewriting.simplify(as_term(expr), rules, promise, goal))


def saturate(
    expr: Any,
    rules: RuleSet | Rule | None = None,
    cost: Any = None,
    max_rounds: int = 6,
    max_nodes: int = 500,
    max_seconds: float = 2.0,
) -> Array:
    """The cheapest expression that the rules show to be equal: the same dtype and shape, never dearer than `simplify`'s.

    Rules add equal forms to a graph of classes (equations in both directions) until nothing is new or a limit is met:
    rounds, distinct nodes, seconds. rules: `default("simplify") + default("equations")` unless given. cost:
    "operations" (the default), "time" (a model of run time), or a function that prices the root of a term. `et.explain`
    gives the steps.

    Raises ValueError for an unknown cost or a negative limit. Source: Willsey et al. 2021, "egg: fast and extensible equality
    saturation".

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> str(et.saturate((x**2 - 1) / (x - 1)))
    'x + 1'
    """
    return reached(egraph.saturate(as_term(expr), rules, cost, max_rounds, max_nodes, max_seconds))


def stabilize(expr: Any) -> Array:
    """The expression in a form that rounds better: `log(1 + x)` becomes `log1p(x)`, and so on.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> str(et.stabilize(et.log(1 + x)))
    'log1p(x)'
    """
    return reached(rewriting.normalize(as_term(expr), default("stabilize")))


def rewrite(expr: Any, rules: Any, strategy: Any = "normal_form") -> Array:
    """The expression rewritten by the given rules alone.

    strategy: "normal_form" (until no rule fits), "bottom_up" or "top_down" (one pass), "root", "stable".

    >>> import etude as et
    >>> x = et.scalar("x", positive=True)
    >>> str(et.rewrite(et.log(x * x), et.rule("log_prod: log(x * y) -> log(x) + log(y) if positive(x) and positive(y)")))
    'log(x) + log(x)'
    """
    return reached(rewriting.rewrite(as_term(expr), rules, strategy))


def count_operations(expr: Any, shared: bool = True) -> int:
    """The number of operations; `shared` counts a sub-term that occurs several times once.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> et.count_operations(et.sin(x) + et.sin(x)), et.count_operations(et.sin(x) + et.sin(x), shared=False)
    (2, 3)
    """
    return rewriting.count_operations(as_term(expr), shared=shared)


def explain(result: Any) -> Explanation:
    """The steps by which a result of `simplify` or of a gradient was reached, each with its rule, file and line.

    The explanation is iterable; `str` gives its text, `.latex()` an aligned derivation, and `.html(path)` writes a page that
    shows each step as graphs.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> [step.rule for step in et.explain(et.simplify(et.exp(et.log(x))))]
    ['exp_log']
    """
    array = result if isinstance(result, Array) else wrap(as_term(result))
    return Explanation(steps_of(array), array.term)
