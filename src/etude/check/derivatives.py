"""Differential and adjoint lines as claims: tried against central differences and by random inner products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

import numpy as np

from etude.check.conditions import holds, possible, without_types
from etude.check.configurations import attribute_choices
from etude.check.instances import REFUSALS, instantiate, spelled
from etude.check.report import Counterexample, Verdict
from etude.check.sampling import value_of
from etude.errors import EtudeError
from etude.ops import CATALOGUE
from etude.rules import MARK, D, Rule, RuleSet, default
from etude.rules.pattern import pattern_parts
from etude.templates import COTANGENT, FLAT, LINEAR, Template, slot, templates
from etude.terms import ArrayType, Term, Variable, symbol

__all__ = ["judge_adjoint", "judge_differential"]

_ALLOWED = 1e-6  # of 1 + the largest of the slopes
_TYPES, _DRAWS, _WAYS, _TRIED = 3, 7, 6, 600
_ZEROS = (-1,) * 6  # further draws, of operands that are zero or are not, for a line that nothing else tries
_SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (4, 3), (3, 4), (3, 3), (1,), (3, 1), (2, 3, 3))
_PLAIN, _MANY = ("float64",), ("complex128", "float64", "int64", "bool")
_SEARCHES = ((_PLAIN, False), (_MANY, False), (_PLAIN, True))  # dtypes, and whether what an operator is written as will do
_REFUSED = (*REFUSALS, np.linalg.LinAlgError)


def judge_differential(rule: Rule, rules: RuleSet) -> Verdict:
    """Whether a line gives the slopes that central differences show, and whether its transpose is one."""
    if _is_compound(rule):
        return _verdict(rule, [_OfExpression(rule)])
    try:
        lines = _templates(rule, rules)
    except EtudeError as error:
        return Verdict(rule, False, None, note=str(error).partition("\n")[0])
    if "mark" in lines[0].rule.head.properties:
        return Verdict(rule, None, None, note="a mark for the calculus, no slope")
    meant = [place for place, line in enumerate(lines) if line.rule == rule and {LINEAR, FLAT} & set(line.kinds)]
    if not meant:
        return Verdict(rule, None, None, note="no derivative is claimed")
    return _verdict(rule, [_Differential(lines[place], lines[:place]) for place in meant])


def _is_compound(rule: Rule) -> bool:
    """Whether the line is about an expression, not about one operator."""
    inner = rule.lhs._tuple[1] if rule.head.name == "item" else rule.lhs
    return any(not isinstance(part, Variable) for part in inner.operands)


def judge_adjoint(rule: Rule) -> Verdict:
    """Whether a line passes the test by inner products: <g, L v> = <adjoint(L) g, v>."""
    if "mark" in rule.head.properties:
        return Verdict(rule, None, None, note="a mark for the calculus, not linear")
    lines = [line for line in default("adjoints") if line.head is rule.head]
    first = lines[: lines.index(rule)] if rule in lines else []
    return _verdict(rule, [_Adjoint(replace(rule, lhs=lhs, rhs=rhs), first) for lhs, rhs in spelled(rule, (0, 1))])


def _templates(rule: Rule, rules: RuleSet) -> tuple[Template, ...]:
    inner = rule.lhs._tuple[1] if rule.head.name == "item" else rule.lhs
    index = None if inner is rule.lhs else rule.lhs._tuple[2]
    own = rules.of_kind("differential", "adjoint")
    told = {(line.kind, line.head) for line in own}
    library = [line for name in ("differentials", "adjoints") for line in default(name)]
    both = RuleSet((*own, *[line for line in library if (line.kind, line.head) not in told]))
    count = len(inner.operands) + sum(bool(getattr(part, "star", False)) for part in inner.operands)
    return templates(inner._tuple[0], count, index, both)


class _Claim:
    """A linear map, claimed to be the slope or the transpose of another, over named operands and attributes."""

    names: tuple[str, ...]
    attributes: Mapping[str, Any]
    condition: Any = None
    loosely = True  # whether operands of unknown size may be used
    earlier: tuple[Any, ...] = ()  # the conditions of lines that come first
    idle = False  # whether the last trial could show nothing, all slopes being zero
    draws = _DRAWS
    function: Any

    def way(self, place: int, draw: int) -> int:
        """The kind of values that an operand has in a draw."""
        return draw

    def whole(self, name: str) -> bool:
        """Whether an operand is drawn as a whole number."""
        raise NotImplementedError

    def drawn(self, name: str, value: Any, rng: np.random.Generator) -> Any:
        """The values of an operand, from those that were drawn for it."""
        return value

    def faults(self, inputs: Mapping[str, Term], values: Mapping[str, Any], given: Mapping[str, Any], rng: Any) -> Iterator[str]:
        raise NotImplementedError


class _Differential(_Claim):
    def __init__(self, template: Template, earlier: tuple[Template, ...]):
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

    def faults(self, inputs: Mapping[str, Term], values: Mapping[str, Any], given: Mapping[str, Any], rng: Any) -> Iterator[str]:
        kinds = dict(zip(self.names, self.template.kinds, strict=True))
        able = [name for name in self.names if kinds[name] in (LINEAR, FLAT)]
        moved = {name: _draw(values[name], rng) for name in able if values[name].dtype.kind in "fc"}
        if not moved:  # the slope at whole numbers is that of the function of reals through them
            moved = {name: _draw(values[name].astype(float), rng) for name in able if values[name].dtype.kind in "iu"}
            inputs = {name: _real(term) if name in moved and LINEAR in kinds.values() else term for name, term in inputs.items()}
        if able and not moved and LINEAR not in kinds.values():
            yield ""  # truth values do not move
        term = instantiate(self.function, {**inputs, **given})
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
        cotangent = _draw(slope, rng)
        seed = symbol("%cotangent", term.type.shape, slope.dtype)
        for name, pattern in zip(self.names, self.template.reverse, strict=True):
            if pattern is not None and name in moved:
                sent = instantiate(pattern, {**inputs, **given, COTANGENT.name: seed}, {D: lambda part: inputs[part.name]})
                found = value_of(sent, {**known, seed: cotangent}) if isinstance(sent, Term) else sent
                yield _compared(_inner(cotangent, pushed((name,))), _inner(found, moved[name]), "inner product")


class _OfExpression(_Claim):
    """The slope of an expression in the variables whose differentials the right side has."""

    loosely = False
    draws = _WAYS**2

    def __init__(self, rule: Rule):
        self.rule, self.function, self.condition = rule, rule.lhs, rule.condition
        self.names, self.attributes = tuple(rule.variables), {}

    def way(self, place: int, draw: int) -> int:
        return draw if place == 0 else draw // _WAYS

    def whole(self, name: str) -> bool:
        return False

    def faults(self, inputs: Mapping[str, Term], values: Mapping[str, Any], given: Mapping[str, Any], rng: Any) -> Iterator[str]:
        touched = {part._tuple[1].name for part in pattern_parts(self.rule.rhs) if isinstance(part, Term) and part._tuple[0] is D}
        moved = {name: _draw(values[name], rng) for name in self.names if name in touched and values[name].dtype.kind == "f"}
        term = instantiate(self.function, dict(inputs))
        slope = _central(term, inputs, values, moved)
        if slope is None or not moved:
            return
        steps = {name: symbol(f"d{name}", inputs[name].type.shape, inputs[name].type.dtype) for name in moved}
        right = instantiate(self.rule.rhs, dict(inputs), {D: lambda part: steps[part.name]})
        known = {inputs[name]: value for name, value in values.items()}
        yield _compared(slope, value_of(right, {**known, **{steps[name]: moved[name] for name in moved}}), "slope", _ALLOWED)


class _Adjoint(_Claim):
    def __init__(self, rule: Rule, first: Sequence[Rule] = ()):
        self.rule, lhs, self.first = rule, rule.lhs, first
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

    def faults(self, inputs: Mapping[str, Term], values: Mapping[str, Any], given: Mapping[str, Any], rng: Any) -> Iterator[str]:
        known = {inputs[name]: value for name, value in values.items()}
        term = instantiate(self.function, {**inputs, **given})
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
        cotangent, seed = _draw(image, rng), symbol("%cotangent", term.type.shape, image.dtype)
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


def _verdict(rule: Rule, claims: list[Any]) -> Verdict:
    tried, failure = 0, ""
    for claim, (dtypes, rewritten) in product(claims, _SEARCHES):
        for inputs, types, given in _typings(claim, dtypes, rewritten) if not tried or claim is not claims[0] else ():
            rng, counted = np.random.default_rng(20_260), 0
            for draw in (*range(claim.draws), *_ZEROS):
                if draw < 0 and (counted or tried):
                    break
                values = {
                    name: claim.drawn(name, _sample(found, claim.way(place, draw), claim.whole(name), rng), rng)
                    for place, (name, found) in enumerate(types.items())
                }
                if not _meant(claim, values, types, given):
                    continue
                try:
                    said = list(claim.faults(inputs, values, given, rng))
                except _REFUSED as error:
                    failure = failure or (str(error) if _evaluates(claim, inputs, values, given) else "")
                    continue
                for fault in filter(None, said):
                    return _wrong(rule, inputs, values, given, fault)
                counted += bool(said) and not claim.idle
            tried += bool(counted)
            if tried >= _TYPES * len(claims):
                break
    if failure and not tried:
        return Verdict(rule, False, None, note=f"the right side fails: {failure}")
    if not tried:
        return Verdict(rule, None, None, note="no types were found at which the line can be tried")
    return Verdict(rule, True, rule.promise)


def _meant(claim: Any, values: Mapping[str, Any], types: Mapping[str, ArrayType], given: Mapping[str, Any]) -> bool:
    """Whether the line's condition holds here, and that of no line before it."""
    first = [condition for condition in claim.earlier if possible(condition, types, given)]
    if any(holds(without_types(condition, types, given), values, types, None) for condition in first):
        return False
    return bool(holds(without_types(claim.condition, types, given), values, types, None))


