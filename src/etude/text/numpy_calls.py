"""Functions as NumPy has them, of operators: its argument names and orders, and what is made of several operators.

All take terms, numbers and arrays and give terms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops import CATALOGUE, COMPOSITIONS
from etude.ops.subscripts import subscript_of
from etude.terms import Term, as_dtype, as_shape, broadcast_shapes, constant
from etude.text.differences import diff, ediff1d, gradient

__all__ = ["CALLS"]

_calls: dict[str, Callable[..., Any]] = {}


_Function = TypeVar("_Function", bound=Callable[..., Any])


def _call(*names: str) -> Callable[[_Function], _Function]:
    def entered(function: _Function) -> _Function:
        _calls.update(dict.fromkeys(names, function))
        return function

    return entered


def _term(x: Any) -> Term:
    return x if isinstance(x, Term) else constant(x)


def _typed(x: Any, dtype: Any) -> Any:
    return x if dtype is None else CATALOGUE["astype"](_term(x), dtype=as_dtype(dtype))


def _plain(value: Any) -> Any:
    """Axes and sizes as plain integers in tuples."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0 else value


def _refuse(function: str, out: Any = None, where: Any = True, initial: Any = None) -> None:
    if out is not None:
        raise TermTypeError(f"{function}: no result of Arrays goes into out=; take the result")
    if where is not True:
        raise TermTypeError(f"{function}: where= is not supported; use where(condition, x, 0) inside")
    if initial is not None and not isinstance(initial, type(np._NoValue)):
        raise TermTypeError(f"{function}: initial= is not supported; combine it with the result")


# ---------------------------------------------------------------- reductions


