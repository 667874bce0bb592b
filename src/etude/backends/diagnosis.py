"""Which instruction of a program failed, said in the user's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from etude.errors import ShapeError
from etude.program import Program
from etude.program.meaning import keyword_arguments
from etude.terms import shape_text

__all__ = ["diagnosed"]


def diagnosed(program: Program, values: Sequence[Any], error: ValueError, place: str = "") -> Exception:
    """The error to raise for one that NumPy raised.

    Where sizes known only now do not fit, a `ShapeError` that names the operator, its operands and their shapes;
    otherwise the error itself.
    """
    if type(error) is not ValueError:
        return error
    memory: list[Any] = [*values, *program.constants]
    with np.errstate(all="ignore"):
        for row in program:
            operands = [memory[slot] for slot in row.inputs]
            try:
                memory.append(row.op.evaluate(*operands, **keyword_arguments(row.op, row.attributes)))
            except ValueError as again:
                shapes = [
                    f"{program.name(slot)} has shape {shape_text(np.shape(operand))}"
                    for slot, operand in zip(row.inputs, operands, strict=True)
                ]
                return ShapeError(f"{place}{row.op.name} failed: {again}; {', '.join(shapes)}")
    return error
