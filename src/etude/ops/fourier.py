"""Discrete Fourier transforms: operators along one axis, and NumPy's functions of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from etude.errors import ShapeError, TermTypeError
from etude.ops.arithmetic import astype, conj, divide, multiply
from etude.ops.axes import check_axis, described
from etude.ops.joining import roll
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.reductions import dtype_of
from etude.ops.shapes import size
from etude.terms import ArrayType, Dim, Term, constant

__all__ = ["FOURIER"]

_NORMS = ("backward", "ortho", "forward")


# ---------------------------------------------------------------- operators along one axis


def _axis_last(types: Types, attributes: Attributes) -> Attributes:
    return (*attributes[:-1], check_axis(attributes[-1], types[0].ndim))


def _sized(kind: ArrayType, axis: int, size: Dim, dtype: Any) -> ArrayType:
    return ArrayType(dtype, (*kind.shape[:axis], size, *kind.shape[axis + 1 :]))


def _nonempty(kind: ArrayType, axis: int) -> Dim:
    if kind.shape[axis] == 0:
        raise ShapeError(f"a transform needs at least one element along axis {axis}; the operand has {described(kind.shape)}")
    return kind.shape[axis]


def _transform(name: str, function: Any, doc: str) -> Op:
    dtype = dtype_of(function)

    def infer(types: Types, attributes: Attributes) -> ArrayType:
        _nonempty(types[0], attributes[0])
        return ArrayType(dtype(types[0].dtype), types[0].shape)

    return register(Op(name, ("x",), lambda x, axis: function(x, axis=axis), infer, attributes={"axis": -1},
                       canonical=_axis_last, doc=doc))  # fmt: skip


fft = _transform("fft", np.fft.fft, "the sums of x_j exp(-2 pi i j k/n) along an axis")
ifft = _transform("ifft", np.fft.ifft, "the means of x_j exp(2 pi i j k/n) along an axis")


def _half(types: Types, attributes: Attributes) -> ArrayType:
    (axis,) = attributes
    if types[0].dtype.kind == "c":
        raise TermTypeError("the half spectrum is that of real numbers; use fft")
    count = _nonempty(types[0], axis)
    half = count // 2 + 1 if isinstance(count, int) else None
    return _sized(types[0], axis, half, dtype_of(np.fft.rfft)(types[0].dtype))


rfft = register(Op("rfft", ("x",), lambda x, axis: np.fft.rfft(x, axis=axis), _half, attributes={"axis": -1},
                   canonical=_axis_last, doc="the entries 0 to n/2 of the transform of n real numbers"))  # fmt: skip


def _count(types: Types, attributes: Attributes) -> Attributes:
    count, axis = attributes
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ShapeError(f"a transform has at least one point, a known number of them, not {count!r}")
    return int(count), check_axis(axis, types[0].ndim)


def _with_count(dtype: Callable[[np.dtype[Any]], np.dtype[Any]]) -> Callable[[Types, Attributes], ArrayType]:
    return lambda types, attributes: _sized(types[0], attributes[1], attributes[0], dtype(types[0].dtype))


irfft = register(Op("irfft", ("x",), lambda x, count, axis: np.fft.irfft(x, n=count, axis=axis),
                    _with_count(dtype_of(np.fft.irfft)), attributes={"count": 1, "axis": -1}, canonical=_count,
                    doc="count real numbers of which x is the half spectrum"))  # fmt: skip


def _resize(x: Any, count: int, axis: int) -> Any:
    shape = list(np.shape(x))
    kept = min(shape[axis], count)
    shape[axis] = count
    made = np.zeros(shape, np.asarray(x).dtype)
    place = (slice(None),) * axis + (slice(0, kept),)
    made[place] = np.asarray(x)[place]
    return made


resize = register(Op("resize_axis", ("x",), _resize, _with_count(lambda dtype: dtype), attributes={"count": 1, "axis": -1},
                     canonical=_count, doc="x cut, or zeros after it, to count places along an axis",
                     build=lambda op, operands, attributes:
                         operands[0] if operands[0].type.shape[attributes[1]] == attributes[0] else None))  # fmt: skip


def _like_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    count = operands[1].type.shape[attributes[0]]
    return resize(operands[0], count=count, axis=attributes[0]) if isinstance(count, int) and count else None


resize_like = register(Op("resize_axis_like", ("x", "ref"),
                          lambda x, ref, axis: _resize(x, np.shape(ref)[axis], axis),
                          lambda types, attributes:
                              _sized(types[0], attributes[0], types[1].shape[attributes[0]], types[0].dtype),
                          attributes={"axis": -1}, canonical=_axis_last, build=_like_build,
                          doc="x cut, or zeros after it, to the size of ref along an axis"))  # fmt: skip


def _multiplicity(x: Any, count: int, axis: int) -> Any:
    size = np.shape(x)[axis]
    times = np.full(size, 2.0 / count)
    times[0] = 1 / count
    if count % 2 == 0 and size > count // 2:
        times[count // 2] = 1 / count
    times[count // 2 + 1 :] = 0
    shape = [1] * np.ndim(x)
    shape[axis] = size
    return np.asarray(x) * times.reshape(shape).astype(np.asarray(x).real.dtype)


share = register(Op("spectral_share", ("x",), _multiplicity, lambda types, attributes: types[0],
                    attributes={"count": 1, "axis": -1}, canonical=_count,
                    doc="x times how often each entry of a half spectrum occurs among all count, over count"))  # fmt: skip


# ---------------------------------------------------------------- NumPy's functions

_functions: dict[str, Callable[..., Term]] = {}


def _named(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__name__ = name
        _functions[name] = function
        return function

    return enter


def _operand(a: Any) -> Term:
    return a if isinstance(a, Term) else constant(a)


def _scaled(made: Term, count: Any, power: float) -> Term:
    """`made` times a power of the number of points, in its own dtype."""
    real = made.type.dtype.type(0).real.dtype
    if isinstance(count, int):
        return multiply(made, constant(float(count) ** power, real))
    combine = multiply if power > 0 else divide
    return combine(made, astype(count, dtype=real))


def _checked(norm: str | None) -> str:
    if norm not in (None, *_NORMS):
        raise ValueError(f"norm is one of {', '.join(_NORMS)}, not {norm!r}")
    return norm or "backward"


def _points(x: Term, n: Any, axis: int) -> Any:
    """The number of points: an int where known."""
    if n is not None:
        return n
    return x.type.shape[axis] if isinstance(x.type.shape[axis], int) else size(x, axis=axis)


def _normed(made: Term, count: Any, norm: str, inverse: bool) -> Term:
    """From the operator's scale (nothing forwards, 1/n backwards) to the one that `norm` asks for."""
    if norm == "backward":
        return made
    if norm == "ortho":
        root = 0.5 if inverse else -0.5
        if isinstance(count, int):
            return _scaled(made, count, root)
        raise ShapeError('norm="ortho" needs a known number of points; give the symbol a size, or n')
    return _scaled(made, count, 1.0 if inverse else -1.0)


