"""Differential and adjoint lines as claims: tried against central differences and by random inner products."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice, product
from typing import Any

import numpy as np

from etude.check.claims import Adjoint, Compared, Differential, OfExpression
from etude.check.conditions import holds, possible, without_types
from etude.check.instances import REFUSALS, instantiate, spelled
from etude.check.report import Counterexample, Verdict
from etude.check.sampling import value_of
from etude.errors import EtudeError, TermTypeError
from etude.ops import CATALOGUE
from etude.rules import Rule, RuleSet, default
from etude.templates import FLAT, LINEAR, Template, templates
from etude.terms import ArrayType, Term, Variable, symbol

__all__ = ["judge_adjoint", "judge_differential", "slopes"]

_TYPES, _TRIED = 3, 600
_ZEROS = (-1,) * 6  # further draws, of operands that are zero or are not, for a line that nothing else tries
_SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (4, 3), (3, 4), (3, 3), (1,), (3, 1), (2, 3, 3))
_PLAIN, _MANY = ("float64",), ("complex128", "float64", "int64", "bool")
_SEARCHES = ((_PLAIN, False), (_MANY, False), (_PLAIN, True))  # dtypes, and whether what an operator is written as will do
_REFUSED = (*REFUSALS, np.linalg.LinAlgError)


def judge_differential(rule: Rule, rules: RuleSet) -> Verdict:
    """Whether a line gives the slopes that central differences show, and whether its transpose is one."""
    try:
        claims = _claims(rule, rules)
    except EtudeError as error:
        return Verdict(rule, False, None, note=str(error).partition("\n")[0])
    if "mark" in rule.head.properties:
        return Verdict(rule, None, None, note="a mark for the calculus, no slope")
    return _verdict(rule, claims) if claims else Verdict(rule, None, None, note="no derivative is claimed")


def _claims(rule: Rule, rules: RuleSet) -> list[Any]:
    if rule.kind == "adjoint":
        others = [line for line in default("adjoints") if line.head is rule.head]
        first = others[: others.index(rule)] if rule in others else []
        return [Adjoint(replace(rule, lhs=lhs, rhs=rhs), first) for lhs, rhs in spelled(rule, (0, 1))]
    if _is_compound(rule):
        return [OfExpression(rule)]
    lines = _templates(rule, rules)
    meant = [place for place, line in enumerate(lines) if line.rule == rule and {LINEAR, FLAT} & set(line.kinds)]
    return [Differential(lines[place], lines[:place]) for place in meant]


def _is_compound(rule: Rule) -> bool:
    """Whether the line is about an expression, not about one operator."""
    inner = rule.lhs._tuple[1] if rule.head.name == "item" else rule.lhs
    return any(not isinstance(part, Variable) for part in inner.operands)


def judge_adjoint(rule: Rule) -> Verdict:
    """Whether a line passes the test by inner products: <g, L v> = <adjoint(L) g, v>."""
    if "mark" in rule.head.properties:
        return Verdict(rule, None, None, note="a mark for the calculus, not linear")
    return _verdict(rule, _claims(rule, RuleSet()))


def slopes(rule: Rule, inputs: Mapping[str, Any]) -> tuple[Any, Any]:
    """What central differences show at inputs, and what the line of a derivative gives there; where its parts agree with them
    but its transpose does not, the inner products. `dx` in the inputs is the step of `x`; the cotangent has its own name.

    A step that is not given is drawn.

    Raises KeyError for an operand without a value or a name that the line does not have, TermTypeError where the operator has
    no value or no slope.
    """
    refused = ""
    for claim in _claims(rule, RuleSet([rule])):
        spoken = {_spoken(rule, name): name for name in (*claim.names, *claim.attributes)}
        fault = _misnamed(set(inputs), [name for name, own in spoken.items() if own in claim.names], spoken, claim.seed)
        refused = refused or fault
        found = None if fault else _slopes_of(claim, {spoken.get(name, name): value for name, value in inputs.items()}, spoken)
        if found is not None:
            return found.wanted, found.found
    if refused:
        raise KeyError(f"{rule.name}: {refused}")
    raise TermTypeError(f"{rule.name}: no slope is found at these inputs")


def _misnamed(given: set[str], operands: list[str], known: Iterable[str], seed: str) -> str:
    """What is missing among the names given, or is too much."""
    missing = [name for name in operands if name not in given]
    if missing:
        return f"{', '.join(missing)} has no value"
    names = [*known, *[f"d{name}" for name in operands], seed]
    strange = sorted(given - set(names))
    return f"{', '.join(strange)} does not occur, {', '.join(names)} do" if strange else ""


def _slopes_of(claim: Any, inputs: Mapping[str, Any], spoken: Mapping[str, str]) -> Compared | None:
    values = {name: np.asarray(inputs[name]) for name in claim.names}
    given = {name: inputs[name] for name in claim.attributes if name in inputs}
    steps = {own: inputs[f"d{name}"] for name, own in spoken.items() if f"d{name}" in inputs}
    claim.along = {**{name: np.asarray(value) for name, value in steps.items()}, claim.seed: inputs.get(claim.seed)}
    types = {name: ArrayType(value.dtype, value.shape) for name, value in values.items()}
    for rewritten in (False, True):
        made = _made(claim, types, given, rewritten)
        said = [] if made is None else list(claim.comparisons(made[0], values, made[1], np.random.default_rng(0)))
        told: list[Compared] = [compared for compared in said if compared is not None]
        if told:
            return next((compared for compared in told if compared.fault), told[0])
    return None


def _templates(rule: Rule, rules: RuleSet) -> tuple[Template, ...]:
    inner = rule.lhs._tuple[1] if rule.head.name == "item" else rule.lhs
    index = None if inner is rule.lhs else rule.lhs._tuple[2]
    own = rules.of_kind("differential", "adjoint")
    told = {(line.kind, line.head) for line in own}
    library = [line for name in ("differentials", "adjoints") for line in default(name)]
    both = RuleSet((*own, *[line for line in library if (line.kind, line.head) not in told]))
    count = len(inner.operands) + sum(bool(getattr(part, "star", False)) for part in inner.operands)
    return templates(inner._tuple[0], count, index, both)


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
                    said = list(claim.comparisons(inputs, values, given, rng))
                except _REFUSED as error:
                    failure = failure or (str(error) if _evaluates(claim, inputs, values, given) else "")
                    continue
                for compared in said:
                    if compared is not None and compared.fault:
                        return _wrong(rule, claim, inputs, values, given, compared)
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


def _wrong(
    rule: Rule, claim: Any, inputs: Mapping[str, Term], values: Mapping[str, Any], given: Mapping[str, Any], compared: Compared
) -> Verdict:
    types = ", ".join(f"{_spoken(rule, name)}: {term.type}" for name, term in inputs.items())
    shown = {_spoken(rule, name): value for name, value in {**values, **given}.items()}
    shown |= {f"d{_spoken(rule, name)}": value for name, value in claim.taken.items() if name != claim.seed}
    if compared.word == "inner product":
        shown[claim.seed] = claim.taken[claim.seed]
    found = Counterexample(shown, compared.wanted, compared.found, "slope", types, compared.fault)
    return Verdict(rule, False, None, found)


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
        if term._tuple[0] is claim.function._tuple[0] or isinstance(claim, OfExpression):
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
    above, below = rng.uniform(1.2, 2.8, shape), -rng.uniform(0.2, 2, shape)
    way = draw % 6
    if draw < 0:
        value = np.asarray(between * rng.integers(0, 2))
    elif way == 4:
        value = np.asarray(plain + 5 * _unit(shape))
    elif way == 5 and square:
        value = np.asarray(plain @ np.swapaxes(plain, -1, -2) + 3 * _unit(shape))
    else:
        value = np.asarray((plain, between, above, below, None, between)[way])
    return (value + 1j * rng.standard_normal(shape) if kind.dtype.kind == "c" else value).astype(kind.dtype)


def _unit(shape: tuple[Any, ...]) -> Any:
    return np.eye(shape[-1]) if len(shape) >= 2 and shape[-1] == shape[-2] else 0.0