def _evaluates(claim: Any, inputs: Mapping[str, Term], values: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    try:
        value_of(instantiate(claim.function, {**inputs, **given}), {inputs[name]: value for name, value in values.items()})
    except _REFUSED:
        return False
    return True


def _wrong(rule: Rule, inputs: Mapping[str, Term], values: Mapping[str, Any], given: Mapping[str, Any], fault: str) -> Verdict:
    types = ", ".join(f"{_spoken(rule, name)}: {term.type}" for name, term in inputs.items())
    shown = {_spoken(rule, name): value for name, value in {**values, **given}.items()}
    return Verdict(rule, False, None, Counterexample(shown, None, None, "slope", types, fault))


def _spoken(rule: Rule, name: str) -> str:
    """An operand's name in the line, where the claim numbers it."""
    said = name.lstrip("%")
    inner = rule.lhs._tuple[1] if isinstance(rule.lhs, Term) and rule.lhs._tuple[0] is CATALOGUE["item"] else rule.lhs
    part = inner._tuple[1 + int(said)] if said.isdigit() and isinstance(inner, Term) else None
    return part.name if isinstance(part, Variable) else said


def _typings(
    claim: Any, dtypes: tuple[str, ...], rewritten: bool
) -> Iterator[tuple[dict[str, Term], dict[str, ArrayType], dict[str, Any]]]:
    """Operands, their types and attributes at which the operator has a meaning, the plainest first.

    An operator that is written as another one where sizes are known gets operands of unknown size. One that always is, such
    as `triangle`, a name for `tril` and `triu`, is taken as what it is written as, where that is wanted.
    """
    shapes = sorted(product(_SHAPES, repeat=len(claim.names)), key=lambda chosen: len(set(chosen)))
    choices = list(islice(product(*claim.attributes.values()), 40))
    kinds = list(product(dtypes, repeat=len(claim.names)))
    for chosen in islice(product(shapes, kinds), _TRIED):
        types = {
            name: ArrayType(dtype, shape) for name, shape, dtype in zip(claim.names, *chosen, strict=True)
        }
        for attributes in choices:
            given = dict(zip(claim.attributes, attributes, strict=True))
            if possible(claim.condition, types, given):
                made = _made(claim, types, given, rewritten)
                if made is not None:
                    yield made[0], types, made[1]


def _made(
    claim: Any, types: Mapping[str, ArrayType], given: Mapping[str, Any], rewritten: bool
) -> tuple[dict[str, Term], dict[str, Any]] | None:
    for loose in (False, True) if claim.loosely else (False,):
        inputs = {
            name: symbol(name, (None,) * kind.ndim if loose else kind.shape, kind.dtype) for name, kind in types.items()
        }
        try:
            term = instantiate(claim.function, {**inputs, **given})
        except _REFUSED:
            return None
        if term._tuple[0] is claim.function._tuple[0] or isinstance(claim, _OfExpression):
            inner = term if term._tuple[0].name != "item" else term._tuple[1]
            return inputs, dict(zip(claim.attributes, inner.attributes if claim.attributes else (), strict=True))
    return (inputs, dict(given)) if rewritten else None


def _sample(kind: ArrayType, draw: int, whole: bool, rng: np.random.Generator) -> Any:
    """Ordinary values: of both signs, fractions, above one, negative, matrices that are regular, symmetric and definite."""
    shape: tuple[Any, ...] = kind.shape
    if whole and kind.dtype.kind == "f":
        return rng.integers(1, 4, shape).astype(kind.dtype)
    if kind.dtype.kind in "biu":
        return np.asarray(rng.integers(0, 2 if draw < 4 else 3, shape)).astype(kind.dtype)
    plain = np.asarray(rng.standard_normal(shape))
    square = len(shape) >= 2 and shape[-1] == shape[-2]
    between = rng.uniform(0.15, 0.9, shape)
    ways = (
        plain,
        between,
        rng.uniform(1.2, 2.8, shape),
        -rng.uniform(0.2, 2, shape),
        plain + 5 * _unit(shape),
        plain @ np.swapaxes(plain, -1, -2) + 3 * _unit(shape) if square else between,
    )
    value = np.asarray(between * rng.integers(0, 2) if draw < 0 else ways[draw % len(ways)])
    return (value + 1j * rng.standard_normal(shape) if kind.dtype.kind == "c" else value).astype(kind.dtype)


def _unit(shape: tuple[Any, ...]) -> Any:
    return np.eye(shape[-1]) if len(shape) >= 2 and shape[-1] == shape[-2] else 0.0


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


def _compared(wanted: Any, found: Any, word: str, allowed: float = 1e-5) -> str:
    error = np.max(np.abs(np.asarray(wanted) - np.asarray(found)), initial=0.0)
    if error <= allowed * (1 + np.max(np.abs(wanted), initial=0.0)):
        return ""
    shown = [np.array2string(np.asarray(value), threshold=9) for value in (wanted, found)]
    return f"the {word} is {shown[0]}, the line gives {shown[1]}"
