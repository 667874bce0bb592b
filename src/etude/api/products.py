"""Pullback, pushforward and what follows from them: Jacobians, Hessians and their products."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from etude.api.array import Array, wrap
from etude.api.construct import asarray
from etude.api.gradient import checked_option, container, delivered, grad, listed
from etude.api.sparse import empty_like, sparse_jacobian
from etude.calculus import DisconnectedType, NullType, zero_like
from etude.differentiation import differentiate, few_elements, push
from etude.ops import CATALOGUE
from etude.ops.batching import over_items
from etude.ops.binders import mapped_over
from etude.ops.sizes import sizes
from etude.rewriting import simplify as simplified
from etude.terms import Term, bulk, constant, replace, symbol

__all__ = [
    "Lop",
    "Rop",
    "derivative",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "pullback",
    "pushforward",
    "subgraph_grad",
]


def _chosen(disconnected_inputs: str, return_disconnected: str, null_gradients: str) -> dict[str, str]:
    chosen = {
        "disconnected_inputs": disconnected_inputs,
        "return_disconnected": return_disconnected,
        "null_gradients": null_gradients,
    }
    for name, value in chosen.items():
        checked_option(name, value)
    return chosen


def _points(eval_points: Any, like: Sequence[Array], what: str) -> list[Array]:
    """The evaluation points, checked against the Arrays in whose direction or cotangent they stand."""
    given = [eval_points] if not isinstance(eval_points, (list, tuple)) else list(eval_points)
    if len(given) != len(like):
        raise ValueError(f"{len(like)} eval_points are wanted, one for each of {what}; {len(given)} were given")
    points = [asarray(point) for point in given]
    for position, (point, array) in enumerate(zip(points, like, strict=True)):
        if point.ndim != array.ndim:
            raise ValueError(
                f"eval_points[{position}] has {point.ndim} dimensions; {what} {array.name or position} has {array.ndim}"
            )
    return points


def Lop(
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Iterable[Any] | None = None,
    disconnected_inputs: str = "raise",
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
    simplify: bool = True,
) -> Any:
    """The pullback: `eval_points` (of the shapes of `f`) times the Jacobian of `f` with respect to `wrt`.

    The container, shapes and dtypes are those of `wrt`. Disconnected and undefined are as in `grad`; `ValueError`
    for eval_points of the wrong number or rank.

    >>> import etude as et
    >>> x = et.symbol("x", (3,))
    >>> v = et.symbol("v", (3,))
    >>> str(et.Lop(x * x, x, v))
    '2 * x * v'
    """
    chosen = _chosen(disconnected_inputs, return_disconnected, null_gradients)
    outputs, _ = container(f, "f")
    targets, back = container(wrt, "wrt")
    points = _points(eval_points, outputs, "f")
    seeds = _seeded(outputs, points)
    results = differentiate(
        seeds,
        [t.term for t in targets],
        [c.term for c in listed(consider_constant, "consider_constant")],
        None,
        simplify,
    )
    return back([delivered(r, t, outputs[0].name, chosen, False) for r, t in zip(results, targets, strict=True)])


def _seeded(outputs: Sequence[Array], points: Sequence[Array]) -> dict[Term, Any]:
    seeds: dict[Term, Any] = {}
    for output, point in zip(outputs, points, strict=True):
        known = seeds.get(output.term)
        seeds[output.term] = point.term if known is None else CATALOGUE["add"].apply((known, point.term))
    return seeds


def Rop(
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Iterable[Any] | None = None,
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
    simplify: bool = True,
) -> Any:
    """The pushforward: the Jacobian of `f` with respect to `wrt` times `eval_points` (of the shapes of `wrt`).

    The container, shapes and dtypes are those of `f`. Disconnected and undefined are as in `grad`; `ValueError`
    for eval_points of the wrong number or rank.

    >>> import etude as et
    >>> x, v = et.symbol("x", (3,)), et.symbol("v", (3,))
    >>> str(et.Rop(et.sin(x), x, v))
    'cos(x) * v'
    """
    chosen = _chosen(disconnected_outputs, return_disconnected, null_gradients)
    outputs, back = container(f, "f")
    targets, _ = container(wrt, "wrt")
    points = _points(eval_points, targets, "wrt")
    moved = _seeded(targets, points)
    constants = [c.term for c in listed(consider_constant, "consider_constant")]
    results = push([o.term for o in outputs], moved, constants, simplify)
    name = " and ".join(t.name or "wrt" for t in targets)
    arrays = []
    for result, output in zip(results, outputs, strict=True):
        if isinstance(result, DisconnectedType):
            result = DisconnectedType(f"{output.name or str(output.term)[:60]} does not depend on {name}")
        arrays.append(delivered(result, output, f"tangent along {name}", chosen, False))
    return back(arrays)


pullback, pushforward = Lop, Rop


@bulk()
def jacobian(
    expression: Any,
    wrt: Any,
    consider_constant: Iterable[Any] | None = None,
    disconnected_inputs: str = "raise",
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
    simplify: bool = True,
    sparse: bool = False,
) -> Any:
    """The derivative of every element of `expression` by every element of `wrt`.

    Both may have any rank; the shape is `expression.shape + wrt.shape`. The container is that of `wrt`. Of a large Jacobian
    of which few elements can be other than zero, these alone are computed. With `sparse` it is
    a matrix of shape `(expression.size, wrt.size)`, computed by one pushforward for each color of columns that share no
    row; a compiled function returns it as a `scipy.sparse` matrix. All sizes must be known then.

    >>> import etude as et
    >>> x = et.symbol("x", (3,))
    >>> et.jacobian(x * x, x).eval({x: [1.0, 2.0, 3.0]})
    array([[2., 0., 0.],
           [0., 4., 0.],
           [0., 0., 6.]])
    """
    chosen = _chosen(disconnected_inputs, return_disconnected, null_gradients)
    expression = asarray(expression)
    targets, back = container(wrt, "wrt")
    constants = [c.term for c in listed(consider_constant, "consider_constant")]
    if sparse:
        results = [sparse_jacobian(expression.term, t.term, constants, simplify) for t in targets]
    else:
        results = _rows(expression.term, [t.term for t in targets], constants, simplify)
    arrays = []
    for result, target in zip(results, targets, strict=True):
        made = result if isinstance(result, Array) else delivered(result, target, expression.name, chosen, False)
        if isinstance(result, DisconnectedType) and isinstance(made, Array):
            made = empty_like(expression.term, target.term) if sparse else wrap(_zeros(expression.term, target.term))
        arrays.append(made)
    return back(arrays)


def _rows(expression: Term, wrt: Sequence[Term], constants: Sequence[Term], simplify: bool) -> list[Any]:
    """Jacobians: element by element where most are zero, else columns by the pushforward where there are fewer, else rows by
    the pullback.
    """
    few = {term: few_elements(expression, term, constants) if simplify else None for term in wrt}
    dense = [term for term in wrt if few[term] is None]
    made = dict(zip(dense, _all_elements(expression, dense, constants, simplify), strict=True))
    return [made.get(term, few[term]) for term in wrt]


def _all_elements(expression: Term, wrt: Sequence[Term], constants: Sequence[Term], simplify: bool) -> list[Any]:
    if not wrt:
        return []
    known = all(term.type.is_static for term in (expression, *wrt))
    if known and sum(map(_count, wrt)) < _count(expression):
        columns = [_columns(expression, term, constants, simplify) for term in wrt]
        if all(isinstance(found, Term) for found in columns):
            return columns
    return _pulled_rows(expression, wrt, constants, simplify)


def _count(term: Term) -> int:
    return math.prod(term.type.shape)


def _floating(term: Term) -> np.dtype[Any]:
    return term.type.dtype if term.type.dtype.kind in "fc" else np.dtype("float64")


def _each_unit(term: Term) -> Term:
    """The unit arrays of a term's shape, stacked."""
    count = _count(term)
    return constant(np.eye(count, dtype=_floating(term)).reshape(count, *term.type.shape))


