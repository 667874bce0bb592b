"""A program as the C generator sees it: composite operators opened up, layouts as views by strides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from etude.backends.c.csource import Callback, Unsupported
from etude.backends.c.nodes import Node, View, row_major, shape_of
from etude.backends.c.scalars import C_TYPES, has_form
from etude.backends.c.special import foreign
from etude.ops import Op
from etude.ops.subscripts import index_values
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
VIEWS = frozenset("expand_dims squeeze matrix_transpose transpose broadcast_to flip diagonal".split())


class Graph:
    """Nodes in an order in which they can be computed; `outputs` are nodes."""

    def __init__(self, program: Program):
        self.nodes: list[Node] = []
        self.slots: list[Any] = []
        self._known: dict[Any, int] = {}
        self._numbers: dict[Any, int] = {}
        self._results: dict[int, list[int]] = {}
        self.inputs = len(program.inputs)
        for slot, kind in enumerate(program.types[: program.first]):
            name = program.inputs[slot] if slot < self.inputs else "constant"
            node = Node("input" if slot < self.inputs else "constant", name, (), kind.dtype, shape_of(kind, name))
            if slot >= self.inputs:
                node.value = np.asarray(program.constants[slot - self.inputs], kind.dtype, order="C")
            self.slots.append(self._enter(node))
        for position, op in enumerate(program.ops):
            args = [self.slots[slot] for slot in program.operands[position]]
            kind = program.types[program.first + position]
            if op.name == "item":
                self.slots.append(self.slots[program.operands[position][0]][program.attributes[position][0]])
                continue
            kinds = tuple([program.types[slot] for slot in program.operands[position]])
            self.slots.append(self._instruction(op, args, program.attributes[position], kinds, kind))
        self.outputs = [self.slots[slot] for slot in program.outputs]

    # ---------------------------------------------------------------- nodes

    def _enter(self, node: Node) -> int:
        """The node's number; equal operations are one node."""
        if node.kind in ("elementwise", "reduce"):
            key = (node.op, node.args, node.dtype, node.shape, node.axes, node.loop)
            found = self._known.setdefault(key, len(self.nodes))
            if found < len(self.nodes):
                return found
        self.nodes.append(node)
        return len(self.nodes) - 1

    def base_of(self, node: int) -> int:
        """The node whose memory a node's elements are in."""
        found = self.nodes[node].view
        return node if found is None else found.base

    def view_of(self, node: int) -> View:
        found = self.nodes[node].view
        return View(node, 0, row_major(self.nodes[node].shape)) if found is None else found

    def _viewed(self, source: int, shape: Shape, offset: int, strides: Shape) -> int:
        node = Node("view", "view", (), self.nodes[source].dtype, shape)
        node.view = View(self.view_of(source).base, self.view_of(source).offset + offset, strides)
        return self._enter(node)

    def elementwise(self, op: str, args: Sequence[int], dtype: Any = None, loop: Any = None) -> int:
        """An operator on elements; by default of the first operand's dtype throughout."""
        kinds = [self.nodes[arg] for arg in args]
        dtype = kinds[0].dtype if dtype is None else np.dtype(dtype)
        node = Node("elementwise", op, args, dtype, np.broadcast_shapes(*[kind.shape for kind in kinds]))
        node.loop = tuple(loop) if loop is not None else (kinds[0].dtype,) * len(args)
        last = kinds[-1]
        if last.kind == "constant" and not last.shape:
            node.exponent = float(last.value)
        return self._enter(node)

    def number(self, value: Any, dtype: Any) -> int:
        node = Node("constant", "constant", (), np.dtype(dtype), ())
        node.value = np.asarray(value, dtype)
        key = (node.value.tobytes(), node.dtype)
        if key not in self._numbers:
            self._numbers[key] = self._enter(node)
        return self._numbers[key]

    def copied(self, arg: int) -> int:
        return self.elementwise("copy", [arg])

    def reduced(self, how: str, arg: int, axis: Any, keepdims: bool, dtype: Any = None) -> int:
        source = self.nodes[arg]
        axes = tuple(range(len(source.shape))) if axis is None else tuple(axis)
        kept = tuple([1 if place in axes else dim for place, dim in enumerate(source.shape)])
        node = Node("reduce", how, [arg], source.dtype if dtype is None else dtype, kept)
        node.axes = axes
        found = self._enter(node)
        if keepdims:
            return found
        shape = tuple([dim for place, dim in enumerate(source.shape) if place not in axes])
        return self._viewed(found, shape, 0, row_major(shape))

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
        ready = [self._by_rows(arg, False) for arg in args]
        node = Node("call", op.name, ready, np.dtype(np.uint8), ())
        node.spec = Callback(op, attributes, kinds, getattr(kind, "items", (kind,)))
        found = self.results_of(node, kind)
        return found[0] if isinstance(kind, ArrayType) else found

    def _written(self, op: Op, args: list[int], attributes: tuple[Any, ...], kind: Any) -> int:
        shape = shape_of(kind, op.name)
        named = dict(zip(op.attributes, attributes, strict=True))
        special = _OPENED.get(op.name)
        if special is not None:
            return special(self, args, named, kind.dtype)
        if op.name in REDUCTIONS:
            return self.reduced(REDUCTIONS[op.name], args[0], named["axis"], named["keepdims"], kind.dtype)
        if op.is_elementwise:
            folded = self._folded(op, args, named, kind.dtype)
            return self._ufunc(op, args, named, kind.dtype) if folded is None else folded
        if op.name in VIEWS:
            return self._strided(args[0], lambda dummy: op.evaluate(dummy, **named))
        if op.name == "reshape":
            return self._reshaped(args[0], shape)
        if op.name == "getitem":
            return self._getitem(args, named["spec"], shape)
        if op.name == "matmul":
            return self._matmul(args, kind.dtype, shape)
        if op.name == "concatenate":
            node = Node("concatenate", op.name, args, kind.dtype, shape)
            node.axes = (named["axis"],)
            return self._enter(node)
        if op.name in LANES:
            return self._lanes(op.name, args, named, kind.dtype, shape)
        if op.name in ("add_at", "set_at"):
            return self._changed(op.name, args, named["spec"], kind.dtype, shape)
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
            common = common if common.kind == "f" else np.dtype(float)
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
        ready = [self._by_rows(arg, carries <= place < end) for place, arg in enumerate(args)]
        node = Node("bodies", op.name, ready, np.dtype(np.uint8), ())
        node.spec = (bodies, named)
        found = self.results_of(node, kind)
        return found[0] if op.name == "map" else found

    def _by_rows(self, arg: int, steps: bool) -> int:
        """The node where its elements (those of each row where `steps`) lie side by side, a copy otherwise."""
        node, strides = self.nodes[arg], self.view_of(arg).strides
        return arg if strides[steps:] == row_major(node.shape)[steps:] else self.copied(arg)

    def results_of(self, node: Node, kind: Any) -> tuple[int, ...]:
        """The nodes of an operator's results, which are computed together."""
        number = self._enter(node)
        kinds = getattr(kind, "items", (kind,))
        rows = [Node("result", node.op, [number], each.dtype, shape_of(each, node.op)) for each in kinds]
        self._results[number] = [self._enter(row) for row in rows]
        return tuple(self._results[number])

    def results_at(self, number: int) -> list[int]:
        """The nodes of the results of a loop, a choice or a call."""
        return self._results[number]

    # ---------------------------------------------------------------- layout

    def _strided(self, arg: int, function: Callable[[Any], Any]) -> int:
        """What NumPy makes of an array of these strides; it is never read."""
        dummy = self._dummy(self.nodes[arg].shape, self.view_of(arg).strides)
        found = function(dummy)
        offset = found.__array_interface__["data"][0] - dummy.__array_interface__["data"][0] if found.size else 0
        return self._viewed(arg, found.shape, offset, found.strides)

    @staticmethod
    def _dummy(shape: Shape, strides: Shape) -> Any:
        return as_strided(np.empty(1, np.int8), shape, strides)

    def _reshaped(self, arg: int, shape: Shape) -> int:
        node = self.nodes[arg]
        if self.view_of(arg).strides != row_major(node.shape) and node.size > 1:
            try:
                return self._strided(arg, lambda dummy: np.reshape(dummy, shape, copy=False))
            except ValueError:
                arg = self.copied(arg)
        return self._viewed(arg, shape, 0, row_major(shape))

    def _getitem(self, args: list[int], spec: Any, shape: Shape) -> int:
        if len(args) == 1:
            return self._strided(args[0], lambda dummy: dummy[_full(index_values(spec, ()))])
        node = Node("gather", "getitem", args, self.nodes[args[0]].dtype, shape)
        node.spec = self._picked(args[0], spec, args[1:])
        return self._enter(node)

    def _picked(self, arg: int, spec: Any, indices: Sequence[int]) -> tuple[View, int, int, int]:
        """For one index array: the view without it, the picked axis of the view, its size, the index's dimensions."""
        if len(indices) != 1 or any(isinstance(entry, int) for entry in spec):
            raise Unsupported("getitem", "with several index arrays is not written in C yet")
        index = self.nodes[indices[0]]
        if index.dtype.kind not in "iu":
            raise Unsupported("getitem", "with a mask has a size that is not known")
        plain = [slice(None) if entry == "array" else entry for entry in spec]
        if any(isinstance(entry, tuple) and "?" in entry for entry in spec):
            raise Unsupported("getitem", "with computed bounds is not written in C yet")
        plain = [slice(*entry[1:]) if isinstance(entry, tuple) else entry for entry in plain]
        axis = [entry for entry in spec if entry != "..."].index("array")
        if "..." in spec:
            raise Unsupported("getitem", "with ... and an index array is not written in C yet")
        viewed = self._strided(arg, lambda dummy: dummy[_full(tuple(plain))])
        view = self.nodes[viewed].view
        assert view is not None
        return view, axis, self.nodes[viewed].shape[axis], len(index.shape)

    def _changed(self, name: str, args: list[int], spec: Any, dtype: np.dtype[Any], shape: Shape) -> int:
        target = Node(name, name, args, dtype, shape)
        place = self._enter(Node("layout", name, (), dtype, shape))
        if len(args) == 2:
            dummy = self._dummy(shape, row_major(shape))
            found = dummy[_full(index_values(spec, ()))]
            offset = found.__array_interface__["data"][0] - dummy.__array_interface__["data"][0] if found.size else 0
            target.spec = (View(place, offset, found.strides), found.shape)
        else:
            picked = self._picked(place, spec, args[2:])
            view = picked[0]
            dims = self.nodes[len(self.nodes) - 1].shape
            index = self.nodes[args[2]].shape
            full = (*dims[: picked[1]], *index, *dims[picked[1] + 1 :])
            target.spec = (view, full, *picked[1:])
        return self._enter(target)

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
                args, axis = [self._reshaped(args[0], (self.nodes[args[0]].size,))], 0
            kept = self.nodes[args[0]].shape
            found = self._lane(name, args, dtype, (*kept[:axis], 1, *kept[axis + 1 :]), axis, None)
            return self._viewed(found, shape, 0, row_major(shape))
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
        return self._enter(node)

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
        return self.results_of(node, kind) if several else self._enter(node)

    def _matmul(self, args: list[int], dtype: np.dtype[Any], shape: Shape) -> int:
        ready = []
        for arg in args:
            cast = arg if self.nodes[arg].dtype == dtype else self.elementwise("astype", [arg], dtype)
            node = self.nodes[cast]
            strides = self.view_of(cast).strides[-2:]
            dims = node.shape[-2:]
            ready.append(cast if _blas_can(dims, strides) else self.copied(cast))
        return self._enter(Node("matmul", "matmul", ready, dtype, shape))


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


