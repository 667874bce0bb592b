"""Templates made ready: a list of steps that builds a term for one node by plain substitution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etude.ops import CATALOGUE
from etude.ops.attributes import COMPUTED_ATTRIBUTES
from etude.rules import COMPUTED, D
from etude.templates import COTANGENT
from etude.terms import Term, Variable

__all__ = ["Polish", "Recipe"]

Polish = Callable[[Term], "Term | None"]
_WHERE = CATALOGUE["where"]


class Recipe:
    """How to build one template. Registers hold operands, tangents, the cotangent, attributes, then each step's result.

    Masks are kept exact in what carries the cotangent, or the tangents of a `forward` one.
    """

    __slots__ = ("result", "steps", "width")

    def __init__(self, pattern: Any, operands: tuple[Any, ...], attributes: tuple[Any, ...], forward: bool = False):
        registers: dict[Any, int] = {}
        for position, operand in enumerate(operands):
            registers[operand] = position
            registers[Term((D, operand))] = len(operands) + position
        registers[COTANGENT] = 2 * len(operands)
        for position, attribute in enumerate(attributes):
            registers[attribute] = 2 * len(operands) + 1 + position
        self.width = 2 * len(operands) + 1 + len(attributes)
        self.steps: list[tuple[Any, tuple[Any, ...], tuple[Any, ...], bool]] = []
        names = {attribute: place for place, attribute in enumerate(attributes) if isinstance(attribute, Variable)}
        carried = set(range(len(operands), 2 * len(operands))) if forward else {2 * len(operands)}
        self.result = self._add(pattern, registers, names, carried)

    def _add(self, pattern: Any, registers: dict[Any, int], names: dict[Any, int], carried: set[int]) -> Any:
        if isinstance(pattern, (Term, Variable)) and pattern in registers:
            return _Register(registers[pattern])
        if not isinstance(pattern, Term) or pattern.type is not None:
            return pattern
        op = pattern._tuple[0]
        refs = tuple([self._add(part, registers, names, carried) for part in pattern.operands])
        carries = any(isinstance(ref, _Register) and ref in carried for ref in refs)
        attributes = tuple([_attribute(part, names) for part in pattern.attributes])
        self.steps.append((op, refs, attributes, carries))
        place = _Register(self.width + len(self.steps) - 1)
        registers[pattern] = place
        if carries:
            carried.add(place)
        return place

    def build(
        self,
        operands: tuple[Any, ...],
        attributes: tuple[Any, ...],
        tangents: tuple[Any, ...] | None,
        cotangent: Any,
        polish: Polish | None = None,
    ) -> Any:
        # A reverse template may ask a differential for its shape, which is the operand's.
        values: list[Any] = [*operands, *(tangents or operands), cotangent, *attributes]
        for op, refs, attribute_refs, carries in self.steps:
            args = tuple([values[ref] if type(ref) is _Register else ref for ref in refs])
            given = tuple([_value(ref, attributes) for ref in attribute_refs]) if attribute_refs else ()
            term = op.apply(args, given)
            if carries and polish is not None and any(_is_masked(arg) for arg in args):
                term = polish(term) or term
            values.append(term)
        return values[self.result] if type(self.result) is _Register else self.result


class _Register(int):
    __slots__ = ()


class _Name(int):
    """The place of an attribute of the node."""

    __slots__ = ()


def _is_masked(part: Any) -> bool:
    return isinstance(part, Term) and part._tuple[0] is _WHERE


def _attribute(part: Any, names: dict[Any, int]) -> Any:
    if isinstance(part, Variable):
        return _Name(names[part])
    if isinstance(part, Term) and part._tuple[0] is COMPUTED:
        return (COMPUTED, part._tuple[1], tuple([_attribute(arg, names) for arg in part._tuple[2:]]))
    if isinstance(part, tuple):
        return tuple([_attribute(item, names) for item in part])
    return part


def _value(ref: Any, attributes: tuple[Any, ...]) -> Any:
    if type(ref) is _Name:
        return attributes[ref]
    if type(ref) is tuple:
        if ref and ref[0] is COMPUTED:
            return COMPUTED_ATTRIBUTES[ref[1]](*[_value(arg, attributes) for arg in ref[2]])
        return tuple([_value(item, attributes) for item in ref])
    return ref
