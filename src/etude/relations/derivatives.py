"""The derivative, the gradient and the adjoint as relations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from time import monotonic
from typing import Any

from unification.variable import Var

from etude.calculus import cotangents, one_like, tangents
from etude.differentiation import differentiate
from etude.integration import antiderivatives
from etude.ops import CATALOGUE
from etude.ops.sizes import same_sizes
from etude.relations.lines import line_instances
from etude.relations.solving import (
    Goal,
    equal_terms,
    fair,
    is_known,
    reified,
    seconds_allowed,
    solutions,
    symbols_of,
    term_of,
)
from etude.rewriting import simplify
from etude.rewriting.fitting import number_of
from etude.rules import default
from etude.templates import adjointo as adjoint_of_operators
from etude.terms import Term, constant, depends_on, is_constant, is_leaf, is_symbol, postorder, replace, symbol

__all__ = ["adjointo", "differentialo", "gradiento"]

Answers = Iterator[tuple[tuple[Any, Any], ...]]
_MORE = 4  # antiderivatives asked for at a time


def differentialo(term: Any, wrt: Any, derivative: Any) -> Goal:
    r"""`derivative` is that of the scalar `term` in the scalar symbol `wrt`, modulo the normal form.

            term = F(wrt)
        ──────────────────────
         derivative = dF / dwrt

    Any argument may be a logic variable, or hold some. With the derivative unknown, the term is differentiated; with the
    term unknown, antiderivatives are looked for; with `wrt` unknown, the symbols are tried; with term and derivative
    unknown, the lines of rules/differentials and rules/integrals are the answers, one after the other.

    >>> import etude as et
    >>> from kanren import run, var
    >>> from etude.relations import differentialo
    >>> x, answer = et.scalar("x"), var()
    >>> [str(et.from_term(found)) for found in run(1, answer, differentialo(answer, x, et.cos(x)))]
    ['sin(x)']
    """
    return _related(term, wrt, derivative, _antiderivatives)


def gradiento(cost: Any, wrt: Any, gradient: Any) -> Goal:
    """`gradient` is what `et.grad(cost, wrt)` gives, modulo the normal form; arguments may be logic variables.

    With the cost unknown, the gradient of a scalar is integrated, and that of an array where it works element by element.

    >>> import etude as et
    >>> from kanren import run, var
    >>> from etude.relations import gradiento
    >>> v, answer = et.vector("v"), var()
    >>> [str(et.from_term(found)) for found in run(1, answer, gradiento(answer, v, 2 * v))]
    ['sum(v**2)']
    """
    return _related(cost, wrt, gradient, _potentials)


def _related(function: Any, wrt: Any, derivative: Any, backwards: Any) -> Goal:
    function, wrt, derivative = map(term_of, (function, wrt, derivative))

    def goal(state: Any) -> Iterator[Any]:
        given = (function, wrt, derivative)
        known = reified(given, state)
        if known is not None:
            yield from solutions(state, _answers(known, given, backwards))

    return goal


def _answers(known: tuple[Any, ...], given: tuple[Any, Any, Any], backwards: Any) -> Answers:
    whole, variable, slope = known
    if is_known(whole):
        for symbol_ in [variable] if is_known(variable) else symbols_of(whole):
            found = _derivative(whole, symbol_)
            if found is None:
                continue
            if is_known(slope):
                if equal_terms(found, slope):
                    yield ((given[1], symbol_),)
            else:
                yield (given[1], symbol_), (given[2], found)
    elif is_known(slope):
        variables = [variable] if is_known(variable) else symbols_of(slope)
        yield from fair([_backwards(slope, one, given, backwards) for one in variables])
    elif is_known(variable) or isinstance(variable, Var):
        yield from _lines(whole, variable, given, backwards)


def _backwards(slope: Term, variable: Term, given: tuple[Any, Any, Any], backwards: Any) -> Answers:
    for found in backwards(slope, variable):
        yield (given[1], variable), (given[0], found)


def _derivative(term: Term, wrt: Term) -> Term | None:
    if term.type.ndim != 0 or term.type.dtype.kind not in "fiub":
        return None
    [found] = differentiate({term: one_like(term)}, [wrt])
    return found if isinstance(found, Term) else None


def _antiderivatives(slope: Term, variable: Term) -> Iterator[Term]:
    if slope.type.ndim != 0 or variable.type.ndim != 0 or slope.type.dtype.kind != "f":
        return
    told: list[Term] = []
    until = monotonic() + seconds_allowed()
    for limit in count(1, _MORE):
        found = antiderivatives(slope, variable, limit, max(until - monotonic(), 0.01))
        for term in found:
            plain = _rounded(simplify(term))
            if not any(equal_terms(plain, other) for other in told):
                told.append(plain)
                yield term
        if len(found) < limit:
            return


def _rounded(term: Term) -> Term:
    """The term with its numbers to 12 digits: those of two answers may differ by rounding."""
    numbers = [node for node in postorder(term) if is_constant(node) and number_of(node) is not None]
    near = {node: constant(float(f"{float(number_of(node)):.12g}"), node.type.dtype) for node in numbers}
    [found] = replace([term], near)
    return found


def _potentials(slope: Term, variable: Term) -> Iterator[Term]:
    """Costs with this gradient: of a scalar its antiderivatives, of an array the sum of an elementwise antiderivative."""
    if variable.type.ndim == 0:
        yield from _antiderivatives(slope, variable)
        return
    plain = simplify(slope)
    if not same_sizes(plain, variable) or not _works_by_elements(plain, variable):
        return
    one = symbol(f"{variable._tuple[1]}_", (), variable.type.dtype)
    [inside] = replace([plain], {variable: one})
    if inside.type.ndim:
        return
    for found in _antiderivatives(inside, one):
        [elements] = replace([found], {one: variable})
        yield simplify(CATALOGUE["sum"](elements))


def _works_by_elements(term: Term, variable: Term) -> bool:
    above = depends_on([term], [variable])
    nodes = [node for node in postorder(term) if node in above and not is_leaf(node)]
    return all(getattr(node._tuple[0], "is_elementwise", False) for node in nodes)


def _lines(function: Any, variable: Any, given: tuple[Any, Any, Any], backwards: Any) -> Answers:
    """The differential lines: functions, the symbol that they are of, and their derivatives; of an array, sums of elements."""
    wrt = variable if is_known(variable) else None
    if wrt is not None and (not is_symbol(wrt) or wrt.type.dtype.kind != "f"):
        return
    if wrt is None or wrt.type.ndim == 0:
        for whole, one, slope in line_instances(function, wrt, _derivative):
            yield (given[0], whole), (given[1], one), (given[2], slope)
    elif backwards is _potentials:
        inside = function._tuple[1] if isinstance(function, Term) and function._tuple[0] is CATALOGUE["sum"] else None
        for whole, _, _ in line_instances(inside, wrt, _of_elements):
            total = CATALOGUE["sum"](whole)
            yield (given[0], total), (given[2], _derivative(total, wrt))


def _of_elements(whole: Term, variable: Term) -> Term | None:
    return _derivative(CATALOGUE["sum"](whole), variable) if same_sizes(whole, variable) else None


def adjointo(linear: Any, variable: Any, cotangent: Any, result: Any) -> Goal:
    """`result` is what the adjoint of `linear`, a linear map of `variable`, makes of `cotangent`.

    <cotangent, linear(direction)> = <result, direction> for all directions. With `linear` unknown and `cotangent` a
    symbol, the map is found as the adjoint of the adjoint. Patterns over logic variables are transposed line by line, by
    rules/adjoints.
    """
    linear, variable, cotangent, result = map(term_of, (linear, variable, cotangent, result))

    def goal(state: Any) -> Iterator[Any]:
        parts = reified((linear, variable, cotangent, result), state)
        if parts is None:
            return
        image, moved, sent, received = parts
        if is_known(image) and is_known(moved) and is_known(sent):
            found = _transposed(image, moved, sent)
            if found is not None and is_known(received):
                found = received if equal_terms(found, received) else None
            yield from solutions(state, [] if found is None else [((result, found),)])
        elif is_known(received) and is_known(moved) and is_known(sent):
            found = _transposed(received, sent, moved)
            yield from solutions(state, [((linear, found),)] if found is not None else [])
        elif isinstance(image, Term):
            yield from adjoint_of_operators(linear, variable, cotangent, result, default("adjoints"))(state)

    return goal


def _transposed(linear: Term, variable: Term, cotangent: Term) -> Term | None:
    """The adjoint of a linear map, None where the map is not linear."""
    if linear.type.shape != cotangent.type.shape:
        return None
    [received] = cotangents({linear: cotangent}, [variable])
    [moved] = tangents([linear], {variable: variable})
    if not isinstance(received, Term) or not isinstance(moved, Term) or not equal_terms(moved, linear):
        return None
    return simplify(received)
