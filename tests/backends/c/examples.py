"""Terms of one operator each, made from the catalogue: operands of many shapes and dtypes, every choice of attributes.

What the types refuse, or the meaning, is passed over; so is what comes of memory that NumPy did not fill.
"""

import warnings
from dataclasses import dataclass
from itertools import islice, product
from zlib import crc32

import numpy as np

import etude as et
from etude.check.configurations import attribute_choices
from etude.ops import CATALOGUE
from etude.terms import TupleType

SHAPES = [(), (3,), (4,), (3, 4), (3, 4), (4, 4), (3, 3), (2, 3, 3), (0, 3)]
SQUARE = frozenset("inv det cholesky cofactor solve solve_triangular slogdet eigh expm expm_slope expm_curvature".split())
NUMBERS = np.array([-2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 3.7, 20.0])
WHOLE = np.array([0, 1, 2, -1])  # numbers that may be places, too
TRUTHS = np.array([0, 1])
TRIES, ELEMENTWISE_TRIES = 600, 40  # until there are enough; elementwise operators take nearly all shapes


def operand(rng, name, shape, dtype):
    """Values; for linear algebra positive definite matrices, which are far from singular."""
    kind = np.dtype(dtype).kind
    value = _drawn(rng, {"b": TRUTHS, "i": WHOLE}.get(kind, NUMBERS), shape).astype(dtype)
    if kind == "c":
        value = value + (_drawn(rng, NUMBERS, shape) * 1j).astype(dtype)
    if name in SQUARE and len(shape) > 1 and shape[-1] == shape[-2]:
        value = np.clip(value.real, -1, 1)
        return (value @ np.swapaxes(value, -1, -2) + 3 * np.eye(shape[-1])).astype(dtype)
    return value


def _drawn(rng, pool, shape):
    return np.asarray(pool[rng.integers(len(pool), size=shape)])  # what rng.choice draws, without its many checks


@dataclass
class Example:
    """An operator's results as terms of `inputs`, and what it means at `values`."""

    name: str
    terms: list
    inputs: list
    values: list
    meaning: list


def examples(name, dtype, wanted):
    """Up to `wanted` examples of an operator on operands of a dtype, some with whole numbers after the first."""
    op, rng = CATALOGUE[name], np.random.default_rng(crc32(name.encode()))
    count = max(len([given for given in op.operands if not given.startswith("*")]), 2 if op.variadic else 1) if op.operands else 0
    ways = list(islice(product(*[attribute_choices(op, key) for key in op.attributes]), 500))
    dtypes = [(dtype,) * count, (dtype, *["int64"] * (count - 1))][: max(count, 1)]
    found = 0
    for _ in range(ELEMENTWISE_TRIES if op.is_elementwise else TRIES):
        chosen, way = dtypes[rng.integers(len(dtypes))], ways[rng.integers(len(ways))]
        values = [operand(rng, name, SHAPES[rng.integers(len(SHAPES))], kind) for kind in chosen]
        if name == "searchsorted":  # which has no meaning in what is not sorted
            values[0] = np.sort(values[0], axis=None).reshape(values[0].shape)
        example = _example(op, f"{name}_{found}_", values, dict(zip(op.attributes, way, strict=True)))
        if example is not None:
            found += 1
            yield example
        if found == wanted:
            return


def _example(op, prefix, values, attributes):
    inputs = [et.symbol(f"{prefix}{place}", value.shape, value.dtype).term for place, value in enumerate(values)]
    try:
        term = op(*inputs, **attributes)
        canonical = op.type_of(tuple([given.type for given in inputs]), tuple(attributes.values()))[0]
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            one, other = [op.meaning(*values, *canonical) for _ in range(2)]
    except Exception:  # noqa: BLE001  operators of the calculus are made with fitting operands, and check little
        return None
    several = isinstance(term.type, TupleType)
    terms = [CATALOGUE["item"](term, index=place) for place in range(len(term.type.items))] if several else [term]
    results = [[np.asarray(each) for each in (result if several else [result])] for result in (one, other)]
    if not all(map(_fits, terms, *results)):
        return None
    return Example(op.name, terms, inputs, values, results[0])


def _fits(term, one, other):
    if one.dtype == np.float16 or (one.dtype, one.shape) != (term.type.dtype, term.type.shape):  # C has no float16
        return False
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
