"""Variables that keep a value between calls of compiled functions."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np

from etude.api.array import Array
from etude.errors import ArgumentError
from etude.terms import Term, is_symbol, shape_text
from etude.terms import symbol as symbol_term

__all__ = ["SharedVariable", "Storage", "is_shared", "shared"]

_count = itertools.count()


class Storage:
    """What a shared variable's term refers to: the value, of a fixed dtype and number of dimensions."""

    __slots__ = ("__weakref__", "_lock", "_value", "number")

    def __init__(self, value: np.ndarray[Any, Any]):
        self._value, self._lock, self.number = value, threading.Lock(), next(_count)

    def get_value(self, borrow: bool = False) -> Any:
        """A copy of the value; with `borrow` the array itself, which must not be changed."""
        return self._value if borrow else self._value.copy()

    def set_value(self, value: Any, borrow: bool = False) -> None:
        old = self._value
        new = np.asarray(value)
        if new.dtype != old.dtype and not np.can_cast(new.dtype, old.dtype, casting="same_kind"):
            raise ArgumentError(f"the shared variable is {old.dtype}; a value of dtype {new.dtype} does not fit it")
        if new.ndim != old.ndim:
            raise ArgumentError(f"the shared variable has {old.ndim} dimensions; the value has shape {shape_text(new.shape)}")
        fresh = new.astype(old.dtype, copy=not borrow)
        with self._lock:
            self._value = fresh

    def __reduce__(self) -> tuple[Any, ...]:
        return Storage, (self._value,)

    def __repr__(self) -> str:
        return f"shared {self.number}"


class SharedVariable(Array):
    """An Array whose value is kept beside it, read and set by `get_value` and `set_value`, and changed by updates."""

    __slots__ = ()

    def get_value(self, borrow: bool = False) -> Any:
        """A copy of the value; with `borrow` the array itself, which must not be changed."""
        return self.term._tuple[4].get_value(borrow)

    def set_value(self, value: Any, borrow: bool = False) -> None:
        """A new value of the same dtype and number of dimensions; its sizes may differ.

        Raises ArgumentError for a value that does not fit.
        """
        self.term._tuple[4].set_value(value, borrow)

    def __copy__(self) -> SharedVariable:
        made = SharedVariable(self.term)
        made._name = self._name
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return SharedVariable, (self.term,)


def shared(value: Any, name: str | None = None) -> SharedVariable:
    """A variable that holds `value` until it is set or a function's updates change it.

    Its dtype and number of dimensions stay; its sizes may change.

    >>> import etude as et
    >>> w = et.shared([1.0, 2.0], name="w")
    >>> w.set_value([3.0, 4.0])
    >>> (2 * w).eval()
    array([6., 8.])
    """
    array = np.array(value)
    return SharedVariable(symbol_term(name, (None,) * array.ndim, array.dtype, identity=Storage(array)))


def is_shared(term: Term) -> bool:
    """Whether a term is the leaf of a shared variable."""
    return is_symbol(term) and isinstance(term._tuple[4], Storage)
