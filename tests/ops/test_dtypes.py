"""The type of a term is that of its meaning: every operator that takes arrays of these dtypes, alone and mixed."""

import warnings
from itertools import product

import numpy as np
import pytest

import etude as et
from etude.ops import CATALOGUE
from etude.terms import ArrayType

DTYPES = "float64 float32 float16 int64 int32 int8 uint8 uint64 bool complex128 complex64".split()
PLAIN = [name for name, op in CATALOGUE.items() if op.is_elementwise and None not in op.attributes.values()]
# operators of matrices, of which the operands are square, without elements and, where that has a meaning, oblong
MATRICES = "inv det cholesky cofactor solve solve_triangular pinv gaps tril triu triangle half_lower diagonal trace expm expm_slope".split()
OBLONG = "pinv tril triu triangle half_lower diagonal trace".split()
REDUCED = "sum prod mean var std max min all any cumsum cumprod norm logsumexp softmax log_softmax sort argsort argmax argmin count_nonzero".split()


def disagreements(op, shape):
    """Where the meaning is of another type than the term, or refuses a dtype that the term took."""
    count = max(len([operand for operand in op.operands if not operand.startswith("*")]), 2 if op.variadic else 1)
    attributes = {key: 1 if key == "axis" else value for key, value in op.attributes.items() if key != "keepdims"}
    for chosen in product(DTYPES, repeat=min(count, 2)):
        dtypes = [*chosen, *[chosen[-1]] * (count - len(chosen))]
        values = [np.broadcast_to(np.eye(*shape[-2:]) if len(shape) > 1 else 1, shape).astype(dtype) for dtype in dtypes]
        try:
            kind = op(*[et.symbol(f"x{k}", shape, dtype).term for k, dtype in enumerate(dtypes)], **attributes).type
        except TypeError:
            continue
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                found = np.asarray(op.meaning(*values, *{**op.attributes, **attributes}.values()))
        except TypeError as error:
            yield f"{dtypes}: {kind}, but {error}"
            continue
        if (found.dtype, found.shape) != (kind.dtype, kind.shape):
            yield f"{dtypes}: {kind} for {ArrayType(found.dtype, found.shape)}"


@pytest.mark.parametrize("name", PLAIN)
def test_elementwise(name):
    assert list(disagreements(CATALOGUE[name], (2,))) == []


@pytest.mark.parametrize("name", REDUCED)
def test_along_an_axis(name):
    assert list(disagreements(CATALOGUE[name], (2, 3))) == []


@pytest.mark.parametrize(("name", "shape"), [*product(MATRICES, [(3, 3), (2, 3, 3)]), *product(OBLONG, [(2, 3), (0, 3), (3, 2)])])
def test_matrices(name, shape):
    assert list(disagreements(CATALOGUE[name], shape)) == []
