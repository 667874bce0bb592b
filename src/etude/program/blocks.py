"""A program that goes over its rows once, in blocks small enough to stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from etude.ops import CATALOGUE
from etude.ops.binders import Body, parameter
from etude.program.lower import lower
from etude.program.program import Program
from etude.program.rows import PROBE, Rows, with_rows
from etude.program.specialize import program_terms
from etude.terms import Term, bulk, constant, replace, symbol

__all__ = ["in_blocks", "row_counts"]

FEWEST = 512  # rows that are worth it
_REFUSALS = 8
_add, _getitem, _item, _reshape, _scan = (CATALOGUE[name] for name in ("add", "getitem", "item", "reshape", "scan"))
_broadcast_to, _concatenate = CATALOGUE["broadcast_to"], CATALOGUE["concatenate"]


def row_counts(program: Program) -> list[int]:
    """The numbers of rows of inputs and constants, those with the most elements in all first."""
    sizes: dict[int, int] = {}
    for kind in program.types[: program.first]:
        if kind.shape and kind.shape[0] >= FEWEST:
            sizes[kind.shape[0]] = sizes.get(kind.shape[0], 0) + prod(kind.shape)
    return sorted(sizes, key=lambda rows: -sizes[rows])


@bulk()
def in_blocks(program: Program, rows: int, block: int) -> Program | None:
    """The program, of known sizes, with what can be computed row by row in a loop over blocks; None where nothing can.

    Sums over rows are sums of the sums of blocks.
    """
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
            break
        refused.update(moved)
    else:
        return None
    if not found.totals and not found.wanted:
        return None
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
