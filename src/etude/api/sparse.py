"""Sparse Jacobians: compressed by colors, and delivered by compiled functions as SciPy's sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from etude.api.array import Array, wrap
from etude.api.construct import asarray
from etude.calculus import DisconnectedType, NullType
from etude.calculus.sparsity import colored, dependences
from etude.differentiation import push
from etude.errors import ArgumentError
from etude.ops import CATALOGUE
from etude.ops.batching import over_items
from etude.terms import Term, bulk, constant, symbol

__all__ = ["Pattern", "SparseArray", "SparseFunction", "compressed_outputs", "empty_like", "jacobian_sparsity", "sparse_jacobian"]


class Pattern:
    """Where the elements of a sparse matrix stand, row by row."""

    __slots__ = ("indices", "indptr", "shape")

    def __init__(self, rows: Sequence[tuple[int, ...]], which: Any, count: int):
        """`rows` are the places of elements in rows, and `which` says which of these each row of the matrix is."""
        self.shape = (len(which), count)
        ends = np.cumsum([0, *map(len, rows)])
        self.indptr = np.concatenate([[0], np.cumsum(np.diff(ends)[which])])
        starts = np.repeat(ends[:-1][which] - self.indptr[:-1], np.diff(self.indptr))
        everything = np.fromiter(chain.from_iterable(rows), np.int64, int(ends[-1]))
        self.indices = everything[starts + np.arange(self.indptr[-1])]

    def matrix(self, data: Any) -> Any:
        """SciPy's CSR matrix with these elements."""
        from scipy.sparse import csr_matrix

        return csr_matrix((data, self.indices, self.indptr), self.shape)

    def is_of(self, matrix: Any) -> bool:
        """Whether a matrix is in CSR form and its elements stand here."""
        return (
            getattr(matrix, "format", "") == "csr"
            and matrix.shape == self.shape
            and np.array_equal(matrix.indptr, self.indptr)
            and np.array_equal(matrix.indices, self.indices)
        )

    @property
    def rows(self) -> Any:
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))


class SparseArray(Array):
    """A matrix whose zeros are known: `data` are its other elements, `pattern` says where they stand.

    In expressions it is the dense matrix. A compiled function that has it for an output computes `data` alone and
    returns a `scipy.sparse.csr_matrix`.
    """

    __slots__ = ("data", "pattern")

    def __init__(self, data: Term, pattern: Pattern):
        zeros = CATALOGUE["broadcast_to"](constant(0, data.type.dtype), shape=pattern.shape)  # a number, however many there are
        super().__init__((wrap(zeros).at[pattern.rows, pattern.indices].set(wrap(data))).term)
        self.data, self.pattern = data, pattern

    def __copy__(self) -> SparseArray:
        made = SparseArray(self.data, self.pattern)
        made.name = self._name
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return SparseArray, (self.data, self.pattern)


@bulk()
def jacobian_sparsity(expression: Any, wrt: Array) -> Any:
    """Which elements of `expression` may depend on which of `wrt`, as a `scipy.sparse` matrix of truth values.

    Its shape is `(expression.size, wrt.size)`, elements in the order of `ravel`. It holds for every value of the symbols.

    Raises ShapeError where a size is not known.

    >>> import etude as et
    >>> x = et.symbol("x", (3,))
    >>> et.jacobian_sparsity(x[1:] * x[:-1], x).toarray().astype(int)
    array([[1, 1, 0],
           [0, 1, 1]])
    """
    pattern, _ = _pattern(asarray(expression).term, wrt.term)
    return pattern.matrix(np.ones(len(pattern.indices), bool))


def _pattern(expression: Term, wrt: Term) -> tuple[Pattern, list[int]]:
    rows, which = dependences(expression, wrt)
    count = int(np.prod(wrt.type.shape, dtype=int))
    return Pattern(rows, which, count), colored(rows, np.bincount(which, minlength=len(rows)).tolist(), count)


