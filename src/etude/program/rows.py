"""What can be computed of a block of rows at a time: which terms, and what they are for a block.

The leading axis of some inputs has as many rows as are asked for. A term is `inside` where each of its rows comes from the
same row of what it is computed from, a `total` where it sums over rows, `after` where it needs what is only known when all
blocks are done. A size that occurs nowhere else stands for the rows of a block, so that types show where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from etude.errors import EtudeError
from etude.ops import CATALOGUE
from etude.terms import ArrayType, Term, constant, is_constant, is_leaf, postorder, symbol

__all__ = ["PROBE", "Rows", "with_rows"]

PROBE = 1_000_003
_CHOICES = 3  # operands that may be taken by rows or whole, of one term
_LAYOUT = frozenset("expand_dims squeeze transpose matrix_transpose".split())
_ALONG = frozenset("sum mean prod max min all any count_nonzero logsumexp softmax log_softmax norm var std".split())
_divide, _sum = CATALOGUE["divide"], CATALOGUE["sum"]


class Rows:
    """The terms below `outputs`, told apart for blocks of rows; `refused` are not to be inside.

    `inside` and `totals` take terms to what they are for a block of `PROBE` rows, `sequences` what is taken by rows to a
    symbol of so many; `whole` is what is the same for all blocks.
    """

    def __init__(self, outputs: Sequence[Term], rows: int, refused: Iterable[Term] = ()):
        self.rows, self.refused = rows, frozenset(refused)
        self.inside: dict[Term, Term] = {}
        self.totals: dict[Term, Term] = {}
        self.sequences: dict[Term, Term] = {}
        self.whole: dict[Term, None] = {}
        self.after: set[Term] = set()
        self.wanted: dict[Term, None] = {}  # inside, and read after
        for term in postorder(*outputs):
            if not is_leaf(term):
                self._enter(term)
        for term in outputs:
            self._read(term)

    def _read(self, term: Term) -> None:
        if term in self.inside:
            self.wanted[term] = None

    def _enter(self, term: Term) -> None:
        parts = term.operands
        if any(part in self.after or part in self.totals for part in parts):
            made = None
        else:
            live = any(part in self.inside for part in parts)
            if not live and not any(map(self._has_rows, parts)):
                return
            made = None if term in self.refused else self._made(term)
            if made is None and not live:
                return
        if made is None:
            self.after.add(term)
            for part in parts:
                self._read(part)
        else:
            (self.inside if PROBE in made.type.shape else self.totals)[term] = made

    def _has_rows(self, term: Term) -> bool:
        kind = term.type
        return isinstance(kind, ArrayType) and kind.shape[:1] == (self.rows,) and kind.shape.count(self.rows) == 1

    def _made(self, term: Term) -> Term | None:
        """The term for a block, its operands taken by rows where that fits."""
        given = [part for part in term.operands if part not in self.inside and self._has_rows(part)]
        if len(given) > _CHOICES:
            return None
        for taken in product((True, False), repeat=len(given)):
            rows = dict(zip(given, taken, strict=True))
            parts = [self.inside.get(part) or (self._sequence(part) if rows.get(part) else part) for part in term.operands]
            if not any(PROBE in getattr(part.type, "shape", ()) for part in parts):
                continue
            try:
                made = _of_block(term, parts, self.rows)
            except EtudeError:
                continue
            if made is not None and _kind_with(made.type, self.rows) == term.type:
                self.whole.update(dict.fromkeys(part for part in parts if part in term.operands and not is_constant(part)))
                return made
        return None

    def _sequence(self, term: Term) -> Term:
        found = self.sequences.get(term)
        if found is None:
            found = self.sequences[term] = symbol(None, (PROBE, *term.type.shape[1:]), term.type.dtype)
        return found


def _kind_with(kind: Any, rows: int) -> Any:
    return kind.with_shape(_with(kind.shape, rows))


def _with(shape: Iterable[Any], rows: int) -> tuple[Any, ...]:
    return tuple([rows if size == PROBE else size for size in shape])


def with_rows(terms: Sequence[Term], given: Mapping[Term, Term], rows: int) -> list[Term]:
    """Terms of a block as those of a block of `rows` rows; `given` are the terms in the place of some."""
    made: dict[Term, Term] = dict(given)
    for term in postorder(*terms, stop=made.__contains__):
        if term in made:
            continue
        if is_leaf(term):
            made[term] = term
            continue
        attributes = tuple([_with(value, rows) if isinstance(value, tuple) else value for value in term.attributes])
        made[term] = term._tuple[0].apply(tuple([made[part] for part in term.operands]), attributes)
    return [made[term] for term in terms]


# ---------------------------------------------------------------- operators


def _of_block(term: Term, parts: Sequence[Term], rows: int) -> Term | None:
    op = term._tuple[0]
    form = _FORMS.get(op.name)
    if form is not None:
        return form(term, parts, rows)
    if not (op.is_elementwise or op.name in _LAYOUT):
        return None
    return _single(op.apply(tuple(parts), term.attributes))


def _single(found: Term) -> Term | None:
    return found if found.type.shape.count(PROBE) == 1 else None


def _along(term: Term, parts: Sequence[Term], rows: int) -> Term | None:
    """A reduction: of rows by themselves, or a part of a sum over all."""
    op, shape = term._tuple[0], parts[0].type.shape
    axis = dict(zip(op.attributes, term.attributes, strict=True))["axis"]
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if shape.index(PROBE) not in axes or op is _sum:
        made: Term = op.apply(tuple(parts), term.attributes)
        return made
    if op.name != "mean" or term.type.dtype.kind != "f" or parts[0].type.dtype != term.type.dtype:
        return None
    count = prod(term.operands[0].type.shape[place] for place in axes)
    return _divide.apply((_sum.apply(tuple(parts), term.attributes), constant(count, term.type.dtype)), ())


def _multiplied(term: Term, parts: Sequence[Term], rows: int) -> Term | None:
    found = term._tuple[0].apply(tuple(parts), term.attributes)
    return found if found.type.shape.count(PROBE) <= 1 else None


def _subscripted(term: Term, parts: Sequence[Term], rows: int) -> Term | None:
    """Whole rows by slices and numbers."""
    (spec,) = term.attributes
    if len(parts) > 1:
        return None
    row, axis = parts[0].type.shape.index(PROBE), 0
    missing = len(parts[0].type.shape) - sum(entry is not None and entry != "..." for entry in spec)
    for entry in spec:
        if axis == row and entry is not None and entry != "..." and entry != ("slice", None, None, None):
            return None
        axis += missing if entry == "..." else entry is not None
    return _single(term._tuple[0].apply(tuple(parts), term.attributes))


def _joined(term: Term, parts: Sequence[Term], rows: int) -> Term | None:
    found = _single(term._tuple[0].apply(tuple(parts), term.attributes))
    return None if found is None or found.type.shape.index(PROBE) == term.attributes[0] else found


def _spread(term: Term, parts: Sequence[Term], rows: int) -> Term | None:
    shape, own = list(term.type.shape), parts[0].type.shape
    shape[len(shape) - len(own) + own.index(PROBE)] = PROBE
    return _single(term._tuple[0].apply(tuple(parts), (tuple(shape),)))


def _reshaped(term: Term, parts: Sequence[Term], rows: int) -> Term | None:
    """Another shape of each row: as many elements stand before the rows as did."""
    shape, own = term.type.shape, parts[0].type.shape
    before = prod(own[: own.index(PROBE)])
    for place, size in enumerate(shape):
        if size == rows and prod(shape[:place]) == before:
            return _single(term._tuple[0].apply(tuple(parts), ((*shape[:place], PROBE, *shape[place + 1 :]),)))
    return None


_FORMS: Mapping[str, Callable[[Term, Sequence[Term], int], Term | None]] = {
    **dict.fromkeys(_ALONG, _along), "matmul": _multiplied, "getitem": _subscripted, "concatenate": _joined,
    "broadcast_to": _spread, "reshape": _reshaped,
}  # fmt: skip