def _reduction(name: str) -> Callable[..., Term]:
    def call(
        x: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Term:
        _refuse(name, out, where, initial)
        return CATALOGUE[name](_typed(_term(x), dtype), axis=_axis(name, axis), keepdims=keepdims is True)

    call.__doc__ = CATALOGUE[name].doc
    return call


def _plain_reduction(name: str) -> Callable[..., Term]:
    def call(x: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Term:
        _refuse(name, out, where, initial)
        return CATALOGUE[name](_term(x), axis=_axis(name, axis), keepdims=keepdims is True)

    call.__doc__ = CATALOGUE[name].doc
    return call


def _spread(name: str) -> Callable[..., Term]:
    def call(
        x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False,
        *, where: Any = True, mean: Any = None, correction: Any = None,
    ) -> Term:  # fmt: skip
        _refuse(name, out, where)
        given = ddof if correction is None else correction
        return CATALOGUE[name](_typed(_term(x), dtype), axis=_axis(name, axis), keepdims=keepdims is True, ddof=_plain(given))

    call.__doc__ = CATALOGUE[name].doc
    return call


def _axis(name: str, axis: Any) -> Any:
    if isinstance(axis, Term):
        other = {"max": "maximum", "min": "minimum", "all": "logical_and", "any": "logical_or", "sum": "add"}.get(name)
        hint = f"; {other}(x, y) takes two arrays" if other else ""
        raise TermTypeError(f"{name}: axis is an integer or a tuple of them, not an expression{hint}")
    return _plain(axis)


for _name in ("sum", "prod", "mean"):
    _calls[_name] = _reduction(_name)
for _name in ("max", "min", "all", "any", "argmax", "argmin", "logsumexp", "count_nonzero"):
    _calls[_name] = _plain_reduction(_name)
_calls["amax"], _calls["amin"] = _calls["max"], _calls["min"]
for _name in ("var", "std"):
    _calls[_name] = _spread(_name)


@_call("average")
def _average(x: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Term:
    """The mean, or the mean with weights."""
    if weights is None:
        return CATALOGUE["mean"](_term(x), axis=_plain(axis), keepdims=keepdims)
    ndim = _term(x).type.ndim
    if axis is not None and _term(weights).type.ndim == 1 < ndim:  # one weight for each place along the axis
        shape = [-1 if place == axis % ndim else 1 for place in range(ndim)]
        weights = CATALOGUE["broadcast_like"](CATALOGUE["reshape"](_term(weights), shape=tuple(shape)), _term(x))
    total = CATALOGUE["sum"](CATALOGUE["multiply"](x, weights), axis=_plain(axis), keepdims=keepdims)
    return CATALOGUE["divide"](total, CATALOGUE["sum"](_term(weights), axis=_plain(axis), keepdims=keepdims))


@_call("ptp")
def _ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Term:
    """The greatest element less the least."""
    given = {"axis": _plain(axis), "keepdims": keepdims}
    return CATALOGUE["subtract"](CATALOGUE["max"](_term(x), **given), CATALOGUE["min"](_term(x), **given))


# ---------------------------------------------------------------- element by element


@_call("clip")
def _clip(x: Any, a_min: Any = None, a_max: Any = None, **named: Any) -> Term:
    """Elements kept between bounds; a bound that is None does not bind."""
    lower = named.get("lower", named.get("min", a_min))
    upper = named.get("upper", named.get("max", a_max))
    if lower is None and upper is None:
        return _term(x)
    if lower is None or upper is None:
        return CATALOGUE["minimum"](x, upper) if lower is None else CATALOGUE["maximum"](x, lower)
    return CATALOGUE["clip"](x, lower, upper)


@_call("where")
def _where(condition: Any, *choices: Any) -> Term:
    """Elements of a where the condition holds, b elsewhere."""
    if len(choices) != 2:
        raise TermTypeError("where takes a condition and two arrays; the places where it holds are nonzero(condition)")
    return CATALOGUE["where"](condition, *choices)


@_call("divmod")
def _divmod(a: Any, b: Any) -> tuple[Term, Term]:
    """Both a // b and a % b."""
    return CATALOGUE["floor_divide"](a, b), CATALOGUE["remainder"](a, b)


@_call("relu")
def _relu(x: Any) -> Term:
    """maximum(x, 0)."""
    return CATALOGUE["maximum"](x, 0)


@_call("nan_to_num")
def _nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Term:
    """Elements with nan replaced, and infinities by the greatest and least numbers where nothing else is given."""
    term, where = _term(x), CATALOGUE["where"]
    if term.type.dtype.kind not in "fc":
        return term
    if term.type.dtype.kind == "c":
        parts = [_nan_to_num(CATALOGUE[name](term), copy, nan, posinf, neginf) for name in ("real", "imag")]
        return CATALOGUE["add"](parts[0], CATALOGUE["multiply"](parts[1], 1j))
    bounds = np.finfo(term.type.dtype)
    high, low = (bounds.max if posinf is None else posinf), (bounds.min if neginf is None else neginf)
    finite = where(CATALOGUE["equal"](term, -math.inf), float(low), where(CATALOGUE["equal"](term, math.inf), float(high), term))
    return where(CATALOGUE["isnan"](term), nan, finite)


# ---------------------------------------------------------------- layout


@_call("reshape")
def _reshape(x: Any, shape: Any = None, newshape: Any = None, order: str = "C", copy: Any = None) -> Term:
    """The elements in another shape; sizes may be expressions."""
    sizes = shape if shape is not None else newshape
    if sizes is None:
        raise TermTypeError("reshape needs a shape, a tuple of sizes of which one may be -1")
    sizes = sizes if isinstance(sizes, (list, tuple)) else (sizes,)
    if any(isinstance(size, Term) for size in sizes):
        return CATALOGUE["reshape_sized"](_term(x), _stack_sizes(sizes))
    return CATALOGUE["reshape"](_term(x), shape=_plain(tuple(sizes)))


def _stack_sizes(sizes: Any) -> Term:
    result = constant(np.zeros(len(sizes), np.int64))
    for place, size in enumerate(sizes):
        result = CATALOGUE["set_at"](result, size, spec=(place,))
    return result


@_call("ravel", "flatten")
def _ravel(x: Any, order: str = "C") -> Term:
    """The elements as a vector, in row-major order."""
    if _term(x).type.ndim == 1:
        return _term(x)
    return CATALOGUE["reshape"](_term(x), shape=(-1,))


@_call("transpose", "permute_dims")
def _transpose(x: Any, axes: Any = None) -> Term:
    """The axes permuted; reversed by default."""
    return CATALOGUE["transpose"](_term(x), axes=_plain(axes))


@_call("swapaxes")
def _swapaxes(x: Any, axis1: int, axis2: int) -> Term:
    """Two axes exchanged."""
    axes = list(range(_term(x).type.ndim))
    try:
        axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    except IndexError:
        raise ShapeError(f"swapaxes: axes {axis1} and {axis2} are not both in an array of {len(axes)} dimensions") from None
    return CATALOGUE["transpose"](_term(x), axes=tuple(axes))


@_call("moveaxis")
def _moveaxis(x: Any, source: Any, destination: Any) -> Term:
    """Axes moved to other places; the others keep their order."""
    ndim = _term(x).type.ndim
    moved = [[place % ndim for place in (p if isinstance(p, (list, tuple)) else (p,))] for p in (source, destination)]
    order = [axis for axis in range(ndim) if axis not in moved[0]]
    for place, axis in sorted(zip(moved[1], moved[0], strict=True)):
        order.insert(place, axis)
    return CATALOGUE["transpose"](_term(x), axes=tuple(order))


@_call("flip")
def _flip(x: Any, axis: Any = None) -> Term:
    """The elements in reverse order along axes."""
    term = _term(x)
    ndim = term.type.ndim
    axes = range(ndim) if axis is None else [a % ndim for a in (axis if isinstance(axis, (list, tuple)) else (axis,))]
    return _taken(term, tuple([slice(None, None, -1) if a in axes else slice(None) for a in range(ndim)]))


@_call("flipud")
def _flipud(x: Any) -> Term:
    """The first axis in reverse order."""
    return _flip(x, 0)


@_call("fliplr")
def _fliplr(x: Any) -> Term:
    """The second axis in reverse order."""
    return _flip(x, 1)


def _taken(term: Term, key: tuple[Any, ...]) -> Term:
    operands, spec = subscript_of(key)
    return CATALOGUE["getitem"].apply((term, *operands), (spec,))


@_call("take")
def _take(x: Any, indices: Any, axis: Any = None) -> Term:
    """Elements x[indices] along an axis; of the flattened x where none is given."""
    term = _ravel(x) if axis is None else _term(x)
    axis = 0 if axis is None else axis % max(term.type.ndim, 1)
    return _taken(term, (*[slice(None)] * axis, indices))


_calls.update(diff=diff, ediff1d=ediff1d, gradient=gradient)


@_call("rollaxis")
def _rollaxis(x: Any, axis: int, start: int = 0) -> Term:
    """The axis moved back until it lies before `start`."""
    term = _term(x)
    ndim = term.type.ndim
    axis, start = axis % ndim, start + ndim if start < 0 else start
    order = [place for place in range(ndim) if place != axis]
    order.insert(start - (axis < start), axis)
    return CATALOGUE["transpose"](term, axes=tuple(order))


@_call("atleast_1d")
def _atleast_1d(x: Any) -> Term:
    """The array, as a vector where it has no dimensions."""
    return CATALOGUE["reshape"](_term(x), shape=(1,)) if _term(x).type.ndim == 0 else _term(x)


@_call("ndim")
def _ndim(x: Any) -> int:
    """The number of dimensions."""
    return len(_term(x).type.shape)


@_call("copy")
def _copy(x: Any, order: str = "C", subok: bool = False) -> Term:
    """Just x: terms never change."""
    return _term(x)


# ---------------------------------------------------------------- products


@_call("dot")
def _dot(a: Any, b: Any) -> Term:
    """The product of numbers, vectors and matrices."""
    left, right = _term(a), _term(b)
    if left.type.ndim == 0 or right.type.ndim == 0:
        return CATALOGUE["multiply"](a, b)
    if right.type.ndim > 2:
        raise TermTypeError("dot takes a right factor of 2 dimensions at most; use matmul, tensordot or einsum")
    return CATALOGUE["matmul"](left, right)


@_call("inner")
def _inner(a: Any, b: Any) -> Term:
    """The sums of products along the last axes of both, one for each pair of what is left."""
    left, right = _term(a), _term(b)
    if left.type.ndim == 0 or right.type.ndim == 0:
        return CATALOGUE["multiply"](a, b)
    return CATALOGUE["matmul"](left, right) if right.type.ndim == 1 else _tensordot_last(left, right)


def _tensordot_last(left: Term, right: Term) -> Term:
    made: Term = COMPOSITIONS["tensordot"](left, right, axes=((-1,), (-1,)))
    return made


@_call("vdot")
def _vdot(a: Any, b: Any) -> Term:
    """The sum of products of the elements of both, laid out flat; the left ones are conjugated."""
    return CATALOGUE["matmul"](_conjugated(_ravel(a)), _ravel(b))


@_call("vecdot")
def _vecdot(x1: Any, x2: Any, axis: int = -1) -> Term:
    """The sums of products along an axis, broadcast along the others; the left ones are conjugated."""
    left, right = _conjugated(_term(x1)), _term(x2)
    if left.type.ndim == right.type.ndim == 1:
        return CATALOGUE["matmul"](left, right)
    return CATALOGUE["sum"](CATALOGUE["multiply"](left, right), axis=axis)


def _conjugated(x: Term) -> Term:
    return CATALOGUE["conj"](x) if x.type.dtype.kind == "c" else x


@_call("matvec")
def _matvec(x1: Any, x2: Any) -> Term:
    """Matrices times vectors, stacks of them broadcast."""
    spread = CATALOGUE["expand_dims"](_term(x2), axis=-1)
    return CATALOGUE["squeeze"](CATALOGUE["matmul"](_term(x1), spread), axis=-1)


@_call("vecmat")
def _vecmat(x1: Any, x2: Any) -> Term:
    """Conjugated vectors times matrices, stacks of them broadcast."""
    spread = CATALOGUE["expand_dims"](_conjugated(_term(x1)), axis=-2)
    return CATALOGUE["squeeze"](CATALOGUE["matmul"](spread, _term(x2)), axis=-2)


@_call("outer")
def _outer(a: Any, b: Any) -> Term:
    """The products of each element of a with each of b, as a matrix."""
    left, right = _ravel(a), _ravel(b)
    return CATALOGUE["multiply"](CATALOGUE["expand_dims"](left, axis=1), right)


# ---------------------------------------------------------------- arrays of given values


def _filled(value: float) -> Callable[..., Term]:
    def call(shape: Any, dtype: Any = "float64", **named: Any) -> Term:
        return _full(shape, value, dtype)

    call.__doc__ = f"An array of {value:g} in every place."
    return call


_calls["zeros"], _calls["ones"], _calls["empty"] = _filled(0.0), _filled(1.0), _filled(0.0)


@_call("full")
def _full(shape: Any, fill_value: Any, dtype: Any = None, **named: Any) -> Term:
    """An array with one value in every place; sizes may be expressions."""
    sizes = shape if isinstance(shape, (list, tuple)) else (shape,)
    value = _typed(_term(fill_value), dtype)
    if any(isinstance(size, Term) for size in sizes):
        return CATALOGUE["broadcast_sized"](value, _stack_sizes(sizes))
    return CATALOGUE["broadcast_to"](value, shape=as_shape(_plain(tuple(sizes))))


@_call("broadcast_arrays")
def _broadcast_arrays(*arrays: Any) -> tuple[Term, ...]:
    """The arrays repeated to the shape that all of them broadcast to."""
    terms = list(map(_term, arrays))
    if not terms:
        return ()
    shape = broadcast_shapes(*[term.type.shape for term in terms])
    if all(isinstance(size, int) for size in shape):
        return tuple([CATALOGUE["broadcast_to"](term, shape=shape) for term in terms])
    like = reduce(CATALOGUE["add"], [CATALOGUE["zeros_like"](term, dtype=np.dtype("float64")) for term in terms])
    return tuple([CATALOGUE["broadcast_like"](term, like) for term in terms])


@_call("empty_like")
def _empty_like(x: Any, dtype: Any = None, **named: Any) -> Term:
    """Zeros of the shape of x: a term always has a value."""
    return CATALOGUE["zeros_like"](_term(x), dtype=None if dtype is None else as_dtype(dtype))


def _computed(name: str, function: Callable[..., Any]) -> Callable[..., Term]:
    def call(*args: Any, **named: Any) -> Term:
        if any(isinstance(arg, Term) for arg in (*args, *named.values())):
            raise TermTypeError(f"{name} takes numbers, not expressions")
        return constant(function(*args, **named))

    call.__doc__ = f"The constant that NumPy's {name} gives."
    return call


for _name in (
    "arange", "linspace", "logspace", "geomspace", "eye", "identity", "tri", "indices", "bartlett", "blackman", "hamming",
    "hanning", "kaiser",
):  # fmt: skip
    _calls[_name] = _computed(_name, getattr(np, _name))


def _sequence(name: str) -> Callable[..., Term]:
    def call(arrays: Any, *others: Any, axis: Any = 0, **named: Any) -> Term:
        if isinstance(arrays, (list, tuple)):
            axis = others[0] if others else axis
            return CATALOGUE[name](*map(_term, arrays), axis=_plain(axis), **named)
        return CATALOGUE[name](_term(arrays), *map(_term, others), axis=_plain(axis), **named)

    call.__doc__ = CATALOGUE[name].doc
    return call


for _name in ("concatenate", "stack"):
    if _name in CATALOGUE:
        _calls[_name] = _sequence(_name)

CALLS: Mapping[str, Callable[..., Any]] = MappingProxyType(_calls)
