"""Complex numbers in C: products and quotients as NumPy has them, BLAS, sums in parts, parts and conjugates."""

import numpy as np
import pytest
from tests.backends.c.running import Compiled
from tests.backends.c.test_codegen import program_of

import etude as et
from etude.backends.c.codegen import generate

DTYPES = {"complex128": 1e-13, "complex64": 1e-5}


def drawn(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)


def compared(outputs, inputs, values, rtol):
    compiled = Compiled(program_of(outputs, inputs))
    assert compiled.source.callbacks == () and compiled.warnings == ""
    status, found = compiled.call(*values)
    assert status == 0
    for output, one in zip(outputs, found, strict=True):
        wanted = np.asarray(output.eval(dict(zip(inputs, values, strict=True))))
        assert (one.dtype, one.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(one, wanted, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", DTYPES)
def test_loops_reductions_and_places(dtype):
    z, x = et.symbol("z", (6, 5), dtype), et.symbol("x", (5,), "float32")
    outputs = [
        et.exp(z) * x / (z + 2), et.sum(z * z, axis=0), et.prod(z, axis=1), et.mean(z), et.real(z) + et.imag(z), et.conj(z).T,
        et.abs(z), et.where(et.real(z) > 0, z, 1j), z[np.array([0, -1])], z.at[0].add(z[1]), et.cumsum(z, axis=1),
        et.concat([z, z[::-1]], axis=0), et.all(z, axis=0), z == et.conj(z), et.trace(z), et.sqrt(z) - et.log(z),
    ]  # fmt: skip
    compared(outputs, [z, x], [drawn((6, 5), dtype), np.linspace(1, 2, 5, dtype=np.float32)], DTYPES[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_matrix_products(dtype):
    a, b, v = et.symbol("a", (3, 20, 30), dtype), et.symbol("b", (30, 25), dtype), et.symbol("v", (30,), dtype)
    outputs = [a @ b, a[0] @ v, et.conj(b.T) @ v, a[0, :2, :3] @ b[:3, :2], v @ v]
    compared(outputs, [a, b, v], [drawn((3, 20, 30), dtype), drawn((30, 25), dtype, 1), drawn(30, dtype, 2)], 20 * DTYPES[dtype])


def test_quotients_and_products_of_special_values():
    z, w = et.symbol("z", (49,), "complex128"), et.symbol("w", (49,), "complex128")
    special = np.array([0, 1, np.inf, 1j, complex(np.inf, np.nan), 1e300, complex(-0.0, 2)])
    left, right = (grid.ravel() for grid in np.meshgrid(special, special))
    with np.errstate(all="ignore"):
        wanted = [left * right, left / right]
    found = Compiled(program_of([z * w, z / w], [z, w]), ("-O1",)).call(left, right)[1]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_sums_in_parts_are_the_same_bits():
    z = et.symbol("z", (200_000,), "complex128")
    compiled = Compiled(program_of([et.sum(et.exp(z)), et.prod(1 + z / 200_000)], [z]))
    assert compiled.source.kernels[0].parts > 1
    value = drawn(200_000, "complex128")
    one, two = (compiled.call(value, threads=count)[1] for count in (1, 2))
    assert [a.tobytes() for a in one] == [a.tobytes() for a in two]
    np.testing.assert_allclose(one[0], np.sum(np.exp(value)), rtol=1e-12)


def test_calls_loops_and_memory(tmp_path):
    z = et.symbol("z", (4, 3), "complex128")
    last, rows = et.scan(lambda c, row: (c * row, c + 1j), z[0] * 0 + 1, z)
    f = et.function([z], [last, rows, z * (2 + 1j)], backend="c")
    value = drawn((4, 3), "complex128")
    odd = np.frombuffer(b"12345678" + value.tobytes(), np.uint8)[8:].view(complex).reshape(4, 3)
    wanted = et.function([z], [last, rows, z * (2 + 1j)], backend="numpy")(value)
    f.save(tmp_path / "saved")
    for given, call in ((value, f), (odd, f), (np.asfortranarray(value), f), (value, et.load(tmp_path / "saved"))):
        for one, other in zip(call(given), wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-14)


def test_what_has_no_order_is_left_to_numpy():
    z = et.symbol("z", (5,), "complex128")
    assert generate(program_of([et.sort(z)], [z])).callbacks == ("sort",)
    np.testing.assert_array_equal(et.function([z], et.sort(z), backend="c")(drawn(5, "complex128")), np.sort(drawn(5, "complex128")))
    for build in (et.var, et.linalg.norm, et.std):
        found = et.function([z], build(z), backend="c")(drawn(5, "complex128"))
        np.testing.assert_allclose(found, build(z).eval({z: drawn(5, "complex128")}))
