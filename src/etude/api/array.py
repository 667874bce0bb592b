"""Array: the user's handle on a term, with the operators and methods of a NumPy array."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from etude.api.dispatch import function_term, ufunc_term
from etude.api.representation import described, representation
from etude.backends import evaluate
from etude.errors import ShapeError, TermTypeError
from etude.ops import CATALOGUE, Op
from etude.rewriting import Derivation, derivation_of
from etude.terms import (
    ArrayType,
    Term,
    TupleType,
    as_dtype,
    constant,
    constant_value,
    intern,
    is_constant,
    is_leaf,
    is_symbol,
    is_typed,
)
from etude.text import to_latex, to_text
from etude.text.vocabulary import FUNCTIONS, RESULTS, cast, stacked, subscript, updated

__all__ = ["Array", "as_term", "reached", "steps_of", "unwrapped", "wrap", "wrapped"]

_API_VERSION = "2024.12"
_NUMBERS = (bool, int, float, complex)
_equal, _not_equal = CATALOGUE["equal"], CATALOGUE["not_equal"]
_float64 = np.dtype(np.float64)
_FLOAT = ArrayType(_float64)
_EXACT = 2**53  # below which whole numbers are floats
_new = object.__new__


def _operand(other: Any) -> Any:
    """What stands for the other side of an operator in a term; None where it is no array at all."""
    if isinstance(other, Array):
        return other.term
    if isinstance(other, (*_NUMBERS, np.ndarray, np.generic)):
        return other
    return as_term(other) if isinstance(other, (list, tuple)) else None


def _binary(name: str, reflected: bool = False) -> Callable[[Array, Any], Array]:
    op = CATALOGUE[name]
    known, numeric = op.known_type, op.weak is None

    def method(self: Array, other: Any) -> Any:
        own, kind = self.term, type(other)
        if kind is Array:
            part = other.term
        elif kind is float and own.type.dtype is _float64:
            part = constant(other)
        elif kind is int and own.type is _FLOAT and numeric and -_EXACT < other < _EXACT:
            part = constant(other, _float64)
        else:
            part = _operand(other)
            return NotImplemented if part is None else _applied(op, (part, own) if reflected else (own, part))
        left, right = (part, own) if reflected else (own, part)
        result = known((left.type, right.type))
        if result is None:
            return _applied(op, (left, right))
        array = _new(Array)
        array.term = intern((op, left, right), result)
        array._name = None
        return array

    method.__name__ = method.__qualname__ = name
    method.__doc__ = op.doc
    return method


def _applied(op: Op, operands: tuple[Any, ...]) -> Array:
    try:
        return wrap(op.apply(operands))
    except (ShapeError, TermTypeError) as error:
        raise described(error, operands) from None


def _comparison(name: str) -> Callable[[Array, object], Any]:
    compare = _binary(name)

    def method(self: Array, other: object) -> Any:
        try:
            return compare(self, other)
        except (ShapeError, TermTypeError):
            return name == "not_equal"  # as Python has it of what cannot be equal; `in` and `index` ask this

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{CATALOGUE[name].doc}, element by element; its `bool` says whether the terms are the same"
    return method


def _unary(name: str) -> Callable[[Array], Array]:
    op = CATALOGUE[name]

    def method(self: Array) -> Array:
        return wrap(op.single(self.term))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = op.doc
    return method


def _method(name: str) -> Callable[..., Any]:
    """The function of that name as a method."""

    def method(self: Array, *args: Any, **named: Any) -> Any:
        return wrapped(FUNCTIONS[name](self.term, *map(unwrapped, args), **_named(named)))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name}(self, ...)` of the top-level functions"
    return method


class Array:
    """A symbolic array: a typed term that behaves as a NumPy array does.

    Operators, functions and methods give new Arrays; nothing is computed before `eval` or a compiled function is
    called. `x.term` is the expression tuple. `x.name` may be assigned; it belongs to this handle alone.
    `x == y` compares element by element, and its `bool` says whether both are the same term, so that Arrays can be
    kept in sets, dicts and lists. `str(x)` is an expression that `et.parse` reads back; `repr(x)` gives the symbols'
    types as well.

    >>> import etude as et
    >>> x = et.vector("x")
    >>> 2 * x + 1
    parse('2 * x + 1', x=vector('x'))
    """

    __slots__ = ("__weakref__", "_name", "_steps", "term")
    __array_priority__ = 1000
    term: Term
    _name: str | None
    _steps: Derivation  # of a result that is a leaf only: others have theirs by their term

    def __init__(self, term: Term):
        if not is_typed(term) or isinstance(term.type, TupleType):
            raise TypeError(f"Array holds a term with an array type, not {term!r}; use et.asarray for values")
        self.term, self._name = term, None

    # ---------------------------------------------------------------- what is known of it

    @property
    def name(self) -> str | None:
        """The name of this handle; a symbol's own unless another was given."""
        if self._name is None and is_symbol(self.term):
            name: str | None = self.term._tuple[1]
            return name
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.term.type.dtype
        return dtype

    @property
    def ndim(self) -> int:
        return len(self.term.type.shape)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The size of each dimension: an int where it is known, elsewhere a 0-dimensional int64 Array."""
        shape = self.term.type.shape
        return tuple([dim if isinstance(dim, int) else self._size(axis) for axis, dim in enumerate(shape)])

    def _size(self, axis: int | None = None) -> Any:
        size = CATALOGUE["size"](self.term, axis=axis)
        return int(constant_value(size)) if is_constant(size) else wrap(size)

    @property
    def size(self) -> Any:
        """The number of elements: an int where it is known, else a 0-dimensional int64 Array."""
        return self._size()

    @property
    def T(self) -> Array:
        """The axes in reverse order."""
        return wrap(FUNCTIONS["transpose"](self.term))

    @property
    def mT(self) -> Array:
        """The last two axes exchanged."""
        return wrap(FUNCTIONS["matrix_transpose"](self.term))

    @property
    def real(self) -> Array:
        return wrap(FUNCTIONS["real"](self.term))

    @property
    def imag(self) -> Array:
        return wrap(FUNCTIONS["imag"](self.term))

    @property
    def device(self) -> str:
        return "cpu"

    def to_device(self, device: str, /, *, stream: Any = None) -> Array:
        """The same Array: a symbolic array is on no device yet."""
        return self

    # ---------------------------------------------------------------- values

    def eval(self, values: Mapping[Any, Any] | None = None) -> np.ndarray[Any, Any]:
        """The value by NumPy, given values for the symbols that occur in it.

        Raises MissingValueError for a symbol without a value, ArgumentError for a value that does not fit.

        >>> import etude as et
        >>> x = et.scalar("x")
        >>> (x + 1).eval({x: 2.0})
        array(3.)
        """
        [value] = evaluate([self.term], {as_term(key): value for key, value in (values or {}).items()})
        return np.asarray(value)

    def _sketch(self) -> str:
        return f"{to_text(self.term, 60)} ({self.term.type})"

    def _number(self, what: str) -> Any:
        if is_constant(self.term):
            return constant_value(self.term)
        raise TypeError(f"{what} asks for the value of {self._sketch()}, which has none yet; use .eval({{...}}) or et.function")

    def __bool__(self) -> bool:
        head = self.term._tuple[0]
        if head is _equal or head is _not_equal:
            return (self.term._tuple[1] is self.term._tuple[2]) is (head is _equal)
        if is_constant(self.term):
            return bool(constant_value(self.term))
        raise TypeError(
            f"the truth of {self._sketch()} is not known before it has a value; "
            "choose with et.where(condition, a, b), combine conditions with et.logical_and, logical_or, logical_not"
        )

    def __float__(self) -> float:
        return float(self._number("float()"))

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __complex__(self) -> complex:
        return complex(self._number("complex()"))

    def __index__(self) -> int:
        return self._number("use as an integer").__index__()  # type: ignore[no-any-return]  # NumPy's scalars have it

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        value = np.asarray(self._number("np.asarray()"), dtype)
        return value.copy() if copy else value

    def __len__(self) -> int:
        shape = self.term.type.shape
        if not shape:
            raise TypeError(f"{self._sketch()} has no length: it has 0 dimensions")
        if not isinstance(shape[0], int):
            raise TypeError(f"the length of {self._sketch()} is not known; x.shape[0] is it as an expression")
        return shape[0]

    def __iter__(self) -> Iterator[Array]:
        if not self.term.type.shape:
            raise TypeError(f"{self._sketch()} cannot be iterated over: it has 0 dimensions")
        if not isinstance(self.term.type.shape[0], int):
            raise TypeError(f"{self._sketch()} has an unknown length; use et.scan or et.map, or whole-array functions")
        return iter([self[place] for place in range(len(self))])

    # ---------------------------------------------------------------- parts

    def __getitem__(self, key: Any) -> Array:
        return wrap(subscript(self.term, unwrapped(key)))

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("an Array is never changed; write x = x.at[i].set(v), or x.at[i].add(v) to add")

    def __contains__(self, item: Any) -> bool:
        raise TypeError("`in` has no answer before there are values; use et.any(x == item)")

    @property
    def at(self) -> _At:
        """`x.at[i].set(v)`: x with v at the places i; `x.at[i].add(v)` adds there, repeated places repeatedly."""
        return _At(self)

    # ---------------------------------------------------------------- protocols

    def __hash__(self) -> int:
        return self.term._hash

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **named: Any) -> Any:
        return wrapped(ufunc_term(ufunc, method, tuple(map(unwrapped, inputs)), _named(named)))

    def __array_function__(self, function: Any, types: Any, args: Any, named: Any) -> Any:
        return wrapped(function_term(function, unwrapped(args), _named(named)))

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The module `etude`, which has the Array API's functions. Raises ValueError for a version after its own."""
        if api_version is not None and api_version > _API_VERSION:
            raise ValueError(f"etude follows the Array API of {_API_VERSION}, not {api_version}")
        return sys.modules["etude"]

    def __str__(self) -> str:
        return to_text(self.term)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return representation(self.term)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {to_latex(self.term)}$"

    def __copy__(self) -> Array:
        made = wrap(self.term)
        made._name = self._name
        return made

    def __deepcopy__(self, memo: Any) -> Array:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.term, self._name)

    # ---------------------------------------------------------------- operators

    __add__, __radd__ = _binary("add"), _binary("add", reflected=True)
    __sub__, __rsub__ = _binary("subtract"), _binary("subtract", reflected=True)
    __mul__, __rmul__ = _binary("multiply"), _binary("multiply", reflected=True)
    __truediv__, __rtruediv__ = _binary("divide"), _binary("divide", reflected=True)
    __floordiv__, __rfloordiv__ = _binary("floor_divide"), _binary("floor_divide", reflected=True)
    __mod__, __rmod__ = _binary("remainder"), _binary("remainder", reflected=True)
    __pow__, __rpow__ = _binary("power"), _binary("power", reflected=True)
    __matmul__, __rmatmul__ = _binary("matmul"), _binary("matmul", reflected=True)
    __and__, __rand__ = _binary("bitwise_and"), _binary("bitwise_and", reflected=True)
    __or__, __ror__ = _binary("bitwise_or"), _binary("bitwise_or", reflected=True)
    __xor__, __rxor__ = _binary("bitwise_xor"), _binary("bitwise_xor", reflected=True)
    __lshift__, __rlshift__ = _binary("left_shift"), _binary("left_shift", reflected=True)
    __rshift__, __rrshift__ = _binary("right_shift"), _binary("right_shift", reflected=True)
    __lt__, __le__, __gt__, __ge__ = map(_binary, ("less", "less_equal", "greater", "greater_equal"))
    __eq__, __ne__ = _comparison("equal"), _comparison("not_equal")
    __neg__, __pos__, __invert__, __abs__ = map(_unary, ("negative", "positive", "invert", "abs"))

    def __divmod__(self, other: Any) -> tuple[Array, Array]:
        return self // other, self % other

    def __round__(self, digits: int = 0) -> Array:
        return wrap(FUNCTIONS["round"](self.term, digits))

    # ---------------------------------------------------------------- methods

    def astype(self, dtype: Any, copy: bool = True) -> Array:
        """The elements in another dtype."""
        return wrap(cast(self.term, as_dtype(dtype)))

    def reshape(self, *shape: Any) -> Array:
        """The elements in another shape, given as a tuple or as single sizes."""
        sizes = shape[0] if len(shape) == 1 else shape
        return wrap(FUNCTIONS["reshape"](self.term, unwrapped(sizes)))

    def transpose(self, *axes: Any) -> Array:
        """The axes permuted; reversed where none are given."""
        order = (axes[0] if len(axes) == 1 else axes) if axes else None
        return wrap(FUNCTIONS["transpose"](self.term, order))

    def copy(self, order: str = "C") -> Array:
        return self.__copy__()

    def item(self) -> Any:
        """The Python number of a constant."""
        return self._number("item()").item()

    def tolist(self) -> Any:
        """The nested lists of a constant."""
        return self._number("tolist()").tolist()

    sum, prod, mean, var, std = map(_method, ("sum", "prod", "mean", "var", "std"))
    min, max, argmin, argmax = map(_method, ("min", "max", "argmin", "argmax"))
    all, any, cumsum, cumprod = map(_method, ("all", "any", "cumsum", "cumprod"))
    dot, trace, diagonal, take, repeat = map(_method, ("dot", "trace", "diagonal", "take", "repeat"))
    ravel, flatten, squeeze, swapaxes = map(_method, ("ravel", "ravel", "squeeze", "swapaxes"))
    clip, round, conj, conjugate = map(_method, ("clip", "round", "conj", "conj"))
    argsort, nonzero, searchsorted = map(_method, ("argsort", "nonzero", "searchsorted"))


