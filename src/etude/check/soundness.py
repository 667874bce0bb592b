"""Is a rule true? Sampling of both sides, with high precision to tell rounding from a wrong value."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np

from etude.check.conditions import conjuncts, possible, text, without_types
from etude.check.configurations import Configuration, configurations
from etude.check.instances import (
    REFUSALS,
    FitError,
    attribute_variables,
    free_symbols,
    instantiate,
    is_composed,
    named_parts,
    spelled,
    typed_instance,
)
from etude.check.report import Counterexample, Verdict
from etude.check.sampler import Effort, Sampler, Trial
from etude.check.sampling import Arrays, Draws, mentioned, value_of
from etude.ops import CATALOGUE
from etude.ops.aliases import ALIASES
from etude.rules import FreeSymbol, Rule, variables_of
from etude.terms import ArrayType, Variable, symbol

__all__ = ["Effort", "judge"]

_RANK = {"exact": 2, "stable": 1, "real": 1, None: 0}


def judge(rule: Rule, types: Mapping[str, ArrayType], words: Mapping[str, frozenset[str]], effort: Effort) -> Verdict:
    """The verdict on a rewrite, or on an equation in both directions."""
    free = free_symbols(rule.lhs, rule.rhs)
    if not all(map(is_composed, free)):
        return Verdict(rule, None, None, note=_unknown(free))
    condition = _with_words(rule.condition, words)
    sides = [(rule.lhs, rule.rhs)]
    if rule.kind == "equation":
        sides.append((rule.rhs, rule.lhs))
    trial = _tried(rule, sides, condition, types, effort, Trial(ends=time.thread_time() + effort.seconds))
    if trial.late and not trial.decided:
        return Verdict(rule, None, None, note=f"not decided within {effort.seconds:g} s ({trial.accepted} typings tried)")
    if not trial.accepted:
        return Verdict(rule, None, None, note="no types were found at which the left side has a meaning")
    if not trial.satisfied:
        return Verdict(rule, None, None, unsatisfiable=True, note="no sample meets the condition")
    wanted = _RANK[rule.promise]
    rank = trial.rank
    sound = rank >= wanted
    shown = trial.real or trial.exact if not sound or rank < 2 else None
    promise = ("exact" if rank == 2 else rule.promise if rule.promise == "stable" else "real") if rank else None
    superfluous: tuple[str, ...] = ()
    if sound and effort.conditions:
        superfluous = tuple(_superfluous(rule, sides, condition, types, effort, wanted, trial))
    note = f"made of operators, by which a rule is written to be applied: {', '.join(s.name for s in free)}" if free else ""
    return Verdict(rule, sound, promise, shown, superfluous, note=note)


def _unknown(free: list[FreeSymbol]) -> str:
    """What is said of the names that are no operators, each with its nearest names."""
    said = []
    for name in dict.fromkeys(head.name for head in free if not is_composed(head)):
        near = difflib.get_close_matches(name, [*CATALOGUE, *ALIASES], n=3)
        said.append(f"{name!r} is no operator" + (f" (did you mean {' or '.join(near)}?)" if near else ""))
    return f"{', '.join(said)}: taken as a function without a meaning"


def _with_words(condition: Any, words: Mapping[str, frozenset[str]]) -> Any:
    said = [(word, Variable(name)) for name, known in sorted(words.items()) for word in sorted(known)]
    return _joined([*conjuncts(condition), *said])


def _joined(parts: list[Any]) -> Any:
    return None if not parts else parts[0] if len(parts) == 1 else ("and", *parts)


def _superfluous(
    rule: Rule,
    sides: list[tuple[Any, Any]],
    condition: Any,
    types: Mapping[str, ArrayType],
    effort: Effort,
    wanted: int,
    first: Trial,
) -> Iterator[str]:
    """The parts of the rule's own condition that can be dropped, all together, with the rule as sound as before."""
    parts = list(conjuncts(condition))
    for part in conjuncts(rule.condition):
        rest = [other for other in parts if other is not part]
        again = Trial(ends=first.ends, known=first.known)
        trial = _tried(rule, sides, _joined(rest), types, effort, again)
        if trial.satisfied and not trial.late and trial.rank >= wanted:
            parts = rest
            yield text(part)


# -------------------------------------------------------------------------- one rule at many types


def _tried(
    rule: Rule, sides: list[tuple[Any, Any]], condition: Any, types: Mapping[str, ArrayType], effort: Effort, trial: Trial
) -> Trial:
    """Tried at the types of the rule's domain; at any where it has none there, as a rule about truth values has not."""
    for domain in dict.fromkeys((rule.domain, "any")):
        for lhs, rhs in sides:
            turned = Rule(rule.name, "rewrite", lhs, rhs, condition, rule.promise, domain, rule.inputs)
            for left, right in spelled(turned):
                _try_side(turned, left, right, condition, types, effort, trial)
                if trial.is_over():
                    return trial
        if trial.accepted:
            break
    return trial


def _try_side(
    rule: Rule, lhs: Any, rhs: Any, condition: Any, given: Mapping[str, ArrayType], effort: Effort, trial: Trial
) -> None:
    attributes = attribute_variables(lhs, rhs)
    names = tuple(sorted({v.name for v in variables_of(lhs) | variables_of(rhs)} - set(attributes)))
    pointwise = not free_symbols(lhs, rhs) and all(
        CATALOGUE[name].is_elementwise for name in named_parts(lhs) | named_parts(rhs)
    )
    extra = mentioned(condition, lhs, rhs)
    known = {name: kind for name, kind in given.items() if name in names}
    domain = "any" if known else rule.domain
    draws = Draws(20_260)
    accepted = 0
    dtypes = tuple(dtype for dtype in effort.dtypes if rule.domain != "real" or not dtype.startswith("complex"))
    for found in configurations(names, known, attributes, pointwise, dtypes, 2500, condition):
        if trial.is_over():
            return
        if not possible(condition, found.types, found.attributes):
            continue
        left_over = without_types(condition, found.types, found.attributes)
        inputs = {name: symbol(name, kind.shape, kind.dtype) for name, kind in found.types.items()}
        try:
            instance = typed_instance(lhs, rhs, found.types, inputs, found.attributes, domain)
        except FitError as error:
            if not _has_values(lhs, inputs, found, left_over, extra):
                continue
            trial.accepted += 1
            trial.satisfied = True
            ones: dict[str, Any] = {name: np.ones(cast(Any, kind.shape), kind.dtype) for name, kind in found.types.items()}
            given = ones | found.attributes
            trial.real = trial.exact = Counterexample(given, None, None, "type", types=str(found), note=str(error))
            return
        if instance is None:
            continue
        accepted += 1
        trial.accepted += 1
        Sampler(instance, found, left_over, extra, effort, draws, trial, rule.inputs, not known).run(pointwise)
        if trial.is_over() or accepted >= effort.types:
            return


def _has_values(lhs: Any, inputs: Mapping[str, Any], found: Configuration, condition: Any, extra: list[float]) -> bool:
    """Whether the left side can be evaluated at these types at all: a negative power of an integer cannot."""
    term = instantiate(lhs, {**inputs, **found.attributes})
    draws, source = Draws(0), Arrays(found.types, condition, extra)
    for kind in range(12):
        sample = source.sample(kind, draws)
        if sample is not None:
            try:
                value_of(term, {inputs[name]: value for name, value in sample.items()})
            except (*REFUSALS, np.linalg.LinAlgError):
                continue
            return True
    return False


