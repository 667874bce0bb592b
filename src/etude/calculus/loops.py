"""The derivatives of loops and choices. What a body contributes is told by its own cotangents and tangents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from etude.calculus.gradient import cotangents, dependence, tangents, zero_like
from etude.calculus.kinds import DisconnectedType, NullType
from etude.calculus.nodes import register_special
from etude.ops import CATALOGUE
from etude.ops.binders import Body, closed, lazily_closed, parameter
from etude.ops.subscripts import subscript_of
from etude.rules import Rule
from etude.templates import DISCONNECTED_FROM, LINEAR, UNDEFINED_IN
from etude.terms import ArrayType, Term, postorder, replace, symbol

__all__ = ["CondLink", "ScanLink"]

_scan, _cond, _item, _add, _astype = (CATALOGUE[name] for name in ("scan", "cond", "item", "add", "astype"))
_getitem, _set_at, _shape = (CATALOGUE[name] for name in ("getitem", "set_at", "shape"))
_SCAN_RULE = Rule("d_scan", "differential", None, None, text="d(scan(body, x)) = scan((body, d(body)), x, d(x))")
_COND_RULE = Rule("d_cond", "differential", None, None, text="d(cond(p, a, b)) = cond(p, d(a), d(b))")


def _fresh(kind: ArrayType) -> Term:
    return symbol(None, kind.shape, kind.dtype)


def _real(kind: ArrayType) -> ArrayType:
    """The type of a cotangent: integers and booleans count as reals."""
    return kind if kind.dtype.kind in "fc" else kind.with_dtype("float64")


def _as(term: Term, kind: ArrayType) -> Term:
    return term if term.type.dtype == kind.dtype else _astype.apply((term,), (kind.dtype,))


def _seeded(results: Sequence[Term], seeds: Sequence[Term | None]) -> dict[Term, Any]:
    """The cotangents of results, added up where two results are the same term."""
    found: dict[Term, Any] = {}
    for result, seed in zip(results, seeds, strict=True):
        if seed is not None:
            found[result] = seed if result not in found else _add.apply((found[result], seed))
    return found


@dataclass(frozen=True, eq=False)
class Dependence:
    """What each result of a body depends on: for each parameter True, disconnected or a null with its reason."""

    rows: tuple[tuple[Any, ...], ...]
    parameters: tuple[Term, ...]
    results: tuple[Term, ...]

    def reached(self, first: int, carries: int) -> list[int]:
        """The results whose cotangents flow when that of `first` does, through the carries."""
        live, pending = {first}, [first]
        while pending:
            row = self.rows[pending.pop()]
            for place in range(carries):
                if not isinstance(row[place], DisconnectedType) and place not in live:
                    live.add(place)
                    pending.append(place)
        return sorted(live)


@lru_cache(4096)
def _dependence(body: Body, kinds: tuple[ArrayType, ...]) -> Dependence:
    parameters = tuple(map(_fresh, kinds))
    results = tuple(body.all_over(parameters))
    rows = [tuple(dependence(result, parameters)) for result in results]
    return Dependence(tuple(rows), parameters, results)


@dataclass(frozen=True, eq=False)
class ScanLink:
    """How one result of a scan depends on the operands."""

    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    reverse: tuple[Any, ...]
    loop: Loop
    rule: Rule = _SCAN_RULE

    def reals(self, operands: tuple[Term, ...], result: Term) -> tuple[Term, ...]:
        return operands

    def moving(self, active: tuple[int, ...]) -> Any:
        return _Forward(self.loop, active)


@dataclass(frozen=True, eq=False)
class Loop:
    """One result of a scan, with what its body depends on."""

    attributes: tuple[Any, ...]
    index: int
    dependence: Dependence
    live: tuple[int, ...]

    @property
    def carries(self) -> int:
        return int(self.attributes[1])

    @property
    def split(self) -> int:
        return self.carries + int(self.attributes[2])

    def backward(self, operands: tuple[Term, ...], cotangent: Term, polish: Any = None) -> tuple[Term, dict[int, int], Any]:
        """The loop that runs back over the kept carries, which of its results each operand receives, and the subscript
        of the items that were reached where the loop may have stopped early.
        """
        carries, split, parameters = self.carries, self.split, self.dependence.parameters
        flowing = [place for place in self.live if place < carries]
        seeds = {place: _fresh(_real(parameters[place].type)) for place in flowing}
        if self.index >= carries:
            seeds[self.index] = _fresh(_real(self.dependence.results[self.index].type))
        given = [seeds.get(place) for place in range(len(self.dependence.results))]
        sent = cotangents(_seeded(self.dependence.results, given), parameters, polish=polish)
        linear = [place for place, value in enumerate(sent) if isinstance(value, Term)]
        sums = [place for place in linear if place >= split]
        totals = {place: _fresh(_real(parameters[place].type)) for place in sums}
        back = [_filled(sent[place], parameters[place]) for place in flowing]
        back += [_add.apply((totals[place], _filled(sent[place], parameters[place]))) for place in sums]
        rows = [place for place in linear if carries <= place < split]
        back += [_filled(sent[place], parameters[place]) for place in rows]
        start = [self._start(operands, place, cotangent) for place in flowing]
        start += [_as(zero_like(operands[place]), totals[place].type) for place in sums]
        kept, sequences, cut = self._kept(operands)
        items = dict(zip(parameters[:split], [*kept, *sequences], strict=True))
        if self.index >= carries:
            items[seeds[self.index]] = cotangent
        there = set(postorder(*back))
        items = {item: row for item, row in items.items() if item in there} or dict(list(items.items())[-1:])
        given_rows = list(items.values())
        moving = [*[seeds[place] for place in flowing], *totals.values(), *items]
        body, outside = closed(moving, back)
        outer = dict(zip(parameters[split:], operands[split:], strict=True))
        attributes = (body, len(start), len(given_rows), self._length(), not self.attributes[4], False, None)
        made = _scan.apply((*start, *given_rows, *_replaced(outside, outer)), attributes)
        places = {place: position for position, place in enumerate([*flowing, *sums, *rows])}
        return made, places, cut

    def _length(self) -> Any:
        return None if self.attributes[5] or self.attributes[6] is not None else self.attributes[3]

    def _start(self, operands: tuple[Term, ...], place: int, cotangent: Term) -> Term:
        kind = _real(operands[place].type)
        return _as(cotangent if place == self.index else zero_like(operands[place]), kind)

    def _kept(self, operands: tuple[Term, ...]) -> tuple[list[Term], list[Term], Any]:
        """The carries before each step and the items of the steps that were taken."""
        body, carries, *rest = self.attributes
        stops = bool(self.attributes[5])
        own = body.results[: len(body.results) - stops]
        before = _before(body, operands[:carries], carries)
        kept_body = Body((*own, *before, *body.results[len(own) :]), body.count)
        made = _scan.apply(operands, (kept_body, carries, *rest))
        kept = [_item.apply((made,), (len(own) + place,)) for place in range(carries)]
        sequences = list(operands[carries : self.split])
        if self._length() is None and (stops or self.attributes[6] is not None) and sequences:
            return kept, *self._taken(made, sequences)
        return kept, sequences, None

    def _taken(self, made: Term, sequences: list[Term]) -> tuple[list[Term], Any]:
        """The sequences as far as the loop came, which the number of kept rows tells."""
        steps = _first_size(_item.apply((made,), (self.carries,)))
        key: Any = slice(None, steps)
        if self.attributes[4]:
            key = slice(CATALOGUE["subtract"].apply((_first_size(sequences[0]), steps)), None)
        indices, spec = subscript_of(key)
        return [_getitem.apply((row, *indices), (spec,)) for row in sequences], (indices, spec)


def _before(body: Body, starts: Sequence[Term], carries: int) -> list[Term]:
    return [parameter(place, starts[place].type) for place in range(carries)]


def _first_size(term: Term) -> Term:
    return _getitem.apply((_shape.apply((term,)),), ((0,),))


def _replaced(terms: Sequence[Term], mapping: dict[Term, Term]) -> list[Term]:
    return replace(terms, mapping)


@dataclass(frozen=True, eq=False)
class _Backward:
    """What one operand receives."""

    loop: Loop
    position: int

    def build(self, operands: Any, attributes: Any, moved: Any, cotangent: Term, polish: Any = None) -> Term:
        made, places, cut = self.loop.backward(tuple(operands), cotangent, polish)
        found = _item.apply((made,), (places[self.position],))
        if cut is None or not self.loop.carries <= self.position < self.loop.split:
            return found
        indices, spec = cut
        whole = _as(zero_like(operands[self.position]), found.type)
        return _set_at.apply((whole, found, *indices), (spec,))


@dataclass(frozen=True, eq=False)
class _Forward:
    """The tangent of one result where the `active` operands move: a loop that carries tangents beside values."""

    loop: Loop
    active: tuple[int, ...]

    def build(self, operands: Any, attributes: Any, moved: Any, cotangent: Any, polish: Any = None) -> Term:
        loop, dependence = self.loop, self.loop.dependence
        carries, split, parameters = loop.carries, loop.split, dependence.parameters
        body = loop.attributes[0]
        moving = self._moving()
        shifts = {place: _fresh(_real(parameters[place].type)) for place in moving}
        found = tangents(
            dependence.results, {parameters[place]: shift for place, shift in shifts.items()}, polish=polish
        )
        steps = [place for place in moving if place < carries]
        own = len(dependence.results) - bool(loop.attributes[5])
        outputs = [place for place in range(carries, own) if isinstance(found[place], Term)]
        results = [
            *dependence.results[:carries], *[_filled(found[place], dependence.results[place]) for place in steps],
            *dependence.results[carries:own], *[_filled(found[place], dependence.results[place]) for place in outputs],
            *dependence.results[own:],
        ]  # fmt: skip
        rows = [place for place in moving if carries <= place < split]
        inner = [
            *parameters[:carries], *[shifts[place] for place in steps],
            *parameters[carries:split], *[shifts[place] for place in rows],
        ]  # fmt: skip
        outer = dict(zip(parameters[split:], operands[split:], strict=True))
        outer.update({shifts[place]: self._direction(operands, moved, place) for place in moving if place >= split})
        new, outside = closed(inner, results)
        condition = loop.attributes[6]
        if condition is not None:
            check, outside = closed(inner, condition.over(parameters), outside)
            new, outside = closed(inner, results, outside)
        start = [*operands[:carries], *[self._direction(operands, moved, place) for place in steps]]
        given = [*operands[carries:split], *[self._direction(operands, moved, place) for place in rows]]
        made = _scan.apply(
            (*start, *given, *_replaced(outside, outer)),
            (new, len(start), len(given), *loop.attributes[3:6], None if condition is None else check),
        )
        assert body.count == len(parameters)
        return _item.apply((made,), (self._place(steps, outputs, own),))

    def _place(self, steps: list[int], outputs: list[int], own: int) -> int:
        carries, index = self.loop.carries, self.loop.index
        if index < carries:
            return carries + steps.index(index)
        return carries + len(steps) + (own - carries) + outputs.index(index)

    def _moving(self) -> list[int]:
        """The active operands and the carries that they come to move."""
        moving, carries = set(self.active), self.loop.carries
        while True:
            more = {
                place
                for place in range(carries)
                if any(not isinstance(self.loop.dependence.rows[place][active], DisconnectedType) for active in moving)
            }
            if more <= moving:
                return sorted(moving)
            moving |= more

    def _direction(self, operands: Any, moved: Any, place: int) -> Term:
        kind = _real(operands[place].type)
        there = moved[place] if place in self.active else None
        return _as(zero_like(operands[place]) if there is None else there, kind)


def _filled(value: Any, like: Term) -> Term:
    """A cotangent or tangent in the real type of `like`; zeros where there is none."""
    return _as(value if isinstance(value, Term) else zero_like(like), _real(like.type))


def _scan_link(node: Term) -> ScanLink | None:
    if node._tuple[0] is not _item:
        return None
    inner, index = node._tuple[1], node._tuple[2]
    body, carries = inner.attributes[0], inner.attributes[1]
    split = carries + inner.attributes[2]
    kinds = tuple([
        part.type.with_shape(part.type.shape[1:]) if carries <= place < split else part.type
        for place, part in enumerate(inner.operands)
    ])  # fmt: skip
    dependence = _dependence(body, kinds)
    live = dependence.reached(index, carries)
    loop = Loop(inner.attributes, index, dependence, tuple(live))
    columns = [[dependence.rows[row][place] for row in live] for place in range(len(kinds))]
    words = [_kind(column) for column in columns]
    for place in range(carries):
        if place == index:
            words[place] = LINEAR if words[place] == DISCONNECTED_FROM else words[place]
        elif place not in live:
            words[place] = DISCONNECTED_FROM
    reasons = [next((value.why for value in column if isinstance(value, NullType)), "") for column in columns]
    reverse = [_Backward(loop, place) if word == LINEAR else None for place, word in enumerate(words)]
    return ScanLink(tuple(words), tuple(reasons), tuple(reverse), loop)


def _kind(values: Sequence[Any]) -> str:
    if any(isinstance(value, NullType) for value in values):
        return UNDEFINED_IN
    return LINEAR if any(value is True for value in values) else DISCONNECTED_FROM


# ---------------------------------------------------------------- one of two


@dataclass(frozen=True, eq=False)
class CondLink:
    """How one result of a choice depends on the operands."""

    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    reverse: tuple[Any, ...]
    index: int
    branches: tuple[Dependence, Dependence]
    rule: Rule = _COND_RULE

    def reals(self, operands: tuple[Term, ...], result: Term) -> tuple[Term, ...]:
        return operands

    def moving(self, active: tuple[int, ...]) -> Any:
        return _ChoiceForward(self, active)


def _choice(pred: Term, operands: Sequence[Term], moving: Sequence[tuple[Sequence[Term], Sequence[Term]]]) -> Term:
    """The choice between two bodies over the same operands."""
    bodies = [lazily_closed(parameters, results, ())[0] for parameters, results in moving]
    return _cond.apply((pred, *operands), tuple(bodies))


@dataclass(frozen=True, eq=False)
class _ChoiceBack:
    link: Any
    position: int

    def build(self, operands: Any, attributes: Any, moved: Any, cotangent: Term, polish: Any = None) -> Term:
        kinds, index, branches = self.link
        seed = _fresh(cotangent.type)
        places = [place for place, kind in enumerate(kinds) if kind == LINEAR and place]
        made = []
        for branch in branches:
            sent = cotangents({branch.results[index]: seed}, branch.parameters, polish=polish)
            results = [_filled(sent[place - 1], branch.parameters[place - 1]) for place in places]
            made.append(([*branch.parameters, seed], results))
        found = _choice(operands[0], [*operands[1:], cotangent], made)
        return _item.apply((found,), (places.index(self.position),))


@dataclass(frozen=True, eq=False)
class _ChoiceForward:
    link: CondLink
    active: tuple[int, ...]

    def build(self, operands: Any, attributes: Any, moved: Any, cotangent: Any, polish: Any = None) -> Term:
        made = []
        for branch in self.link.branches:
            shifts = {branch.parameters[place - 1]: _fresh(moved[place].type) for place in self.active}
            (tangent,) = tangents([branch.results[self.link.index]], shifts, polish=polish)
            shown = _filled(tangent, branch.results[self.link.index])
            made.append(([*branch.parameters, *shifts.values()], [shown]))
        found = _choice(operands[0], [*operands[1:], *[moved[place] for place in self.active]], made)
        return _item.apply((found,), (0,))


def _cond_link(node: Term) -> CondLink | None:
    if node._tuple[0] is not _item:
        return None
    inner, index = node._tuple[1], node._tuple[2]
    types = tuple([part.type for part in inner.operands[1:]])
    branches = tuple([_dependence(body, types) for body in inner.attributes])
    columns = [[branch.rows[index][place] for branch in branches] for place in range(len(types))]
    kinds = (DISCONNECTED_FROM, *map(_kind, columns))
    reasons = ("", *[next((v.why for v in column if isinstance(v, NullType)), "") for column in columns])
    shared = (kinds, index, branches)
    reverse = [_ChoiceBack(shared, place) if kind == LINEAR else None for place, kind in enumerate(kinds)]
    return CondLink(kinds, reasons, tuple(reverse), index, branches)  # type: ignore[arg-type]  # there are two


register_special("scan", _scan_link)
register_special("cond", _cond_link)
