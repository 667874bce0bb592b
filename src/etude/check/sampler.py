"""Both sides of a rule on samples, at one assignment of types; high precision tells rounding from a wrong value."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from etude.check.compare import close, finite, identical, tolerance, why_different
from etude.check.conditions import holds
from etude.check.configurations import DTYPES, Configuration
from etude.check.instances import REFUSALS, Instance
from etude.check.precision import Imprecise, evaluate_precisely
from etude.check.report import Counterexample
from etude.check.sampling import FACTORIZATIONS, Arrays, Draws, all_binding, columns, value_among
from etude.check.values import ARRAY_KINDS, simplifications
from etude.terms import ArrayType, Term, is_leaf, postorder

__all__ = ["Effort", "Sampler", "Trial"]

_SIGNS = np.array([-1.0, 1.0])
Known = dict[tuple[Term, Term, tuple[ArrayType, ...]], dict[Any, Any]]


@dataclass(frozen=True)
class Effort:
    """How many samples: of float64 scalars, of other scalars, of arrays of one type, and how many types.

    `dtypes` are tried for variables of no given type. `conditions`: whether to look for superfluous ones. `seconds`: how
    much processor time one rule may take before it is given up without a verdict.
    """

    scalars: int = 6000
    others: int = 1500
    arrays: int = 72
    types: int = 24
    conditions: bool = True
    dtypes: tuple[str, ...] = DTYPES
    seconds: float = 30.0


@dataclass
class Trial:
    """What samples have shown so far. `known`: the differences at samples that were tried before, by sides and types.

    `ends`: when to give up, by the processor time of the thread that tries, so that a busy machine changes no verdict.
    """

    real: Counterexample | None = None
    exact: Counterexample | None = None
    accepted: int = 0
    satisfied: bool = False
    ends: float = math.inf
    late: bool = False
    known: Known = field(default_factory=dict)

    @property
    def rank(self) -> int:
        return 0 if self.real else 1 if self.exact else 2

    @property
    def decided(self) -> bool:
        return self.real is not None

    def is_over(self) -> bool:
        """Whether a counter-example is found, or the time is up."""
        self.late = self.late or time.thread_time() >= self.ends
        return self.late or self.decided


@dataclass(frozen=True)
class Difference:
    """`real`: it breaks the `real` promise."""

    real: bool
    left: Any
    right: Any
    why: str
    note: str = ""


class Sampler:
    """One rule at one assignment of types."""

    def __init__(
        self, instance: Instance, found: Configuration, condition: Any, extra: list[float], effort: Effort,
        draws: Draws, trial: Trial, inputs: str, mixed: bool,
    ):  # fmt: skip
        self.instance, self.found, self.condition, self.extra = instance, found, condition, extra
        self.effort, self.draws, self.trial = effort, draws, trial
        self.known = trial.known.setdefault((instance.left, instance.right, tuple(found.types.values())), {})
        self.inputs, self.mixed = inputs, mixed
        self.dtype = getattr(instance.left.type, "dtype", None)
        self.factors = _factors(instance.left, instance.right)
        floating = [kind.dtype for kind in found.types.values() if kind.dtype.kind in "fc"] if mixed else []
        # where dtypes are mixed, a part may be worked out in the coarsest of them
        self.rounding = max(map(tolerance, [self.dtype or np.dtype(float), *floating]))

    def run(self, pointwise: bool) -> None:
        with np.errstate(all="ignore"):
            self.run_all(pointwise)

    def run_all(self, pointwise: bool) -> None:
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
        samples = columns(names, {**self.found.types}, self.condition, self.extra, count, self.draws)
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
        for index in self.draws.rng.permutation(size)[:400]:
            self.one({name: column[index] for name, column in samples.items()})
            if self.trial.is_over():
                return

    # ---------------------------------------------------------------- arrays, one sample after the other

    def run_arrays(self, count: int) -> None:
        source = Arrays(self.found.types, self.condition, self.extra)
        for kind in range(count if self.found.types else 1):
            sample = source.sample(kind, self.draws)
            if sample is None:
                continue
            # any condition holds of every element of an empty array
            if not self.trial.satisfied:
                self.trial.satisfied = self.condition is None or all(np.size(value) for value in sample.values())
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

    def difference(self, sample: dict[str, Any]) -> Difference | None:
        """How the two sides differ at a sample; None where they do not, or where the left side has no value."""
        key = _bits(sample)
        if key not in self.known:
            self.known[key] = self.worked_out(sample)
        found: Difference | None = self.known[key]
        return found

    def worked_out(self, sample: dict[str, Any]) -> Difference | None:
        try:
            left = self.value(self.instance.left, sample)
        except (*REFUSALS, np.linalg.LinAlgError):
            return None
        try:
            right = self.value(self.instance.right, sample)
        except (*REFUSALS, np.linalg.LinAlgError) as error:
            singular = isinstance(error, np.linalg.LinAlgError) and _factors(self.instance.left)  # so is the left, nearly
            return Difference(self.binds(sample) and not singular, left, None, "error", str(error))
        if isinstance(left, tuple):
            return None
        if np.shape(left) != np.shape(right):
            try:
                right = np.broadcast_to(right, np.shape(left))
            except ValueError:
                return Difference(True, left, right, "shape")
        left, right = np.asarray(left), np.asarray(right)
        if left.tobytes() == right.tobytes() or np.all(identical(left, right)):
            return None
        return Difference(self.binds(sample) and self.is_off(sample, left, right), left, right, why_different(left, right))

    def is_off(self, sample: dict[str, Any], left: Any, right: Any) -> bool:
        good = finite(left)
        off = good & finite(right) & ~close(left, right)
        return bool(np.any(good & ~finite(right))) or (
            bool(np.any(off)) and (left.dtype.kind not in "fc" or not self.is_rounding(sample, left, right))
        )

    def simplified(self, sample: dict[str, Any], found: Difference) -> Counterexample:
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
        found = value_among(term, {self.instance.inputs[name]: value for name, value in sample.items()}, moved)
        if isinstance(found, tuple) or self.dtype is None:
            return found
        return np.asarray(found).astype(self.dtype, copy=False)

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
            [furthest, sorted(indices[:200], key=lambda i: _cost(samples, i))[:12], self.draws.rng.choice(indices, 16)]
        )

    def is_rounding(self, sample: dict[str, Any], left: Any, right: Any) -> bool:
        """Whether both sides agree once rounding is taken away."""
        key = (*_bits(sample), np.asarray(left).tobytes(), np.asarray(right).tobytes())
        if key not in self.known:
            self.known[key] = self.agree(sample, left, right)
        return bool(self.known[key])

    def agree(self, sample: dict[str, Any], left: Any, right: Any) -> bool:
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


def _bits(sample: dict[str, Any]) -> tuple[tuple[Any, bytes], ...]:
    return tuple([(value.shape, value.tobytes()) for value in sample.values()])


def _factors(*terms: Term) -> bool:
    return any(part._tuple[0].name in FACTORIZATIONS for part in postorder(*terms) if not is_leaf(part))


def _moved(value: Any, rng: np.random.Generator, kinds: str) -> Any:
    if isinstance(value, tuple) or value.dtype.kind not in kinds:
        return value
    value = value if value.dtype.kind in "fc" else value.astype(float)
    eps = float(np.finfo(value.dtype).eps)
    signs = _SIGNS[rng.integers(0, 2, np.shape(value))]  # as `rng.choice` draws them
    return (value * (1 + 4 * eps * signs)).astype(value.dtype)


def _agree(a: Any, b: Any, allowed: float) -> bool:
    a_odd, b_odd = (isinstance(v, float) and not np.isfinite(v) for v in (a, b))
    if a_odd or b_odd:
        return bool(a_odd)
    return bool(abs(a - b) <= allowed * (1 + abs(a)))


def _cost(samples: dict[str, Any], index: int) -> float:
    return sum(_ugliness(column[index]) for column in samples.values())


def _ugliness(value: Any) -> float:
    if isinstance(value, (complex, np.complexfloating)):
        return _ugliness(value.real) + _ugliness(value.imag)
    number = float(value)
    if not math.isfinite(number):
        return 6.0
    if number.is_integer() and abs(number) < 1000:
        return 1 + abs(number) / 10 + (number < 0) * 0.05 + (number == 0) * (1.0 + 3 * (math.copysign(1.0, number) < 0))
    return 2.0 + len(repr(number))
