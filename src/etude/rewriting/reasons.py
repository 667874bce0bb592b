"""Which line of rules/arithmetic a collected sum or product took."""

from __future__ import annotations

from functools import cache
from typing import Any

from etude.ops import CATALOGUE
from etude.rewriting.fitting import number_of
from etude.rules import Rule, default
from etude.terms import CONSTANT, Term

__all__ = ["reason"]

_op = CATALOGUE.__getitem__
_add, _subtract, _negative, _multiply, _divide, _power = map(
    _op, ("add", "subtract", "negative", "multiply", "divide", "power")
)
_SUMS, _PRODUCTS = (_add, _subtract), (_multiply, _divide, _negative)
_SPELLED = {
    _op("square"): "square_power", _op("reciprocal"): "reciprocal_power", _op("sqrt"): "root_power",
    _op("rsqrt"): "reciprocal_root_power", _op("positive"): "plus_sign",
}  # fmt: skip
_ADDITIVE = {(_add, _negative): "plus_negative", (_subtract, _negative): "minus_negative",
             (_subtract, _add): "minus_sum", (_subtract, _subtract): "minus_difference"}  # fmt: skip


@cache
def _line(name: str) -> Rule:
    return default("arithmetic")[name]


def reason(before: Term, parts: list[tuple[Term, Any]], after: Term) -> Rule:
    """The line by which `before`, a sum or product of `parts`, became `after`."""
    head = before._tuple[0]
    if head in _SUMS or head is _negative:
        return _line(_of_sum(before, parts, after))
    if head is _power or head in _SPELLED:
        return _line(_of_power(before, after))
    return _line(_of_product(before, parts, after))


def _of_sum(before: Term, parts: list[tuple[Term, Any]], after: Term) -> str:
    head = before._tuple[0]
    if head is _negative and len(parts) == 1:
        inside = parts[0][0]._tuple[0]
        twice = before._tuple[1]._tuple[0] is _negative
        return "negated_twice" if twice else "number_of_sum" if inside in _SUMS else "sign_as_number"
    numbers = [value for value in (number_of(part) for part, _ in parts) if value is not None]
    if 0 in numbers:
        return "minus_zero" if head is _subtract and number_of(before._tuple[2]) == 0 else "plus_zero"
    if len(numbers) > 1:
        return "collect_terms"
    addends = [addend for part, _ in parts for addend in _bare_addends(part)]
    if len(set(addends)) < len(addends):
        return "minus_itself" if len(set(addends)) == 1 and number_of(after) == 0 else "collect_terms"
    if after._tuple[0] in (_multiply, _divide) and number_of(after._tuple[1]) is None:
        return "common_factor"
    for part in before._tuple[1:]:
        found = _ADDITIVE.get((head, part._tuple[0]))
        if found is not None:
            return found
    return "plus_difference"


def _bare_addends(term: Term) -> list[Term]:
    """The addends of a normal sum without signs and numbers before them."""
    found, pending = [], [term]
    while pending:
        part = pending.pop()
        head = part._tuple[0]
        if head in _SUMS or head is _negative:
            pending.extend(part._tuple[1:])
        elif head is _multiply and part._tuple[1]._tuple[0] is CONSTANT:
            pending.append(part._tuple[2])
        else:
            found.append(part)
    return found


def _of_power(before: Term, after: Term) -> str:
    head, base = before._tuple[0], before._tuple[1]
    exponent = number_of(before._tuple[2]) if head is _power else None
    if exponent in (0, 1):
        return "power_zero" if exponent == 0 else "power_one"
    inside = base._tuple[0]
    if head in _SPELLED and inside not in (_power, _multiply, _divide):
        return _SPELLED[head]
    if inside is _power:
        return "root_of_square" if after._tuple[0] is _op("abs") else "power_of_power"
    whole = exponent is not None and float(exponent).is_integer()
    return "power_of_quotient" if inside is _divide else "power_of_product" if whole else "root_of_product"


def _of_product(before: Term, parts: list[tuple[Term, Any]], after: Term) -> str:
    numbers = [value for value in (number_of(part) for part, _ in parts) if value is not None]
    if 0 in numbers or 1 in numbers:
        below = before._tuple[0] is _divide and number_of(before._tuple[2]) == 1
        return "times_zero" if 0 in numbers else "over_one" if below else "times_one"
    bases = [base for part, _ in parts for base in _bare_factors(part)]
    if len(set(bases)) < len(bases):
        return "over_itself" if len(set(bases)) == 1 and number_of(after) == 1 else "collect_powers"
    if numbers and any(part._tuple[0] in _SUMS for part, _ in parts) and after._tuple[0] in _SUMS:
        return "number_of_sum"
    if after._tuple[0] in _SUMS:
        return "multiplied_out"
    return _by_structure(before, parts, len(numbers))


def _by_structure(before: Term, parts: list[tuple[Term, Any]], numbers: int) -> str:
    below = [part._tuple[0] for part, exponent in parts if exponent < 0]
    heads = [part._tuple[0] for part, _ in parts]
    if _negative in heads:
        return "over_negative" if _negative in below else "times_negative"
    if numbers:
        divided = before._tuple[0] is _divide and number_of(before._tuple[2]) is not None
        return "number_below" if divided and numbers == 1 else "number_of_product"
    sums = [frozenset(_bare_addends(part)) for part, _ in parts if part._tuple[0] in _SUMS]
    if below and len(set(sums)) < len(sums):
        return "opposite_difference"
    if before._tuple[0] is _divide:
        return "quotient_over" if before._tuple[2]._tuple[0] is _divide else "quotient_below"
    return "product_over"


def _bare_factors(term: Term) -> list[Term]:
    """The bases of a normal product without numbers and exponents."""
    found, pending = [], [term]
    while pending:
        part = pending.pop()
        head = part._tuple[0]
        if head in _PRODUCTS:
            pending.extend(part._tuple[1:])
        elif head is _power or head in _SPELLED:
            pending.append(part._tuple[1])
        elif head is not CONSTANT:
            found.append(part)
    return found