def _full(subscript: tuple[Any, ...]) -> tuple[Any, ...]:
    return subscript if Ellipsis in subscript else (*subscript, Ellipsis)


def _blas_can(dims: Shape, strides: Shape) -> bool:
    if len(dims) == 1:
        return strides[0] > 0 or dims[0] == 1
    rows, columns = dims
    down, across = strides
    if min(dims) <= 1:
        return max(dims) <= 1 or (down > 0 and across > 0 and (across == 1 or columns == 1) and (rows == 1 or down >= columns))
    return (across == 1 and down >= columns) or (down == 1 and across >= rows)


# ---------------------------------------------------------------- composite operators, opened up


def _mean(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    total = graph.reduced("sum", args[0], named["axis"], named["keepdims"], dtype)
    return graph.elementwise("divide", [total, graph.number(_count(graph, args[0], named["axis"]), dtype)])


def _count(graph: Graph, arg: int, axis: Any) -> int:
    shape = graph.nodes[arg].shape
    return prod(shape if axis is None else [shape[place] for place in axis])


def _floating(graph: Graph, arg: int, dtype: np.dtype[Any]) -> int:
    return arg if graph.nodes[arg].dtype == dtype else graph.elementwise("astype", [arg], dtype)


def _without(graph: Graph, arg: int, named: dict[str, Any]) -> int:
    """A reduction that kept its axes, without them where keepdims says so."""
    if named["keepdims"]:
        return arg
    shape, axis = graph.nodes[arg].shape, named["axis"]
    kept = () if axis is None else tuple([dim for place, dim in enumerate(shape) if place not in axis])
    return graph._reshaped(arg, kept)


def _var(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    x, axis = _floating(graph, args[0], dtype), named["axis"]
    count = _count(graph, x, axis)
    mean = graph.elementwise("divide", [graph.reduced("sum", x, axis, True), graph.number(count, dtype)])
    total = graph.reduced("sum", graph.elementwise("square", [graph.elementwise("subtract", [x, mean])]), axis, True)
    found = graph.elementwise("divide", [total, graph.number(max(count - named["ddof"], 0), dtype)])
    return _without(graph, found, named)


def _std(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    return graph.elementwise("sqrt", [_var(graph, args, named, dtype)])


def _norm(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    x = _floating(graph, args[0], dtype)
    total = graph.reduced("sum", graph.elementwise("square", [x]), named["axis"], named["keepdims"])
    return graph.elementwise("sqrt", [total])


def _shifted(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> tuple[int, int, int]:
    x = _floating(graph, args[0], dtype)
    moved = graph.elementwise("subtract", [x, graph.reduced("max", x, named["axis"], True)])
    powers = graph.elementwise("exp", [moved])
    return moved, powers, graph.reduced("sum", powers, named["axis"], True)


def _logsumexp(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    """The greatest element where it is infinite or nan; its powers are those of a softmax of the same."""
    _, _, total = _shifted(graph, args, named, dtype)
    top = graph.reduced("max", _floating(graph, args[0], dtype), named["axis"], True)
    finite = graph.elementwise("isfinite", [top], bool, (dtype,))
    sums = graph.elementwise("add", [graph.elementwise("log", [total]), top])
    return _without(graph, graph.elementwise("where", [finite, sums, top], dtype, (np.dtype(bool), dtype, dtype)), named)


def _softmax(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    _, powers, total = _shifted(graph, args, named, dtype)
    return graph.elementwise("divide", [powers, total])


def _log_softmax(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    moved, _, total = _shifted(graph, args, named, dtype)
    return graph.elementwise("subtract", [moved, graph.elementwise("log", [total])])


def _count_nonzero(graph: Graph, args: list[int], named: dict[str, Any], dtype: np.dtype[Any]) -> int:
    truth = graph.elementwise("astype", args, bool)
    return graph.reduced("sum", truth, named["axis"], named["keepdims"], dtype)


_OPENED: dict[str, Callable[[Graph, list[int], dict[str, Any], Any], int]] = {
    "mean": _mean, "var": _var, "std": _std, "norm": _norm, "logsumexp": _logsumexp, "softmax": _softmax,
    "log_softmax": _log_softmax, "count_nonzero": _count_nonzero,
}  # fmt: skip
