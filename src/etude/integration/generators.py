"""An integrand as a polynomial in functions that are closed under differentiation: x, exp(x), sin(x), cos(x), ..."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from etude.errors import EtudeError
from etude.integration.laurent import WIDTH, Exponents, Laurent, added, multiplied, one_part, raised_to, shifted, single
from etude.integration.parts import product, varies
from etude.integration.table import typed
from etude.integration.verification import derivative
from etude.ops import CATALOGUE, Op
from etude.rewriting.fitting import number_of
from etude.rewriting.numbers import exact
from etude.rules import Rule, default
from etude.terms import Term, Variable, postorder

__all__ = ["Generators", "Unfit"]

_ARITHMETIC = frozenset(
    CATALOGUE[name] for name in "add subtract multiply divide negative power square reciprocal sqrt rsqrt".split()
)
_EXPONENT, _PARTS = 12, 60


class Unfit(Exception):
    """The term is no polynomial in few functions, or its derivatives are none."""


@cache
def _lines() -> dict[Op, tuple[int, Rule]]:
    """Operator -> the power of it that is made of other functions, from the lines of rules/algebraic."""
    found: dict[Op, tuple[int, Rule]] = {}
    for rule in default("algebraic"):
        head, operands = rule.lhs._tuple[0], rule.lhs.operands
        if head is not CATALOGUE["power"] and isinstance(operands[0], Term):
            continue
        if head is CATALOGUE["power"]:
            found[operands[0]._tuple[0]] = (int(operands[1]), rule)
        else:
            found[head] = (1, rule)
    return found


@cache
def _root_of_quotient() -> Rule | None:
    """The line of rules/algebraic about the root of a quotient."""
    for rule in default("algebraic"):
        if rule.head is CATALOGUE["sqrt"]:
            return rule
    return None


def _instance(rule: Rule, pattern: Term, term: Term) -> Term:
    """The right side of a line, where `pattern` in its left side is the term."""
    pairs = zip(pattern.operands, term.operands, strict=True)
    return typed(rule.rhs, {name: part for name, part in pairs if isinstance(name, Variable)})


class Generators:
    """The functions, the variable first, each with its slope."""

    def __init__(self, variable: Term):
        self.variable = variable
        self.terms: list[Term] = [variable]
        self.slopes: list[Laurent] = [one_part(single(0, 0))]
        self.roots: dict[frozenset[Any], int] = {}
        self.sums: dict[int, Laurent] = {}  # generators that stand for a sum in a denominator

    def close(self) -> None:
        """Slopes for every function that was met, and for those in slopes."""
        while len(self.slopes) < len(self.terms):
            term = self.terms[len(self.slopes)]
            if not varies(term, self.variable):
                self.slopes.append({})
                continue
            slope = derivative(term, self.variable)
            if slope is None:
                raise Unfit
            self.slopes.append(self.read(slope))

    def slope(self, exponents: Exponents) -> Laurent:
        """The derivative of a product of powers."""
        found: Laurent = {}
        for place, exponent in enumerate(exponents):
            if exponent and place < len(self.slopes):
                lower = shifted(exponents, single(place), -1)
                found = added(found, {shifted(lower, e): c * exponent for e, c in self.slopes[place].items()})
        return found

    def written(self, parts: Laurent) -> Term:
        """The term of a polynomial."""
        made = [
            product(c, {term: e for term, e in zip(self.terms, exponents, strict=False) if e}, self.variable)
            for exponents, c in parts.items()
        ]
        total = made[0]
        for term in made[1:]:
            total = CATALOGUE["add"](total, term)
        return total

    # ------------------------------------------------------------ reading

    def read(self, term: Term) -> Laurent:
        """The polynomial that a term is."""
        found: dict[Term, Laurent] = {}
        for node in postorder(term, stop=lambda node: node._tuple[0] not in _ARITHMETIC):
            found[node] = self._node(node, found)
            if len(found[node]) > _PARTS:
                raise Unfit
        return found[term]

    def _node(self, node: Term, found: dict[Term, Laurent]) -> Laurent:
        value = number_of(node)
        if value is not None:
            known = exact(value)
            if known is None:
                raise Unfit
            return one_part(single(0, 0), known) if known else {}
        if node._tuple[0] not in _ARITHMETIC:
            return self._single(node)
        name, operands = node._tuple[0].name, node.operands
        if name in ("power", "square", "reciprocal", "sqrt", "rsqrt"):
            return self._power(node, name, operands, found)
        parts = [found[part] for part in operands]
        if name == "divide":
            return multiplied(parts[0], self._raised(operands[1], parts[1], -1))
        if name == "negative":
            return added({}, parts[0], -1)
        whole = parts[0]
        for part in parts[1:]:
            whole = multiplied(whole, part) if name == "multiply" else added(whole, part, -1 if name == "subtract" else 1)
        return whole

    def _power(self, node: Term, name: str, operands: Any, found: dict[Term, Laurent]) -> Laurent:
        exponent: Any = {"square": 2, "reciprocal": -1, "sqrt": Fraction(1, 2), "rsqrt": Fraction(-1, 2)}.get(name)
        if exponent is None:
            number = number_of(operands[1])
            exponent = None if number is None else exact(number)
        if exponent is None or isinstance(exponent, float):
            return self._single(node)
        exponent = Fraction(exponent)
        if abs(exponent) > _EXPONENT:
            raise Unfit
        if exponent.denominator == 1:
            return self._raised(operands[0], found[operands[0]], int(exponent))
        if exponent.denominator == 2:
            return raised_to(self._root(operands[0], found[operands[0]]), int(exponent * 2))
        return self._single(node)

    def _root(self, base: Term, parts: Laurent) -> Laurent:
        """The square root of a term; of equal terms in other words the same one."""
        line = _root_of_quotient()
        if line is not None and base._tuple[0] is CATALOGUE["divide"]:
            return self.read(_instance(line, line.lhs.operands[0], base))
        key = frozenset(parts.items())
        if key not in self.roots:
            self.roots[key] = self._place(CATALOGUE["sqrt"](self.written(parts)))
        return one_part(single(self.roots[key]))

    def _raised(self, base: Term, parts: Laurent, exponent: int) -> Laurent:
        if exponent >= 0 or len(parts) == 1:
            return raised_to(parts, exponent)
        if not parts:
            raise Unfit
        place = self._place(base)
        self.sums[place] = parts
        return one_part(single(place, exponent))

    def _single(self, term: Term) -> Laurent:
        exponent, rule = _lines().get(term._tuple[0], (0, None))
        if rule is not None and exponent == 1 and term not in self.terms:
            return self.read(_instance(rule, rule.lhs, term))
        return one_part(single(self._place(term)))

    def _place(self, term: Term) -> int:
        if term not in self.terms:
            if len(self.terms) == WIDTH:
                raise Unfit
            self.terms.append(term)
        return self.terms.index(term)

    def powers(self, lowest: list[int], highest: list[int]) -> dict[int, tuple[int, Laurent]]:
        """Place -> (exponent, the sum that this power is). One of two functions that are so by each other: the one that
        is in no denominator, and of the lesser exponent.
        """
        found: dict[int, tuple[int, Laurent]] = {}
        for place in sorted(range(len(self.terms)), key=lambda place: highest[place]):
            term = self.terms[place]
            exponent, rule = _lines().get(term._tuple[0], (0, None))
            if rule is None or exponent == 1 or any(part[place] for _, other in found.values() for part in other):
                continue
            as_sum = self._readable(_instance(rule, rule.lhs.operands[0], term))
            if as_sum is not None and (lowest[place] >= 0 or not self._mutual(place, as_sum)):
                found[place] = exponent, as_sum
        return found

    def _mutual(self, place: int, as_sum: Laurent) -> bool:
        """Whether the sum's own functions have the one at the place in their slopes, as sine and cosine have."""
        inside = {k for part in as_sum for k, e in enumerate(part) if e and k}
        return any(part[place] > 0 for k in inside for part in self.slopes[k])

    def _readable(self, term: Term) -> Laurent | None:
        count = len(self.terms)
        try:
            found = self.read(term)
        except (Unfit, EtudeError):
            found = None
        if len(self.terms) > count:
            del self.terms[count:]
            return None
        return found
