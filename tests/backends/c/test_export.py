"""Exported C: accepted by a strict compiler without Python or a warning, and of the values that the function has."""

import ctypes
import subprocess

import numpy as np
import pytest
from tests.backends.c.tolerances import ULPS

import etude as et
from etude.backends.c.csource import FLAGS

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror", *FLAGS[1:])
x, y, A, k = (et.symbol(name, shape, dtype) for name, shape, dtype in
              [("x", (7,), "float64"), ("y", (7,), "float32"), ("A", (4, 4), "float64"), ("k", (5,), "int64")])  # fmt: skip
LAPACK = "linear algebra"
PROGRAMS = {
    "elementwise": [et.tanh(x) * 2 + et.exp(-x), y * 3],
    "vector math": [et.log1p(x), et.sin(x), et.cos(x), x**0.3, et.special.erf(x)],
    "sums": [et.sum(x * y), et.max(x) + et.mean(y)],
    "a gradient": [et.sum(et.logaddexp(0.0, x)), et.grad(et.sum(et.logaddexp(0.0, x)), x)],
    "products": [A @ A, A @ A[0], A.T @ A + 1.0],
    LAPACK: [et.linalg.inv(A + et.asarray(4 * np.eye(4)))],
    "moved": [A[::-1, 1:], et.concat([A, 2 * A]), et.reshape(A.T, (2, 8))],
    "gathered": [et.take(x, k), x.at[:2].add(1.0)],
    "choices": [et.where(x > 0.5, et.sqrt(x), -x), et.cumsum(x)],
    "constants": [x * et.asarray(np.array([0.1, np.inf, -0.0, 5e-324, 1, 2, 3]))],
    "whole numbers": [k // 3 + k % 2, 1.5 * k, k > 1],
    "a scan": list(et.scan(lambda carry, item: (et.tanh(carry + item), carry * item), et.constant(0.5), x)),
    "complex numbers": [et.exp(1j * x) * (2 + 1j), et.abs(x + 1j)],
    "no input": [et.exp(et.asarray(np.arange(3.0)))],
}


def exported(folder, name):
    used = [one for one in (x, y, A, k) if any(one.term in et.terms.distinct(output.term) for output in PROGRAMS[name])]
    f = et.function(used, PROGRAMS[name])
    f.export_c(folder)
    return f, used


def pointers(arrays):
    return (ctypes.c_void_p * max(len(arrays), 1))(*[array.ctypes.data for array in arrays])


def integers(rows):
    flat = [value for row in rows for value in row]
    return (ctypes.c_int64 * max(len(flat), 1))(*flat)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_strict_compiler_takes_it_and_its_values_are_the_functions(tmp_path, name):
    f, used = exported(tmp_path, name)
    sources = [path for path in tmp_path.glob("*.c") if path.name != "main.c"]
    subprocess.run(["cc", *STRICT, "-c", "main.c", "-o", "main.o"], cwd=tmp_path, check=True)
    subprocess.run(["cc", *STRICT, "-shared", "-fPIC", "-o", "made.so", *sources, "-lm"], cwd=tmp_path, check=True)
    if name == LAPACK:  # is linked with it where that is installed
        return
    (header,) = tmp_path.glob("*.h")
    library, rng = ctypes.CDLL(str(tmp_path / "made.so")), np.random.default_rng(0)
    values = [np.asarray(rng.integers(0, 5, one.shape) if one is k else rng.random(one.shape), one.dtype) for one in used]
    wanted = f(*values)
    made = [np.empty_like(value) for value in wanted]
    constants = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.in_dll(library, f"{header.stem}_constants")))
    code = library[header.stem](
        pointers(values), integers([value.shape for value in values]), integers([value.strides for value in values]), None,
        constants, pointers(made), None, 1,
    )  # fmt: skip
    assert code == 0
    for value, expected in zip(made, wanted, strict=True):
        if value.dtype.kind in "fc":
            np.testing.assert_allclose(value, expected, rtol=ULPS * np.finfo(value.dtype).eps, atol=0)
        else:
            np.testing.assert_array_equal(value, expected)
