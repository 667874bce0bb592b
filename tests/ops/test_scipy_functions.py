"""SciPy's special functions are SciPy's own, found without its package, in the dtypes that it gives."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
import scipy.special

from etude.ops import CATALOGUE
from etude.ops.scipy_functions import scipy_special
from etude.terms import ArrayType

UFUNCS = [name for name, op in CATALOGUE.items() if "ufunc" in op.properties]


def test_every_name_gives_the_function_of_that_name():
    assert len(UFUNCS) > 70
    assert [name for name in UFUNCS if scipy_special(name) is not getattr(scipy.special, name)] == []


@pytest.mark.parametrize("name", UFUNCS)
def test_dtypes_are_those_that_the_ufunc_gives(name):
    op, ufunc = CATALOGUE[name], getattr(scipy.special, name)
    for chars in itertools.product("fd", repeat=ufunc.nin):
        wanted = ufunc.resolve_dtypes((*map(np.dtype, chars), None))[-1]
        assert op.infer(tuple([ArrayType(char, (3,)) for char in chars]), ()) == ArrayType(wanted, (3,)), chars


def test_a_logistic_slope_needs_no_package_of_scipy():
    program = """
import sys
import numpy as np
import etude as et
x = et.vector("x")
found = et.function([x], et.grad(et.sum(et.special.expit(x) * et.special.erf(x)), x), backend="numpy")(np.linspace(-3, 3, 7))
assert "scipy.special" not in sys.modules
import scipy.special
v = np.linspace(-3, 3, 7)
e = scipy.special.expit(v)
np.testing.assert_allclose(found, e * (1 - e) * scipy.special.erf(v) + e * 2 / np.sqrt(np.pi) * np.exp(-v * v), rtol=1e-14)
assert scipy.special._special_ufuncs.erf is scipy.special.erf
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
