"""What the benchmarks compute: each workload a cost over seeded inputs, and which derivative of it is asked for.

A cost is written once for every library with NumPy's function names; `library.scan` and `library.erf` are the only others.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Workload:
    """`cost(library, *values)`; `wanted` is "gradient", "hvp", "hessian" or "jacobian" (sparse), in the first `wrt` values."""

    cost: Any
    values: list
    wrt: int
    wanted: str = "gradient"


def blackscholes(count=1_000_000):
    """Prices of European calls and their five sensitivities, an option a row."""
    draw = np.random.default_rng(1)
    values = [draw.uniform(low, high, count) for low, high in ((50, 150), (50, 150), (0.1, 2), (0.0, 0.06), (0.1, 0.5))]

    def cost(library, spot, strike, years, rate, volatility):
        def cumulative(z):
            return 0.5 * (1 + library.erf(z / np.sqrt(2)))

        spread = volatility * library.sqrt(years)
        high = (library.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
        prices = spot * cumulative(high) - strike * library.exp(-rate * years) * cumulative(high - spread)
        return library.sum(prices)

    return Workload(cost, values, 5)


def gmm(dimensions=32, components=10, count=10_000):
    """The log-likelihood of a Gaussian mixture with triangular factors of the inverse covariances."""
    draw = np.random.default_rng(2)
    below = np.tril(np.ones((dimensions, dimensions)), -1)
    values = [
        draw.normal(size=components), draw.normal(size=(components, dimensions)), 0.1 * draw.normal(size=(components, dimensions)),
        0.1 * draw.normal(size=(components, dimensions, dimensions)), draw.normal(size=(count, dimensions)),
    ]  # fmt: skip

    def cost(library, weights, means, logs, lower, points):
        factors = lower * library.asarray(below) + library.exp(logs)[:, :, None] * library.asarray(np.eye(dimensions))
        moved = library.matmul(points[None] - means[:, None], library.swapaxes(factors, 1, 2))
        each = (weights + library.sum(logs, axis=1))[:, None] - 0.5 * library.sum(moved**2, axis=2)
        high = library.max(each, axis=0)
        mixed = library.log(library.sum(library.exp(each - high), axis=0)) + high
        top = library.max(weights)
        return library.sum(mixed) - count * (library.log(library.sum(library.exp(weights - top))) + top)

    return Workload(cost, values, 4)


def logreg(count=20_000, features=200):
    """Logistic regression with a ridge."""
    draw = np.random.default_rng(3)
    values = [0.1 * draw.normal(size=features), draw.normal(size=(count, features)), np.sign(draw.normal(size=count))]

    def cost(library, w, X, y):
        return library.mean(library.logaddexp(0.0, -y * library.matmul(X, w))) + 0.005 * library.sum(w * w)

    return Workload(cost, values, 1)


def mlp(count=512, sizes=(64, 256, 256, 10)):
    """Cross-entropy of a network of two hidden layers."""
    draw = np.random.default_rng(4)
    values = []
    for before, after in pairwise(sizes):
        values += [draw.normal(size=(before, after)) / np.sqrt(before), np.zeros(after)]
    values += [draw.normal(size=(count, sizes[0])), np.eye(sizes[-1])[draw.integers(sizes[-1], size=count)]]

    def cost(library, W1, b1, W2, b2, W3, b3, X, Y):
        hidden = library.tanh(library.matmul(library.tanh(library.matmul(X, W1) + b1), W2) + b2)
        scores = library.matmul(hidden, W3) + b3
        high = library.max(scores, axis=1)
        return library.sum(library.log(library.sum(library.exp(scores - high[:, None]), axis=1)) + high - library.sum(Y * scores, axis=1)) / count

    return Workload(cost, values, 6)


def lstm(steps=256, width=14, layers=2):
    """The squared error of a recurrent network of two gated layers, one step after the other."""
    draw = np.random.default_rng(5)
    values = [0.3 * draw.normal(size=(layers, 2 * width, 4 * width)), np.zeros((layers, 4 * width)), draw.normal(size=(steps, width))]

    def cost(library, weights, biases, sequence):
        def logistic(z):
            return 0.5 + 0.5 * library.tanh(0.5 * z)

        def step(carry, given):
            carried, below = [], given
            for layer, (state, memory) in enumerate(carry):
                gates = library.matmul(library.concatenate([below, state]), weights[layer]) + biases[layer]
                forget, enter, leave, fresh = (gates[k * width : (k + 1) * width] for k in range(4))
                memory = logistic(forget) * memory + logistic(enter) * library.tanh(fresh)
                below = logistic(leave) * library.tanh(memory)
                carried.append((below, memory))
            return tuple(carried), below

        zero = library.sum(sequence[0]) * np.zeros(width)
        outputs = library.scan(step, ((zero, zero),) * layers, sequence[:-1])
        return library.sum((outputs - sequence[1:]) ** 2)

    return Workload(cost, values, 2)


def ba(cameras=20, points=800, count=8000):
    """Reprojection errors of a bundle adjustment; their sparse Jacobian in cameras and points."""
    draw = np.random.default_rng(6)
    values = [
        0.1 * draw.normal(size=(cameras, 3)), np.array([0, 0, 6.0]) + 0.1 * draw.normal(size=(cameras, 3)), 0.1 * draw.normal(size=(cameras, 2)),
        draw.normal(size=(points, 3)), draw.normal(size=(count, 2)),
    ]  # fmt: skip
    seen_by, seen = draw.integers(cameras, size=count), draw.integers(points, size=count)

    def cost(library, turns, shifts, lenses, places, observed):
        turn, place = turns[seen_by], places[seen]
        angle2 = library.sum(turn * turn, axis=1)[:, None]
        angle = library.sqrt(angle2)
        across = library.stack([turn[:, i] * place[:, j] - turn[:, j] * place[:, i] for i, j in ((1, 2), (2, 0), (0, 1))], axis=1)
        along = library.sum(turn * place, axis=1)[:, None]
        rotated = library.cos(angle) * place + library.sin(angle) / angle * across + (1 - library.cos(angle)) / angle2 * along * turn
        moved = rotated + shifts[seen_by]
        flat = moved[:, :2] / moved[:, 2:]
        radius, lens = library.sum(flat * flat, axis=1), lenses[seen_by]
        return flat * (1 + lens[:, 0] * radius + lens[:, 1] * radius**2)[:, None] - observed

    return Workload(cost, values, 4, "jacobian")


def elemwise_small(count=10):
    """A chain of ten elements: what a call costs."""
    draw = np.random.default_rng(7)
    return Workload(lambda library, x, w, b: library.sum(library.tanh(x * w + b) ** 2), [draw.normal(size=count) for _ in range(3)], 3)


def _valley(library, x):
    return library.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosen_hvp(count=200):
    """The Hessian of Rosenbrock's function times a vector."""
    draw = np.random.default_rng(8)
    return Workload(_valley, [draw.normal(size=count), draw.normal(size=count)], 1, "hvp")


def rosen_hess(count=200):
    """The dense Hessian of Rosenbrock's function."""
    return Workload(_valley, [np.random.default_rng(9).normal(size=count)], 1, "hessian")


def deepgraph(operations=10_000):
    """A scalar program of many operations, each on the results before it."""
    steps = (
        (2, lambda library, a, b: library.sin(a) + b), (2, lambda library, a, b: a * library.cos(b)), (2, lambda library, a, b: library.tanh(a + b)),
        (2, lambda library, a, b: a - 0.5 * b), (4, lambda library, a, b: library.exp(-a * a) + b),
    )  # fmt: skip
    choices = np.random.default_rng(10).integers(len(steps), size=operations)
    chosen = choices[: np.searchsorted(np.cumsum([steps[choice][0] for choice in choices]), operations) + 1]

    def cost(library, x, y):
        before, last = x, y
        for choice in chosen:
            before, last = last, steps[choice][1](library, before, last)
        return last

    return Workload(cost, [np.float64(0.3), np.float64(0.7)], 2)


WORKLOADS = {function.__name__: function for function in (
    blackscholes, gmm, logreg, mlp, lstm, ba, elemwise_small, rosen_hvp, rosen_hess, deepgraph)}  # fmt: skip
