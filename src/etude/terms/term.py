"""Terms: interned, typed expression tuples. Equal terms are one object."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from etuples.core import ExpressionTuple, KwdPair

from etude.terms.sketch import constructors, nested_deeper, sketch
from etude.terms.types import ArrayType, TupleType
from etude.terms.variables import Variable, is_variable

__all__ = ["CORE", "Head", "Term", "etuple", "intern", "is_typed", "lasting"]

Parts = tuple[Any, ...]


@runtime_checkable
class Head(Protocol):
    """What a term's first part must offer for the term to be typed."""

    def typed_parts(self, parts: Parts) -> tuple[Parts, ArrayType | TupleType | None]:
        """The parts in canonical spelling and their type; None where a part is a logic variable or untyped."""

    def meaning(self, *operands: Any) -> Any:
        """The value by NumPy, given the values of the other parts."""


class _Ref(weakref.ref["Term"]):
    __slots__ = ("key",)
    key: Any


_table: dict[Any, _Ref] = {}  # by hash
_overflow: dict[Any, _Ref] = {}  # terms whose hash another living term has
_collided: set[int] = set()  # the hashes of which there was ever more than one term
_lasting: set[Any] = {ArrayType, TupleType, frozenset}  # heads, and classes of parts, through which no cycle of objects goes
_lock = threading.RLock()
_new = object.__new__
_PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None)))
_NOT_EVALUATED = ExpressionTuple.null
_wholes: weakref.WeakKeyDictionary[Term, weakref.ref[Term]] = weakref.WeakKeyDictionary()  # by slice
_DEEP = 40  # levels that a recursive pretty printer is trusted with


def _enter(term: Term, table: dict[Any, _Ref], key: Any) -> None:
    table[key] = ref = _Ref(term, _forget)
    ref.key = key


def _forget(ref: _Ref) -> None:
    key = ref.key
    table = _table if type(key) is int else _overflow
    with _lock:
        if table.get(key) is ref:
            del table[key]


def _exact_key(part: Any) -> Any:
    """`part` with its type, so that 1, 1.0 and True, or 0.0 and -0.0, stay apart."""
    kind = type(part)
    if kind is tuple:
        return kind, tuple(map(_exact_key, part))
    if kind is float:
        return kind, part.hex()
    return kind, part


def _same(term: Term, parts: Parts, kind: ArrayType | TupleType | None) -> bool:
    if term._tuple != parts:
        return False
    return (kind is not None and term.type is kind) or _exact_key(term._tuple) == _exact_key(parts)


def intern(parts: Parts, kind: ArrayType | TupleType | None, ground: bool = True) -> Term:
    """The one term of these parts. `kind` is a function of the parts; typed terms have canonical parts."""
    key = hash(parts)
    ref = _table.get(key)
    if ref is not None:
        term = ref()
        if term is not None and ((term.type is kind and kind is not None and term._tuple == parts) or _same(term, parts, kind)):
            return term
    elif key not in _collided:  # no lock: of threads that meet here one enters its term, and the others see that they did not
        term = _new(Term)
        term._hash = key
        term._tuple = parts  # type: ignore[misc]  # a slot of the untyped base
        term.type = kind
        term._ground = ground
        term.normal_for = None
        term._evaled_obj = _NOT_EVALUATED
        ref = _Ref(term, _forget)
        ref.key = key
        if _table.setdefault(key, ref) is ref:
            return term
    with _lock:
        return _intern_new(key, parts, kind, ground)


def _made(cls: type[Term], parts: Parts, kind: ArrayType | TupleType | None, ground: bool, key: int) -> Term:
    term: Term = _new(cls)
    term._hash = key
    term._tuple = parts  # type: ignore[misc]  # a slot of the untyped base
    term.type = kind
    term._ground = ground
    term.normal_for = None
    term._evaled_obj = _NOT_EVALUATED
    return term


def _intern_new(key: int, parts: Parts, kind: ArrayType | TupleType | None, ground: bool) -> Term:
    ref = _table.get(key)
    there = None if ref is None else ref()
    if there is not None and _same(there, parts, kind):
        return there
    long_key = None
    if there is not None or key in _collided:
        _collided.add(key)
        long_key = _exact_key(parts)
        ref = _overflow.get(long_key)
        found = None if ref is None else ref()
        if found is not None:
            return found
    term = _made(Term, parts, kind, ground, key)
    if there is None:
        _enter(term, _table, key)
    else:
        _enter(term, _overflow, long_key)
    return term


def _of_class(cls: type[Term], parts: Parts) -> Term:
    """The one term of a class of the user's own, such as one that evaluates in another way; it has no type."""
    key = cls, _exact_key(parts)
    with _lock:
        ref = _overflow.get(key)
        found = None if ref is None else ref()
        if found is None:
            found = _made(cls, parts, None, all(map(_is_ground, parts)), hash(parts))
            _enter(found, _overflow, key)
        return found


def lasting(part: Any) -> None:
    """Say of a head that it lasts as long as the library, or of a class of parts that they lead to no term."""
    _lasting.add(part)


