"""What the relations derive from the rule lines."""

import pytest
from kanren import run, var

from etude.errors import RuleError
from etude.ops import CATALOGUE
from etude.rules import D, parse_rules
from etude.templates import COTANGENT, FLAT, LINEAR, UNDEFINED_IN, adjointo, differentialo, slot, templates
from etude.terms import Term, etuple

LINES = """
d(sin(u)) = cos(u)*d(u)
d(cos(u)) = -sin(u)*d(u)
d(a*b) = b*d(a) + a*d(b)
d(a/b) = (d(a) - a/b*d(b))/b
d(a+b) = d(a) + d(b)
d(a-b) = d(a) - d(b)
d(tan(u)) = d(sin(u)/cos(u))
d(floor(u)) = 0
d(polygamma(n, u)) = polygamma(n + 1, u)*d(u) + undefined("whole order")*d(n)
d(where(c, a, b)) = where(c, d(a), d(b))
adjoint([v]*c, g) = g*c
adjoint(c*[v], g) = c*g
adjoint([v]/c, g) = g/c
adjoint(-[v], g) = -g
adjoint([a]+[b], g) = (g, g)
adjoint([a]-[b], g) = (g, -g)
adjoint(where(c, [a], [b]), g) = (where(c, g, 0), where(c, 0, g))
"""
RULES = parse_rules(LINES)
u, v = slot(0), slot(1)


def op(name, *parts):
    return Term((CATALOGUE[name], *parts))


def test_forward_and_reverse_of_one_line():
    (found,) = templates(CATALOGUE["sin"], 1, None, RULES)
    assert found.forward == op("multiply", op("cos", u), etuple(D, u))
    assert found.reverse == (op("multiply", op("cos", u), COTANGENT),)


def test_kinds_of_operands():
    assert templates(CATALOGUE["floor"], 1, None, RULES)[0].kinds == (FLAT,)
    (found,) = templates(CATALOGUE["polygamma"], 2, None, RULES)
    assert found.kinds == (UNDEFINED_IN, LINEAR)
    assert found.reasons == ("whole order", "")
    assert templates(CATALOGUE["where"], 3, None, RULES)[0].kinds == (FLAT, LINEAR, LINEAR)
    assert templates(CATALOGUE["exp"], 1, None, RULES) == ()


def test_a_line_may_lean_on_another():
    (found,) = templates(CATALOGUE["tan"], 1, None, RULES)
    assert found.kinds == (LINEAR,)
    assert D not in [part._tuple[0] for part in found.reverse if isinstance(part, Term)]


def test_a_missing_adjoint_is_named():
    with pytest.raises(RuleError, match="no adjoint line"):
        templates(CATALOGUE["sin"], 1, None, parse_rules("d(sin(u)) = exp(d(u))"))


def test_the_differential_relation_finds_the_operator_from_the_differential():
    term = var()
    rules = RULES.of_kind("differential")
    differential = op("multiply", op("cos", u), etuple(D, u))
    assert run(1, term, differentialo(term, differential, rules)) == (op("sin", u),)


def test_the_adjoint_relation_checks_linearity():
    tangent, answer = etuple(D, u), var()
    twice = op("multiply", tangent, tangent)
    assert run(1, answer, adjointo(twice, tangent, COTANGENT, answer, RULES.of_kind("adjoint"))) == ()
    both = op("add", tangent, op("negative", tangent))
    (found,) = run(1, answer, adjointo(both, tangent, COTANGENT, answer, RULES.of_kind("adjoint")))
    assert found == op("add", COTANGENT, op("negative", COTANGENT))
