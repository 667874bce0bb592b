"""Rules checked, over Arrays."""

from __future__ import annotations

from typing import Any

from etude import check
from etude.check import RuleReport

__all__ = ["check_rules"]


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
