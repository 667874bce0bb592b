"""What an operator is: a record with a name, a type rule and a NumPy meaning. Nothing about gradients or C."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from etuples import apply as apply_head
from etuples.core import ExpressionTuple

from etude.errors import ShapeError, SubscriptError, TermTypeError
from etude.terms import ArrayType, Term, TupleType, constant, intern, is_typed, is_variable, lasting

__all__ = ["Attributes", "Infer", "Op", "Types", "lazily"]

Types = tuple[ArrayType, ...]
Attributes = tuple[Any, ...]
Result = ArrayType | TupleType
Infer = Callable[[Types, Attributes], Result]
Canonical = Callable[[Types, Attributes], Attributes]
Build = Callable[["Op", tuple[Term, ...], Attributes], "Term | None"]

_FLOAT = ArrayType(np.float64)
_PYTHON_NUMBERS = (bool, int, float, complex)
_WEAK, _EXACT = (int, float), 2**53


def lazily(place: str) -> Callable[..., Any]:
    """The function at `package.module:name`, imported at its first call, so that importing the library stays fast."""
    module, _, name = place.partition(":")
    found: list[Any] = []

    def call(*args: Any, **named: Any) -> Any:
        if not found:
            found.append(getattr(import_module(module), name))
        return found[0](*args, **named)

    call.__name__ = name
    call.__doc__ = f"`{place}`"
    return call


class Op:
    """An operator of the catalogue. Calling it builds a term.

    `operands` names the operands; a last name with a star takes any number. `attributes` maps the names of the
    constant arguments to their defaults. `infer(types, attributes)` gives the result's type or raises
    `TermTypeError` or `ShapeError`; `canonical(types, attributes)` gives attributes in their one spelling;
    `build(op, operands, attributes)` may return a simpler term instead. `evaluate(*values, **attributes)` is the meaning.

    A user's operator also has its C text `c`, its rule `lines`, and where it can be defined anew elsewhere a `recipe`:
    a function and its arguments.
    """

    __slots__ = (
        "_cache",
        "_plain",
        "attribute_count",
        "attributes",
        "build",
        "c",
        "canonical",
        "doc",
        "evaluate",
        "infer",
        "known_type",
        "lines",
        "name",
        "operands",
        "properties",
        "recipe",
        "variadic",
        "weak",
    )

    def __init__(
        self,
        name: str,
        operands: tuple[str, ...],
        evaluate: Callable[..., Any],
        infer: Infer,
        *,
        attributes: Mapping[str, Any] | None = None,
        canonical: Canonical | None = None,
        build: Build | None = None,
        properties: str = "",
        weak: tuple[int, ...] | None = None,
        doc: str = "",
    ):
        self.name, self.operands, self.evaluate, self.infer = name, operands, evaluate, infer
        self.attributes = dict(attributes or {})
        self.attribute_count = len(self.attributes)
        self.variadic = bool(operands) and operands[-1].startswith("*")
        self.canonical, self.build, self.doc = canonical, build, doc
        self.properties = frozenset(properties.split())
        self.weak = weak
        self.c: str | None = None
        self.lines: tuple[Any, ...] = ()
        self.recipe: tuple[Any, ...] | None = None
        self._cache: dict[Any, Any] = {}
        self._plain: dict[tuple[Any, ...], Result] = {}  # of operand types, where the operator has no attributes
        self.known_type = self._plain.get  # by the operands' types: the result's, where such operands have met before

    # ---------------------------------------------------------------- building

    def __call__(self, *args: Any, **named: Any) -> Term:
        operands, attributes = self.bind(args, named)
        return self.apply(operands, attributes)

    def bind(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[tuple[Any, ...], Attributes]:
        """Operands and attributes of a call; attributes may be positional after a fixed number of operands."""
        if not named and not self.attributes and not self.variadic and len(args) == len(self.operands):
            return args, ()
        count = len(args) if self.variadic else min(len(args), len(self.operands))
        operands, rest = list(args[:count]), args[count:]
        values = dict(zip(self.attributes, rest, strict=False))
        if len(rest) > len(self.attributes):
            raise TypeError(f"{self.name} takes {self._signature()}; {len(args)} arguments were given")
        for name, value in named.items():
            if name in self.attributes and name not in values:
                values[name] = value
            elif name in self.operands and self.operands.index(name) == len(operands):
                operands.append(value)
            else:
                raise TypeError(f"{self.name} takes {self._signature()}; argument {name!r} does not fit")
        minimum = len(self.operands) - self.variadic
        if len(operands) < minimum:
            raise TypeError(f"{self.name} takes {self._signature()}; {len(operands)} operands were given")
        return tuple(operands), tuple([values.get(key, default) for key, default in self.attributes.items()])

    def apply(self, operands: tuple[Any, ...], attributes: Attributes = ()) -> Term:
        """The term of these operands: terms, numbers (which take the others' dtype), arrays or logic variables."""
        for part in operands:
            if type(part) is not Term:
                operands = self._as_terms(operands)
                break
        types = tuple([part.type if type(part) is Term else None for part in operands])
        if not attributes:
            kind = self.known_type(types)
            if kind is not None:
                return intern((self, *operands), kind)
        if None in types:
            return Term((self, *operands, *attributes))
        else:
            bare = not attributes
            attributes, kind = self.type_of(types, attributes)
            if bare and not attributes and self.build is None and kind is not None:
                self._plain[types] = kind
        if self.build is not None:
            built = self.build(self, operands, attributes)
            if built is not None:
                return built
        return intern((self, *operands, *attributes), kind)

    def pair(self, left: Term, right: Term) -> Term:
        """The term of two operands, by the short way where such types have met before."""
        kind = self.known_type((left.type, right.type))
        return intern((self, left, right), kind) if kind is not None else self.apply((left, right))

    def single(self, operand: Term) -> Term:
        """The term of one operand, by the short way where such a type has been met before."""
        kind = self.known_type((operand.type,))
        return intern((self, operand), kind) if kind is not None else self.apply((operand,))

    def _as_terms(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(operands) == 2:
            left, right = operands
            small = type(right) in _WEAK and -_EXACT < right < _EXACT
            if small and type(left) is Term and left.type is _FLOAT and self.weak is None:
                return left, constant(right, _FLOAT.dtype)
        pattern = any(is_variable(part) or (isinstance(part, Term) and part.type is None) for part in operands)
        if pattern:
            return operands
        weak = range(len(operands)) if self.weak is None else self.weak
        dtypes = [operands[i].type.dtype for i in weak if i < len(operands) and isinstance(operands[i], Term)]
        dtypes += [
            operands[i].dtype for i in weak if i < len(operands) and isinstance(operands[i], (np.ndarray, np.generic))
        ]
        return tuple([self._as_term(part, dtypes if i in weak else []) for i, part in enumerate(operands)])

    def _as_term(self, part: Any, dtypes: list[Any]) -> Term:
        if isinstance(part, Term):
            return part
        if type(part) in _PYTHON_NUMBERS and dtypes:
            dtype = np.result_type(*dtypes, part)
            try:
                return constant(part, dtype)
            except OverflowError:
                raise TermTypeError(f"{self.name}: {part} does not fit dtype {dtype} of the other operand") from None
        return constant(part)

    def type_of(self, types: tuple[Any, ...], attributes: Attributes) -> tuple[Attributes, Result]:
        """Canonical attributes and the result's type, remembered."""
        key = (types, attributes)
        try:
            found = self._cache.get(key)
        except TypeError:
            raise TermTypeError(
                f"{self.name}: attribute {attributes!r} is not hashable; use tuples and numbers"
            ) from None
        if found is None:
            for position, kind in enumerate(types):
                if isinstance(kind, TupleType) and "projection" not in self.properties:
                    raise TermTypeError(
                        f"{self.name}: operand {position + 1} has several results {kind}; take one of them"
                    )
            try:
                canonical = attributes if self.canonical is None else self.canonical(types, attributes)
                found = canonical, self.infer(types, canonical)
            except (ShapeError, SubscriptError, TermTypeError) as error:
                message = str(error)
                raise type(error)(message if message.startswith(self.name) else f"{self.name}: {message}") from None
            if len(self._cache) > 10_000:
                self._cache.clear()
                self._plain.clear()
            self._cache[key] = found
        return found

    # ---------------------------------------------------------------- the head of a term

    def typed_parts(self, parts: tuple[Any, ...]) -> tuple[tuple[Any, ...], Result | None]:
        split = len(parts) - self.attribute_count
        operands = parts[1:split]
        if not self._fits(len(operands)) or not all(map(is_typed, operands)):
            return parts, None
        if any(is_variable(value) or isinstance(value, Term) for value in parts[split:]):
            return parts, None
        attributes, kind = self.type_of(tuple([part.type for part in operands]), parts[split:])
        return (self, *operands, *attributes), kind

    def _fits(self, count: int) -> bool:
        return count >= len(self.operands) - 1 if self.variadic else count == len(self.operands)

    def meaning(self, *parts: Any) -> Any:
        split = len(parts) - self.attribute_count
        if self.attribute_count:
            return self.evaluate(*parts[:split], **dict(zip(self.attributes, parts[split:], strict=True)))
        return self.evaluate(*parts)

    @property
    def is_elementwise(self) -> bool:
        return "elementwise" in self.properties

    def _signature(self) -> str:
        named = [f"{key}={value!r}" for key, value in self.attributes.items()]
        return f"({', '.join([*self.operands, *named])})"

    def __reduce__(self) -> Any:
        return self.recipe or (_by_name, (self.name,))

    def __repr__(self) -> str:
        return self.name


_registered: dict[str, Op] = {}


def register(op: Op) -> Op:
    """Enter an operator under its name, so that pickled terms find it again."""
    if op.name in _registered:
        raise ValueError(f"operator {op.name} exists already")
    _registered[op.name] = op
    lasting(op)
    return op


def is_users(name: str) -> bool:
    """Whether the operator of that name is a user's own."""
    return name in _registered and "users" in _registered[name].properties


def redefine(op: Op | None, name: str = "") -> None:
    """Enter a user's operator under its name, in place of an earlier one; None takes `name` out."""
    if op is None:
        del _registered[name]
    else:
        _registered[op.name] = op


def _by_name(name: str) -> Op:
    import_module("etude.ops")
    if name not in _registered:
        raise TermTypeError(f"operator {name} is not defined in this process; define it first, as where it was pickled")
    return _registered[name]


@apply_head.register(Op, ExpressionTuple)
@apply_head.register(Op, Sequence)
def _apply_op(op: Op, rands: Sequence[Any]) -> Term:
    """An operator applied by `applyo` builds a term; it does not compute."""
    return Term((op, *rands))
