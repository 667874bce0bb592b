"""Undetermined coefficients: an antiderivative as a sum of products of the integrand's own functions.

Which products may occur is found backwards from the integrand, slope by slope; their coefficients are the solution of a
linear system. Source: Norman & Moore 1977, "Implementing the new Risch integration algorithm"; Bronstein 2005.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from etude.integration.elimination import Echelon
from etude.integration.generators import Generators, Unfit
from etude.integration.laurent import WIDTH, Exponents, Laurent, multiplied, raised_to, shifted, single
from etude.integration.parts import product, total
from etude.terms import Term

__all__ = ["undetermined"]

_CANDIDATES, _PRIMITIVES = 70, 8


Answer = tuple[Term, list[Term], list[tuple[Term, Term]]]


def undetermined(integrand: Term, variable: Term, primitive: Callable[[Term], Term | None]) -> Iterator[Answer]:
    """Sums of products of functions of the integrand, and of primitives of such products, whose slope is the integrand.

    Each with the functions whose slopes are known, and the products with the primitives that are in the sum.
    """
    known = Generators(variable)
    try:
        wanted = known.read(integrand)
        known.close()
    except (Unfit, OverflowError):
        return
    box = _Box(known, wanted)
    wanted = box.reduced(wanted)
    slopes = _candidates(known, box, wanted)
    system = Echelon()
    for exponents, slope in slopes.items():
        system.add(exponents, box.comparable(slope))
    target = box.comparable(wanted)
    found = system.solved(target)
    if found is not None:
        yield known.written(found), known.terms[1:], []
        return
    for whole, used in _with_primitives(known, box, slopes, system, target, primitive, wanted):
        yield whole, known.terms[1:], used


def _with_primitives(
    known: Generators,
    box: _Box,
    slopes: dict[Exponents, Laurent],
    system: Echelon,
    target: Laurent,
    primitive: Callable[[Term], Term | None],
    wanted: Laurent,
) -> Iterator[tuple[Term, list[tuple[Term, Term]]]]:
    """The same with antiderivatives of single products that are found otherwise."""
    met = dict.fromkeys([*wanted, *[part for slope in slopes.values() for part in slope]])
    found: dict[Exponents, tuple[Term, Term]] = {}
    for part in sorted(met, key=lambda part: sum(map(abs, part)))[:_PRIMITIVES]:
        piece = known.written({part: 1})
        term = primitive(piece)
        if term is None:
            continue
        place = (*part, len(found))  # longer than any product's
        found[place] = piece, term
        system.add(place, box.comparable({part: 1}))
        solution = system.solved(target)
        if solution is not None:
            products = {key: c for key, c in solution.items() if len(key) == WIDTH}
            others = {key: c for key, c in solution.items() if len(key) > WIDTH}
            terms = [product(c, {found[key][1]: 1}, known.variable) for key, c in others.items()]
            yield total([*([known.written(products)] if products else []), *terms]), [found[key] for key in others]
            return


def _candidates(known: Generators, box: _Box, wanted: Laurent) -> dict[Exponents, Laurent]:
    """Products whose slopes hold the parts of the integrand, then those whose slopes hold what is left over, and so on."""
    found: dict[Exponents, Laurent] = {}
    waiting = list(wanted)
    met = set(waiting)
    while waiting and len(found) < _CANDIDATES:
        part = waiting.pop(0)
        for candidate in box.sources(part):
            if candidate in found or not any(candidate) or len(found) >= _CANDIDATES:
                continue
            found[candidate] = slope = box.reduced(known.slope(candidate))
            for other in slope:
                if other not in met:
                    met.add(other)
                    waiting.append(other)
    return found


class _Box:
    """The exponents that are looked at, and the one form of a polynomial within them."""

    def __init__(self, known: Generators, wanted: Laurent):
        self.known = known
        rows = [*wanted, (0,) * WIDTH]
        self.low = [min(row[k] for row in rows) for k in range(WIDTH)]
        self.high = [max(row[k] for row in rows) for k in range(WIDTH)]
        self.powers = known.powers(self.low, self.high)
        self.least = list(self.low)
        for place in range(len(known.terms)):
            self._widen(place)
        self.floor = [
            low - 1 + min([0, *[e[place] for slope in known.slopes for e in slope]]) for place, low in enumerate(self.low)
        ]
        self.steps = self._steps()
        self.ratios = self._ratios()

    def _widen(self, place: int) -> None:
        slope = self.known.slopes[place]
        if not slope:
            self.low[place], self.high[place] = self.low[place] - 3, self.high[place] + 3
            return
        for other in range(len(self.known.terms)):
            met = [e[other] for e in slope if self.known.slopes[other]]
            if met and other != place and other:
                self.low[other], self.high[other] = min(self.low[other], *met), max(self.high[other], *met)
        if place in self.powers and any(e[place] < 0 for e in slope):
            self.low[place] = self.least[place] = min(self.low[place], -1)
        if place == 0 or any(e[place] != 1 for e in slope):
            self.high[place] += 1
        if place == 0:
            self.high[0] += sum(2 for _, as_sum in self.powers.values() if any(e[0] for e in as_sum))

    def _steps(self) -> list[Exponents]:
        """What a product is multiplied by to get one that has it in its slope."""
        return [shifted(single(place), part, -1) for place, slope in enumerate(self.known.slopes) for part in slope]

    def _ratios(self) -> list[Exponents]:
        """What products of one polynomial differ by."""
        found: list[Exponents] = [(0,) * WIDTH]
        sums = [as_sum for _, as_sum in self.powers.values()]
        sums += [{**as_sum, single(place): -1} for place, as_sum in self.known.sums.items()]
        for as_sum in sums:
            if len(as_sum) > 1:
                first, *others = as_sum
                for other in others:
                    found += [shifted(other, first, -1), shifted(first, other, -1)]
        return found

    def sources(self, part: Exponents) -> Iterator[Exponents]:
        for step in self.steps:
            for ratio in self.ratios:
                made = shifted(shifted(part, step), ratio)
                if all(low <= e <= high for low, e, high in zip(self.low, made, self.high, strict=True)):
                    yield made

    def reduced(self, parts: Laurent) -> Laurent:
        """The polynomial with every power that is a sum of others written as that sum."""
        for place, (exponent, as_sum) in self.powers.items():
            parts = self._lowered(parts, place, exponent, as_sum)
        return parts

    def _lowered(self, parts: Laurent, place: int, exponent: int, as_sum: Laurent) -> Laurent:
        limit = exponent + min(self.least[place], 0)
        found: Laurent = {}
        for part, c in parts.items():
            over = (part[place] - limit) // exponent + 1 if part[place] >= limit else 0
            lowered = {shifted(part, single(place), -exponent * over): c}
            for key, value in (multiplied(lowered, raised_to(as_sum, over)) if over else lowered).items():
                found[key] = found.get(key, 0) + value
        return {key: value for key, value in found.items() if value}

    def comparable(self, parts: Laurent) -> Laurent:
        """The reduced polynomial without sums in denominators: all multiplied by the same powers of them."""
        for place, as_sum in self.known.sums.items():
            raised: Laurent = {}
            for part, c in parts.items():
                exponent = part[place] - self.floor[place]
                plain = {shifted(part, single(place), -part[place]): c}
                for key, value in multiplied(plain, raised_to(as_sum, exponent)).items():
                    raised[key] = raised.get(key, 0) + value
            parts = {key: value for key, value in raised.items() if value}
        return self.reduced(parts)