class _At:
    """`x.at`, and with places `x.at[i]`."""

    __slots__ = ("array", "key")

    def __init__(self, array: Array, *key: Any):
        self.array, self.key = array, key

    def __getitem__(self, key: Any) -> _At:
        return _At(self.array, key)

    def _change(self, how: str, value: Any) -> Array:
        if not self.key:
            raise TypeError(f"x.at needs places: x.at[i].{how}(v)")
        return wrap(
            updated(
                self.array.term,
                unwrapped(self.key[0]),
                as_term(value) if isinstance(value, list) else unwrapped(value),
                how,
            )
        )

    def set(self, value: Any) -> Array:
        """The array with `value` at the places."""
        return self._change("set", value)

    def add(self, value: Any) -> Array:
        """The array with `value` added at the places; a place that is named twice is added to twice."""
        return self._change("add", value)

    def get(self) -> Array:
        """The elements at the places."""
        return self.array[self.key[0]]


def _restored(term: Term, name: str | None) -> Array:
    made = wrap(term)
    made._name = name
    return made


# ---------------------------------------------------------------- between Arrays and terms


def wrap(term: Term) -> Array:
    """The handle of a term that is known to have an array type."""
    array = object.__new__(Array)
    array.term = term
    array._name = None
    return array


def reached(term: Term) -> Array:
    """The handle of a result, with the steps that led to it where the term itself cannot tell: a leaf is many results."""
    array = wrap(term)
    if is_leaf(term):
        array._steps = derivation_of(term)
    return array


