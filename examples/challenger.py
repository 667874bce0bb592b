"""Logistic regression on the O-rings of the Space Shuttle, from the log-likelihood as a textbook writes it.

The cost holds log(1 + exp(z)), which overflows for z above 709. It is stabilized before its gradient is taken, so the
first step may go far out: with temperatures in degrees Fahrenheit, z is in the thousands on the way.
"""

import sys
from pathlib import Path

import numpy as np

import etude as et

DATA = Path(__file__).with_name("data") / "challenger.csv"
PUBLISHED = (15.043, -0.2322)  # Dalal, Fowlkes and Hoadley, 1989


def main() -> int:
    w0, w1 = et.symbols("w0 w1")
    temperature, distress = et.symbols("temperature distress", shape=("n",))
    z = w0 + w1 * temperature
    cost = et.sum(et.log(1 + et.exp(z)) - distress * z)
    gradient = et.grad(cost, [w0, w1])
    hessian = et.hessian(cost, [w0, w1])

    print("cost    ", cost)
    for wrt, slope in zip((w0, w1), gradient, strict=True):
        print(f"d/d{wrt.name}   ", slope)
    print("d2/dw02 ", hessian[0][0])

    outputs = [et.stabilize(cost), *gradient, *[slope for row in hessian for slope in row]]
    evaluate = et.function([w0, w1, temperature, distress], outputs)
    data = np.genfromtxt(DATA, delimiter=",", names=True, comments="#", skip_header=5)
    print("\ncost and gradient at w1 = 50:", *evaluate(0.0, 50.0, data["temperature"], data["distress"])[:3])

    weights = np.zeros(2)
    for _ in range(20):
        _, *slopes = evaluate(*weights, data["temperature"], data["distress"])
        step = np.linalg.solve(np.reshape(slopes[2:], (2, 2)), -np.array(slopes[:2]))
        weights += step
        if np.max(np.abs(step / weights)) < 1e-12:
            break
    print(f"fit       {weights[0]:.6f} {weights[1]:+.6f} t")
    print(f"published {PUBLISHED[0]:.3f} {PUBLISHED[1]:+.4f} t")
    print(f"probability of distress at 31 degrees: {1 / (1 + np.exp(-weights[0] - 31 * weights[1])):.4f}")
    return 0 if np.allclose(weights, PUBLISHED, rtol=2e-4, atol=0) else 1


if __name__ == "__main__":
    sys.exit(main())
