"""Is a rule true? Sampling of both sides, with high precision to tell rounding from a wrong value."""

from __future__ import annotations

import difflib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np

from etude.check.compare import close, finite, identical, tolerance, why_different
from etude.check.conditions import conjuncts, holds, possible, text, without_types
from etude.check.configurations import DTYPES, Configuration, configurations
from etude.check.instances import (
    REFUSALS,
    FitError,
    Instance,
    attribute_variables,
    free_symbols,
    instantiate,
    is_composed,
    named_parts,
    spelled,
    typed_instance,
)
from etude.check.precision import Imprecise, evaluate_precisely
from etude.check.report import Counterexample, Verdict
from etude.check.sampling import FACTORIZATIONS, all_binding, arrays, columns, mentioned, value_of
from etude.check.values import ARRAY_KINDS, simplifications
from etude.ops import CATALOGUE
from etude.ops.aliases import ALIASES
from etude.rules import FreeSymbol, Rule, variables_of
from etude.terms import ArrayType, Term, Variable, is_leaf, postorder, symbol

__all__ = ["Effort", "judge"]

_RANK = {"exact": 2, "stable": 1, "real": 1, None: 0}


@dataclass(frozen=True)
class Effort:
    """How many samples: of float64 scalars, of other scalars, of arrays of one type, and how many types.

    `dtypes` are tried for variables of no given type. `conditions`: whether to look for superfluous ones. `seconds`: how
    long one rule may take before it is given up without a verdict.
    """

    scalars: int = 6000
    others: int = 1500
    arrays: int = 72
    types: int = 24
    conditions: bool = True
    dtypes: tuple[str, ...] = DTYPES
    seconds: float = 30.0


def judge(rule: Rule, types: Mapping[str, ArrayType], words: Mapping[str, frozenset[str]], effort: Effort) -> Verdict:
    """The verdict on a rewrite, or on an equation in both directions."""
    free = free_symbols(rule.lhs, rule.rhs)
    if not all(map(is_composed, free)):
        return Verdict(rule, None, None, note=_unknown(free))
    condition = _with_words(rule.condition, words)
    sides = [(rule.lhs, rule.rhs)]
    if rule.kind == "equation":
        sides.append((rule.rhs, rule.lhs))
    ends = time.monotonic() + effort.seconds
    trial = _tried(rule, sides, condition, types, effort, ends)
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
        superfluous = tuple(_superfluous(rule, sides, condition, types, effort, wanted, ends))
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
    ends: float,
) -> Iterator[str]:
    """The parts of the rule's own condition that can be dropped, all together, with the rule as sound as before."""
    parts = list(conjuncts(condition))
    for part in conjuncts(rule.condition):
        rest = [other for other in parts if other is not part]
        trial = _tried(rule, sides, _joined(rest), types, effort, ends)
        if trial.satisfied and not trial.late and trial.rank >= wanted:
            parts = rest
            yield text(part)


# -------------------------------------------------------------------------- one rule at many types


@dataclass
class _Trial:
    real: Counterexample | None = None
    exact: Counterexample | None = None
    accepted: int = 0
    satisfied: bool = False
    ends: float = math.inf
    late: bool = False
    shapes: dict[str, int] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        return 0 if self.real else 1 if self.exact else 2

    @property
    def decided(self) -> bool:
        return self.real is not None

    def is_over(self) -> bool:
        """Whether a counter-example is found, or the time is up."""
        self.late = self.late or time.monotonic() > self.ends
        return self.late or self.decided


def _tried(
    rule: Rule, sides: list[tuple[Any, Any]], condition: Any, types: Mapping[str, ArrayType], effort: Effort, ends: float
) -> _Trial:
    """Tried at the types of the rule's domain; at any where it has none there, as a rule about truth values has not."""
    trial = _Trial(ends=ends)
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
    rule: Rule, lhs: Any, rhs: Any, condition: Any, given: Mapping[str, ArrayType], effort: Effort, trial: _Trial
) -> None:
    attributes = attribute_variables(lhs, rhs)
    names = tuple(sorted({v.name for v in variables_of(lhs) | variables_of(rhs)} - set(attributes)))
    pointwise = not free_symbols(lhs, rhs) and all(
        CATALOGUE[name].is_elementwise for name in named_parts(lhs) | named_parts(rhs)
    )
    extra = mentioned(condition, lhs, rhs)
    known = {name: kind for name, kind in given.items() if name in names}
    domain = "any" if known else rule.domain
    rng = np.random.default_rng(20_260)
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
        _Sampler(instance, found, left_over, extra, effort, rng, trial, rule.inputs, not known).run(pointwise)
        if trial.is_over() or accepted >= effort.types:
            return


