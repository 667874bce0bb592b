"""A program that goes over its rows once, in blocks small enough to stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from etude.ops import CATALOGUE
from etude.ops.binders import Body, parameter
from etude.program.lower import lower
from etude.program.meaning import makes_new
from etude.program.program import Program
from etude.program.rows import PROBE, Rows, with_rows
from etude.program.specialize import program_terms
from etude.terms import Term, bulk, constant, is_symbol, replace, symbol

__all__ = ["even_block", "in_blocks", "row_counts", "with_less_memory"]

FEWEST = 512  # rows that are worth it
_REFUSALS = 8
MUCH = 16 << 20  # bytes that are worth a loop in Python
FAR_MORE = 2  # times what is given and what is wanted of each row
HELD = 4 << 20  # bytes of a block
_add, _getitem, _item, _reshape, _scan = (CATALOGUE[name] for name in ("add", "getitem", "item", "reshape", "scan"))
_broadcast_to, _concatenate = CATALOGUE["broadcast_to"], CATALOGUE["concatenate"]


def row_counts(program: Program) -> list[int]:
    """The numbers of rows of inputs and constants, those with the most elements in all first."""
    sizes: dict[int, int] = {}
    for kind in program.types[: program.first]:
        if kind.is_static and kind.shape and kind.shape[0] >= FEWEST:
            sizes[kind.shape[0]] = sizes.get(kind.shape[0], 0) + prod(kind.shape)
    return sorted(sizes, key=lambda rows: -sizes[rows])


@bulk()
def in_blocks(program: Program, rows: int, block: int) -> Program | None:
    """The program, of known sizes, with what can be computed row by row in a loop over blocks; None where nothing can.

    Sums over rows are sums of the sums of blocks.
    """
    found = _divided(program, rows)
    return None if found is None else _looped(*found, block)


@bulk()
def with_less_memory(program: Program) -> Program:
    """The program in blocks of rows where it holds far more of all rows than it is given and gives."""
    counts = row_counts(program)
    if not counts or not all(getattr(kind, "is_static", False) for kind in program.types):
        return program
    found = _divided(program, counts[0])
    if found is None:
        return program
    inside, wanted = found[2].inside, [found[2].inside[term] for term in found[2].wanted]
    held, kept = _row_bytes(inside.values()), _row_bytes([*found[2].sequences.values(), *wanted])
    if held * counts[0] < MUCH or held < FAR_MORE * kept:
        return program
    return _looped(*found, even_block(counts[0], max(HELD // held, 1)))


def even_block(rows: int, most: int) -> int:
    """Rows of a block, `most` or fewer: such that none are left over, where half as many or more do that."""
    most = min(most, rows)
    return next((size for size in range(most, most // 2, -1) if rows % size == 0), most)


def _row_bytes(terms: Iterable[Term]) -> int:
    """Bytes that the terms take for each row, but for those that are views."""
    made = [term for term in terms if is_symbol(term) or makes_new(term._tuple[0])]
    return sum(prod(term.type.shape) // PROBE * term.type.dtype.itemsize for term in made)


def _divided(program: Program, rows: int) -> tuple[list[Term], list[Term], Rows] | None:
    """Inputs and outputs as terms, and how these are made of rows; None where they are not."""
    inputs = [
        symbol(name, kind.shape, kind.dtype, identity=("blocks", place))
        for place, (name, kind) in enumerate(zip(program.inputs, program.types, strict=False))
    ]
    outputs = program_terms(program, inputs)
    refused: set[Term] = set()
    for _ in range(_REFUSALS):
        found = Rows(outputs, rows, refused)
        moved = [term for term in found.wanted if found.inside[term].type.shape[0] != PROBE]
        if not moved:
            return (inputs, outputs, found) if found.totals or found.wanted else None
        refused.update(moved)
    return None


def _looped(inputs: list[Term], outputs: list[Term], found: Rows, block: int) -> Program:
    return lower(replace(outputs, _Loop(found, block).results()), inputs)[0]


class _Loop:
    """The scan over blocks, and the rows left over."""

    def __init__(self, found: Rows, block: int):
        self.found, self.block = found, block
        self.steps, self.left = divmod(found.rows, block)
        self.wanted = [*found.totals, *found.wanted]
        self.blocks = [*found.totals.values(), *[found.inside[term] for term in found.wanted]]

    def results(self) -> dict[Term, Term]:
        """What the totals and the terms wanted of each row are."""
        loop, count = self._scan(), len(self.found.totals)
        whole = [_item.apply((loop,), (place,)) for place in range(len(self.wanted))]
        for place in range(count, len(whole)):
            shape = whole[place].type.shape
            whole[place] = _reshape.apply((whole[place],), ((shape[0] * shape[1], *shape[2:]),))
        if self.left:
            rest = self._rest()
            whole = [
                _add.apply(pair) if place < count else _concatenate.apply(pair, (0,))
                for place, pair in enumerate(zip(whole, rest, strict=True))
            ]
        return dict(zip(self.wanted, whole, strict=True))

    def _scan(self) -> Term:
        totals, sequences, whole = list(self.found.totals), list(self.found.sequences.items()), list(self.found.whole)
        zeros = [_broadcast_to.apply((constant(0, term.type.dtype),), (term.type.shape,)) for term in totals]
        rows = [self._part(term, 0, self.steps * self.block) for term, _ in sequences]
        stacks = [_reshape.apply((part,), ((self.steps, self.block, *part.type.shape[1:]),)) for part in rows]
        operands = (*zeros, *stacks, *whole)
        kinds = [*[term.type for term in totals], *[part.type.with_shape(part.type.shape[1:]) for part in stacks],
                 *[term.type for term in whole]]  # fmt: skip
        parameters = [parameter(place, kind) for place, kind in enumerate(kinds)]
        given = dict(zip([*[taken for _, taken in sequences], *whole], parameters[len(totals) :], strict=True))
        results = with_rows(self.blocks, given, self.block)
        results[: len(totals)] = [
            _add.apply(pair) for pair in zip(parameters[: len(totals)], results[: len(totals)], strict=True)
        ]
        body = Body(results, len(operands))
        return _scan.apply(operands, (body, len(totals), len(sequences), None, False, False, None))

    def _part(self, term: Term, start: int, end: int) -> Term:
        if (start, end) == (0, self.found.rows):
            return term
        return _getitem.apply((term,), ((("slice", start, end, None),),))

    def _rest(self) -> Sequence[Term]:
        """The same of the rows left over, outside the loop."""
        start, end = self.steps * self.block, self.found.rows
        given = {taken: self._part(term, start, end) for term, taken in self.found.sequences.items()}
        return with_rows(self.blocks, {**given, **{term: term for term in self.found.whole}}, self.left)
