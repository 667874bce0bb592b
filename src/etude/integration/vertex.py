"""Quadratics without their linear part: the variable counted from the vertex."""

from __future__ import annotations

from collections.abc import Iterator

from etude.integration.generators import Generators, Unfit
from etude.integration.laurent import Exponents, Laurent
from etude.integration.parts import varies
from etude.integration.reasons import by_line, equation
from etude.ops import CATALOGUE
from etude.rewriting import Step, simplify
from etude.terms import Term, depends_on, postorder, replace, symbol

__all__ = ["from_vertex"]

_SUMS = ("add", "subtract", "multiply", "negative")


def from_vertex(integrand: Term, variable: Term) -> Iterator[tuple[Term, Term, Term, Step]]:
    """(integrand in a new variable, the new variable, what that is, the square completed) for the first quadratic with a
    linear part.
    """
    moving = depends_on([integrand], [variable])
    for node in postorder(integrand):
        if node is integrand or getattr(node._tuple[0], "name", "") not in _SUMS or node not in moving:
            continue
        parts = _coefficients(node, variable)
        if parts is None:
            continue
        constant, linear, square = parts
        fresh = symbol(f"{variable._tuple[1]}_", (), variable.type.dtype)
        divide, multiply, add = (CATALOGUE[name] for name in ("divide", "multiply", "add"))
        vertex = divide(linear, multiply(-2.0, square))
        level = constant if constant is not None else 0.0
        centered = add(multiply(square, CATALOGUE["power"](fresh, 2.0)), add(level, divide(multiply(linear, vertex), 2.0)))
        [found] = replace([integrand], {node: simplify(centered), variable: simplify(add(fresh, vertex))})
        meaning = simplify(CATALOGUE["subtract"](variable, vertex))
        [completed] = replace([simplify(centered)], {fresh: meaning})
        yield simplify(found), fresh, meaning, by_line(equation("square_completed"), node, completed, "completing the square")
        return


def _coefficients(node: Term, variable: Term) -> tuple[Term | None, Term, Term] | None:
    """Constant, linear and square coefficient of a quadratic with a linear part; None for any other term."""
    known = Generators(variable)
    try:
        parts = known.read(node)
    except (Unfit, OverflowError):
        return None
    if max(e[0] for e in parts) != 2 or any(e[0] < 0 for e in parts) or any(varies(t, variable) for t in known.terms[1:]):
        return None
    by_power: list[Laurent] = [{}, {}, {}]
    for exponents, c in parts.items():
        by_power[exponents[0]][_without_variable(exponents)] = c
    if not by_power[1] or not by_power[2]:
        return None
    return (known.written(by_power[0]) if by_power[0] else None), known.written(by_power[1]), known.written(by_power[2])


def _without_variable(exponents: Exponents) -> Exponents:
    return (0, *exponents[1:])