def _has_values(lhs: Any, inputs: Mapping[str, Any], found: Configuration, condition: Any, extra: list[float]) -> bool:
    """Whether the left side can be evaluated at these types at all: a negative power of an integer cannot."""
    term = instantiate(lhs, {**inputs, **found.attributes})
    rng = np.random.default_rng(0)
    for kind in range(12):
        sample = arrays(found.types, condition, extra, kind, rng)
        if sample is not None:
            try:
                value_of(term, {inputs[name]: value for name, value in sample.items()})
            except (*REFUSALS, np.linalg.LinAlgError):
                continue
            return True
    return False


@dataclass(frozen=True)
class _Difference:
    """`real`: it breaks the `real` promise."""

    real: bool
    left: Any
    right: Any
    why: str
    note: str = ""


class _Sampler:
    """One rule at one assignment of types."""

    def __init__(
        self, instance: Instance, found: Configuration, condition: Any, extra: list[float], effort: Effort,
        rng: np.random.Generator, trial: _Trial, inputs: str, mixed: bool,
    ):  # fmt: skip
        self.instance, self.found, self.condition, self.extra = instance, found, condition, extra
        self.effort, self.rng, self.trial = effort, rng, trial
        self.inputs, self.mixed = inputs, mixed
        self.dtype = getattr(instance.left.type, "dtype", None)
        self.factors = _factors(instance.left, instance.right)
        floating = [kind.dtype for kind in found.types.values() if kind.dtype.kind in "fc"] if mixed else []
        # where dtypes are mixed, a part may be worked out in the coarsest of them
        self.rounding = max(map(tolerance, [self.dtype or np.dtype(float), *floating]))

    def run(self, pointwise: bool) -> None:
        flat = all(kind.ndim == 0 for kind in self.found.types.values())
        if pointwise and self.found.types and (flat or (self.found.types.keys() and self._same_dtype_scalars())):
            self.run_columns()
            if flat or self.trial.decided:
                return
        self.run_arrays(ARRAY_KINDS if pointwise else self.effort.arrays * (1 if self.mixed else ARRAY_KINDS))

    def _same_dtype_scalars(self) -> bool:
        """Whether this is the first assignment of shapes, where values have not been tried alone."""
        return self.trial.accepted == 1

    # ---------------------------------------------------------------- scalars, all samples at once

    def run_columns(self) -> None:
        scalars = {name: kind.with_shape(()) for name, kind in self.found.types.items()}
        names = list(scalars)
        wide = all(kind.dtype == np.float64 for kind in scalars.values())
        count = self.effort.scalars if wide else self.effort.others
        samples = columns(names, {**self.found.types}, self.condition, self.extra, count, self.rng)
        if not samples or len(samples[names[0]]) == 0:
            return
        self.trial.satisfied = True
        try:
            left = self.value(self.instance.left, samples)
        except REFUSALS:
            self.one_by_one(samples)
            return
        try:
            right = self.value(self.instance.right, samples)
        except REFUSALS:
            self.one_by_one(samples)
            return
        size = len(samples[names[0]])
        self.compare(
            np.broadcast_to(left, (size,)), np.broadcast_to(right, (size,)), samples, all_binding(samples, True, self.inputs)
        )

    def one_by_one(self, samples: dict[str, Any]) -> None:
        """Where some sample makes an operator fail: each by itself."""
        size = len(next(iter(samples.values())))
        for index in self.rng.permutation(size)[:400]:
            self.one({name: column[index] for name, column in samples.items()})
            if self.trial.is_over():
                return

    # ---------------------------------------------------------------- arrays, one sample after the other

    def run_arrays(self, count: int) -> None:
        for kind in range(count if self.found.types else 1):
            sample = arrays(self.found.types, self.condition, self.extra, kind, self.rng)
            if sample is None:
                continue
            # any condition holds of every element of an empty array
            self.trial.satisfied |= self.condition is None or all(np.size(value) for value in sample.values())
            self.one(sample)
            if self.trial.is_over():
                return

    def one(self, sample: dict[str, Any]) -> None:
        found = self.difference(sample)
        if found is None or (not found.real and self.trial.exact is not None):
            return
        shown = self.simplified(sample, found)
        self.trial.exact = self.trial.exact or shown
        if found.real:
            self.trial.real = shown

    def difference(self, sample: dict[str, Any]) -> _Difference | None:
        """How the two sides differ at a sample; None where they do not, or where the left side has no value."""
        try:
            left = self.value(self.instance.left, sample)
        except (*REFUSALS, np.linalg.LinAlgError):
            return None
        try:
            right = self.value(self.instance.right, sample)
        except (*REFUSALS, np.linalg.LinAlgError) as error:
            singular = isinstance(error, np.linalg.LinAlgError) and _factors(self.instance.left)  # so is the left, nearly
            return _Difference(self.binds(sample) and not singular, left, None, "error", str(error))
        if isinstance(left, tuple):
            return None
        if np.shape(left) != np.shape(right):
            try:
                right = np.broadcast_to(right, np.shape(left))
            except ValueError:
                return _Difference(True, left, right, "shape")
        left, right = np.asarray(left), np.asarray(right)
        if np.all(identical(left, right)):
            return None
        return _Difference(self.binds(sample) and self.is_off(sample, left, right), left, right, why_different(left, right))

    def is_off(self, sample: dict[str, Any], left: Any, right: Any) -> bool:
        good = finite(left)
        off = good & finite(right) & ~close(left, right)
        return bool(np.any(good & ~finite(right))) or (
            bool(np.any(off)) and (left.dtype.kind not in "fc" or not self.is_rounding(sample, left, right))
        )

    def simplified(self, sample: dict[str, Any], found: _Difference) -> Counterexample:
        """The counter-example with simpler numbers, where they show the same."""
        for name, start in sample.items():
            for simplify in simplifications(np.asarray(start)):
                changed = {**sample, name: simplify(sample[name])}
                if not bool(holds(self.condition, changed, self.found.types, None)):
                    continue
                other = self.difference(changed)
                if other is not None and (other.real, other.why) == (found.real, found.why):
                    sample, found = changed, other
        return self.shown(sample, found.left, found.right, found.why, found.note)

    def binds(self, sample: dict[str, Any]) -> bool:
        if self.factors and not all(np.all(finite(np.asarray(value))) for value in sample.values()):
            return False
        return bool(all_binding(sample, False, self.inputs))

    def value(self, term: Any, sample: dict[str, Any], moved: Callable[[Any], Any] | None = None) -> Any:
        found = value_of(term, {self.instance.inputs[name]: value for name, value in sample.items()}, moved)
        if isinstance(found, tuple) or self.dtype is None:
            return found
        with np.errstate(all="ignore"):
            return np.asarray(found).astype(self.dtype)

    # ---------------------------------------------------------------- verdicts

    def compare(self, left: Any, right: Any, samples: dict[str, Any], binding: Any) -> None:
        if self.trial.exact is None and not np.all(same := identical(left, right)):
            self.trial.exact = self.simplest(np.flatnonzero(~same), left, right, samples)
        counted = binding & finite(left)
        hard = counted & ~finite(right)
        soft = counted & finite(right) & ~close(left, right)
        if left.dtype.kind not in "fc":
            hard, soft = soft, np.zeros_like(soft)
        if left.dtype.kind not in "fc":
            wrong = list(np.flatnonzero(hard)[:400])
        else:
            suspects = [self.suspects(np.flatnonzero(some), left, right, samples) for some in (hard, soft)]
            wrong = [i for some in suspects for i in some if self.is_wrong(i, left, right, samples)]
        if wrong:
            self.trial.real = self.simplest(np.array(wrong), left, right, samples)

    def is_wrong(self, index: int, left: Any, right: Any, samples: dict[str, Any]) -> bool:
        return not self.is_rounding(
            {name: column[index] for name, column in samples.items()}, left[index], right[index]
        )

    def suspects(self, indices: Any, left: Any, right: Any, samples: dict[str, Any]) -> Any:
        """Samples to be looked at in high precision: those furthest off, the simplest, and some by chance."""
        if len(indices) <= 40:
            return indices
        with np.errstate(all="ignore"):
            error = np.nan_to_num(np.abs(left[indices] - right[indices]) / (1 + np.abs(left[indices])), nan=np.inf)
        furthest = indices[np.argsort(-error, kind="stable")[:12]]
        return np.concatenate(
            [furthest, sorted(indices[:200], key=lambda i: _cost(samples, i))[:12], self.rng.choice(indices, 16)]
        )

    def is_rounding(self, sample: dict[str, Any], left: Any, right: Any) -> bool:
        """Whether both sides agree once rounding is taken away."""
        values = {self.instance.inputs[name]: value for name, value in sample.items()}
        try:
            one, two = evaluate_precisely((self.instance.left, self.instance.right), values, self.mixed)
        except (Imprecise, *REFUSALS):
            return bool(np.all(finite(np.asarray(right)))) and self.within_noise(sample, left, right)
        return all(_agree(a, b, tolerance(self.dtype or np.dtype(float))) for a, b in np.broadcast(one, two))

    def within_noise(self, sample: dict[str, Any], left: Any, right: Any) -> bool:
        """Without high precision: whether rounding moves the results as much as they differ. Inputs are rounded, and each
        step where one is a factorization, which may make much of what is lost on the way.
        """
        noise = np.zeros(np.shape(left))
        for seed in range(4):
            rng = np.random.default_rng(seed)
            shake = partial(_moved, rng=rng, kinds="fciu" if self.factors else "fc")  # LAPACK floats what it is given
            try:
                if self.factors:
                    values = [self.value(t, sample, shake) for t in (self.instance.left, self.instance.right)]
                else:
                    moved = {name: shake(np.asarray(value)) for name, value in sample.items()}
                    values = [self.value(t, moved) for t in (self.instance.left, self.instance.right)]
                shifts = [np.abs(value - v) for value, v in zip(values, (left, right), strict=True)]
            except np.linalg.LinAlgError:
                return True  # rounding makes it singular: there is no value to be had
            except REFUSALS:
                continue
            noise = np.fmax(noise, np.fmax(*shifts))
        with np.errstate(all="ignore"):
            size = np.max(np.abs(left), initial=0.0) if self.factors else np.abs(left)  # LAPACK rounds by the largest
            allowed = self.rounding * (1 + size) + 1e3 * noise
            return bool(np.all((np.abs(left - right) <= allowed) | ~np.isfinite(left)))

    def simplest(self, indices: Any, left: Any, right: Any, samples: dict[str, Any]) -> Counterexample:
        chosen = min(indices[:400], key=lambda i: _cost(samples, i))
        sample = {name: column[chosen] for name, column in samples.items()}
        return self.shown(sample, left[chosen], right[chosen], why_different(left[chosen], right[chosen]))

    def shown(self, sample: dict[str, Any], left: Any, right: Any, why: str, note: str = "") -> Counterexample:
        return Counterexample({**sample, **self.found.attributes}, left, right, why, types=str(self.found), note=note)


