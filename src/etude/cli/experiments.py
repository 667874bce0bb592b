"""Experiments with rules on the command line: which sets are compared, and their tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from etude.rewriting.experiment import STRATEGIES, Outcome, Report, Strategy, Worth, ablation, experiment, read_cases, worths
from etude.rules import RuleSet, default, load

__all__ = ["print_experiment"]


def print_experiment(
    path: Path,
    rules: Sequence[str],
    only: bool,
    without: Sequence[str],
    names: Sequence[str],
    counts: int,
    worth: bool,
    as_json: bool,
) -> None:
    """Run what is asked for and print its tables, or JSON."""
    cases, ways = read_cases(path), _strategies(names)
    base = RuleSet() if only else default("simplify")
    sets = {} if only else {"simplify": base}
    sets |= {file: base + load(file) for file in rules}
    if not sets:
        raise ValueError("--only needs --rules, of which it takes the rules")
    last = list(sets.values())[-1]
    unknown = [name for name in without if name not in last]
    if unknown:
        raise ValueError(f"no rule is named {unknown[0]!r}")
    if without:
        sets |= {name: chosen for name, chosen in ablation(last, without).items() if name != "all"}
    if len(ways) == 1:
        ways = {"": next(iter(ways.values()))}
    report = experiment(cases, sets, ways)
    found = worths(cases, last, next(iter(ways.values()))) if worth else []
    if as_json:
        plain = {"outcomes": [asdict(outcome) for outcome in report], "worths": [asdict(each) for each in found]}
        print(json.dumps(plain, indent=1))
        return
    console = Console(highlight=False, emoji=False)
    console.print(_table(f"{len(cases)} expressions", Report.HEAD, report.rows()))
    for outcome in report if counts else ():
        console.print(_table(outcome.name, ("rule", "tried", "fired", "seconds"), _counts(outcome, counts)))
    if worth:
        console.print(_table("without the rule", ("rule", "cases", "operations more"), _worths(found)))


def _strategies(names: Sequence[str]) -> dict[str, Strategy]:
    unknown = [name for name in names if name not in STRATEGIES]
    if unknown:
        raise ValueError(f"no strategy is named {unknown[0]!r}; there are {', '.join(STRATEGIES)}")
    return {name: STRATEGIES[name] for name in names or ["simplify for size"]}


def _counts(outcome: Outcome, wanted: int) -> list[tuple[str, ...]]:
    busiest = sorted(outcome.rules.items(), key=lambda pair: -pair[1].seconds)[:wanted]
    return [(name, str(count.tried), str(count.fired), f"{count.seconds:.4f}") for name, count in busiest]


def _worths(found: Iterable[Worth]) -> list[tuple[str, ...]]:
    return [(each.rule, str(each.cases), str(each.operations)) for each in found]


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for place, cells in enumerate(zip(head, *rows, strict=True)):
        if place:
            table.add_column(cells[0], justify="right", min_width=max(map(len, cells)))
        else:
            table.add_column(cells[0], overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
