"""Differential lines read backwards: forms of integrands, and what they are the derivatives of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from etude.errors import EtudeError
from etude.integration.matching import ARITHMETIC, Matcher, signature
from etude.integration.parts import Monomial, monomial, product, varies
from etude.ops import CATALOGUE, Op
from etude.rewriting import knowledge, simplify
from etude.rewriting.fitting import number_of
from etude.rules import D, Rule, default, variables_of
from etude.rules.conditions import STRUCTURAL, holds, structural
from etude.rules.pattern import pattern_parts
from etude.terms import Term, Variable, constant, postorder, replace, symbol

__all__ = ["Form", "Table", "allowed", "differential_line", "line_of", "said_of", "table", "typed"]

_VARIABLE = symbol("u", (), "float64")
_DIVIDED, _ADDED = CATALOGUE["divide"], CATALOGUE["add"]
_NOT_READ = frozenset(
    "negative positive square sqrt rsqrt reciprocal cbrt abs sign real imag conj angle log1p log2 log10".split()
)


@dataclass(frozen=True)
class Form:
    """A product of factors whose antiderivative is known. Parameters are whatever does not vary."""

    factors: dict[Term, Any]
    antiderivative: Term
    parameters: dict[Term, Variable]
    rule: Rule

    def matches(self, term: Monomial, variable: Term) -> Iterator[Term]:
        """The antiderivatives of the factors of `term` by this form."""
        matcher = Matcher(_VARIABLE, frozenset(self.parameters), variable)
        for bound in matcher.factors(self.factors, term.factors, {}):
            if len(bound) == len(self.parameters) and self._allowed(bound):
                [found] = replace([self.antiderivative], {**bound, _VARIABLE: variable})
                yield found

    def _allowed(self, bound: dict[Term, Term]) -> bool:
        return allowed(self.rule, {name: bound[parameter] for parameter, name in self.parameters.items()})


def allowed(rule: Rule, given: dict[Variable, Term]) -> bool:
    """Whether the condition of a line holds of its parameters; what it says of the variable is not asked."""
    return rule.condition is None or holds(_of_numbers(rule.condition, given), given.get, _known)


def _of_numbers(condition: Any, given: dict[Variable, Term]) -> Any:
    """The condition without the exceptions (n != -1) that are no matter where the parameter is no number."""
    if condition[0] == "and":
        return ("and", *[_of_numbers(part, given) for part in condition[1:]])
    symbolic = condition[0] == "!=" and condition[1] in given and number_of(given[condition[1]]) is None
    return ("and",) if symbolic else condition


def _known(word: str, parts: tuple[Any, ...]) -> bool:
    if any(part is None for part in parts):
        return True  # said of the variable: what is found is looked at anyway
    return bool(structural(word, parts)) if word in STRUCTURAL else knowledge().holds(word, parts[0])


class Table:
    """Forms by the operators of their factors. A line is made ready when a term has the functions that it speaks of."""

    def __init__(self, rules: Iterable[Rule]):
        self.by_signature: dict[tuple[str, ...], list[Form]] = {}
        self.waiting: dict[frozenset[str], list[Rule]] = {}
        for rule in rules:
            self.waiting.setdefault(_functions(rule.rhs), []).append(rule)

    def lookup(self, term: Monomial, variable: Term) -> Iterator[tuple[Term, Rule]]:
        """The antiderivatives of the factors of `term`, each with its line."""
        names = frozenset().union(*[_said_by(product(1, {base: e}, variable)) for base, e in term.factors.items()])
        for wanted in [wanted for wanted in self.waiting if wanted <= names]:
            for rule in self.waiting.pop(wanted):
                for form in _forms(rule):
                    self.by_signature.setdefault(signature(form.factors), []).append(form)
        for form in self.by_signature.get(signature(term.factors), ()):
            for found in form.matches(term, variable):
                yield found, form.rule


def _functions(pattern: Any) -> frozenset[str]:
    """What a term must have for a line to speak of it: its functions; of mere arithmetic, that it has sums and roots."""
    parts = [part for part in pattern_parts(pattern) if isinstance(part, Term) and isinstance(part._tuple[0], Op)]
    names = {part._tuple[0].name for part in parts}
    found = names - ARITHMETIC
    if found:
        return frozenset(found)
    return frozenset(_features(names, [part.operands[1] for part in parts if part._tuple[0].name == "power"]))


def _features(names: set[str], exponents: list[Any]) -> set[str]:
    sums = names & {"add", "subtract", "hypot"}
    roots = names & {"sqrt", "rsqrt", "hypot"} or any(_is_fraction(exponent) for exponent in exponents)
    return {*(["a sum"] if sums else []), *(["a root"] if sums and roots else [])}


def _is_fraction(exponent: Any) -> bool:
    value = number_of(exponent) if isinstance(exponent, Term) else exponent
    return isinstance(value, (int, float)) and value != int(value)


def _said_by(term: Term) -> frozenset[str]:
    """All that a term has of what lines may speak of."""
    nodes = [node for node in postorder(term) if isinstance(node._tuple[0], Op)]
    names = {node._tuple[0].name for node in nodes}
    exponents = [node.operands[1] for node in nodes if node._tuple[0].name == "power"]
    return frozenset((names - ARITHMETIC) | _features(names, exponents))


@cache
def table() -> Table:
    """The library's lines, those of rules/integrals first."""
    return Table([*default("integrals"), *[rule for rule in default("differentials") if _is_function(rule)]])


