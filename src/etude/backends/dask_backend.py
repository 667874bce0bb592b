"""Programs lowered onto dask arrays: graphs of NumPy calls on blocks, computed where and when dask computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from etude.backends.arguments import Arguments
from etude.backends.bodies import binder_function
from etude.backends.dask_forms import FORMS, Blocks, quietly
from etude.backends.namespaces import Namespace
from etude.backends.numpy_backend import Executable
from etude.backends.source import compiled_body
from etude.errors import EtudeError
from etude.ops import Op
from etude.program import Program
from etude.program.meaning import keyword_arguments
from etude.terms import ArrayType, TupleType

__all__ = ["DaskArguments", "compile_dask"]


def compile_dask(program: Program) -> Executable:
    """The program as a function from arrays, of NumPy or dask, to dask arrays; nothing is computed by calling it.

    Elementwise operators, reductions, products and layouts work block by block. An operator without such a form is one
    task on whole arrays.
    """
    blocks = Blocks()
    calls = [_call(program, position, blocks) for position in range(len(program))]

    def run(*values: Any) -> list[Any]:
        memory = [*map(blocks.array, values), *program.constants]
        for place, call in zip(program.operands, calls, strict=True):
            memory.append(call([memory[slot] for slot in place]))
        return [blocks.array(memory[slot]) for slot in program.outputs]

    return Executable("dask", run, f"# lowered onto dask arrays\n{program}\n")


def _call(program: Program, position: int, blocks: Blocks) -> Callable[[list[Any]], Any]:
    op, attributes = program.ops[position], program.attributes[position]
    kinds = [program.types[slot] for slot in program.operands[position]]
    kind = program.types[program.first + position]
    if "binder" in op.properties:
        function = binder_function(op, attributes, kinds, Namespace(np), compiled_body)
        return partial(_whole, blocks, function, op, attributes, kind)
    named = keyword_arguments(op, attributes)
    function = partial(op.evaluate, **named) if named else op.evaluate
    whole = partial(_whole, blocks, function, op, attributes, kind)
    if op.is_elementwise:
        return partial(blocks.elementwise, quietly(function), kind.dtype)
    form = FORMS.get(op.name)
    if form is None:
        return whole

    def call(values: list[Any]) -> Any:
        if not any(map(blocks.is_lazy, values)):
            return quietly(function)(*values)
        try:
            found = form(blocks, op, values, named)
        except NotImplementedError:
            found = None
        return whole(values) if found is None else found

    return call


def _whole(
    blocks: Blocks,
    function: Callable[..., Any],
    op: Op,
    attributes: tuple[Any, ...],
    kind: ArrayType | TupleType,
    values: list[Any],
) -> Any:
    """One task on whole arrays."""
    if op.name == "item":
        return values[0][attributes[0]]
    if not any(map(blocks.is_lazy, values)):
        return quietly(function)(*values)
    found = blocks.task(quietly(function), values)
    known = _inferred(op, attributes, kind, values)
    if isinstance(known, TupleType):
        return [blocks.from_task(found[place], item) for place, item in enumerate(known.items)]
    return blocks.from_task(found, known)


def _inferred(op: Op, attributes: tuple[Any, ...], kind: Any, values: Sequence[Any]) -> Any:
    """The type with the sizes that follow from these values' sizes."""
    kinds = [ArrayType(value.dtype, _sizes(value)) if hasattr(value, "dtype") else None for value in values]
    if None in kinds:
        return kind
    try:
        return op.infer(tuple(kinds), attributes)  # type: ignore[arg-type]  # None is excluded above
    except EtudeError:
        return kind


def _sizes(value: Any) -> tuple[int | None, ...]:
    return tuple([None if size != size else int(size) for size in value.shape])


class DaskArguments(Arguments):
    """Dask arrays pass as they are, or cast; everything else is checked as ever."""

    def convert(self, position: int, value: Any) -> Any:
        if not hasattr(value, "dask"):
            return super().convert(position, value)
        kind, name = self.types[position], self.names[position]
        known = np.broadcast_to(np.zeros((), value.dtype), [1 if size != size else size for size in value.shape])
        if any(size != size for size in value.shape) and any(isinstance(dim, int) for dim in kind.shape):
            raise self.error(f"input {name} has sizes that dask does not know; call compute_chunk_sizes() on it")
        self._check_shape(position, known)
        if value.dtype != kind.dtype and not self._may_cast(value, value.dtype, kind.dtype):
            raise self.error(self._dtype_message(position, value, known))
        return value if value.dtype == kind.dtype else value.astype(kind.dtype)

