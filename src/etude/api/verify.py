"""A derived gradient beside central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from etude.api.array import Array
from etude.api.construct import symbol
from etude.api.gradient import grad
from etude.errors import GradientError

__all__ = ["verify_grad"]

_STEP = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-6}
_TOLERANCE = {"float16": 1e-1, "float32": 2e-2, "float64": 1e-6}


def verify_grad(
    fun: Callable[..., Array],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
) -> None:
    """Compare the gradient of `sum(fun(*arrays) * random)` with central differences at the point `pt`.

    `fun` takes as many Arrays as `pt` has floating arrays, and gives one Array. Raises `GradientError` (an AssertionError)
    that names the argument, the element, both values and their errors; `TypeError` for a point that is not floating.

    >>> import numpy as np, etude as et
    >>> et.verify_grad(lambda x: et.sin(x) * x, [np.array([0.1, 0.7])])
    """
    points = [np.asarray(value) for value in pt]
    for position, point in enumerate(points):
        if point.dtype.kind != "f":
            raise TypeError(f"pt[{position}] has dtype {point.dtype}; differences are taken of floating arrays")
    random = np.random.default_rng(rng) if not isinstance(rng, np.random.Generator) else rng
    symbols = [symbol(f"x{position}", point.shape, point.dtype) for position, point in enumerate(points)]
    output = fun(*symbols)
    if not isinstance(output, Array):
        raise TypeError(f"fun gives an Array, not {type(output).__name__}")
    name = min((str(point.dtype) for point in points), key=lambda dtype: np.finfo(dtype).bits)
    step, tolerance = eps or _STEP[name], _TOLERANCE[name]
    for _ in range(n_tests):
        weights = random.random(output.eval(dict(zip(symbols, points, strict=True))).shape) + 0.5
        cost = (output * weights.astype(output.dtype)).sum() if output.ndim else output * weights.astype(output.dtype)
        derived = [
            slope.eval(dict(zip(symbols, points, strict=True)))
            for slope in grad(cost, symbols, disconnected_inputs="ignore")
        ]
        _compare(
            cost,
            symbols,
            points,
            derived,
            step,
            tolerance if abs_tol is None else abs_tol,
            tolerance if rel_tol is None else rel_tol,
        )


def _compare(
    cost: Array,
    symbols: list[Array],
    points: list[Any],
    derived: list[Any],
    step: float,
    abs_tol: float,
    rel_tol: float,
) -> None:
    for place, point in enumerate(points):
        for index in np.ndindex(point.shape):
            sides = []
            for sign in (1, -1):
                moved = point.copy()
                moved[index] += sign * step * max(1.0, abs(float(point[index])))
                values = {**dict(zip(symbols, points, strict=True)), symbols[place]: moved}
                sides.append((float(cost.eval(values)), float(moved[index])))
            numeric = (sides[0][0] - sides[1][0]) / (sides[0][1] - sides[1][1])
            found = float(derived[place][index])
            error = abs(found - numeric)
            if not error <= max(abs_tol, rel_tol * max(abs(found), abs(numeric))):
                relative = error / max(abs(found), abs(numeric), 1e-300)
                raise GradientError(
                    f"argument {place}, element {index}: the gradient says {found}, differences say {numeric}; "
                    f"absolute error {error:.3g} (tolerance {abs_tol:g}), relative {relative:.3g} ({rel_tol:g})"
                )