def steps_of(array: Array) -> Derivation:
    """The steps that led to a result."""
    if is_leaf(array.term):
        steps: Derivation = getattr(array, "_steps", Derivation())
        return steps
    return derivation_of(array.term)


def wrapped(value: Any) -> Any:
    """Terms as Arrays, also in tuples and lists; several results as a named tuple of Arrays."""
    if isinstance(value, Term):
        if not isinstance(value.type, TupleType):
            return wrap(value)
        items = [wrap(CATALOGUE["item"](value, index=place)) for place in range(len(value.type.items))]
        named = RESULTS.get(str(value.head))
        return tuple(items) if named is None else named(*items)
    if type(value) in (tuple, list):
        return [wrapped(part) for part in value] if isinstance(value, list) else tuple(map(wrapped, value))
    return value


def unwrapped(value: Any) -> Any:
    """Arrays as terms, also in tuples, lists and slices."""
    if isinstance(value, Array):
        return value.term
    if type(value) in (tuple, list):
        return type(value)(map(unwrapped, value))
    if isinstance(value, slice):
        return slice(unwrapped(value.start), unwrapped(value.stop), unwrapped(value.step))
    return value


def _named(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: unwrapped(value) for name, value in named.items()}


def as_term(value: Any) -> Term:
    """The term of an Array, a term, a number, a NumPy array, or nested lists of them."""
    if isinstance(value, Array):
        return value.term
    if isinstance(value, Term):
        return value
    return stacked(unwrapped(value)) if isinstance(value, (list, tuple)) else constant(value)