def _columns(expression: Term, target: Term, constants: Sequence[Term], simplify: bool) -> Any:
    """The pushforward of each unit array, with the axes of the expression in front."""
    unit = symbol(None, target.type.shape, _floating(target))
    (pushed,) = push([expression], {target: unit}, constants, simplify)
    if not isinstance(pushed, Term):
        return pushed
    own, others = target.type.ndim, expression.type.ndim
    stacked = over_items([_each_unit(target)], [unit], pushed)
    apart = CATALOGUE["reshape"](stacked, shape=target.type.shape + expression.type.shape)
    order = (*range(own, own + others), *range(own))
    found = CATALOGUE["transpose"](apart, axes=order) if own and others else apart
    return simplified(found) if simplify else found


def _pulled_rows(expression: Term, wrt: Sequence[Term], constants: Sequence[Term], simplify: bool) -> list[Any]:
    if expression.type.ndim == 0:
        return differentiate({expression: constant(1.0, _floating(expression))}, wrt, constants, None, simplify)
    units, matrices, seed, sized = _seeds(expression)
    pulled = differentiate({expression: seed}, wrt, constants, None, simplify)
    results: list[Any] = []
    for result in pulled:
        if isinstance(result, Term):
            (result,) = replace([result], sized)
            for unit, matrix in reversed(list(zip(units, matrices, strict=True))):
                result = over_items([matrix], [unit], result)
            if len(units) < expression.type.ndim:
                result = CATALOGUE["reshape"](result, shape=expression.type.shape + result.type.shape[1:])
            result = simplified(result) if simplify else result
        results.append(result)
    return results


