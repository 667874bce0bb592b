"""How each operator is spelled: pieces of text and operands, with the precedences of Python's grammar."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from etude.ops import Op
from etude.ops.binders import Body
from etude.terms import CONSTANT, SYMBOL, Term, constant_value, is_constant, symbol, symbol_name
from etude.text.literals import DTYPE_NAMES, dtype_text, literal_text, number_text, operand_literals

__all__ = ["BOUND", "Form", "Piece", "attribute_text", "bound_names", "form", "symbol_text"]

# The precedences of Python, loosest first.
ANY, COMPARISON, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, PRODUCT, UNARY, POWER, ATOM = range(11)

BOUND = "bound"  # the identity of the symbols that stand for parameters in a text

Piece = str | tuple[Any, int]  # text, or an operand and the least precedence that it may have without parentheses
Form = tuple[int, list[Piece]]

_INFIX: dict[str, tuple[str, int]] = {
    "add": (" + ", SUM), "subtract": (" - ", SUM), "multiply": (" * ", PRODUCT), "divide": (" / ", PRODUCT),
    "floor_divide": (" // ", PRODUCT), "remainder": (" % ", PRODUCT), "matmul": (" @ ", PRODUCT),
    "bitwise_or": (" | ", BIT_OR), "bitwise_xor": (" ^ ", BIT_XOR), "bitwise_and": (" & ", BIT_AND),
    "left_shift": (" << ", SHIFT), "right_shift": (" >> ", SHIFT), "less": (" < ", COMPARISON),
    "less_equal": (" <= ", COMPARISON), "greater": (" > ", COMPARISON), "greater_equal": (" >= ", COMPARISON),
    "equal": (" == ", COMPARISON), "not_equal": (" != ", COMPARISON),
}  # fmt: skip
_PREFIX = {"negative": "-", "positive": "+", "invert": "~"}


def form(part: Any, named: bool = True) -> Form:
    """The pieces of a term, or of a part of a pattern. `named` allows numbers their names (`pi`)."""
    if not isinstance(part, Term) or not part._tuple:
        return ATOM, [attribute_text(part)]
    head = part._tuple[0]
    if head is SYMBOL:
        return ATOM, [symbol_text(part)]
    if head is CONSTANT:
        text = literal_text(part, named)
        return _literal_precedence(text), [text]
    if isinstance(head, Op):
        special = FORMS.get(head.name, _call)
        return special(part, named)
    return _call_of(str(head), list(part._tuple[1:]))


def symbol_text(term: Term) -> str:
    """The name of a symbol, `symbol('...')` around one that is no Python name."""
    name = symbol_name(term)
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"symbol({name!r})"


def attribute_text(value: Any) -> str:
    """An attribute as it is written in a call: numbers, tuples, dtypes, None and text."""
    if isinstance(value, np.dtype):
        return dtype_text(value)
    if isinstance(value, tuple):
        inner = ", ".join(map(attribute_text, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, (int, float, complex)):
        return number_text(value)
    return repr(value)


# ---------------------------------------------------------------- the spellings


def _literal_precedence(text: str) -> int:
    return UNARY if text.startswith("-") else ATOM


def operand_pieces(term: Term, required: Sequence[int], named: bool) -> list[Piece]:
    """The operands as pieces; constants among them as the literals that their neighbours allow."""
    op, operands = term._tuple[0], term.operands
    pieces: list[Piece] = []
    for part, text, least in zip(operands, operand_literals(op, operands, named), required, strict=True):
        if text is None:
            pieces.append((part, least))
        else:
            pieces.append(text if _literal_precedence(text) >= least else f"({text})")
    return pieces


def _joined(pieces: Sequence[Piece], separator: str) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        joined += [separator, piece] if joined else [piece]
    return joined


def attribute_pieces(op: Op, values: Sequence[Any]) -> list[Piece]:
    """The attributes that differ from their defaults, as keywords."""
    given = zip(op.attributes.items(), values, strict=True)
    return [_attribute_piece(name, value) for (name, default), value in given if name == "shape" or not _same(value, default)]


def _attribute_piece(name: str, value: Any) -> str:
    if name == "shape":
        return attribute_text(value)  # NumPy has had several names for it
    if name == "axis" and isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    return f"{name}={attribute_text(value)}"


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _call(term: Term, named: bool) -> Form:
    op = term._tuple[0]
    operands = operand_pieces(term, [ANY] * len(term.operands), named)
    return ATOM, [f"{op.name}(", *_joined([*operands, *attribute_pieces(op, term.attributes)], ", "), ")"]


def _call_of(name: str, parts: Sequence[Any]) -> Form:
    return ATOM, [f"{name}(", *_joined([(part, ANY) for part in parts], ", "), ")"]


def _infix(term: Term, named: bool) -> Form:
    separator, level = _INFIX[term._tuple[0].name]
    if not _has_operand(term):
        return _call(term, named)
    first = level + 1 if level == COMPARISON else level  # comparisons would chain
    required = [first, *[level + 1] * (len(term.operands) - 1)]
    return level, _joined(operand_pieces(term, required, named), separator)


def _has_operand(term: Term) -> bool:
    """Whether an operand is no plain number; an operator between numbers is computed when its text is read."""
    return any(text is None for text in operand_literals(term._tuple[0], term.operands))


def _power(term: Term, named: bool) -> Form:
    if not _has_operand(term):
        return _call(term, named)
    return POWER, _joined(operand_pieces(term, (ATOM, UNARY), named), "**")


def _prefix(term: Term, named: bool) -> Form:
    if not _has_operand(term):
        return _call(term, named)
    return UNARY, [_PREFIX[term._tuple[0].name], *operand_pieces(term, (UNARY,), named)]


def _getitem(term: Term, named: bool) -> Form:
    x, *indices = term.operands
    return ATOM, [*_base(x), "[", *_subscript_pieces(indices, term.attributes[0]), "]"]


def _change(how: str) -> Callable[[Term, bool], Form]:
    def change(term: Term, named: bool) -> Form:
        x, value, *indices = term.operands
        place = _subscript_pieces(indices, term.attributes[0])
        shown = operand_literals(term._tuple[0], term.operands, named)[1]
        return ATOM, [*_base(x), ".at[", *place, f"].{how}(", (value, ANY) if shown is None else shown, ")"]

    return change


def _base(x: Any) -> list[Piece]:
    """What stands before a bracket or a dot: numbers need parentheses there."""
    return ["(", (x, ANY), ")"] if is_constant(x) and x.type.ndim == 0 else [(x, ATOM)]


def _subscript_pieces(indices: Sequence[Any], spec: tuple[Any, ...]) -> list[Piece]:
    given = iter(indices)
    items = [_subscript_item(entry, given) for entry in spec]
    return _flat(items, ", ") or ["()"]


def _flat(items: Sequence[list[Piece]], separator: str) -> list[Piece]:
    pieces: list[Piece] = []
    for item in items:
        pieces += [separator, *item] if pieces else item
    return pieces


def _subscript_item(entry: Any, given: Iterator[Any]) -> list[Piece]:
    if entry is None or isinstance(entry, int):
        return [str(entry)]
    if isinstance(entry, tuple):
        start, stop, step = [(next(given), ANY) if bound == "?" else "" if bound is None else str(bound) for bound in entry[1:]]
        return [start, ":", stop, *([":", step] if step else [])]
    if entry == "...":
        return ["..."]
    index = next(given)
    if is_constant(index) and index.type.ndim and index.type.dtype == np.int64 and index.type.shape[0]:
        return [str(constant_value(index).tolist())]
    return [(index, ANY)]


def _item(term: Term, named: bool) -> Form:
    return ATOM, [(term.operands[0], ATOM), f"[{term.attributes[0]}]"]


def _attribute(name: str) -> Callable[[Term, bool], Form]:
    return lambda term, named: (ATOM, [*_base(term.operands[0]), f".{name}"])


def _matrix_transpose(term: Term, named: bool) -> Form:
    name = ".T" if term.type is not None and term.type.ndim == 2 else ".mT"
    return ATOM, [*_base(term.operands[0]), name]


def _astype(term: Term, named: bool) -> Form:
    x, dtype = term.operands[0], term.attributes[0]
    if is_constant(x) or not isinstance(dtype, np.dtype) or dtype_text(dtype) not in DTYPE_NAMES:
        return _call(term, named)
    return ATOM, [f"{dtype_text(dtype)}(", (x, ANY), ")"]


def _sequence_call(term: Term, named: bool) -> Form:
    """A function whose first argument is the sequence of its operands."""
    op = term._tuple[0]
    operands = _joined(operand_pieces(term, [ANY] * len(term.operands), named), ", ")
    return ATOM, [
        f"{op.name}([",
        *operands,
        "]",
        *[f", {piece}" for piece in attribute_pieces(op, term.attributes)],
        ")",
    ]


def _binder(term: Term, named: bool) -> Form:
    """An operator with bodies, each written as a function of named parameters, one for each operand it gets."""
    op = term._tuple[0]
    named_attributes = list(zip(op.attributes, term.attributes, strict=True))
    items = [_lambda(value) for name, value in named_attributes if name == "body"]
    items += [[operand] for operand in operand_pieces(term, [ANY] * len(term.operands), named)]
    for name, value in named_attributes:
        if name != "body" and not _same(value, op.attributes[name]):
            items.append([f"{name}=", *_lambda(value)] if isinstance(value, Body) else [f"{name}={attribute_text(value)}"])
    return ATOM, [f"{op.name}(", *_flat(items, ", "), ")"]


def bound_names(body: Body) -> tuple[list[str], Sequence[Any]]:
    """Names for the parameters of a body, and its results over symbols of these names."""
    names = [f"p{place}" for place in range(body.count)]
    leaves = body.parameters()
    given = {place: symbol(names[place], leaf.type.shape, leaf.type.dtype, (), BOUND) for place, leaf in leaves.items()}
    return names, body.all_over([given.get(place) for place in range(body.count)])  # type: ignore[misc]  # others do not occur


def _lambda(body: Body) -> list[Piece]:
    names, results = bound_names(body)
    shown: list[Piece] = _flat([[(result, ANY)] for result in results], ", ")
    return [f"lambda {', '.join(names)}: (", *shown, ",)" if len(results) == 1 else ")"]


def _of_matrices(term: Term, named: bool) -> Form:
    """An operator of the last two axes, which as a function takes the first two unless told."""
    precedence, pieces = _call(term, named)
    kind = getattr(term.operands[0], "type", None)
    if kind is not None and kind.ndim > 2:
        pieces[-1:] = [", axis1=-2, axis2=-1", ")"]
    return precedence, pieces


FORMS: dict[str, Callable[[Term, bool], Form]] = {
    **dict.fromkeys(_INFIX, _infix), **dict.fromkeys(_PREFIX, _prefix), "power": _power,
    "getitem": _getitem, "set_at": _change("set"), "add_at": _change("add"), "item": _item, "astype": _astype,
    "matrix_transpose": _matrix_transpose, "concatenate": _sequence_call, "stack": _sequence_call,
    "map": _binder, "scan": _binder, "cond": _binder, "trace": _of_matrices, "diagonal": _of_matrices,
}  # fmt: skip
