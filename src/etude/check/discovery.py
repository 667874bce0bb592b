"""Rules proposed by machine: small terms over chosen operators, sorted by their values; what coincides and holds is a rule.

Terms are enumerated smallest first. One whose values are those of an earlier term wherever they are finite suggests a
rule; it is kept if the rules so far do not derive it and the soundness test finds no counter-example. The scheme is that
of Nandi et al. 2021, "Rewrite rule inference using equality saturation".
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import permutations, product
from typing import Any

import numpy as np

from etude.check.soundness import Effort, judge
from etude.egraph import Saturation
from etude.ops import CATALOGUE, Op
from etude.rewriting import simplify
from etude.rewriting.counting import operation_cost
from etude.rules import Rule, RuleSet, parse_rules
from etude.terms import Term, constant, is_symbol, postorder, replace, symbol, symbol_name
from etude.text import to_text

__all__ = ["discover"]

_GRID = (-np.inf, -30.5, -3.7, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.3, 0.5, 1.0, 1.7, 2.0, 12.25, 40.0, np.inf, np.nan)
_DRAWN = 160
_TERMS = 4000
_ENOUGH = 8  # samples at which a term must be finite to be compared at all
_TOLERANCE = 1e-9
_EFFORT = Effort(scalars=1500, others=300, arrays=12, types=8, conditions=False)


@dataclass
class _Search:
    """The terms kept so far, one for each behavior, with their values at the samples."""

    names: tuple[str, ...]
    samples: np.ndarray
    by_size: dict[int, list[Term]] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    place: dict[Term, int] = field(default_factory=dict)

    @property
    def positive(self) -> dict[Term, Term]:
        return {symbol(name): symbol(name, assumptions=("positive",)) for name in self.names}

    @property
    def all_positive(self) -> np.ndarray:
        return np.asarray((self.samples > 0).all(axis=0))

    def value(self, term: Term) -> np.ndarray:
        operands = [self.values[self.place[part]] for part in term.operands]
        with np.errstate(all="ignore"):
            return np.asarray(term._tuple[0].meaning(*operands, *term.attributes), dtype=float)

    def keep(self, term: Term, size: int, value: np.ndarray) -> None:
        self.place[term] = len(self.terms)
        self.terms.append(term)
        self.values.append(value)
        self.by_size.setdefault(size, []).append(term)

    def equals(self, value: np.ndarray, where: np.ndarray) -> list[Term]:
        """The kept terms that have these values wherever they are finite, smallest first."""
        mask = where & np.isfinite(value)
        if mask.sum() < _ENOUGH:
            return []
        wanted = value[mask]
        rows = np.stack(self.values)[:, mask]
        with np.errstate(all="ignore"):
            close = np.abs(rows - wanted) <= _TOLERANCE * np.abs(wanted) + 1e-300
        return [self.terms[i] for i in np.flatnonzero(close.all(axis=1))]


def discover(
    ops: str | Iterable[str],
    max_size: int = 4,
    variables: str | Iterable[str] = "x y",
    constants: Iterable[float] = (),
    rules: RuleSet | None = None,
    conditions: bool = True,
) -> RuleSet:
    """New sound rules over elementwise operators that neither arithmetic nor `rules` derive."""
    known = RuleSet() if rules is None else rules
    heads = [_head(name) for name in (ops.split() if isinstance(ops, str) else ops)]
    names = tuple(variables.split() if isinstance(variables, str) else variables)
    if max_size < 1 or not names:
        raise ValueError("there must be a variable, and terms of at least one node")
    search = _Search(names, _samples(len(names)))
    for name, row in zip(names, search.samples, strict=True):
        search.keep(symbol(name, (), "float64"), 1, row)
    for number in constants:
        search.keep(constant(float(number), "float64"), 1, np.full(search.samples.shape[1], float(number)))
    found = RuleSet()
    for size in range(2, max_size + 1):
        for term in _terms(heads, search, size):
            value = search.value(term)
            found = _learn(term, value, search, known, found, conditions)
            if not any(_identical(value, search.values[search.place[t]]) for t in search.equals(value, _anywhere(search))):
                search.keep(term, size, value)
            if len(search.terms) >= _TERMS:
                return _minimal(known, found)
    return _minimal(known, found)


def _head(name: str) -> Op:
    op = CATALOGUE.get(name)
    if op is None or not op.is_elementwise or op.attribute_count:
        usable = [known for known, one in CATALOGUE.items() if one.is_elementwise and not one.attribute_count]
        near = difflib.get_close_matches(str(name), usable, n=3, cutoff=0.6) if op is None else []
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"{name!r} is no elementwise operator of the catalogue{hint}")
    return op


def _samples(count: int) -> np.ndarray:
    rng = np.random.default_rng(11)
    grid = np.array(list(product(_GRID, repeat=count)) if count <= 2 else [rng.choice(_GRID, count) for _ in range(400)])
    drawn = rng.normal(size=(_DRAWN, count)) * rng.choice([0.1, 1.0, 8.0], (_DRAWN, 1))
    return np.concatenate([grid, drawn]).T


def _anywhere(search: _Search) -> np.ndarray:
    return np.ones(search.samples.shape[1], bool)


def _identical(left: np.ndarray, right: np.ndarray) -> bool:
    return bool(np.allclose(left, right, rtol=_TOLERANCE, atol=0, equal_nan=True))


def _terms(heads: list[Op], search: _Search, size: int) -> Iterator[Term]:
    for op in heads:
        width = 2 if op.variadic else len(op.operands)
        for sizes in product(range(1, size), repeat=width):
            if sum(sizes) == size - 1:
                for parts in product(*[list(search.by_size.get(s, ())) for s in sizes]):
                    term = op(*parts)
                    if term not in search.place and all(part in search.place for part in term.operands):
                        yield term


def _learn(
    term: Term, value: np.ndarray, search: _Search, known: RuleSet, found: RuleSet, conditions: bool
) -> RuleSet:
    for condition, where in (("", _anywhere(search)), ("positive", search.all_positive)):
        if condition and not conditions:
            continue
        for smaller in search.equals(value, where)[:2]:
            left, right = replace([term, smaller], search.positive if condition else {})
            if _derived(left, right, known + found):
                return found
            rule = _rule(term, smaller, condition, len(found))
            if rule is not None and judge(rule.rules[0], {}, {}, _EFFORT).sound:
                return found + rule
    return found


def _names_of(term: Term) -> list[str]:
    return [str(symbol_name(part)) for part in postorder(term) if is_symbol(part)]


def _rule(before: Term, after: Term, condition: str, number: int) -> RuleSet | None:
    names = _names_of(before)
    if not set(_names_of(after)) <= set(names):
        return None
    heads = [part._tuple[0].name for part in postorder(before) if part.operands][::-1]
    said = " if " + " and ".join([f"{condition}({name})" for name in names]) if condition else ""
    arrow = "->" if len(heads) > len([part for part in postorder(after) if part.operands]) else "="
    return parse_rules(f"{'_'.join(heads)}_{number + 1}: {to_text(before)} {arrow} {to_text(after)}{said}")


def _derived(before: Term, after: Term, rules: RuleSet) -> bool:
    """Whether normal forms or a short saturation of both terms show them equal; the order of operands does not count."""
    if _sorted(before) == _sorted(after) or _sorted(simplify(before, rules)) == _sorted(simplify(after, rules)):
        return True
    run = Saturation(rules, operation_cost, max_rounds=3, max_nodes=300, max_seconds=math.inf)  # the same on any machine
    run.graph.add(before)
    run.graph.add(after)
    run.run(before)
    return run.graph.find(before) == run.graph.find(after)


def _sorted(root: Term) -> Any:
    made: dict[Term, Any] = {}
    for term in postorder(root):
        parts = [made[part] for part in term.operands if isinstance(part, Term)]
        head, known = str(term._tuple[0]), getattr(term._tuple[0], "properties", ())
        if "associative" in known:
            parts = [p for part in parts for p in (part[1:] if isinstance(part, tuple) and part[0] == head else (part,))]
        made[term] = (head, *(sorted(parts, key=repr) if "commutative" in known else parts)) if parts else term
    return made[root]


def _minimal(known: RuleSet, found: RuleSet) -> RuleSet:
    """Without the rules that the others derive, the largest first."""
    told: set[str] = set()
    for rule in found.rules:
        shape = _shape(rule)
        if shape in told:
            found = found - rule.name
        told.add(shape)
    for rule in reversed(found.rules):
        rest = found - rule.name
        sides = [_ground(side) for side in (rule.lhs, rule.rhs)]
        if rule.condition is not None:
            sides = replace(sides, {symbol(n): symbol(n, assumptions=("positive",)) for n in rule.variables})
        if _derived(sides[0], sides[1], known + rest):
            found = rest
    return found


def _shape(rule: Rule) -> str:
    """What a rule says whatever its variables are called and its operands are ordered."""
    said = []
    for order in permutations(range(len(rule.variables))):
        names = {name: f"v{place}" for name, place in zip(rule.variables, order, strict=True)}
        sides = [_spelled(side, names) for side in (rule.lhs, rule.rhs)]
        conditions = sorted(names[name] for name in rule.variables if f"positive({name})" in str(rule))
        said.append(" ".join([rule.kind, *(sorted(sides) if rule.kind == "equation" else sides), *conditions]))
    return min(said)


def _spelled(part: Any, names: dict[str, str]) -> str:
    if not isinstance(part, Term):
        return names[part.name] if hasattr(part, "name") else repr(part)
    operands = [_spelled(operand, names) for operand in part.operands]
    ordered = sorted(operands) if "commutative" in part._tuple[0].properties else operands
    return f"{part._tuple[0].name}({', '.join(ordered)})"


def _ground(pattern: Any) -> Term:
    if not isinstance(pattern, Term):
        return symbol(pattern.name, (), "float64") if hasattr(pattern, "name") else constant(float(pattern), "float64")
    parts = [_ground(part) for part in pattern.operands]
    made: Term = pattern._tuple[0](*parts)
    return made
