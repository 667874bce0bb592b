"""Terms as LaTeX, for notebooks and derivations."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from etude.ops import Op
from etude.ops.binders import Body
from etude.terms import CONSTANT, SYMBOL, Term, constant_value, scalar_value, symbol_name
from etude.text.forms import ANY, ATOM, COMPARISON, POWER, PRODUCT, SUM, UNARY, Form, Piece, bound_names, form
from etude.text.literals import array_text, number_text
from etude.text.printer import LIMIT, fits

__all__ = ["to_latex"]

_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split()
)
_KNOWN = frozenset("sin cos tan sinh cosh tanh exp log max min det arcsin arccos arctan".split())
_INFIX = {
    "add": (" + ", SUM), "subtract": (" - ", SUM), "multiply": (r" \, ", PRODUCT), "matmul": (r" \, ", PRODUCT),
    "less": (" < ", COMPARISON), "less_equal": (r" \le ", COMPARISON), "greater": (" > ", COMPARISON),
    "greater_equal": (r" \ge ", COMPARISON), "equal": (" = ", COMPARISON), "not_equal": (r" \ne ", COMPARISON),
}  # fmt: skip


def to_latex(term: Any, limit: int = LIMIT) -> str:
    r"""`term` as LaTeX mathematics, without delimiters; `\cdots` where it would be longer than `limit`.

    >>> from etude.text import parse_term
    >>> to_latex(parse_term("sin(x)**2 / 2"))
    '\\frac{\\sin\\left(x\\right)^{2}}{2}'
    """
    if not fits(term, limit):
        return r"\cdots"
    out: list[str] = []
    stack: list[Any] = [(term, ANY)]
    while stack and len(out) <= 4 * limit:
        piece = stack.pop()
        if type(piece) is str:
            out.append(piece)
            continue
        part, least = piece
        precedence, pieces = _form(part)
        if precedence < least:
            pieces = [r"\left(", *pieces, r"\right)"]
        stack.extend(reversed(pieces))
    text = "".join(out)
    return text if len(text) <= 4 * limit else r"\cdots"


def _form(part: Any) -> Form:
    if not isinstance(part, Term) or not part._tuple:
        return ATOM, [_escaped(str(part))]
    head = part._tuple[0]
    if head is SYMBOL:
        return ATOM, [_name(symbol_name(part))]
    if head is CONSTANT:
        return _constant(part)
    if isinstance(head, Op) and part.type is not None:
        return _FORMS.get(head.name, _function)(part)
    return form(part)


def _name(name: str) -> str:
    stem, _, index = name.partition("_")
    digits = re.fullmatch(r"([A-Za-z]+)(\d+)", stem)
    if digits and not index:
        stem, index = digits[1], digits[2]
    shown = f"\\{stem}" if stem in _GREEK else stem if len(stem) == 1 else rf"\mathrm{{{_escaped(stem)}}}"
    return f"{shown}_{{{_escaped(index)}}}" if index else shown


def _escaped(text: str) -> str:
    return re.sub(r"([_&%#${}])", r"\\\1", text)


def _constant(term: Term) -> Form:
    value = scalar_value(term)
    if value is None:
        return ATOM, [rf"\mathtt{{{_escaped(array_text(constant_value(term), 200))}}}"]
    number = value.item()
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e16:
        number = int(number)
    text = number_text(number)
    for word, shown in (("pi", r"\pi"), ("inf", r"\infty"), ("nan", r"\mathrm{nan}"), ("euler_gamma", r"\gamma")):
        text = shown if text == word else f"-{shown}" if text == f"-{word}" else text
    mantissa = re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", text)
    if mantissa:
        factor = "" if mantissa[1] == "1" else rf"{mantissa[1]} \cdot "
        return PRODUCT, [rf"{factor}10^{{{int(mantissa[2])}}}"]
    return UNARY if text.startswith("-") else ATOM, [text]


def _infix(term: Term) -> Form:
    separator, level = _INFIX[term._tuple[0].name]
    pieces: list[Piece] = []
    for place, part in enumerate(term.operands):
        if place:
            numbers = separator == r" \, " and scalar_value(part) is not None
            pieces.append(r" \cdot " if numbers else separator)
        pieces.append((part, level + bool(place or level == COMPARISON)))
    return level, pieces


def _function(term: Term) -> Form:
    name = term._tuple[0].name
    shown = f"\\{name}" if name in _KNOWN else rf"\operatorname{{{_escaped(name)}}}"
    bodies = [value for value in term.attributes if isinstance(value, Body)]
    items: list[list[Piece]] = [_mapping(body) for body in bodies]
    items += [[(part, ANY)] for part in term.operands]
    return ATOM, [rf"{shown}\left(", *_separated(items), r"\right)"]


def _mapping(body: Body) -> list[Piece]:
    """What a loop does at each step, as a map from its parameters to its results."""
    names, results = bound_names(body)
    parameters = _tuple([[_name(name)] for name in names])
    return [*parameters, r" \mapsto ", *_tuple([[(result, ANY)] for result in results])]


def _tuple(items: list[list[Piece]]) -> list[Piece]:
    return items[0] if len(items) == 1 else [r"\left(", *_separated(items), r"\right)"]


def _separated(items: list[list[Piece]]) -> list[Piece]:
    pieces: list[Piece] = []
    for place, item in enumerate(items):
        pieces += [", ", *item] if place else item
    return pieces


def _wrapped(before: str, after: str) -> Callable[[Term], Form]:
    return lambda term: (ATOM, [before, (term.operands[0], ANY), after])


def _power(term: Term) -> Form:
    return POWER, [(term.operands[0], ATOM), "^{", (term.operands[1], ANY), "}"]


def _where(term: Term) -> Form:
    condition, a, b = term.operands
    return ATOM, [r"\begin{cases}", (a, ANY), r" & ", (condition, ANY), r" \\ ", (b, ANY), r" & \text{otherwise}\end{cases}"]


_FORMS: dict[str, Callable[[Term], Form]] = {
    **dict.fromkeys(_INFIX, _infix),
    "power": _power,
    "where": _where,
    "divide": lambda term: (ATOM, [r"\frac{", (term.operands[0], ANY), "}{", (term.operands[1], ANY), "}"]),
    "reciprocal": _wrapped(r"\frac{1}{", "}"),
    "negative": lambda term: (UNARY, ["-", (term.operands[0], PRODUCT)]),
    "square": lambda term: (POWER, [(term.operands[0], ATOM), "^{2}"]),
    "sqrt": _wrapped(r"\sqrt{", "}"),
    "cbrt": _wrapped(r"\sqrt[3]{", "}"),
    "abs": _wrapped(r"\left|", r"\right|"),
    "norm": _wrapped(r"\left\|", r"\right\|"),
    "floor": _wrapped(r"\left\lfloor ", r"\right\rfloor"),
    "ceil": _wrapped(r"\left\lceil ", r"\right\rceil"),
    "matrix_transpose": lambda term: (POWER, [(term.operands[0], ATOM), r"^{\top}"]),
    "sum": lambda term: (SUM + 1, [r"\sum ", (term.operands[0], PRODUCT)]),
    "gamma": _wrapped(r"\Gamma\left(", r"\right)"),
    "getitem": form,
    "item": form,
}
