"""Work of a loop's steps that needs nothing of the steps before: done for all steps at once, ahead of the loop.

A step of small arrays in NumPy takes the time of its calls, so that one call for all steps in the place of one in each step
saves nearly all of it. The carries, and what is computed of them, stay in the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod

from etude.ops import CATALOGUE
from etude.ops.batching import by_row
from etude.ops.binders import Body, parameter
from etude.program.lower import lower
from etude.program.meaning import makes_new
from etude.program.program import Program
from etude.program.specialize import program_terms
from etude.terms import ArrayType, Term, bulk, is_leaf, postorder, replace, symbol, transform

__all__ = ["with_work_ahead"]

FEWEST = 16  # steps that are worth it
MANY = 4096  # elements of an item from which a step takes the time of its elements
MUCH = 32 << 20  # bytes that all computed ahead may take
_scan = CATALOGUE["scan"]


@bulk()
def with_work_ahead(program: Program) -> Program:
    """The program with what the steps of its loops need nothing before for computed ahead; itself where there is nothing."""
    if _scan not in program.ops:
        return program
    inputs = [
        symbol(name, kind.shape, kind.dtype, identity=("ahead", place))
        for place, (name, kind) in enumerate(zip(program.inputs, program.types, strict=False))
    ]
    outputs = program_terms(program, inputs)
    found = transform(outputs, _ahead)
    return program if found == outputs else lower(found, inputs)[0]


def _ahead(node: Term) -> Term:
    if node._tuple[0] is not _scan:
        return node
    _, carries, sequences, _, _, stops, condition = node.attributes
    steps = {operand.type.shape[0] for operand in node.operands[carries : carries + sequences]}
    if stops or condition is not None or len(steps) != 1:
        return node
    count = steps.pop()
    return node if not isinstance(count, int) or count < FEWEST else _Steps(node, count).loop()


class _Steps:
    """The steps of a loop, told apart: what needs the steps before, and what does not."""

    def __init__(self, node: Term, count: int):
        self.node, self.count = node, count
        body, self.carries, sequences, *_ = node.attributes
        used, operands, split = body.parameters(), node.operands, self.carries + sequences
        outside = {used[place]: operands[place] for place in used if place >= split}
        self.results = replace(body.results, outside)
        self.late = {used[place] for place in used if place < self.carries}
        self.all_steps = {used[place]: operands[place] for place in used if self.carries <= place < split}
        self.given = {*self.late, *self.all_steps, *outside.values()}
        self.bytes = 0

    def loop(self) -> Term:
        """The loop over what is left of its steps; itself where that is all."""
        within = [node for node in postorder(*self.results, stop=self.given.__contains__) if node not in self.given]
        for node in within:
            parts = [part for part in node._tuple if type(part) is Term]
            late = any(part in self.late for part in parts)
            if late or (any(part in self.all_steps for part in parts) and not self._take(node)):
                self.late.add(node)
        ahead = [node for node in within if node not in self.late and not is_leaf(node)]
        if not any(makes_new(node._tuple[0]) for node in ahead):
            return self.node
        return self._over([node for node in within if node in self.late])

    def _take(self, node: Term) -> bool:
        """Whether a term is computed for all steps at once."""
        kind = node.type
        elements = prod(kind.shape) if isinstance(kind, ArrayType) and kind.is_static else inf  # type: ignore[arg-type]  # all are ints
        if elements > MANY or self.bytes + self.count * elements * kind.dtype.itemsize > MUCH:
            return False
        found = by_row(node, self.all_steps, self.count)
        if found is None:
            return False
        self.all_steps[node] = found
        self.bytes += self.count * int(elements) * kind.dtype.itemsize
        return True

    def _over(self, left: Sequence[Term]) -> Term:
        """The loop in which `left` are computed."""
        parts = dict.fromkeys([*[part for node in left for part in node._tuple if type(part) is Term], *self.results])
        read = [term for term in parts if term not in self.late and (term in self.given or not is_leaf(term))]
        items = [term for term in read if term in self.all_steps]
        same = [term for term in read if term not in self.all_steps]
        places = {term: parameter(place, term.type) for place, term in enumerate([*items, *same], self.carries)}
        body = Body(replace(self.results, places), self.carries + len(places))
        operands = (*self.node.operands[: self.carries], *[self.all_steps[term] for term in items], *same)
        reverse = self.node.attributes[4]
        return _scan.apply(operands, (body, self.carries, len(items), self.count, reverse, False, None))
