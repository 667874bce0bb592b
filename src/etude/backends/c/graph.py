"""A program as the C generator sees it: composite operators opened up, layouts as views by strides."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np

from etude.backends.c.arrangements import ARRANGED
from etude.backends.c.builder import Builder
from etude.backends.c.composites import OPENED
from etude.backends.c.csource import Callback, Unsupported
from etude.backends.c.forms import sums_of_products
from etude.backends.c.nodes import Node, row_major, shape_of
from etude.backends.c.picking import changed, getitem
from etude.backends.c.scalars import C_TYPES, has_form
from etude.backends.c.special import foreign
from etude.ops import Op
from etude.program import Program, body_programs, ufunc_of
from etude.terms import ArrayType

__all__ = ["Graph"]

Shape = tuple[int, ...]
REDUCTIONS = {"sum": "sum", "prod": "prod", "max": "max", "min": "min", "all": "all", "any": "any"}
LANES = frozenset(
    "cumsum cumprod exclusive_cumprod shift linear_recurrence argmax argmin sort argsort searchsorted take_along_axis "
    "add_along_axis".split()
)
LAPACK = frozenset("solve inv det slogdet cholesky solve_triangular".split())
_REAL = frozenset(
    "var std norm logsumexp softmax log_softmax max min round clip scaled clipped half_lower cumprod exclusive_cumprod "
    "linear_recurrence argmax argmin sort argsort searchsorted".split()
)
VIEWS = frozenset("expand_dims squeeze matrix_transpose transpose broadcast_to flip diagonal".split())


class Graph(Builder):
    """Nodes in an order in which they can be computed; `outputs` are nodes."""

    def __init__(self, program: Program):
        super().__init__()
        self.slots: list[Any] = []
        self._results: dict[int, list[int]] = {}
        self.inputs = len(program.inputs)
        for slot, kind in enumerate(program.types[: program.first]):
            name = program.inputs[slot] if slot < self.inputs else "constant"
            node = Node("input" if slot < self.inputs else "constant", name, (), kind.dtype, shape_of(kind, name))
            if slot >= self.inputs:
                node.value = np.asarray(program.constants[slot - self.inputs], kind.dtype, order="C")
            self.slots.append(self.enter(node))
        for position, op in enumerate(program.ops):
            args = [self.slots[slot] for slot in program.operands[position]]
            kind = program.types[program.first + position]
            if op.name == "item":
                self.slots.append(self.slots[program.operands[position][0]][program.attributes[position][0]])
                continue
            kinds = tuple([program.types[slot] for slot in program.operands[position]])
            self.slots.append(self._instruction(op, args, program.attributes[position], kinds, kind))
        self.outputs = [self.slots[slot] for slot in program.outputs]
        sums_of_products(self, self.outputs)

    # ---------------------------------------------------------------- instructions

    def _instruction(self, op: Op, args: list[int], attributes: tuple[Any, ...], kinds: tuple[Any, ...], kind: Any) -> Any:
        """The node of a result, or those of several; what has no C form is a call of NumPy."""
        if "binder" in op.properties:
            return self._bodied(op, args, attributes, kinds, kind)
        with suppress(Unsupported):
            if op.name in LAPACK:
                return self._lapack(op.name, args, attributes, kind)
        if isinstance(kind, ArrayType):
            try:
                return self._written(op, args, attributes, kind)
            except Unsupported:
                shape_of(kind, op.name)
        ready = [self.by_rows(arg, False) for arg in args]
        node = Node("call", op.name, ready, np.dtype(np.uint8), ())
        node.spec = Callback(op, attributes, kinds, getattr(kind, "items", (kind,)))
        found = self.results_of(node, kind)
        return found[0] if isinstance(kind, ArrayType) else found

    def _written(self, op: Op, args: list[int], attributes: tuple[Any, ...], kind: Any) -> int:
        shape = shape_of(kind, op.name)
        named = dict(zip(op.attributes, attributes, strict=True))
        special = OPENED.get(op.name) or ARRANGED.get(op.name)
        if op.name in _REAL and any(self.nodes[arg].dtype.kind == "c" for arg in args):
            raise Unsupported(op.name, "of complex numbers is not written in C yet")
        if special is not None:
            return special(self, args, named, kind.dtype)
        if op.name in REDUCTIONS:
            return self.reduced(REDUCTIONS[op.name], args[0], named["axis"], named["keepdims"], kind.dtype)
        if op.is_elementwise:
            folded = self._folded(op, args, named, kind.dtype)
            return self._ufunc(op, args, named, kind.dtype) if folded is None else folded
        if op.name in VIEWS:
            return self.strided(args[0], lambda dummy: op.evaluate(dummy, **named))
        if op.name == "reshape":
            return self.reshaped(args[0], shape)
        if op.name == "getitem":
            return getitem(self, args, named["spec"], shape)
        if op.name == "matmul":
            return self._matmul(args, kind.dtype, shape)
        if op.name == "concatenate":
            node = Node("concatenate", op.name, args, kind.dtype, shape)
            node.axes = (named["axis"],)
            return self.enter(node)
        if op.name in LANES:
            return self._lanes(op.name, args, named, kind.dtype, shape)
        if op.name in ("add_at", "set_at"):
            return changed(self, op.name, args, named["spec"], kind.dtype, shape)
        raise Unsupported(op.name, "is not written in C yet")

    def _folded(self, op: Op, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int | None:
        """The number that an operator on numbers is; a loop for it would come between others."""
        if any(self.nodes[arg].kind != "constant" or self.nodes[arg].shape for arg in args):
            return None
        with np.errstate(all="ignore"):
            return self.number(op.evaluate(*[self.nodes[arg].value[()] for arg in args], **named), dtype)

    def _ufunc(self, op: Op, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
        kinds = [self.nodes[arg].dtype for arg in args]
        if op.name == "where":
            return self.elementwise(op.name, args, dtype, (np.dtype(bool), dtype, dtype))
        if op.name == "astype":
            return self.elementwise(op.name, args, dtype, (kinds[0],))
        if op.name == "clip":
            low = self.elementwise("maximum", args[:2], dtype, (dtype, dtype))
            return self.elementwise("minimum", [low, args[2]], dtype, (dtype, dtype))
        if named:
            raise Unsupported(op.name, "with attributes is not written in C yet")
        ufunc = ufunc_of(op)
        if ufunc is None:
            common = np.result_type(*kinds)
            common = common if common.kind in "fc" else np.dtype(float)
            first = self.nodes[args[0]]
            ordered = f"{op.name} of order {first.value:g}" if first.kind == "constant" and not first.shape else ""
            if has_form(ordered, common):
                return self.elementwise(ordered, args[1:], dtype, (common,) * (len(args) - 1))
            if not has_form(op.name, common):
                raise Unsupported(op.name, f"no C form for dtype {common}")
            return self.elementwise(op.name, args, dtype, (common,) * len(args))
        if len(args) != ufunc.nin:
            raise Unsupported(op.name, f"of {len(args)} operands")
        return self.elementwise(op.name, args, dtype, _loop_of(op.name, ufunc, *kinds))

    # ---------------------------------------------------------------- operators with bodies, several results

    def _bodied(self, op: Op, args: list[int], attributes: tuple[Any, ...], kinds: Sequence[Any], kind: Any) -> Any:
        """The result of a map, or those of a scan or a choice; each body is a graph of its own."""
        named = dict(zip(op.attributes, attributes, strict=True))
        bodies = tuple([Graph(program) for program in body_programs(op, attributes, tuple(kinds))])
        carries = named.get("carries", 0)
        end = named["mapped"] if op.name == "map" else carries + named.get("sequences", 0)
        ready = [self.by_rows(arg, carries <= place < end) for place, arg in enumerate(args)]
        node = Node("bodies", op.name, ready, np.dtype(np.uint8), ())
        node.spec = (bodies, named)
        found = self.results_of(node, kind)
        return found[0] if op.name == "map" else found

    def results_of(self, node: Node, kind: Any) -> tuple[int, ...]:
        """The nodes of an operator's results, which are computed together."""
        number = self.enter(node)
        kinds = getattr(kind, "items", (kind,))
        rows = [Node("result", node.op, [number], each.dtype, shape_of(each, node.op)) for each in kinds]
        self._results[number] = [self.enter(row) for row in rows]
        return tuple(self._results[number])

    def results_at(self, number: int) -> list[int]:
        """The nodes of the results of a loop, a choice or a call."""
        return self._results[number]

    def _lanes(self, name: str, args: list[int], named: dict[str, Any], dtype: np.dtype[Any], shape: Shape) -> int:
        """An operator along one axis, at whose lanes C goes one by one."""
        kinds = [self.nodes[arg].dtype for arg in args]
        if name == "searchsorted":
            if kinds[0] != kinds[1]:
                raise Unsupported(name, f"of {kinds[1]} in {kinds[0]}")
            return self._lane(name, args, dtype, shape, 0, named["side"])
        axis = named["axis"]
        if name in ("argmax", "argmin"):
            if axis is None:
                args, axis = [self.reshaped(args[0], (self.nodes[args[0]].size,))], 0
            kept = self.nodes[args[0]].shape
            found = self._lane(name, args, dtype, (*kept[:axis], 1, *kept[axis + 1 :]), axis, None)
            return self.viewed(found, shape, 0, row_major(shape))
        if axis is None:
            raise Unsupported(name, "of all elements")
        if name not in ("take_along_axis", "add_along_axis"):
            return self._lane(name, args, dtype, shape, axis, named.get("reverse"))
        shapes = [list(self.nodes[arg].shape) for arg in args]
        if name == "take_along_axis":
            shapes[0][axis] = 1
        elif dtype.kind == "b" or kinds[0] != dtype or kinds[2] != dtype:
            raise Unsupported(name, f"no C form for dtypes {kinds}")
        domain = np.broadcast_shapes(*map(tuple, shapes if name == "take_along_axis" else shapes[1:]))
        return self._lane(name, args, dtype, shape, axis, domain)

    def _lane(self, name: str, args: list[int], dtype: np.dtype[Any], shape: Shape, axis: int, spec: Any) -> int:
        node = Node("lanes", name, args, dtype, shape)
        node.axes, node.spec = (axis,), spec
        return self.enter(node)

    # ---------------------------------------------------------------- products

    def _lapack(self, name: str, args: list[int], attributes: tuple[Any, ...], kind: Any) -> Any:
        """The node of the result of a LAPACK routine, or those of several."""
        dtype = getattr(kind, "items", (kind,))[0].dtype
        if dtype.char not in "fd" or any(0 in self.nodes[arg].shape for arg in args):
            raise Unsupported(name, f"no C form for {kind}")
        ready = [arg if self.nodes[arg].dtype == dtype else self.elementwise("astype", [arg], dtype) for arg in args]
        several = not isinstance(kind, ArrayType)
        node = Node("lapack", name, ready, dtype, ()) if several else Node("lapack", name, ready, dtype, shape_of(kind, name))
        node.spec, node.axes = dtype, attributes
        return self.results_of(node, kind) if several else self.enter(node)

    def _matmul(self, args: list[int], dtype: np.dtype[Any], shape: Shape) -> int:
        ready = []
        for arg in args:
            cast = arg if self.nodes[arg].dtype == dtype else self.elementwise("astype", [arg], dtype)
            node = self.nodes[cast]
            strides = self.view_of(cast).strides[-2:]
            dims = node.shape[-2:]
            ready.append(cast if _blas_can(dims, strides) else self.copied(cast))
        return self.enter(Node("matmul", "matmul", ready, dtype, shape))


@cache
def _loop_of(name: str, ufunc: np.ufunc, *kinds: np.dtype[Any]) -> tuple[np.dtype[Any], ...]:
    """The dtypes to which a ufunc casts its operands."""
    try:
        found = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))
    except TypeError as error:  # operands that the ufunc casts, such as the order of a polynomial
        raise Unsupported(name, f"no C form for dtypes {kinds}") from error
    loop = found[: ufunc.nin]
    if len({kind.char for kind in loop}) > 1 or any(kind.char not in C_TYPES for kind in loop):
        raise Unsupported(name, f"no C form for dtypes {loop}")
    if not has_form(name, loop[0]) and not (loop[0].kind == "f" and foreign(name, len(loop), loop[0].char)):
        raise Unsupported(name, f"no C form for dtype {loop[0]}")
    return loop


def _blas_can(dims: Shape, strides: Shape) -> bool:
    if len(dims) == 1:
        return strides[0] > 0 or dims[0] == 1
    rows, columns = dims
    down, across = strides
    if min(dims) <= 1:
        return max(dims) <= 1 or (down > 0 and across > 0 and (across == 1 or columns == 1) and (rows == 1 or down >= columns))
    return (across == 1 and down >= columns) or (down == 1 and across >= rows)
