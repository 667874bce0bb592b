"""Fit a model to measurements by the gradient that Étude derives, and compare with the certified values.

The measurements are NIST's Misra1a: the volume of gas adsorbed on a surface against its pressure. The model is
y = b1*(1 - exp(-b2*x)), and the cost is its sum of squared residuals.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import etude as et

DATA = Path(__file__).with_name("data") / "misra1a.csv"
CERTIFIED = {"b1": 2.3894212918e02, "b2": 5.5015643181e-04, "cost": 1.2455138894e-01}
STARTS = [(500.0, 1e-4), (250.0, 5e-4)]  # the two that NIST gives
TOLERANCE = 1e-8


def main() -> int:
    b1, b2 = et.symbols("b1 b2")
    pressure, volume = et.symbols("pressure volume", shape=("n",))
    cost = et.sum((b1 * (1 - et.exp(-b2 * pressure)) - volume) ** 2)
    gradient = et.grad(cost, [b1, b2])

    print("cost    ", cost)
    for wrt, slope in zip((b1, b2), gradient, strict=True):
        print(f"d/d{wrt.name}   ", slope)
    print("\nHow d/db1 was found, step by step:\n")
    print(et.explain(gradient[0]))

    value_and_gradient = et.function([b1, b2, pressure, volume], [cost, *gradient])
    table = np.genfromtxt(DATA, delimiter=",", names=True, comments="#", skip_header=5)
    right = True
    for start in STARTS:
        found = fit(value_and_gradient, table["pressure"], table["volume"], np.array(start))
        print(f"\nFit from b1 = {start[0]:g}, b2 = {start[1]:g}:")
        for name, certified in CERTIFIED.items():
            error = abs(found[name] / certified - 1)
            right = right and error < TOLERANCE
            print(f"  {name:4}  {found[name]:.10e}   certified {certified:.10e}   relative error {error:.0e}")
    print("\nThe fit agrees with the certified values." if right else "\nThe fit DISAGREES with the certified values.")
    return 0 if right else 1


def fit(value_and_gradient, x, y, start):
    """The least cost found by BFGS from `start`; parameters are counted in units of their start."""

    def objective(parameters):
        cost, *gradient = value_and_gradient(*(parameters * start), x, y)
        return float(cost), np.array(gradient) * start

    found = minimize(objective, np.ones(2), jac=True, method="BFGS", options={"gtol": 1e-9})
    return {"b1": found.x[0] * start[0], "b2": found.x[1] * start[1], "cost": found.fun}


if __name__ == "__main__":
    sys.exit(main())
