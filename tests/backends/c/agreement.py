"""Programs run as C, each of their instructions held against its operator's meaning on the values C itself computed.

So rounding does not add up along a program, and what disagrees is one instruction with its operands: the smallest
program there is.
"""

import dataclasses
import warnings

import numpy as np
from tests.backends.c.running import Compiled
from tests.backends.c.tolerances import EXACT, difference

from etude.backends.c.codegen import generate
from etude.backends.c.csource import Unsupported
from etude.program import lower
from etude.terms import ArrayType, postorder

PLAIN = ("-O0", "-ffp-contract=off", "-fno-math-errno", "-fwrapv", "-fopenmp-simd")


def program_of(terms, inputs):
    program, rest = lower(terms, inputs)
    assert not rest
    return program


def written_in_c(terms, inputs):
    """Whether C does all of these terms, and NumPy none."""
    try:
        return not generate(program_of(terms, inputs)).callbacks
    except Unsupported:
        return False


def everything(program):
    """The program with each of its results an output."""
    slots = [slot for slot in range(program.first, len(program.types)) if isinstance(program.types[slot], ArrayType)]
    return dataclasses.replace(program, outputs=tuple(slots))


def disagreements(terms, inputs, points, flags=PLAIN):
    """What C gets wrong in a program of `terms` at any of the points, a text for each instruction or output."""
    program = program_of(terms, inputs)
    whole = everything(program)
    stored, fused = Compiled(whole, flags), Compiled(program, flags)
    found = []
    for values in points:
        code, results = stored.call(*values)
        assert code == 0
        known = dict(enumerate([*map(np.asarray, values), *map(np.asarray, program.constants)]))
        known.update(zip(whole.outputs, results, strict=True))
        found += _instructions(program, known)
        code, outputs = fused.call(*values)
        assert code == 0
        for term, slot, output in zip(terms, program.outputs, outputs, strict=True):
            if flags is PLAIN and not np.array_equal(known[slot], output, equal_nan=output.dtype.kind in "fc"):
                found.append(f"fused, {_smallest(term, inputs, values)}: {output} for {known[slot]}")
    return found


def compared(outputs, inputs, values, rtol=0.0):
    """C, which calls NumPy for nothing, gives the meaning of expressions, to `rtol`."""
    compiled = Compiled(program_of([output.term for output in outputs], [given.term for given in inputs]))
    assert compiled.source.callbacks == () and compiled.warnings == ""
    status, found = compiled.call(*values)
    assert status == 0
    for output, one in zip(outputs, found, strict=True):
        wanted = np.asarray(output.eval(dict(zip(inputs, values, strict=True))))
        assert (one.dtype, one.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(one, wanted, rtol=rtol, atol=rtol)


def _instructions(program, known):
    for position in range(len(program)):
        row = program[position]
        if row.output not in known:
            continue
        operands = [known[slot] for slot in row.inputs]
        wanted = _meaning(row, operands)
        problem = difference(row.op.name, operands, wanted, known[row.output])
        if problem and row.op.is_elementwise and wanted.dtype.kind == "f":
            wanted = _either(wanted, _better(row, operands, wanted), known[row.output])
            problem = difference(row.op.name, operands, wanted, known[row.output])
        if problem:
            yield f"{row.op.name}{row.attributes}: {problem}"


def _meaning(row, operands):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(Mean|Degrees) of", RuntimeWarning)  # of empty arrays
        return np.asarray(row.op.meaning(*operands, *row.attributes))


def _better(row, operands, wanted):
    """What `wanted` should be: exactly where tolerances say so, or else as float64 gives it."""
    if row.op.name in EXACT:
        near = np.clip(operands[0].astype(float), -1e3, 1e3)  # beyond, these are 0 or 2 all the same
        return np.array([float(EXACT[row.op.name](x)) for x in near.ravel()]).reshape(wanted.shape).astype(wanted.dtype)
    wide = [value.astype(float) if value.dtype == np.float32 else value for value in operands]
    with np.errstate(all="ignore"):
        return _meaning(row, wide).astype(wanted.dtype)


def _either(one, other, found):
    """For each element the finite one of two that is nearer to what was found."""
    with np.errstate(all="ignore"):
        return np.where(np.isfinite(one) & np.isfinite(other) & (np.abs(other - found) < np.abs(one - found)), other, one)


def _smallest(term, inputs, values):
    """The first part of a term whose fused program differs from the one with each result stored."""
    for part in postorder(term):
        if not part.operands or not isinstance(part.type, ArrayType):
            continue
        program = program_of([part], inputs)
        whole = everything(program)
        stored = dict(zip(whole.outputs, Compiled(whole, PLAIN).call(*values)[1], strict=True))
        fused = Compiled(program, PLAIN).call(*values)[1][0]
        if not np.array_equal(stored[program.outputs[0]], fused, equal_nan=fused.dtype.kind in "fc"):
            return str(part)
    return str(term)
