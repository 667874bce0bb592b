"""Small changes of the right side of a derivative line: signs, factors, operators, operands."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from etude.ops import CATALOGUE, Op
from etude.rules import DISCONNECTED, MARK, UNDEFINED, Rule
from etude.terms import Term

EXCHANGED = {
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "tan": "sin", "tanh": "sin", "exp": "expit", "log": "sqrt",
    "sqrt": "exp", "square": "exp", "abs": "square", "sign": "exp", "add": "subtract", "subtract": "add",
    "multiply": "add", "divide": "multiply", "digamma": "gammaln", "conj": "negative", "real": "imag", "imag": "real",
}  # fmt: skip
TURNED = ("subtract", "divide", "power", "matmul", "solve", "where")


def mutants(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """What was changed, and the line with this one change."""
    for said, changed in _changed(rule.rhs) if type(rule.rhs) not in (int, float) else ():  # 0 has no sign to change
        yield said, replace(rule, rhs=changed)


def _changed(side: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(side, tuple) and not isinstance(side, Term):  # an adjoint line with several contributions
        for place, part in enumerate(side):
            for said, changed in _changed(part):
                yield f"{said} [{place}]", (*side[:place], changed, *side[place + 1 :])
        return
    if not _is_open(side):
        yield "negated", Term((CATALOGUE["negative"], side))
        yield "doubled", Term((CATALOGUE["multiply"], 2, side))
        yield from _within(side)
    elif isinstance(side, Term) and side._tuple[0] is CATALOGUE["add"]:  # what is claimed beside what is not
        for place, part in enumerate(side.operands):
            for said, changed in _changed(part):
                yield said, Term((side._tuple[0], *side.operands[:place], changed, *side.operands[place + 1 :]))


def _is_open(side: Any) -> bool:
    return any(isinstance(part, Term) and part._tuple[0] in (DISCONNECTED, UNDEFINED) for part in _parts(side))


def _within(part: Any) -> Iterator[tuple[str, Any]]:
    if type(part) in (int, float):
        yield f"{part} made {part + 1}", part + 1
    if not isinstance(part, Term) or part._tuple[0] in (DISCONNECTED, UNDEFINED, MARK):
        return
    head = part._tuple[0]
    if isinstance(head, Op):
        yield from _at(head, part)
    for place, inner in enumerate(part._tuple[1:], 1):
        if isinstance(head, Op) and place > len(part._tuple) - 1 - head.attribute_count:
            continue
        for said, changed in _within(inner):
            yield said, Term((*part._tuple[:place], changed, *part._tuple[place + 1 :]))


def _at(op: Op, part: Term) -> Iterator[tuple[str, Any]]:
    operands, attributes = part.operands, part.attributes
    if op.name in EXCHANGED:
        yield f"{op.name} made {EXCHANGED[op.name]}", Term((CATALOGUE[EXCHANGED[op.name]], *operands, *attributes))
    if op.name in TURNED:
        yield f"{op.name} turned", Term((op, *operands[:-2], operands[-1], operands[-2], *attributes))
    if op.name == "matrix_transpose":
        yield "mT dropped", operands[0]
    if op.name == "add":
        for place in range(len(operands)):
            rest = operands[:place] + operands[place + 1 :]
            if not _is_open(operands[place]):
                yield f"summand {place} dropped", rest[0] if len(rest) == 1 else Term((op, *rest))
    for place, value in enumerate(attributes):
        if isinstance(value, bool):
            changed = (*attributes[:place], not value, *attributes[place + 1 :])
            yield f"{list(op.attributes)[place]} made {not value}", Term((op, *operands, *changed))


def _parts(part: Any) -> Iterator[Any]:
    yield part
    if isinstance(part, Term):
        for inner in part._tuple[1:]:
            yield from _parts(inner)
