"""A user's own operators: NumPy code, and one line of mathematics for the slope."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import numpy as np

from etude.api.functions import lift
from etude.errors import EtudeError, RuleError, TermTypeError
from etude.ops import CATALOGUE, Op
from etude.ops.op import Types, is_users, redefine
from etude.rules import DISCONNECTED, UNDEFINED, Rule
from etude.rules.parser import NUMBERS, parse_rules
from etude.templates.logic import substituted
from etude.terms import ArrayType, Term, Variable, broadcast_shapes
from etude.text import vocabulary

__all__ = ["defop"]

_WORDS = frozenset({"d", "adjoint", "undefined", "disconnected", *NUMBERS})


def defop(
    name: str,
    fun: Callable[..., Any],
    differential: str | Iterable[str] | None = None,
    c: str | None = None,
    *,
    infer: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """An operator of your own, as a function of Arrays.

    name: what expressions and rules call it. fun: its meaning, a function of NumPy arrays. differential: its rule lines,
    as in a rule file: `d(name(u)) = ...`, one line with a summand for each operand, or several lines with some of them
    each; `= undefined("reason")` where there is no derivative; `adjoint(name([v]), g) = ...` where the operator is linear
    and occurs around a `d(...)`. Without lines a gradient through it is undefined. c: C text of an expression for
    backends that compile. infer: a function of the operands' types (each with `dtype` and `shape`) that gives the
    result's dtype and shape; unless given, the operator works element by element, its shape is that of the operands
    broadcast, and its dtype is asked of `fun`.

    A name that is defined again is replaced; expressions built before keep the operator that they were built with. An
    operator whose `fun` can be imported is pickled with the expressions that use it.

    Raises TermTypeError (a TypeError) for a name of the library or one that is no name, RuleError for lines that are
    none or speak of another operator; nothing is defined then.

    >>> import etude as et
    >>> cube = et.defop("cube", lambda u: u**3, differential="d(cube(u)) = 3 * u**2 * d(u)")
    >>> x = et.scalar("x")
    >>> str(et.grad(cube(x), x))
    '3 * x**2'
    >>> et.parse("cube(x) + 1").eval({x: 2.0}).item()
    9.0
    """
    lines = _lines(differential)
    _check_name(name)
    if not callable(fun):
        raise TermTypeError(f"{name}: a function was expected as its meaning, not {fun!r}")
    operands = _operands(name, fun, lines)
    if infer is None:
        _check_function(name, fun, len(operands))
    properties = "" if infer is not None else "elementwise"
    op = Op(name, operands, fun, _inferred(name, fun, infer), properties=f"users {properties}")
    op.c = c
    op.recipe = (_restored, (name, fun, lines, c, infer)) if _importable(fun) and _importable(infer) else None
    before = CATALOGUE.get(name)
    redefine(op)
    try:
        op.lines = tuple(_rules(op, lines))
    except EtudeError:
        redefine(before, name)
        raise
    vocabulary.define(op)
    return lift(vocabulary.FUNCTIONS[name], name, fun.__doc__)


def _lines(differential: str | Iterable[str] | None) -> str:
    if differential is None:
        return ""
    return differential if isinstance(differential, str) else "\n".join(differential)


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise TermTypeError(f"{name!r} is no name of an operator: letters, digits and _ were expected")
    taken = name in vocabulary.FUNCTIONS or name in vocabulary.DTYPES or name in CATALOGUE or name in _WORDS
    if taken and not is_users(name):
        raise TermTypeError(f"{name!r} is a name of the library; an operator of your own needs another")


# ---------------------------------------------------------------- operands and types


def _operands(name: str, fun: Callable[..., Any], lines: str) -> tuple[str, ...]:
    """The names of the operands: those of the function's positional parameters, or as many as the first line has."""
    if isinstance(fun, np.ufunc):
        return tuple([f"x{i}" for i in range(fun.nin)])
    try:
        given = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):
        given = ()  # type: ignore[assignment]  # a builtin that does not say
    plain = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    if plain and not any(p.kind is p.VAR_POSITIONAL for p in given):
        return tuple([p.name for p in plain])
    free = [part for rule in parse_rules(lines, lenient=True) for part in [rule.lhs] if isinstance(part, Term)]
    if not free:
        raise TermTypeError(f"{name}: how many operands it has cannot be told from {fun!r}; wrap it in a lambda")
    return tuple([f"x{i}" for i in range(len(free[0]._tuple) - 1)])


