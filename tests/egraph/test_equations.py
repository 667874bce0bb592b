"""Every equation of the library holds in both directions at the types to which it is applied."""

import pytest

import etude as et
from etude.check import Effort
from etude.check.soundness import judge

QUICK = Effort(scalars=1500, others=600, arrays=24, types=12, conditions=False)


@pytest.mark.parametrize("rule", et.rules.default("equations"), ids=lambda rule: rule.name)
def test_equation_keeps_its_promise(rule):
    found = judge(rule, {}, {}, QUICK)
    assert found.sound is True, str(found)
    assert not found.unsatisfiable
