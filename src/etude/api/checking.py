"""Rules checked, over Arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from etude import check
from etude.check import RuleReport
from etude.check.discovery import discover as _discover
from etude.rules import RuleSet

__all__ = ["check_rules", "discover"]


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