def _one(op: Op, inverse: bool) -> Callable[..., Any]:
    def call(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Term:
        x, norm = _operand(a), _checked(norm)
        axis = check_axis(axis, x.type.ndim)
        if n is not None:
            x = resize(x, count=n, axis=axis)
        return _normed(op(x, axis=axis), _points(x, n, axis), norm, inverse)

    return call


def _many(name: str, default: Sequence[int] | None) -> Callable[..., Any]:
    def call(a: Any, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = None) -> Term:
        made = _operand(a)
        for n, axis in _axes(made, s, axes if axes is not None else default):
            made = _functions[name](made, n, axis, norm)
        return made

    return call


def _axes(x: Term, s: Sequence[int] | None, axes: Sequence[int] | None) -> list[tuple[int | None, int]]:
    """The axes of a transform of several, each with its number of points, the last axis first."""
    if axes is None:
        axes = range(x.type.ndim) if s is None else range(-len(s), 0)
    counts = [None] * len(axes) if s is None else list(s)
    if len(counts) != len(axes):
        raise ShapeError(f"s has {len(counts)} sizes for {len(axes)} axes")
    return [(n, check_axis(axis, x.type.ndim)) for n, axis in zip(counts, axes, strict=True)][::-1]


for _name, _op, _inverse in (("fft", fft, False), ("ifft", ifft, True), ("rfft", rfft, False)):
    _named(_name)(_one(_op, _inverse))
_named("fftn")(_many("fft", None))
_named("ifftn")(_many("ifft", None))
_named("fft2")(_many("fft", (-2, -1)))
_named("ifft2")(_many("ifft", (-2, -1)))


@_named("irfft")
def _irfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Term:
    """N real numbers, 2 (m - 1) unless given, whose half spectrum is the m entries of a; the inverse of rfft."""
    x, norm = _operand(a), _checked(norm)
    axis = check_axis(axis, x.type.ndim)
    if n is None:
        half = x.type.shape[axis]
        if not isinstance(half, int):
            raise ShapeError(f"irfft: the size of axis {axis} is not known; give the number of points n")
        n = 2 * (half - 1)
    return _normed(irfft(x, count=n, axis=axis), n, norm, inverse=True)


def _real_many(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Term:
    (last, *others) = _axes(_operand(a), s, axes)
    made = _functions["rfft"](a, last[0], last[1], norm)
    for n, axis in others:
        made = _functions["fft"](made, n, axis, norm)
    return made


def _real_many_back(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Term:
    (last, *others) = _axes(_operand(a), s, axes)
    made = _operand(a)
    for n, axis in others[::-1]:
        made = _functions["ifft"](made, n, axis, norm)
    return _functions["irfft"](made, last[0], last[1], norm)


_named("rfftn")(_real_many)
_named("irfftn")(_real_many_back)
_named("rfft2")(lambda a, s=None, axes=(-2, -1), norm=None: _real_many(a, s, axes, norm))
_named("irfft2")(lambda a, s=None, axes=(-2, -1), norm=None: _real_many_back(a, s, axes, norm))

_OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


@_named("hfft")
def _hfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Term:
    """The real transform of a signal that is the conjugate of its mirror image, a being its first half."""
    return _functions["irfft"](conj(_operand(a)), n, axis, _OPPOSITE[_checked(norm)])


@_named("ihfft")
def _ihfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Term:
    """The inverse of hfft."""
    made: Term = conj(_functions["rfft"](a, n, axis, _OPPOSITE[_checked(norm)]))
    return made


def _shifted(x: Any, axes: Any, back: bool) -> Term:
    term = _operand(x)
    chosen = range(term.type.ndim) if axes is None else [axes] if isinstance(axes, int) else axes
    places = [check_axis(axis, term.type.ndim) for axis in chosen]
    sizes = [term.type.shape[axis] for axis in places]
    unknown = [axis for axis, count in zip(places, sizes, strict=True) if not isinstance(count, int)]
    if unknown:
        raise ShapeError(f"fftshift: the size of axis {unknown[0]} is not known; give the symbol a size")
    shifts = tuple([-(int(n) // 2) if back else int(n) // 2 for n in sizes])
    made: Term = roll(term, shift=shifts, axis=tuple(places)) if places else term
    return made


_named("fftshift")(lambda x, axes=None: _shifted(x, axes, back=False))
_named("ifftshift")(lambda x, axes=None: _shifted(x, axes, back=True))
_named("fftfreq")(lambda n, d=1.0: constant(np.fft.fftfreq(n, d)))
_named("rfftfreq")(lambda n, d=1.0: constant(np.fft.rfftfreq(n, d)))

FOURIER: Mapping[str, Callable[..., Any]] = MappingProxyType(_functions)
