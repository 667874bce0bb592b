"""Rules checked, over Arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from etude import check
from etude.check import RuleReport
from etude.check.discovery import discover as _discover
from etude.check.sides import sides as _sides
from etude.rules import Rule, RuleSet

__all__ = ["check_rules", "discover", "sides"]


def check_rules(path_or_text: Any, /, **variables: Any) -> RuleReport:
    """What can be found out about rules: whether each is true, whether rewriting with them ends and is unique.

    path_or_text: a rule file, a folder of them, a text, or a `RuleSet`. variables: for pattern variables by name an
    Array (its dtype, shape and assumptions) or assumption words; a variable not named is tried with every type that the
    left side accepts.

    Raises RuleError (file, line, column) for what is no rule, FileNotFoundError for a path that is not there, TypeError
    for a variable that is neither an Array nor assumption words.

    >>> import etude as et
    >>> report = et.check_rules("root: sqrt(x**2) -> x", x=et.symbol("x"))
    >>> report.ok, report.terminates
    (False, True)
    >>> print(report.rules[0].counterexample)
    x = -1.0: left 1.0, right -1.0 (value)
    """
    return check.check_rules(path_or_text, **variables)


def discover(
    ops: str | Iterable[str],
    max_size: int = 4,
    variables: str | Iterable[str] = "x y",
    constants: Iterable[float] = (),
    rules: RuleSet | None = None,
    conditions: bool = True,
) -> RuleSet:
    """New sound rules about scalars over the chosen elementwise operators, in rule syntax: print them and paste them.

    ops: names of the catalogue. max_size: nodes of the larger side. variables and constants: the leaves. rules: what is
    known already; a rule that these or the ones found derive, with arithmetic and with the order of operands, is not
    proposed. conditions: whether to try `positive` where a rule does not hold for all values.

    Raises ValueError for a name that is no elementwise operator. Source: Nandi et al. 2021, "Rewrite rule inference using
    equality saturation".

    >>> import etude as et
    >>> for rule in et.discover("exp log", 3, "x"):
    ...     print(rule)
    exp_log_1: exp(log(x)) -> x
    log_exp_2: log(exp(x)) -> x
    """
    return _discover(ops, max_size, variables, constants, rules, conditions)


def sides(rule: str | Rule, /, **inputs: Any) -> tuple[Any, Any]:
    """The values of both sides of a rule at given inputs, whatever its condition says: to see a counter-example.

    rule: a rule or the text of one. inputs: for each of its variables a number, an array of any shape and dtype, or the
    value of an attribute (`k=0` for `axis=k`). Both values have the dtype of the left side. Of the line of a derivative they
    are the slope by central differences and that which the line gives, along the steps `dx` of operands `x`; of an adjoint line
    the inner products that it makes equal.

    Raises RuleError for what is no rule, KeyError for a variable without a value or a value without a variable, TermTypeError (a
    TypeError) where the right side has no value of the left side's type at these inputs.

    >>> import etude as et
    >>> print(*et.sides("root: sqrt(x**2) -> x", x=-1.0))
    1.0 -1.0
    >>> found, claimed = et.sides("d(x * y) = y*d(x)", x=2.0, y=3.0, dx=1.0, dy=1.0)
    >>> print(round(float(found), 6), claimed)
    5.0 3.0
    """
    return _sides(rule, **inputs)
