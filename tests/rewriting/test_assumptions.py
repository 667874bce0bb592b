"""Every fact of rules/assumptions holds of sampled values, and facts are found bottom-up."""

from itertools import product

import numpy as np
import pytest

import etude as et
from etude.check import conditions, sampling
from etude.errors import EtudeError
from etude.rewriting import knowledge, read_facts
from etude.rules.location import rules_root
from etude.terms import MATRIX_WORDS, Term, Variable, postorder, replace, symbol

FACTS = [
    fact
    for file in sorted(rules_root().joinpath("assumptions").glob("*.facts"))
    for fact in read_facts(file.read_text("utf-8"), file.name)
    if fact[0] != "unbounded"  # which says what may be, see test_infinities
]
SHAPES = [(), (3,), (3, 3)]
ATTRIBUTES = [0, None, False, (0,), (1, 0), (3, 3), (9,)]


def occurring(pattern):
    """The variables of a pattern, with whether each is an operand somewhere."""
    if isinstance(pattern, Variable):
        return {pattern: True}
    found = {}
    if isinstance(pattern, Term) and pattern.type is None:
        for part in pattern.operands:
            found.update(occurring(part))
        found.update({part: False for part in pattern.attributes if isinstance(part, Variable)})
    return found


def built(pattern, values):
    if isinstance(pattern, Variable):
        return values[pattern]
    if isinstance(pattern, Term) and pattern.type is None:
        attributes = tuple([values[part] if isinstance(part, Variable) else part for part in pattern.attributes])
        return pattern._tuple[0].apply(tuple([built(part, values) for part in pattern.operands]), attributes)
    return et.constant(float(pattern)).term if isinstance(pattern, (int, float)) else pattern


def instances(rule):
    """The left side over symbols of every shape that it takes, with the types by name."""
    kinds = occurring(rule.lhs)
    for choice in product(*[SHAPES if operand else ATTRIBUTES for operand in kinds.values()]):
        values = {
            variable: symbol(variable.name, part) if operand else part for (variable, operand), part in zip(kinds.items(), choice, strict=True)
        }
        try:
            term = built(rule.lhs, values)
        except (EtudeError, TypeError, ValueError, IndexError, AttributeError):
            continue
        types = {variable.name: value.type for variable, value in values.items() if isinstance(value, Term)}
        attributes = {variable.name: value for variable, value in values.items() if not isinstance(value, Term)}
        try:
            if conditions.possible(rule.condition, types, attributes):
                yield term, types, conditions.without_types(rule.condition, types, attributes)
        except TypeError:  # a comparison of what is no number
            continue


@pytest.mark.parametrize(("word", "rule"), FACTS, ids=[f"{word}({rule.lhs})" for word, rule in FACTS])
def test_fact_holds_of_values(word, rule):
    draws, tried = sampling.Draws(1), 0
    for term, types, condition in instances(rule):
        if word in MATRIX_WORDS and (term.type.ndim < 2 or term.type.shape[-1] != term.type.shape[-2]):
            continue
        samples = sampling.Arrays(types, condition, [])
        for kind in range(12):
            given = samples.sample(kind % 2, draws)
            if given is None:
                continue
            if "cholesky" in str(term):
                given = {name: part @ part.T + np.eye(len(part)) for name, part in given.items()}
            try:
                value = meaning_of(term, given)
            except (np.linalg.LinAlgError, ValueError):  # no value: singular, or sizes that do not fit
                continue
            if np.all(np.isfinite(value)):
                tried += 1
                assert said(word, value), (str(et.from_term(term)), given, value)
    assert tried > 3


def meaning_of(term, given):
    leaves = {leaf: leaf for leaf in postorder(term) if leaf.type is not None and str(leaf._tuple[0]) == "symbol"}
    ground = replace([term], {leaf: et.constant(given[leaf._tuple[1]]).term for leaf in leaves})[0]
    with np.errstate(all="ignore"):
        return np.asarray(ground.evaled_obj)


def said(word, value):
    """Whether the word holds of a value, up to rounding."""
    if word in MATRIX_WORDS:
        if word == "orthogonal":
            return conditions.holds((word, Variable("x")), {"x": value}, {}, None)
        small = 1e-9 * max(1.0, np.abs(value).max())
        return near(word, value, small)
    tests = {"positive": value > 0, "nonnegative": value >= -1e-12, "negative": value < 0, "nonzero": value != 0, "finite": np.isfinite(value), "integer": value == np.rint(value)}
    return bool(np.all(tests[word]))


def near(word, value, small):
    across = np.swapaxes(value, -1, -2)
    least = np.linalg.eigvalsh((value + across) / 2).min() if word.startswith("positive") else 0.0
    wanted = {
        "symmetric": across, "positive_semidefinite": across, "positive_definite": across, "lower_triangular": np.tril(value),
        "upper_triangular": np.triu(value), "diagonal": value * np.eye(value.shape[-1]), "identity": np.eye(value.shape[-1]),
    }[word]  # fmt: skip
    return np.allclose(value, wanted, rtol=1e-7, atol=small) and least >= -small


A, B = et.symbol("A", (4, 4)), et.symbol("B", (4, 4))
S, P, Q = et.symbol("S", (4, 4), symmetric=True), et.symbol("P", (4, 4), positive_definite=True), et.symbol("Q", (4, 4), orthogonal=True)
L, V, X = et.symbol("L", (4, 4), lower_triangular=True), et.symbol("v", (4,)), et.symbol("X", (7, 4))


@pytest.mark.parametrize(
    ("word", "expr"),
    [
        ("symmetric", A @ S @ A.T), ("symmetric", et.linalg.inv(X.T @ X)), ("symmetric", S / 2 - S * S), ("symmetric", et.outer(V, V) + S),
        ("positive_definite", X.T @ X + 0.1 * et.eye(4)), ("positive_definite", et.linalg.inv(P) + A @ A.T), ("positive_definite", P * P),
        ("positive_semidefinite", X.T @ X / 7), ("positive_semidefinite", A.T @ P @ A), ("positive_semidefinite", et.diag(V**2)),
        ("orthogonal", Q.T @ Q @ Q), ("orthogonal", -et.linalg.inv(Q)), ("diagonal", 2 * et.diag(V) - et.eye(4)),
        ("upper_triangular", et.linalg.cholesky(P).T @ L.T), ("lower_triangular", et.linalg.inv(et.tril(A))), ("diagonal", et.eye(4) * A),
        ("identity", et.eye(4)), ("nonnegative", V @ (P @ V)), ("positive", et.linalg.det(P)), ("positive", et.diagonal(et.linalg.cholesky(P))),
        ("diagonal", et.constant(np.diag([1.0, 2.0]))), ("positive", et.exp(A).T),
    ],
)  # fmt: skip
def test_facts_are_found_bottom_up(word, expr):
    assert knowledge().holds(word, expr.term)


@pytest.mark.parametrize(
    ("word", "expr"),
    [
        ("symmetric", A), ("symmetric", A @ B), ("symmetric", S @ S), ("positive_definite", X.T @ X), ("positive_definite", P - P), ("orthogonal", Q + Q),
        ("identity", 2 * et.eye(4)), ("identity", et.constant(np.eye(3, 4))), ("positive_semidefinite", A @ B.T), ("diagonal", L), ("positive_definite", -P),
    ],
)  # fmt: skip
def test_what_does_not_follow_is_not_known(word, expr):
    assert not knowledge().holds(word, expr.term)
