"""Array: the user's handle on a term, with the operators and methods of a NumPy array."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from etude.api.evaluation import evaluate
from etude.errors import EtudeError, ShapeError, TermTypeError
from etude.ops import CATALOGUE
from etude.terms import Term, constant, constant_value, is_constant, is_symbol, is_typed
from etude.text.printer import to_text

__all__ = ["Array", "as_term", "wrap"]

_NUMBERS = (bool, int, float, complex)


class Array:
    """A symbolic array: a typed term that behaves as a NumPy array does.

    Operators and functions give new Arrays; nothing is computed before `eval` or a compiled function is called.
    `x.term` is the expression tuple; `x.name` belongs to this handle alone.

    >>> import etude as et
    >>> x = et.vector("x")
    >>> 2 * x + 1
    parse('2 * x + 1', x=vector('x'))
    """

    __slots__ = ("__weakref__", "_name", "term")
    __array_priority__ = 1000
    term: Term
    _name: str | None

    def __init__(self, term: Term):
        if not is_typed(term):
            raise TypeError(f"Array holds a typed term, not {term!r}; use et.asarray for values")
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
        """The size of each dimension: an int where it is known, a 0-dimensional int64 Array elsewhere."""
        return self.term.type.shape  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        return self.term._hash

    def __bool__(self) -> bool:
        head = self.term._tuple[0]
        if head is _equal or head is _not_equal:
            return (self.term._tuple[1] is self.term._tuple[2]) is (head is _equal)
        if is_constant(self.term):
            return bool(constant_value(self.term))
        raise TypeError(
            f"the truth of {self._sketch()} is not known before it has a value; "
            "use et.where(condition, a, b) to choose, or et.logical_and/or/not to combine conditions"
        )

    def _sketch(self) -> str:
        return f"{to_text(self.term, 60)} ({self.term.type})"

    def eval(self, values: Mapping[Any, Any] | None = None) -> np.ndarray[Any, Any]:
        """The value by NumPy, given values for the symbols that occur in it.

        >>> import etude as et
        >>> x = et.scalar("x")
        >>> (x + 1).eval({x: 2.0})
        array(3.)
        """
        return evaluate(self.term, {as_term(key): value for key, value in (values or {}).items()})

    def __str__(self) -> str:
        return to_text(self.term)

    def __repr__(self) -> str:
        return f"Array({self.term.type}, {to_text(self.term)})"


def wrap(term: Term) -> Array:
    """The handle of a term that is known to be typed."""
    array = object.__new__(Array)
    array.term = term
    array._name = None
    return array


def as_term(value: Any) -> Term:
    """The term of an Array, a term, a number or a NumPy array."""
    if isinstance(value, Array):
        return value.term
    if isinstance(value, Term):
        return value
    return constant(value)


# ---------------------------------------------------------------- operators


def failed(error: EtudeError, operands: tuple[Any, ...]) -> EtudeError:
    """The error with the operands named as the user knows them."""
    shown = ", ".join(f"{to_text(o, 40)}: {o.type}" for o in operands if is_typed(o))
    return type(error)(f"{error} (operands {shown})")


def _binary(name: str, reflected: bool = False) -> Callable[[Array, Any], Any]:
    apply = CATALOGUE[name].apply

    def method(self: Array, other: Any) -> Any:
        kind = type(other)
        if kind is Array:
            part = other.term
        elif kind is float or kind is int:
            part = other
        else:
            part = _operand(other)
            if part is None:
                return NotImplemented
        operands = (part, self.term) if reflected else (self.term, part)
        try:
            term = apply(operands)
        except (ShapeError, TermTypeError) as error:
            raise failed(error, operands) from None
        array = object.__new__(Array)
        array.term = term
        array._name = None
        return array

    method.__name__ = method.__qualname__ = name
    method.__doc__ = CATALOGUE[name].doc
    return method


def _operand(other: Any) -> Any:
    """What stands for the other side of an operator in a term; None where it is no array at all."""
    if isinstance(other, Array):
        return other.term
    if isinstance(other, (*_NUMBERS, np.ndarray, np.generic)):
        return other
    if isinstance(other, (list, tuple)):
        return constant(other)
    return None


def _unary(name: str) -> Callable[[Array], Array]:
    op = CATALOGUE[name]

    def method(self: Array) -> Array:
        return wrap(op.apply((self.term,)))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = op.doc
    return method


def _comparison(name: str) -> Callable[[Array, Any], Any]:
    compare = _binary(name)

    def method(self: Array, other: Any) -> Any:
        try:
            return compare(self, other)
        except (ShapeError, TermTypeError):
            return name == "not_equal"  # as Python has it of things that cannot be equal; `in` and `index` ask this

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{CATALOGUE[name].doc}, element by element; its `bool` says whether the terms are the same"
    return method


_equal, _not_equal = CATALOGUE["equal"], CATALOGUE["not_equal"]
_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
}  # fmt: skip
for _python, _name in _OPERATORS.items():
    if _name in CATALOGUE:
        setattr(Array, f"__{_python}__", _binary(_name))
        setattr(Array, f"__r{_python}__", _binary(_name, reflected=True))
for _python, _name in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
    setattr(Array, f"__{_python}__", _binary(_name))
for _python, _name in {"eq": "equal", "ne": "not_equal"}.items():
    setattr(Array, f"__{_python}__", _comparison(_name))
for _python, _name in {"neg": "negative", "pos": "positive", "invert": "invert", "abs": "abs"}.items():
    setattr(Array, f"__{_python}__", _unary(_name))