def is_typed(part: Any) -> bool:
    """Whether `part` is a term that has a type."""
    return isinstance(part, Term) and part.type is not None


class Term(ExpressionTuple):
    """`(head, operand, ..., attribute, ...)`, with the type that the head gives it.

    Built by calling an operator, or from any hashable parts by `etuple`. Among terms equality is identity;
    a term also equals a plain tuple or expression tuple of the same parts. `term.type` is an `ArrayType`
    (a `TupleType` for several results), or None for terms that hold logic variables or foreign heads.
    """

    __slots__ = ("__weakref__", "_ground", "_hash", "normal_for", "type")
    _tuple: Parts
    _hash: int
    _ground: bool
    normal_for: object  # whose normal form it was found to be last
    type: Any

    def __new__(cls, seq: Any = None, **named: Any) -> Term:
        named.pop("evaled_obj", None)
        if isinstance(seq, cls) and not named:
            return seq
        parts = tuple(seq or ()) + tuple(KwdPair(name, value) for name, value in named.items())
        if cls is not Term:
            return _of_class(cls, parts)
        if parts and hasattr(type(parts[0]), "typed_parts"):
            parts, kind = parts[0].typed_parts(parts)
            if kind is not None:
                return intern(parts, kind)
        return intern(parts, None, all(map(_is_ground, parts)))

    def __init__(self, seq: Any = None, **named: Any):
        if "evaled_obj" in named:
            self._evaled_obj = named["evaled_obj"]  # type: ignore[misc]  # a slot of the untyped base

    @property
    def head(self) -> Any:
        return self._tuple[0]

    @property
    def _parent(self) -> Term | None:
        """The living term that it was last cut from as a slice; kept beside it, as one term is a slice of many."""
        ref = _wholes.get(self)
        return None if ref is None else ref()

    @_parent.setter
    def _parent(self, whole: Term | None) -> None:
        if whole is None:
            _wholes.pop(self, None)
        else:
            _wholes[self] = weakref.ref(whole)

    @property
    def ground(self) -> bool:
        """Whether no logic variable occurs in it."""
        return self._ground

    @property
    def operands(self) -> Parts:
        """The parts that are terms or stand for one; attributes are left out."""
        width = getattr(self._tuple[0], "attribute_count", 0)
        return self._tuple[1 : len(self._tuple) - width]

    @property
    def attributes(self) -> Parts:
        width = getattr(self._tuple[0], "attribute_count", 0)
        return self._tuple[len(self._tuple) - width :]

    def _eval_apply_fn(self, op: Any) -> Any:
        return op.meaning if hasattr(type(op), "typed_parts") else op

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Term):
            return False
        equal = ExpressionTuple.__eq__(self, other)
        return False if equal is NotImplemented else bool(equal)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return self._hash

    def __getitem__(self, key: Any) -> Any:
        found = self._tuple[key]
        if not isinstance(key, slice):
            return found
        part = Term(found)
        if part is not self:
            part._parent = self
        return part

    def __add__(self, other: Any) -> Term:
        return Term(self._tuple + tuple(other))

    def __radd__(self, other: Any) -> Term:
        return Term(tuple(other) + self._tuple)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._tuple)

    def __copy__(self) -> Term:
        return self

    def __deepcopy__(self, memo: Any) -> Term:
        return self

    def __str__(self) -> str:
        return sketch(self)

    def __repr__(self) -> str:
        return sketch(self) if self._is_ours() else constructors(self)

    def _is_ours(self) -> bool:
        """Whether it has a type, or an operator for its head."""
        return self.type is not None or (bool(self._tuple) and hasattr(type(self._tuple[0]), "typed_parts"))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        if self._is_ours() or nested_deeper(self, _DEEP):
            printer.text(sketch(self))
        else:
            ExpressionTuple._repr_pretty_(self, printer, cycle)


def _is_ground(part: Any) -> bool:
    kind = type(part)
    if kind is Variable or kind in _PLAIN:  # a variable of a rule is nothing that a search binds
        return True
    if isinstance(part, Term):
        return part._ground
    if hasattr(kind, "typed_parts"):
        return True
    if isinstance(part, ExpressionTuple) or type(part) in (tuple, list):
        return all(map(_is_ground, part))
    return not (is_variable(part) or (isinstance(part, KwdPair) and not _is_ground(part.value)))


def etuple(*parts: Any, **named: Any) -> Term:
    """The interned term of these parts, as `etuples.etuple`; an unhashable part is a TypeError.

    >>> from etude.terms import etuple
    >>> etuple(min, 1, 2) is etuple(min, 1, 2)
    True
    >>> etuple(min, 1, 2).evaled_obj
    1
    """
    return Term(parts, **named)


CORE: Any = None  # the module of `core.c`, where one of this version was built: it does the same in C
_VERSION = 3
with suppress(ImportError):
    _core = import_module("etude.terms.core")
    if _core.VERSION == _VERSION:
        CORE = _core
        CORE.install(Term, _table, _collided, _lasting, _intern_new, _NOT_EVALUATED)
        intern = CORE.intern