def _seeds(expression: Term) -> tuple[list[Term], list[Term], Term, dict[Any, Term]]:
    """What the pullback goes over: one symbol and all its unit arrays, or, where a size is not known, one for each axis.

    While the pullback is simplified, the sizes of the symbols are known to be those of the expression; the mapping
    takes them to the symbols.
    """
    dtype = _floating(expression)
    if expression.type.is_static:
        unit = symbol(None, expression.type.shape, dtype)
        return [unit], [_each_unit(expression)], unit, {}
    units = [symbol(None, (size,), dtype) for size in expression.type.shape]
    sized = [symbol(None, (size,), dtype) for size in sizes(expression)]
    matrices = [_units(expression, axis, dtype) for axis in range(expression.type.ndim)]
    return units, matrices, _unit_array(sized), dict(zip(sized, units, strict=True))


def _unit_array(units: Sequence[Term]) -> Term:
    """The outer product of one unit vector for each axis."""
    total = units[-1]
    for place, unit in enumerate(reversed(units[:-1]), 1):
        total = CATALOGUE["multiply"](CATALOGUE["expand_dims"](unit, axis=tuple(range(1, place + 1))), total)
    return total


def _units(expression: Term, axis: int, dtype: Any) -> Term:
    """The identity matrix as large as `expression` is along an axis."""
    size = expression.type.shape[axis]
    if isinstance(size, int):
        return constant(np.eye(size, dtype=dtype))
    if expression.type.ndim == 1:
        return CATALOGUE["diag"](CATALOGUE["ones_like"](expression, dtype=dtype))
    others = tuple([place for place in range(expression.type.ndim) if place != axis])
    zeros = CATALOGUE["zeros_like"](expression, dtype=dtype)
    along = CATALOGUE["sum"](zeros, axis=others) if others else zeros
    return CATALOGUE["diag"](CATALOGUE["add"](along, 1))


def _zeros(expression: Term, target: Term) -> Term:
    """Zeros of the shape of a Jacobian."""
    total = zero_like(target)
    for axis in range(expression.type.ndim):
        units = _units(expression, expression.type.ndim - 1 - axis, total.type.dtype)
        total = mapped_over([units], [symbol(None, units.type.shape[1:], total.type.dtype)], total)
    return total


