"""What the lines of derivatives claim: slopes, held against central differences, and transposes, against inner products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from etude.check.configurations import attribute_choices
from etude.check.instances import instantiate
from etude.check.sampling import value_of
from etude.rules import MARK, D, Rule
from etude.rules.pattern import pattern_parts
from etude.templates import COTANGENT, FLAT, LINEAR, Template, slot
from etude.terms import ArrayType, Term, Variable, symbol

__all__ = ["Adjoint", "Claim", "Compared", "Differential", "OfExpression"]

_ALLOWED = 1e-6  # of 1 + the largest of the slopes
_DRAWS, WAYS = 7, 6
Terms: TypeAlias = Mapping[str, Term]
Named: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """What there is, and what a line gives for it."""

    word: str
    wanted: Any
    found: Any
    allowed: float

    @property
    def fault(self) -> str:
        """How they differ; nothing where rounding may be the reason."""
        error = np.max(np.abs(self.wanted - self.found), initial=0.0)
        if error <= self.allowed * (1 + np.max(np.abs(self.wanted), initial=0.0)):
            return ""
        shown = [np.array2string(value, threshold=9) for value in (self.wanted, self.found)]
        return f"the {self.word} is {shown[0]}, the line gives {shown[1]}"


class Claim:
    """A linear map, claimed to be the slope or the transpose of another, over named operands and attributes."""

    names: tuple[str, ...]
    attributes: Mapping[str, Any]
    condition: Any = None
    loosely = True  # whether operands of unknown size may be used
    earlier: tuple[Any, ...] = ()  # the conditions of lines that come first
    idle = False  # whether the last trial could show nothing, all slopes being zero
    draws = _DRAWS
    function: Any
    seed = "cotangent"
    along: Mapping[str, Any] = MappingProxyType({})  # the steps of operands and the cotangent, where they are not drawn

    def __init__(self) -> None:
        self.taken: dict[str, Any] = {}  # those of the last trial
        self._last: tuple[Terms, Named, Any] | None = None

    def applied(self, inputs: Terms, given: Named) -> Any:
        """The function of these operands, made once for all draws."""
        if self._last is None or self._last[0] is not inputs or self._last[1] is not given:
            self._last = inputs, given, instantiate(self.function, {**inputs, **given})
        return self._last[2]

    def step(self, name: str, like: Any, rng: np.random.Generator) -> Any:
        """The step of an operand, or the cotangent: a draw of the kind of a value, unless it is given."""
        drawn, given = _draw(like, rng), self.along.get(name)
        self.taken[name] = drawn if given is None else np.asarray(given, drawn.dtype)
        return self.taken[name]

    def way(self, place: int, draw: int) -> int:
        """The kind of values that an operand has in a draw."""
        return draw

    def whole(self, name: str) -> bool:
        """Whether an operand is drawn as a whole number."""
        raise NotImplementedError

    def drawn(self, name: str, value: Any, rng: np.random.Generator) -> Any:
        """The values of an operand, from those that were drawn for it."""
        return value

    def comparisons(self, inputs: Terms, values: Named, given: Named, rng: Any) -> Iterator[Compared | None]:
        raise NotImplementedError


class Differential(Claim):
    def __init__(self, template: Template, earlier: tuple[Template, ...]):
        super().__init__()
        self.earlier = tuple([line.condition for line in earlier if line.rule != template.rule])
        op, self.template = template.rule.head, template
        inner = template.rule.lhs._tuple[1]._tuple[0] if op.name == "item" else op
        self.names = tuple([slot(i).name for i in range(len(template.kinds))])
        self.attributes = {slot(name).name: attribute_choices(inner, name) for name in inner.attributes}
        general = Term((inner, *[Variable(name) for name in (*self.names, *self.attributes)]))
        self.function = general if inner is op else Term((op, general, template.rule.lhs._tuple[2]))
        self.condition = template.condition

    def whole(self, name: str) -> bool:
        return self.template.kinds[self.names.index(name)] not in (LINEAR, FLAT)

    def comparisons(self, inputs: Terms, values: Named, given: Named, rng: Any) -> Iterator[Compared | None]:
        kinds = dict(zip(self.names, self.template.kinds, strict=True))
        able = [name for name in self.names if kinds[name] in (LINEAR, FLAT)]
        moved = {name: self.step(name, values[name], rng) for name in able if values[name].dtype.kind in "fc"}
        if not moved:  # the slope at whole numbers is that of the function of reals through them
            moved = {name: self.step(name, values[name].astype(float), rng) for name in able if values[name].dtype.kind in "iu"}
            inputs = {name: _real(term) if name in moved and LINEAR in kinds.values() else term for name, term in inputs.items()}
        if able and not moved and LINEAR not in kinds.values():
            yield None  # truth values do not move
        term = self.applied(inputs, given)
        slope = _central(term, inputs, values, moved)
        if slope is None or not moved:
            return
        steps = {name: symbol(f"d{name}", inputs[name].type.shape, inputs[name].type.dtype) for name in inputs}
        forward = instantiate(self.template.forward, {**inputs, **given}, {D: lambda part: steps[part.name]})
        known = {inputs[name]: value for name, value in values.items()}

        def pushed(names: Any) -> Any:
            still = {steps[name]: moved[name] if name in names else np.zeros_like(values[name]) for name in inputs}
            found = value_of(forward, {**known, **still}) if isinstance(forward, Term) else forward
            alike = np.size(found) == np.size(slope)
            if not alike and np.broadcast_shapes(np.shape(found), np.shape(slope)) != np.shape(slope):
                return np.full(np.shape(slope), np.nan)  # of no use as a slope
            return np.reshape(found, np.shape(slope)) if alike else np.broadcast_to(found, np.shape(slope))

        self.idle = LINEAR in self.template.kinds and not np.any(slope)
        single = np.dtype(np.float32) in given.values()
        found = pushed(moved)
        if any(kinds[name] == LINEAR and name not in moved for name in kinds) and not np.all(np.isfinite(found)):
            self.idle = True  # nan times the step of a whole number, which makes none
            return
        yield _compared(slope, found, "slope", 1e-4 if single else _ALLOWED)
        cotangent = self.step(self.seed, slope, rng)
        seed = symbol("%cotangent", term.type.shape, slope.dtype)
        for name, pattern in zip(self.names, self.template.reverse, strict=True):
            if pattern is not None and name in moved:
                sent = instantiate(pattern, {**inputs, **given, COTANGENT.name: seed}, {D: lambda part: inputs[part.name]})
                found = value_of(sent, {**known, seed: cotangent}) if isinstance(sent, Term) else sent
                yield _compared(_inner(cotangent, pushed((name,))), _inner(found, moved[name]), "inner product")


class OfExpression(Claim):
    """The slope of an expression in the variables whose differentials the right side has."""

    loosely = False
    draws = WAYS**2

    def __init__(self, rule: Rule):
        super().__init__()
        self.rule, self.function, self.condition = rule, rule.lhs, rule.condition
        self.names, self.attributes = tuple(rule.variables), {}

    def way(self, place: int, draw: int) -> int:
        return draw if place == 0 else draw // WAYS

    def whole(self, name: str) -> bool:
        return False

    def comparisons(self, inputs: Terms, values: Named, given: Named, rng: Any) -> Iterator[Compared | None]:
        touched = {part._tuple[1].name for part in pattern_parts(self.rule.rhs) if isinstance(part, Term) and part._tuple[0] is D}
        able = [name for name in self.names if name in touched and values[name].dtype.kind == "f"]
        moved = {name: self.step(name, values[name], rng) for name in able}
        term = self.applied(inputs, given)
        slope = _central(term, inputs, values, moved)
        if slope is None or not moved:
            return
        steps = {name: symbol(f"d{name}", inputs[name].type.shape, inputs[name].type.dtype) for name in moved}
        right = instantiate(self.rule.rhs, dict(inputs), {D: lambda part: steps[part.name]})
        known = {inputs[name]: value for name, value in values.items()}
        yield _compared(slope, value_of(right, {**known, **{steps[name]: moved[name] for name in moved}}), "slope", _ALLOWED)


class Adjoint(Claim):
    def __init__(self, rule: Rule, first: Sequence[Rule] = ()):
        super().__init__()
        self.rule, lhs, self.first = rule, rule.lhs, first
        self.seed = rule.cotangent.name if rule.cotangent else self.seed
        bare = [part._tuple[1] if _is_marked(part) else part for part in lhs._tuple]
        self.function = Term(tuple(bare))
        self.names = tuple([part.name for part in self.function.operands if isinstance(part, Variable)])
        given = zip(lhs._tuple[0].attributes, lhs.attributes, strict=True)
        self.attributes = {
            value.name if isinstance(value, Variable) else f"%{key}": attribute_choices(lhs._tuple[0], key)
            if isinstance(value, Variable)
            else (value,)
            for key, value in given
        }
        self.marked = tuple([part._tuple[1].name for part in lhs.operands if _is_marked(part)])
        self.condition = rule.condition

    def whole(self, name: str) -> bool:
        return False

    def drawn(self, name: str, value: Any, rng: np.random.Generator) -> Any:
        """Operands that are held have zeros in places, which choose in `where`."""
        return value if name in self.marked or value.dtype.kind not in "fc" else value * (rng.random(value.shape) < 0.7)

    def comparisons(self, inputs: Terms, values: Named, given: Named, rng: Any) -> Iterator[Compared | None]:
        known = {inputs[name]: value for name, value in values.items()}
        term = self.applied(inputs, given)
        if any(_has_attributes(line.lhs, term) for line in self.first):
            return  # a line before this one says what holds there
        nothing = {**known, **{inputs[name]: np.zeros_like(values[name]) for name in self.marked}}
        image = np.asarray(value_of(term, known))
        if not _has_shape(image, term.type):
            return
        if image.dtype.kind not in "fc" or not np.all(np.isfinite(image)):
            return  # no values to compare, or operands that do not belong together
        image = image - np.asarray(value_of(term, nothing))  # what the marked operands bring about
        self.idle = not np.any(image)
        cotangent, seed = self.step(self.seed, image, rng), symbol("%cotangent", term.type.shape, image.dtype)
        assert self.rule.cotangent is not None
        bindings = {**inputs, **given, self.rule.cotangent.name: seed}
        total = 0.0
        for name, pattern in zip(self.marked, self.rule.rhs, strict=True):
            sent = instantiate(pattern, bindings)
            found = value_of(sent, {**known, seed: cotangent}) if isinstance(sent, Term) else sent
            total += _inner(found, values[name])
        yield _compared(_inner(cotangent, image), total, "inner product")


def _has_attributes(pattern: Term, term: Term) -> bool:
    if term._tuple[0] is not pattern._tuple[0]:
        return False
    pairs = zip(pattern.attributes, term.attributes, strict=True)
    told = [part == value for part, value in pairs if not isinstance(part, Variable)]
    return bool(told) and all(told)


def _has_shape(value: Any, kind: ArrayType) -> bool:
    return value.ndim == kind.ndim and all(dim in (None, size) for dim, size in zip(kind.shape, value.shape, strict=True))


def _is_marked(part: Any) -> bool:
    return isinstance(part, Term) and part._tuple[0] is MARK


def _real(term: Term) -> Term:
    return symbol(str(term), term.type.shape, "float64")


def _draw(like: Any, rng: np.random.Generator) -> Any:
    value = rng.uniform(0.3, 1.0, np.shape(like)) * rng.choice([-1.0, 1.0], np.shape(like))
    return np.asarray(value + (1j * rng.standard_normal(np.shape(like)) if np.iscomplexobj(like) else 0), np.asarray(like).dtype)


def _central(term: Term, inputs: Mapping[str, Term], values: Mapping[str, Any], moved: Mapping[str, Any]) -> Any:
    """The slope along `moved` by central differences of fourth order; None where two steps disagree: a kink, or no value."""

    def at(step: float) -> Any:
        shifted = {inputs[name]: value + step * moved[name] if name in moved else value for name, value in values.items()}
        found = np.asarray(value_of(term, shifted))
        return found if found.dtype.kind in "fc" else found.astype(float)

    with np.errstate(all="ignore"):
        rough, fine = ((8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h) for h in (1e-3, 5e-4))
        apart = np.abs(rough - fine)
    size = 1 + np.max(np.abs(fine), initial=0.0)
    return fine if np.all(np.isfinite(fine)) and np.all(apart <= 0.3 * _ALLOWED * size) else None


def _inner(a: Any, b: Any) -> float:
    return float(np.real(np.sum(np.multiply(a, b))))


def _compared(wanted: Any, found: Any, word: str, allowed: float = 1e-5) -> Compared:
    return Compared(word, np.asarray(wanted), np.asarray(found), allowed)
