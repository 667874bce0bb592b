"""Rules as claims to be checked: soundness, termination, confluence, coverage."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from etude.check.derivatives import judge_adjoint, judge_differential
from etude.check.report import Counterexample, CriticalPair, RuleReport, Verdict
from etude.check.soundness import Effort, judge
from etude.check.together import rules_of, together
from etude.check.workers import processors, side_by_side
from etude.errors import TermTypeError
from etude.rules import Rule, RuleSet
from etude.terms import ASSUMPTIONS, ArrayType, Term, is_symbol

__all__ = ["Counterexample", "CriticalPair", "Effort", "RuleReport", "Verdict", "check_rules", "check_side_by_side"]


def check_rules(path_or_text: Any, effort: Effort | None = None, /, **variables: Any) -> RuleReport:
    """What can be found out about rules: whether each is true, and whether rewriting with them ends and is unique.

    path_or_text: a file, a folder, a text of rules, or a `RuleSet`. variables: types and assumptions of pattern
    variables by name: a symbol, an `ArrayType`, or assumption words. A variable not named is tried with every type that
    the left side accepts.

    Raises RuleError for a text that is no rule, FileNotFoundError for a path that is not there, TermTypeError (a
    TypeError) for a variable that is neither a type nor a word.

    >>> print(check_rules("root: sqrt(x**2) -> x", x=ArrayType("float64"))["root"].counterexample)
    x = -1.0: left 1.0, right -1.0 (value)
    """
    rules = rules_of(path_or_text)
    types, words = _declared(variables)
    return together(rules, [_verdict(rule, rules, types, words, effort or Effort()) for rule in rules])


def check_side_by_side(path: str | Path, effort: Effort | None = None, workers: int | None = None) -> RuleReport:
    """As `check_rules` of a file or folder, its rules judged in several processes at a time, one for each processor unless
    given. A rule that takes more processor time than the effort allows, or ends its process, is not judged; the note says so.
    """
    effort = effort or Effort()
    rules = rules_of(path)
    listed = list(rules)

    def late(number: int) -> Verdict:
        return Verdict(listed[number], None, None, note=f"not decided within {effort.seconds:g} s: its process was ended")

    judged = partial(_judge_by_number, str(path), effort)
    limit = 2 * effort.seconds  # the search for a counter-example gives up by itself before
    return together(rules, side_by_side(judged, len(listed), late, limit, workers or min(processors(), 1 + len(listed) // 20)))


def _judge_by_number(path: str, effort: Effort) -> Callable[[int], Verdict]:
    rules = rules_of(Path(path))
    listed = list(rules)
    return lambda number: _verdict(listed[number], rules, {}, {}, effort)


def _verdict(
    rule: Rule, rules: RuleSet, types: Mapping[str, ArrayType], words: Mapping[str, frozenset[str]], effort: Effort
) -> Verdict:
    with warnings.catch_warnings():  # of NumPy: an adversarial sample is no news to the user
        warnings.simplefilter("ignore", RuntimeWarning)
        if rule.kind == "differential":
            return judge_differential(rule, rules)
        if rule.kind == "adjoint":
            return judge_adjoint(rule)
        if rule.kind == "meaning":
            return Verdict(rule, True, "exact", note="what operators mean on numbers, by definition")
        return judge(rule, types, {name: said for name, said in words.items() if name in rule.variables}, effort)


def _declared(variables: Mapping[str, Any]) -> tuple[dict[str, ArrayType], dict[str, frozenset[str]]]:
    types: dict[str, ArrayType] = {}
    words: dict[str, frozenset[str]] = {}
    for name, given in variables.items():
        given = getattr(given, "term", given)
        if isinstance(given, str):
            words[name] = frozenset(given.split())
            unknown = sorted(words[name] - ASSUMPTIONS)
            if unknown:
                raise TermTypeError(f"{name}: {unknown[0]!r} is no assumption; known are {', '.join(sorted(ASSUMPTIONS))}")
        elif isinstance(given, ArrayType):
            types[name] = given
        elif isinstance(given, Term) and isinstance(given.type, ArrayType):
            types[name] = given.type
            words[name] = given._tuple[3] if is_symbol(given) else frozenset()
        else:
            raise TermTypeError(f"{name}: a symbol, an array type or assumption words were expected, not {given!r}")
    return types, words