def sparse_jacobian(expression: Term, wrt: Term, constants: Sequence[Term], simplify: bool) -> Any:
    """The Jacobian as a sparse matrix: one pushforward for each color of its columns; null or disconnected as it may be."""
    dtype = wrt.type.dtype if wrt.type.dtype.kind in "fc" else np.dtype("float64")
    pattern, colors = _pattern(expression, wrt)
    unit = symbol(None, wrt.type.shape, dtype)
    (pushed,) = push([expression], {wrt: unit}, constants, simplify)
    if isinstance(pushed, NullType | DisconnectedType):
        return pushed
    seeds = np.zeros((max(colors, default=0) + 1, len(colors)), dtype)
    seeds[colors, np.arange(len(colors))] = 1
    stacked = over_items([constant(seeds.reshape(-1, *wrt.type.shape))], [unit], pushed)
    flat = CATALOGUE["reshape"](stacked, shape=(seeds.shape[0], pattern.shape[0]))
    chosen = np.asarray(colors, np.int64)[pattern.indices]
    return SparseArray(wrap(flat)[chosen, pattern.rows].term, pattern)


def empty_like(expression: Term, wrt: Term) -> SparseArray:
    """A sparse matrix without elements, the Jacobian where nothing depends on `wrt`."""
    dtype = wrt.type.dtype if wrt.type.dtype.kind in "fc" else np.dtype("float64")
    count = int(np.prod(wrt.type.shape, dtype=int))
    which = np.zeros(int(np.prod(expression.type.shape, dtype=int)), np.int64)
    return SparseArray(constant(np.zeros(0, dtype)), Pattern([()], which, count))


def compressed_outputs(outputs: Any) -> tuple[Any, list[Pattern | None]] | None:
    """The outputs with the elements of sparse ones in their places, and the patterns; None where none is sparse."""
    single = isinstance(outputs, Array)
    listed = [outputs] if single else list(outputs) if isinstance(outputs, (list, tuple)) else []
    if not any(isinstance(output, SparseArray) for output in listed):
        return None
    patterns = [output.pattern if isinstance(output, SparseArray) else None for output in listed]
    dense = [wrap(output.data) if isinstance(output, SparseArray) else output for output in listed]
    return dense[0] if single else dense, patterns


class SparseFunction:
    """A compiled function some of whose results are sparse matrices; all else is as of the function inside."""

    def __init__(self, function: Any, patterns: list[Pattern | None], single: bool):
        self.function, self.patterns, self.single = function, patterns, single

    def __call__(self, *args: Any, out: Any = None, **named: Any) -> Any:
        if out is not None and "out" in [item.name for item in self.function.inputs]:
            named, out = {**named, "out": out}, None
        if out is not None:
            self.function(*args, out=self._destinations(out), **named)
            return out
        found = self.function(*args, **named)
        results = [found] if self.single else found
        made = [r if p is None else p.matrix(r) for r, p in zip(results, self.patterns, strict=True)]
        return made[0] if self.single else made

    def _destinations(self, out: Any) -> Any:
        """The arrays to write to; of a sparse matrix the elements, where it has the result's pattern."""
        given = [out] if self.single else out
        if not isinstance(given, (list, tuple)) or len(given) != len(self.patterns):
            raise ArgumentError(f"out is a list of {len(self.patterns)} arrays and matrices, one for each output")
        arrays = []
        for place, (target, pattern) in enumerate(zip(given, self.patterns, strict=True)):
            if pattern is not None and not pattern.is_of(target):
                what = "out" if self.single else f"out[{place}]"
                raise ArgumentError(f"{what} is no CSR matrix with the result's pattern; the result of an earlier call is one")
            arrays.append(target if pattern is None else target.data)
        return arrays[0] if self.single else arrays

    def wait(self) -> SparseFunction:
        """The function itself, when no faster form of it is being compiled any more."""
        self.function.wait()
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "function":
            raise AttributeError(name)
        return getattr(self.function, name)

    def __repr__(self) -> str:
        return repr(self.function)