def _inferred(name: str, fun: Callable[..., Any], infer: Callable[..., Any] | None) -> Callable[..., ArrayType]:
    if infer is None:
        return lambda types, attributes: ArrayType(_probed(name, fun, types), broadcast_shapes(*[t.shape for t in types]))

    def said(types: Types, attributes: Any) -> ArrayType:
        found = infer(*types)
        if isinstance(found, ArrayType):
            return found
        try:
            dtype, shape = found
            return ArrayType(np.dtype(dtype), tuple(shape))
        except (TypeError, ValueError):
            raise TermTypeError(f"{name}: infer gives a dtype and a shape, not {found!r}") from None

    return said


def _check_function(name: str, fun: Callable[..., Any], count: int) -> None:
    """Raise what the function says of float64 unless it takes another dtype."""
    errors = []
    for dtype in ("float64", "int64", "bool", "complex128"):
        try:
            _probed(name, fun, (ArrayType(dtype),) * count)
        except TermTypeError as error:
            errors.append(error)
        else:
            return
    raise errors[0]


def _probed(name: str, fun: Callable[..., Any], types: Types) -> np.dtype[Any]:
    """The dtype that the function gives for operands of these dtypes; it must keep their shape."""
    ones = [np.ones((2, 3), kind.dtype) for kind in types]
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(fun(*ones))
    except Exception as error:
        given = ", ".join(str(kind.dtype) for kind in types)
        raise TermTypeError(f"{name}: its function fails on arrays of dtype {given}: {error}") from error
    if found.shape != (2, 3) or found.dtype.kind not in "biufc":
        raise TermTypeError(
            f"{name}: its function gives {found.dtype}{found.shape} for operands of shape (2, 3); "
            "say with infer= what type it gives if it does not work element by element"
        )
    return found.dtype


# ---------------------------------------------------------------- lines


def _rules(op: Op, lines: str) -> list[Rule]:
    """The lines of an operator; those of its differential without a condition are one sum."""
    found = parse_rules(lines)
    for rule in found:
        head = rule.head
        if rule.kind not in ("differential", "adjoint") or head is not op:
            raise RuleError(
                f"a line `d({op.name}(...)) = ...` or `adjoint({op.name}([...]), g) = ...` was expected",
                lines, rule.line, 1,
            )  # fmt: skip
    plain = [rule for rule in found if rule.kind == "differential" and rule.condition is None]
    others = [rule for rule in found if rule not in plain]
    return [*others, *([_summed(plain)] if plain else [])]


def _summed(rules: list[Rule]) -> Rule:
    first = rules[0]
    if len(rules) == 1:
        return first
    names = first.lhs.operands
    if not all(isinstance(part, Variable) for rule in rules for part in rule.lhs.operands):
        raise RuleError("several lines for one operator name its operands, as in d(f(a, b))", first.text)
    if any(_says_nothing_of(rule.rhs) for rule in rules):
        raise RuleError('among several lines say of which operand: undefined("reason") * d(a)', first.text)
    total = first.rhs
    for rule in rules[1:]:
        swap = dict(zip(rule.lhs.operands, names, strict=True))
        total = Term((CATALOGUE["add"], total, substituted(rule.rhs, swap)))
    return Rule(first.name, "differential", first.lhs, total, None, first.promise, first.domain, first.inputs,
                text="; ".join(rule.text for rule in rules), line=first.line)  # fmt: skip


def _says_nothing_of(pattern: Any) -> bool:
    return isinstance(pattern, Term) and pattern._tuple[0] in (UNDEFINED, DISCONNECTED)


# ---------------------------------------------------------------- pickling


def _importable(fun: Any) -> bool:
    if fun is None or isinstance(fun, np.ufunc):
        return True
    found: Any = import_module(fun.__module__) if getattr(fun, "__module__", None) else None
    for part in getattr(fun, "__qualname__", "<none>").split("."):
        found = getattr(found, part, None)
    return found is fun


def _restored(name: str, fun: Callable[..., Any], lines: str, c: str | None, infer: Any) -> Op:
    """The operator of that name, defined where it is not there yet."""
    if name not in CATALOGUE:
        defop(name, fun, lines, c, infer=infer)
    return CATALOGUE[name]
