"""Termination by polynomial interpretations over the natural numbers, rules removed in rounds.

Each head becomes a polynomial that grows with each argument; for associative-commutative heads it is one of
a*x*y + b*(x + y) + c with a*c + b = b**2, which is itself associative and commutative (Ben Cherifa & Lescanne 1987). A round
removes the rules that it decreases strictly, if it increases none; rewriting ends if none is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from etude.check.algebra import FreeTerm, System, TermRule, is_ac, is_commutative, positions
from etude.terms import Variable

__all__ = ["polynomial_order"]

Polynomial = dict[tuple[Variable, ...], int]
_BUDGET = 12_000  # polynomials computed in one search


class _Form:
    """The meaning of a head: coefficients of the arguments, of the product of all of them, and a constant."""

    def __init__(self, linear: tuple[int, ...], constant: int, product: int = 0):
        self.linear, self.constant, self.product = linear, constant, product

    def of(self, parts: list[Polynomial]) -> Polynomial:
        total: Polynomial = {(): self.constant} if self.constant else {}
        for coefficient, part in zip(self.linear, parts, strict=True):
            total = _plus(total, part, coefficient)
        if self.product:
            total = _plus(total, reduce(_times, parts), self.product)
        return total

    def __str__(self) -> str:
        names = ["x", "y", "z", "u", "v", "w", *[f"x{i}" for i in range(6, len(self.linear))]]
        terms = ["*".join(names[: len(self.linear)])] if self.product else []
        terms += [name if c == 1 else f"{c}*{name}" for c, name in zip(self.linear, names, strict=False) if c]
        return " + ".join([*terms, *([str(self.constant)] if self.constant or not terms else [])])


_Forms = dict[tuple[str, int], _Form]


def _plus(a: Polynomial, b: Polynomial, factor: int = 1) -> Polynomial:
    total = dict(a)
    for key, value in b.items():
        total[key] = total.get(key, 0) + factor * value
    return total


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for one, c in a.items():
        for two, d in b.items():
            key = tuple(sorted(one + two, key=repr))
            total[key] = total.get(key, 0) + c * d
    return total


def _signature(head: str, count: int) -> tuple[str, int]:
    return (head, 2) if is_ac(head) and count > 1 else (head, count)


def _meaning(term: FreeTerm, forms: _Forms) -> Polynomial:
    if isinstance(term, Variable):
        return {(term,): 1}
    parts = [_meaning(part, forms) for part in term[1:]]
    form = forms[_signature(term[0], len(parts))]
    if is_ac(term[0]) and len(parts) > 2:
        return reduce(lambda a, b: form.of([a, b]), parts)
    return form.of(parts)


def _decrease(rule: TermRule, forms: _Forms) -> int:
    """2 if the left side is always greater, 1 if never less, 0 if neither is seen."""
    difference = _plus(_meaning(rule.lhs, forms), _meaning(rule.rhs, forms), -1)
    if any(value < 0 for value in difference.values()):
        return 0
    return 2 if difference.get((), 0) > 0 else 1


def _heads(rules: System) -> list[tuple[str, int]]:
    found: dict[tuple[str, int], None] = {}
    for rule in rules:
        for side in (rule.lhs, rule.rhs):
            for _, inner in positions(side):
                found.setdefault(_signature(inner[0], len(inner) - 1))
    return list(found)


def polynomial_order(rules: System) -> str | None:
    """The interpretations found, as text; None if the search fails."""
    rounds: list[str] = []
    left = list(rules)
    while left:
        forms = _counting(tuple(left)) or _searched(tuple(left))
        if forms is None:
            return None
        strict = [rule for rule in left if _decrease(rule, forms) == 2]
        left = [rule for rule in left if rule not in strict]
        rounds.append(_text(forms, strict))
    return "polynomial interpretation: " + "; then ".join(rounds)


def _text(forms: _Forms, strict: list[TermRule]) -> str:
    names = "xyzuvw"
    parts = [f"[{head}]({', '.join(names[:count]) if count <= 6 else '...'}) = {form}" if count else f"[{head}] = {form}"
             for (head, count), form in forms.items()]  # fmt: skip
    shown = ", ".join(parts) if len(parts) <= 12 else f"{', '.join(parts[:12])}, ..."
    return f"{shown} decreases {', '.join(rule.name for rule in strict[:8])}{', ...' if len(strict) > 8 else ''}"


def _plain(key: tuple[str, int], constant: int) -> _Form:
    return _Form((1,) * key[1], constant)


def _counting(rules: System) -> _Forms | None:
    """Size, or the number of occurrences of one head: cheap, and enough for most rules."""
    heads = _heads(rules)
    weights: list[Callable[[tuple[str, int]], int]] = [lambda key: int(key[1] > 0), lambda key: 1]
    weights += [lambda key, one=head: int(key == one) for head in heads]  # type: ignore[misc]  # a default binds the loop variable
    for weight in weights:
        forms = {key: _plain(key, weight(key)) for key in heads}
        if _is_decreasing(forms, rules):
            return forms
    return None


def _is_decreasing(forms: _Forms, rules: System) -> bool:
    """Whether the left side is never less, and of one rule greater."""
    strict = False
    for rule in rules:
        rank = _decrease(rule, forms)
        if rank == 0:
            return False
        strict |= rank == 2
    return strict


def _choices(key: tuple[str, int]) -> list[_Form]:
    head, count = key
    if count == 0:
        return [_Form((), c) for c in (0, 1, 2, 3)]
    if is_ac(head):
        return [
            *[_Form((1, 1), c) for c in (0, 1, 3, 2)],
            _Form((2, 2), 2, 1),
            _Form((1, 1), 0, 1),
            _Form((3, 3), 6, 1),
        ]
    if count == 1:
        return [
            _Form((a,), c)
            for a, c in ((1, 0), (1, 1), (2, 1), (2, 0), (1, 2), (2, 2), (3, 1), (3, 0), (1, 3), (4, 0), (4, 4))
        ]
    if count == 2:
        plain = [_Form((a, b), c) for a, b in ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3)) for c in (0, 1, 2)]
        if is_commutative(head):
            plain = [form for form in plain if form.linear[0] == form.linear[1]]
        return [*plain, _Form((1, 1), 0, 1), _Form((1, 1), 1, 1), _Form((2, 2), 2, 1), _Form((2, 2), 0, 1)]
    return [_Form((a,) * count, c) for a, c in ((1, 0), (1, 1), (2, 0), (2, 1))]


def _searched(rules: System) -> _Forms | None:
    """Depth-first over the heads' forms; a rule is looked at as soon as all its heads have one."""
    if len(rules) > 40:
        return None
    order = sorted(_heads(rules), key=lambda key: _first_use(key, rules))
    due: dict[int, list[TermRule]] = {}
    for rule in rules:
        last = max(order.index(key) for key in _heads((rule,)))
        due.setdefault(last, []).append(rule)
    spent = [0]
    return next(_extended({}, order, 0, due, spent, False), None)


def _first_use(key: tuple[str, int], rules: System) -> Any:
    return next(i for i, rule in enumerate(sorted(rules, key=lambda r: len(_heads((r,))))) if key in _heads((rule,)))


def _extended(
    forms: _Forms,
    order: list[tuple[str, int]],
    depth: int,
    due: dict[int, list[TermRule]],
    spent: list[int],
    strict: bool,
) -> Iterator[_Forms]:
    if depth == len(order):
        if strict:
            yield dict(forms)
        return
    for form in _choices(order[depth]):
        if spent[0] > _BUDGET:
            return
        forms[order[depth]] = form
        ranks = []
        for rule in due.get(depth, ()):
            spent[0] += 1
            ranks.append(_decrease(rule, forms))
            if ranks[-1] == 0:
                break
        if 0 not in ranks:
            yield from _extended(forms, order, depth + 1, due, spent, strict or 2 in ranks)
    forms.pop(order[depth], None)
