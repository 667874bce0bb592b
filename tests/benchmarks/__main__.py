"""`python -m tests.benchmarks [WORKLOAD ...]`: étude on NumPy and as C, beside NumPy by hand and JAX where it is there.

Each row is the least and the median time of a call (NumPy in, NumPy out), and what came before the first result.
"""

import statistics
import sys
import time
from importlib.util import find_spec

import numpy as np

import etude as et
from etude.errors import EtudeError

SECONDS = 0.5


def tanh_chain(library, x, w, b):
    return library.sum(library.tanh(x * w + b) ** 2)


def rosenbrock(library, x):
    return library.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def softmax_regression(library, W, X, Y):
    z = X @ W
    high = library.max(z, axis=1, keepdims=True)
    return library.sum(library.log(library.sum(library.exp(z - high), axis=1))) + library.sum(high) - library.sum(Y * z)


def workloads():
    draw = np.random.default_rng(0)
    yield "tanh_chain", tanh_chain, [draw.normal(size=10) for _ in range(3)]
    yield "rosenbrock", rosenbrock, [draw.normal(size=200)]
    labels = np.eye(10)[draw.integers(10, size=2000)]
    yield "softmax_regression", softmax_regression, [draw.normal(size=(50, 10)), draw.normal(size=(2000, 50)), labels]


def etude(backend):
    def prepare(cost, values):
        symbols = [et.symbol(shape=value.shape) for value in values]
        value = cost(et, *symbols)
        f = et.function(symbols, [value, *et.grad(value, symbols)], backend=backend)
        return f, "" if f.backend == backend else f" ({f.backend})"

    return prepare


def by_hand(cost, values):
    """The cost only, without gradients: a floor."""
    return lambda *arrays: [cost(np, *arrays)], " (cost only)"


def jax(cost, values):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    compiled = jax.jit(jax.value_and_grad(lambda *arrays: cost(jnp, *arrays), argnums=tuple(range(len(values)))))

    def call(*arrays):
        value, slopes = compiled(*arrays)
        return [np.asarray(value), *map(np.asarray, slopes)]

    return call, ""


def timed(call, values):
    times, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        call(*values)
        times.append(time.perf_counter() - start)
    return min(times), statistics.median(times)


def main(wanted):
    systems = {"etude c": etude("c"), "etude numpy": etude("numpy"), "numpy": by_hand, "jax": jax}
    if find_spec("jax") is None:
        print("jax is not installed: left out")
        del systems["jax"]
    print(f"{'workload':20} {'system':24} {'first s':>8} {'min us':>10} {'median us':>10}  result")
    for name, cost, values in workloads():
        if wanted and name not in wanted:
            continue
        reference = None
        for system, prepare in systems.items():
            start = time.perf_counter()
            try:
                call, note = prepare(cost, values)
            except EtudeError as problem:
                print(f"{name:20} {system:24} {problem}")
                continue
            result = call(*values)
            first = time.perf_counter() - start
            least, median = timed(call, values)
            reference = reference or result
            agrees = all(np.allclose(a, b, rtol=1e-8) for a, b in zip(result, reference, strict=False))
            shown = f"{first:8.2f} {1e6 * least:10.2f} {1e6 * median:10.2f}  {'ok' if agrees else 'DISAGREES'}"
            print(f"{name:20} {system + note:24} {shown}")


if __name__ == "__main__":
    main(sys.argv[1:])
