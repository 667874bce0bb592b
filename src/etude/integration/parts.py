"""Terms in one variable as sums and products: what is constant apart from what varies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from etude.ops import CATALOGUE
from etude.rewriting.fitting import number_of
from etude.rewriting.numbers import Number, exact, quotient, raised
from etude.terms import Term, constant, depends_on

__all__ = ["Monomial", "addends", "monomial", "number", "product", "total", "varies"]

_add, _multiply, _divide, _negative, _power, _sqrt = map(
    CATALOGUE.__getitem__, ("add", "multiply", "divide", "negative", "power", "sqrt")
)
_ROOTS: dict[str, Number] = {"square": 2, "reciprocal": -1, "sqrt": quotient(1, 2), "rsqrt": quotient(-1, 2)}


def varies(term: Term, variable: Term) -> bool:
    return term in depends_on([term], [variable])


def number(value: Number, like: Term) -> Term:
    return constant(float(value), like.type.dtype)


@dataclass(frozen=True)
class Monomial:
    """number * constant factors * varying factors; exponents are numbers, or terms without the variable."""

    number: Number
    constants: dict[Term, Any]
    factors: dict[Term, Any]

    def coefficient(self, like: Term) -> Term:
        return product(self.number, self.constants, like)

    def rest(self, like: Term) -> Term:
        return product(1, self.factors, like)


def monomial(term: Term, variable: Term) -> Monomial:
    """The factors of a term."""
    count: Number = 1
    found: dict[Term, Any] = {}
    pending: list[tuple[Term, Any]] = [(term, 1)]
    while pending:
        part, exponent = pending.pop()
        name, operands = part._tuple[0].name if hasattr(part._tuple[0], "name") else "", part.operands
        value = number_of(part)
        known = None if value is None else exact(value)
        power = raised(known, exponent) if known is not None and not isinstance(exponent, Term) else None
        if power is not None:
            count = count * power
        elif name == "multiply":
            pending.extend((operand, exponent) for operand in reversed(operands))
        elif name == "divide" and not isinstance(exponent, Term):
            pending.extend([(operands[1], -exponent), (operands[0], exponent)])
        elif name == "negative" and isinstance(exponent, int):
            count = -count if exponent % 2 else count
            pending.append((operands[0], exponent))
        elif name in _ROOTS and not isinstance(exponent, Term) and _may_raise(operands[0], _ROOTS[name]):
            pending.append((operands[0], exponent * _ROOTS[name]))
        elif name == "power" and exponent in (1, -1) and not varies(operands[1], variable):
            _raise(pending, operands, exponent)
        else:
            found[part] = _sum(found.get(part, 0), exponent)
    kept = {base: exponent for base, exponent in found.items() if isinstance(exponent, Term) or exponent != 0}
    moving = {base for base in kept if varies(base, variable)}
    constants = {base: e for base, e in kept.items() if base not in moving}
    return Monomial(count, constants, {base: e for base, e in kept.items() if base in moving})


def _may_raise(base: Term, exponent: Number) -> bool:
    """Whether a power of a product may be taken apart: whole powers always."""
    head = getattr(base._tuple[0], "name", "")
    return isinstance(exponent, int) or head not in ("multiply", "divide", "negative", "power", "sqrt", "square", "reciprocal")


def _raise(pending: list[tuple[Term, Any]], operands: Any, exponent: Any) -> None:
    base, power = operands
    value = number_of(power)
    known = None if value is None else exact(value)
    if known is not None and _may_raise(base, known):
        pending.append((base, known * exponent))
    else:
        raised_to = power if exponent == 1 else _negative(power)
        pending.append((base, raised_to if known is None else known * exponent))


def _sum(left: Any, right: Any) -> Any:
    if isinstance(left, Term) or isinstance(right, Term):
        if left == 0 and not isinstance(left, Term):
            return right
        like = left if isinstance(left, Term) else right
        sides = [side if isinstance(side, Term) else number(side, like) for side in (left, right)]
        return _add(*sides)
    return left + right


def product(count: Number, factors: dict[Term, Any], like: Term) -> Term:
    """The term of a number and factors."""
    over = [_powered(base, e, like) for base, e in factors.items() if isinstance(e, Term) or e > 0]
    under = [_powered(base, -e, like) for base, e in factors.items() if not isinstance(e, Term) and e < 0]
    if count != 1 or not over:
        over.insert(0, number(count, like))
    top = reduce(_multiply, over)
    made: Term = _divide(top, reduce(_multiply, under)) if under else top
    return made


def _powered(base: Term, exponent: Any, like: Term) -> Term:
    if isinstance(exponent, Term):
        made: Term = _power(base, exponent)
        return made
    if exponent == 1:
        return base
    return _sqrt(base) if exponent == quotient(1, 2) else _power(base, number(exponent, like))


def addends(term: Term) -> list[Term]:
    """The addends of a sum, differences turned into sums; the term alone where it is none."""
    found: list[Term] = []
    pending = [(term, False)]
    while pending:
        part, minus = pending.pop()
        name = getattr(part._tuple[0], "name", "")
        if name == "add":
            pending.extend((operand, minus) for operand in reversed(part.operands))
        elif name == "subtract":
            pending.extend([(part.operands[1], not minus), (part.operands[0], minus)])
        elif name == "negative" and getattr(part.operands[0]._tuple[0], "name", "") in ("add", "subtract"):
            pending.append((part.operands[0], not minus))
        else:
            found.append(_negative(part) if minus else part)
    return found


def total(terms: Iterable[Term]) -> Term:
    made: Term = reduce(_add, terms)
    return made