@cache
def _by_operator() -> dict[Any, Rule]:
    return {rule.head: rule for rule in reversed(list(default("differentials")))}


def differential_line(term: Term) -> Rule | None:
    """The line that differentiates the term's operator."""
    return _by_operator().get(term._tuple[0])


def line_of(name: str) -> Rule | None:
    """The line that differentiates the operator of that name."""
    return _by_operator().get(CATALOGUE.get(name))


def _is_function(rule: Rule) -> bool:
    head = rule.lhs._tuple[0]
    return isinstance(head, Op) and len(head.operands) == 1 and head.is_elementwise and head.name not in _NOT_READ


def _forms(rule: Rule) -> Iterator[Form]:
    for moved in sorted(variables_of(rule.lhs), key=lambda variable: variable.name):
        try:
            form = _form(rule, moved)
        except EtudeError:
            continue
        if form is not None:
            yield form


def _form(rule: Rule, moved: Variable) -> Form | None:
    slope = Term((D, moved))
    kept = [part for part in _summands(rule.rhs) if _holds(part, slope)]
    if not kept or any(variable.star for variable in variables_of(rule.lhs)):
        return None
    parameters = {
        symbol(f"u_{name.name}", (), "float64", said_of(rule.condition, name)): name
        for name in sorted(variables_of(rule.lhs) - {moved}, key=lambda variable: variable.name)
    }
    given: dict[Any, Term] = {name: parameter for parameter, name in parameters.items()}
    given |= {moved: _VARIABLE, slope: constant(1.0)}
    slopes = [typed(part, given) for part in kept]
    derivative = simplify(slopes[0] if len(slopes) == 1 else _ADDED(*slopes))
    parts = monomial(derivative, _VARIABLE)
    if not parts.factors or parts.number == 0:
        return None
    whole = _DIVIDED(typed(rule.lhs, given), parts.coefficient(_VARIABLE))
    used = {parameter for parameter in parameters if any(_mentions(base, e, parameter) for base, e in parts.factors.items())}
    needed = {parameter: name for parameter, name in parameters.items() if varies(whole, parameter)}
    if not set(needed) <= used:
        return None
    return Form(parts.factors, whole, {parameter: name for parameter, name in parameters.items() if parameter in used}, rule)


def _mentions(base: Term, exponent: Any, parameter: Term) -> bool:
    return varies(base, parameter) or (isinstance(exponent, Term) and varies(exponent, parameter))


def said_of(condition: Any, name: Variable) -> tuple[str, ...]:
    """The assumptions that a condition makes of a variable whatever else holds."""
    if condition is None:
        return ()
    if condition[0] == "and":
        return tuple(word for part in condition[1:] for word in said_of(part, name))
    return (condition[0],) if condition[1:] == (name,) and condition[0] not in STRUCTURAL else ()


def _summands(pattern: Any) -> list[Any]:
    if isinstance(pattern, Term) and pattern._tuple[0] is _ADDED:
        return [part for inner in pattern._tuple[1:] for part in _summands(inner)]
    return [pattern]


def _holds(pattern: Any, part: Term) -> bool:
    return pattern is part or (isinstance(pattern, Term) and any(_holds(inner, part) for inner in pattern._tuple[1:]))


def typed(pattern: Any, given: dict[Any, Term]) -> Term:
    """A pattern with terms for its variables."""
    if isinstance(pattern, (Variable, Term)) and pattern in given:
        return given[pattern]
    if not isinstance(pattern, Term) or number_of_typed(pattern):
        made: Term = pattern if isinstance(pattern, Term) else constant(pattern)
        return made
    if not isinstance(pattern._tuple[0], Op):
        raise EtudeError(f"{pattern} has no value")
    found: Term = pattern._tuple[0].apply(tuple([typed(part, given) for part in pattern.operands]), pattern.attributes)
    return found


def number_of_typed(pattern: Term) -> bool:
    return pattern.type is not None and number_of(pattern) is not None
