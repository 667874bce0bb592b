"""A model of how long an operator takes: the weights of `rules/costs`, times the sizes of what it works on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import Any

from etude.errors import RuleError
from etude.ops import CATALOGUE
from etude.rewriting.counting import operation_cost
from etude.rewriting.fitting import number_of
from etude.rules.location import rules_root
from etude.terms import Term, postorder

__all__ = ["CostTable", "cost_table", "read_costs", "run_time", "time_of"]

_LINE = re.compile(r"([\w. ]+?)\s*:\s*(.+)")
_NAME = re.compile(r"(\w+)(?:\((-?[\d.]+)\))?")
_KINDS = ("element", "product", "cube")


@dataclass
class CostTable:
    """Weights by operator (a power with its exponent: by both), per element, per product, per cube of rows."""

    call: float = 1.0
    unknown: float = 100.0
    weights: dict[Any, tuple[str, float]] = field(default_factory=dict)

    def size(self, shape: Any) -> float:
        """Elements of a shape; a size that is not known counts as the table says."""
        return prod([dim if isinstance(dim, int) else self.unknown for dim in shape or ()], start=1.0)

    def price(self, term: Term) -> float:
        """What the root of a term costs."""
        if operation_cost(term) == 0:
            return 0.0
        head = term._tuple[0]
        kind, weight = self.weights.get(_key(term), ("element", 1.0))
        shapes = [part.type.shape for part in term.operands if hasattr(part.type, "shape")]
        own = [term.type.shape] if hasattr(term.type, "shape") else []
        if kind == "product":
            return self.call + weight * self._products(head.name, term, shapes)
        if kind == "cube" and shapes:
            return self.call + weight * self._cubes(shapes)
        repeats = max(len(term._tuple) - 2, 1) if head.name in ("add", "multiply") else 1
        return self.call + weight * repeats * max(map(self.size, [*shapes, *own]), default=1.0)

    def _products(self, name: str, term: Term, shapes: list[Any]) -> float:
        if name == "matmul":
            return self.size(term.type.shape) * self.size(shapes[0][-1:])
        inputs = term._tuple[-1].split("->")[0].split(",")
        sizes = {letter: self.size((dim,)) for letters, shape in zip(inputs, shapes, strict=True)
                 for letter, dim in zip(letters, shape, strict=True)}  # fmt: skip
        return prod(sizes.values(), start=1.0)

    def _cubes(self, shapes: list[Any]) -> float:
        rows = self.size(shapes[0][-1:])
        columns = self.size(shapes[1]) / rows if len(shapes) > 1 else 0.0
        return self.size(shapes[0][:-2]) * rows**3 + rows**2 * columns


def _key(term: Term) -> Any:
    head = term._tuple[0]
    if head.name == "power":
        exponent = number_of(term._tuple[2])
        if exponent is not None and ("power", float(exponent)) in cost_table().weights:
            return "power", float(exponent)
    return head.name


def read_costs(text: str, file: str = "") -> CostTable:
    """The table that a text gives, one `weight: operators` a line. Raises `RuleError` with the line."""
    table, kind = CostTable(), "element"
    for number, raw in enumerate(text.splitlines(), 1):
        body = raw.split("#")[0].strip()
        match = _LINE.fullmatch(body)
        if not body:
            continue
        if match is None:
            raise RuleError("a line of costs is `weight: operators`", raw, number, 1, file)
        word, rest = match[1], match[2]
        if word == "per":
            if rest not in _KINDS:
                raise RuleError(f"costs are per {', '.join(_KINDS)}, not {rest!r}", raw, number, 1, file)
            kind = rest
        elif word in ("call", "unknown size"):
            setattr(table, word.split()[0], _weight(rest, raw, number, file))
        else:
            weight = _weight(word, raw, number, file)
            table.weights.update((name, (kind, weight)) for name in _names(rest, raw, number, file))
    return table


def _weight(text: str, raw: str, number: int, file: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RuleError(f"{text!r} is no number", raw, number, 1, file) from None


def _names(text: str, raw: str, number: int, file: str) -> list[Any]:
    found: list[Any] = []
    for word in text.split():
        match = _NAME.fullmatch(word)
        if match is None or match[1] not in CATALOGUE:
            raise RuleError(f"{word!r} is no operator", raw, number, raw.index(word) + 1, file)
        found.append(match[1] if match[2] is None else (match[1], float(match[2])))
    return found


@cache
def cost_table() -> CostTable:
    """The library's own table."""
    path = rules_root() / "costs" / "time.costs"
    return read_costs(path.read_text(encoding="utf-8"), "rules/costs/time.costs")


def run_time(term: Term) -> float:
    """A model of the time that the root of a term takes, beside an addition of two numbers."""
    return cost_table().price(term)


def time_of(root: Term) -> float:
    """The modelled time of a term, what is shared computed once."""
    return sum([run_time(term) for term in postorder(root)])
