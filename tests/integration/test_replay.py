"""Every step of an antiderivative has a name and a place, and is right by numbers alone."""

import importlib
import inspect
from dataclasses import replace
from pathlib import Path

import pytest

import etude as et
from etude.integration.replay import replay
from etude.rewriting import Step
from etude.rules import default

x = et.scalar("x")

INTEGRANDS = [
    "cos(x)/(1 + sin(x))",
    "3*sin(2*x) + x",
    "1/(x**2 - 5*x + 6)",
    "(x**4 + 1)/((x - 1)**2*(x**2 + 2*x + 5))",
    "1/sqrt(x**2 + 2*x + 5)",
    "1/(3 + 5*sin(x))",
    "exp(2*x)/(1 + exp(x))",
    "sqrt(x)/(1 + x)",
    "x*log(x)**2",
    "exp(x)*cos(exp(x))",
    "sin(x)**2*x",
    "a*x**2 + b",
    "sqrt(x**2 + 2*x)",
    "1/(x*sqrt(log(x)))",
]


def steps_of(text):
    [answer] = et.antiderivatives(text, x, max_seconds=60)
    return answer.term, list(et.explain(answer))


@pytest.mark.parametrize("text", INTEGRANDS)
def test_every_step_has_a_place_and_is_right(text):
    answer, steps = steps_of(text)
    assert replay(steps[-1].before, answer, x.term, steps) == []
    for step in steps:
        assert step.rule
        assert step.line > 0
        if step.file.endswith(".py"):  # a named algorithm, where it is written; its source stands there
            module = importlib.import_module(step.file.removesuffix(".py").replace("/", "."))
            assert inspect.getsource(module).splitlines()[step.line - 1].startswith("def ")
        else:
            folder = Path(step.file).parent.name
            assert any((rule.file, rule.line) == (step.file, step.line) for rule in default(folder))


@pytest.mark.parametrize("place", range(4))
def test_a_forged_step_is_found(place):
    answer, steps = steps_of("1/sqrt(x**2 + 2*x + 5)")
    forged = replace(steps[place], after=(et.from_term(steps[place].after) * 1.01).term)
    if steps[place].rule == "new variable":  # then what is said in it fails
        forged = replace(steps[place], before=(et.from_term(steps[place].before) * 1.01).term)
    broken = [*steps[:place], forged, *steps[place + 1 :]]
    assert replay(steps[-1].before, answer, x.term, broken) == [steps[2] if steps[place].rule == "new variable" else forged]


def test_a_wrong_answer_is_found():
    step = Step("verified: said so", "", 1, et.cos(x).term, (et.sin(x) + x * 1e-3).term)
    assert replay(step.before, step.after, x.term, [step]) == [step]
    equal = Step("verified: said so", "", 1, et.exp(x).term, (et.exp(x) + 0 * x).term)
    assert replay(equal.before, equal.after, x.term, [equal]) == []
    itself = Step("verified: said so", "", 1, et.cos(x).term, et.cos(x).term)
    assert replay(itself.before, itself.after, x.term, [itself]) == [itself]


def test_the_last_step_is_the_answer():
    answer, steps = steps_of("x*log(x)**2")
    for told in ([], steps[:-1]):
        with pytest.raises(ValueError, match="last step"):
            replay(steps[-1].before, answer, x.term, told)
