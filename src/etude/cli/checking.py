"""The report on rules as it is printed: what is wrong first to be seen, the rest counted."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from etude.check import RuleReport, Verdict

__all__ = ["print_report"]

_STYLES = {True: "green", False: "bold red", None: "yellow"}


def print_report(report: RuleReport, everything: bool) -> None:
    """Print the verdicts that ask for attention, or all of them, and what holds of the rules together."""
    console = Console(soft_wrap=True, highlight=False, emoji=False)
    for line, style in _lines(report, everything):
        console.print(Text(line), style=style)


def _lines(report: RuleReport, everything: bool) -> Iterator[tuple[str, str]]:
    for verdict in report.rules:
        if everything or asks_for_attention(verdict):
            yield str(verdict), "bold red" if verdict.unsatisfiable else _STYLES[verdict.sound]
            if verdict.sound is False and verdict.program:
                yield f"  to see it: python -c {shlex.quote(verdict.program)}", "dim"
    counts = Counter({True: "sound", False: "unsound", None: "not judged"}[verdict.sound] for verdict in report.rules)
    said = ", ".join(f"{counts[word]} {word}" for word in ("sound", "unsound", "not judged") if counts[word])
    yield f"{len(report.rules)} lines: {said or 'none'}", "bold"
    notes = Counter(v.note for v in report.rules if v.sound is None and not everything and not asks_for_attention(v))
    for note, count in notes.most_common():
        yield f"  {count} not judged: {note}", "dim"
    for line in report.together():
        yield line, _style(line)
    yield (
        ("ok", "bold green")
        if report.ok
        else ("NOT ok: a rule is unsound, a condition never holds, or rewriting does not end", "bold red")
    )


def _style(line: str) -> str:
    if line in ("terminates: no", "confluent: no"):
        return "bold red"
    return "yellow" if line.startswith(("duplicate", "never fires", "uncovered")) else ""


def asks_for_attention(verdict: Verdict) -> bool:
    """Whether a verdict says something to do: unsound, not judged as a rewrite, or a condition too much."""
    rewrites = verdict.rule.kind in ("rewrite", "equation")
    return verdict.sound is False or bool(verdict.superfluous_conditions) or verdict.unsatisfiable or (
        verdict.sound is None and (rewrites or verdict.note.startswith("not decided"))
    )  # fmt: skip