def hessian(
    cost: Any,
    wrt: Any,
    consider_constant: Iterable[Any] | None = None,
    disconnected_inputs: str = "raise",
    sparse: bool = False,
) -> Any:
    """The second derivatives of a scalar cost; `wrt` may have any rank.

    For one Array the shape is `wrt.shape + wrt.shape`; for several, `hessian(cost, [a, b])[i][j]` has shape
    `wrt_i.shape + wrt_j.shape`. With `sparse` each is a sparse matrix, as in `jacobian`.

    >>> import etude as et
    >>> x = et.symbol("x", (2,))
    >>> et.hessian(x[0] ** 2 * x[1], x).eval({x: [1.0, 3.0]})
    array([[6., 2.],
           [2., 0.]])
    """
    constants = listed(consider_constant, "consider_constant")
    targets, back = container(wrt, "wrt")
    first = grad(cost, targets, constants, disconnected_inputs, add_names=False)
    rows = [jacobian(slope, targets, constants, "ignore", sparse=sparse) for slope in first]
    return rows[0][0] if isinstance(wrt, Array) else back([back(row) for row in rows])


def hessian_vector_product(
    cost: Any, wrt: Any, p: Any, consider_constant: Iterable[Any] | None = None, disconnected_inputs: str = "raise"
) -> Any:
    """The Hessian of a scalar cost times `p`, a vector (or container) of the shape of `wrt`; the container is that of `wrt`.

    The pushforward of the gradient, so that no Hessian is formed.
    """
    constants = listed(consider_constant, "consider_constant")
    targets, back = container(wrt, "wrt")
    points = _points(p, targets, "wrt")
    first = grad(cost, targets, constants, disconnected_inputs, add_names=False)
    return back(Rop(first, targets, points, constants, disconnected_outputs="ignore"))


def derivative(expr: Any, x: Array, n: int = 1) -> Array:
    """The n-th derivative of a scalar expression by a scalar.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> str(et.derivative(x**3, x, 2))
    '6 * x'
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise ValueError(f"n is the number of times to differentiate, a whole number from 0; not {n!r}")
    found = asarray(expr)
    for _ in range(n):
        found = grad(found, x, disconnected_inputs="ignore", add_names=False)
    return found


def subgraph_grad(
    wrt: Sequence[Array], end: Sequence[Array], start: Any = None, cost: Any = None, details: bool = False
) -> Any:
    """Gradients within a part of a graph, as in aesara: from `cost` and/or the gradients `start` at intermediate Arrays to
    `wrt`, stopping at `end`.

    `start` maps Arrays to their known gradients. Gives `(gradients of wrt, gradients of end)`; with `details` also those
    of `end` from `start` and from `cost` apart.
    """
    wrt_list, end_list = listed(wrt, "wrt"), listed(end, "end")
    if start is None and cost is None:
        raise ValueError("give start, cost or both")
    both = [*end_list, *wrt_list]
    parts: list[list[Any]] = []
    if start is not None:
        parts.append(_part(None, both, end_list, start))
    if cost is not None:
        parts.append(_part(cost, both, end_list, None))
    summed = [_total(column) for column in zip(*parts, strict=True)]
    wrt_grads, end_grads = summed[len(end_list) :], summed[: len(end_list)]
    if not details:
        return wrt_grads, end_grads
    split = [part[: len(end_list)] for part in parts]
    return wrt_grads, end_grads, split[0] if start is not None else None, split[-1] if cost is not None else None


def _part(cost: Any, both: list[Array], end: list[Array], start: Any) -> list[Any]:
    found: list[Any] = grad(
        cost, both, consider_constant=end, disconnected_inputs="ignore", add_names=False, known_grads=start
    )
    return found


def _total(column: Sequence[Any]) -> Any:
    nulls = [value for value in column if isinstance(value, NullType)]
    return nulls[0] if nulls else sum(column[1:], start=column[0])
