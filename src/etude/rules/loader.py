"""Where rule sets come from: the library's files, the user's files, a text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from etude.errors import RuleError
from etude.rules.location import rules_root
from etude.rules.parser import parse_rules, parsed
from etude.rules.rule import Rule, RuleSet

__all__ = ["default", "defaults", "is_text", "load", "rule"]


def rule(text: str) -> Rule:
    """One rule from its line.

    >>> import etude as et
    >>> et.rule("exp_log: exp(log(x)) -> x").name
    'exp_log'
    """
    found = parse_rules(text)
    if len(found) != 1:
        raise RuleError(f"one rule was expected, {len(found)} were found", text)
    return found.rules[0]


def load(path_or_text: str | Path) -> RuleSet:
    """The rules of a file, of every `*.rules` file below a folder, or of a text. A changed file is read again.

    Raises `RuleError` with file, line and column, and `FileNotFoundError` for a path that is not there.
    """
    if isinstance(path_or_text, str) and is_text(path_or_text):
        return parse_rules(path_or_text)
    path = Path(path_or_text)
    if path.is_dir():
        return _folder(path)
    return parse_rules(path.read_text(encoding="utf-8"), str(path))


def is_text(text: str) -> bool:
    """Whether this is rules, or none, and no path."""
    return not text.strip() or "\n" in text or "->" in text or "=" in text or ":" in text.strip("C:\\")


def _folder(path: Path, shown: str = "") -> RuleSet:
    """The rules of every file below a folder.

    `shown` is given for the library's own, which its tests check: it stands for the folder's path in their places.
    """
    found: list[Rule] = []
    taken: dict[str, Rule] = {}
    for file in sorted(path.rglob("*.rules")):
        place = f"{shown}/{file.relative_to(path).as_posix()}" if shown else str(file)
        fresh = parsed(file.read_text(encoding="utf-8"), place, checked=bool(shown))
        for one in fresh:
            if one.name in taken and one.kind in ("rewrite", "equation"):
                raise RuleError(f"the name {one.name!r} is taken by {taken[one.name].place}", one.text, one.line, 1, str(file))
            taken[one.name] = one
        found.extend(fresh)
    return RuleSet(found)


def defaults() -> list[str]:
    """The names that `default` knows: the folders of the library's rules."""
    return sorted(folder.name for folder in rules_root().iterdir() if folder.is_dir())


@cache
def default(name: str) -> RuleSet:
    """The library's own rules by name: "simplify", "stabilize", "differentials", "adjoints", ...

    >>> import etude as et
    >>> len(et.rules.default("differentials")) > 20
    True
    """
    if name not in defaults():
        raise KeyError(f"no rule set is named {name!r}; there are {', '.join(defaults())}")
    return _folder(rules_root() / name, f"rules/{name}")