def _factors(*terms: Term) -> bool:
    return any(part._tuple[0].name in FACTORIZATIONS for part in postorder(*terms) if not is_leaf(part))


def _moved(value: Any, rng: np.random.Generator, kinds: str) -> Any:
    if isinstance(value, tuple) or value.dtype.kind not in kinds:
        return value
    value = value if value.dtype.kind in "fc" else value.astype(float)
    eps = float(np.finfo(value.dtype).eps)
    return (value * (1 + 4 * eps * rng.choice([-1.0, 1.0], np.shape(value)))).astype(value.dtype)


def _agree(a: Any, b: Any, allowed: float) -> bool:
    a_odd, b_odd = (isinstance(v, float) and not np.isfinite(v) for v in (a, b))
    if a_odd or b_odd:
        return bool(a_odd)
    return bool(abs(a - b) <= allowed * (1 + abs(a)))


def _cost(samples: dict[str, Any], index: int) -> float:
    return sum(_ugliness(column[index]) for column in samples.values())


def _ugliness(value: Any) -> float:
    number = complex(value) if np.iscomplexobj(value) else float(value)
    if isinstance(number, complex):
        return _ugliness(number.real) + _ugliness(number.imag)
    if not np.isfinite(number):
        return 6.0
    if number == int(number) and abs(number) < 1000:
        return 1 + abs(number) / 10 + (number < 0) * 0.05 + (number == 0) * (1.0 + 3 * bool(np.signbit(number)))
    return 2.0 + len(repr(number))
