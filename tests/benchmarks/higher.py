"""`python -m tests.benchmarks.higher [HIGHEST [COST]]`: the k-th derivative of a function beside the peers that are installed.

The function is exp(sin(x)) * tanh(x), or with the cost `logarithm` log(1 + x**2) * sin(x).

Operations are counted once where shared: a sum or product of n operands is n - 1, a function or power is one. SymPy and
SymEngine after their common sub-expressions are taken out (SymPy also after its `simplify`, up to the third derivative), CasADi
after `cse`, JAX as equations of its program and as instructions of the compiled one. The second table: seconds to
derive all up to k, and what a call of the last one takes where compiled the peer's own way.
"""

import sys
import time

import etude as et

COSTS = {
    "exponential": lambda library, x: library.exp(library.sin(x)) * library.tanh(x),
    "logarithm": lambda library, x: library.log(1 + x**2) * library.sin(x),
}
POINT = 0.3
SLOW = 3  # the last derivative that SymPy's simplify is asked for


def etude(highest, cost):
    x = et.scalar("x")
    found = cost(et, x)
    for _ in range(highest):
        found = et.grad(found, x)
        yield et.count_operations(found), _call(et.function([x], found, backend="numpy"))


def _symbolic(library, cost, cse, lambdify, finish=lambda expr: expr):
    x = library.Symbol("x")
    expr = cost(library, x)
    while True:
        expr = expr.diff(x)
        final = finish(expr)
        shared, rest = cse([final])
        count = sum(each.count_ops() if hasattr(each, "count_ops") else _operations(each) for _, each in shared)
        count += sum(each.count_ops() if hasattr(each, "count_ops") else _operations(each) for each in rest)
        yield int(count), lambdify(x, final)


def _operations(expr):
    """Operations of a SymEngine tree, as SymPy counts them."""
    own = 0 if not expr.args else len(expr.args) - 1 if expr.is_Add or expr.is_Mul else 1
    return own + sum(map(_operations, expr.args))


def sympy(highest, cost):
    import sympy

    yield from _symbolic(sympy, cost, sympy.cse, lambda x, expr: _call(sympy.lambdify(x, expr, cse=True)))


def sympy_simplified(highest, cost):
    import sympy

    rows = _symbolic(sympy, cost, sympy.cse, lambda x, expr: _call(sympy.lambdify(x, expr, cse=True)), sympy.simplify)
    for _ in range(min(highest, SLOW)):
        yield next(rows)


def symengine(highest, cost):
    import symengine

    yield from _symbolic(
        symengine, cost, symengine.cse, lambda x, expr: _call(symengine.Lambdify([x], [expr], cse=True), [POINT])
    )


def _call(function, point=POINT):
    return lambda: function(point)


def casadi(highest, cost):
    import casadi

    x = casadi.SX.sym("x")
    expr = cost(casadi, x)
    for _ in range(highest):
        expr = casadi.gradient(expr, x)
        shared = casadi.Function("shared", [x], [casadi.cse(expr)])
        yield shared.n_instructions() - 2, _call(shared)  # without reading and writing


def jax(highest, cost, compiled=False):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def function(x):
        return cost(jnp, x)

    for _ in range(highest):
        function = jax.grad(function)
        ready = jax.jit(function).lower(POINT).compile()
        equations = len(jax.make_jaxpr(function)(POINT).eqns)
        yield (_instructions(ready) if compiled else equations), lambda f=ready: f(POINT).block_until_ready()


def _instructions(compiled):
    return sum(" = " in line for line in compiled.as_text().splitlines())


def jax_compiled(highest, cost):
    yield from jax(highest, cost, compiled=True)


SYSTEMS = {"etude": etude, "sympy": sympy, "sympy simplify": sympy_simplified, "symengine": symengine, "casadi": casadi,
           "jax": jax, "jax compiled": jax_compiled}  # fmt: skip


def measured(system, highest, cost):
    counts, start = [], time.perf_counter()
    rows = system(highest, cost)
    for _ in range(highest):
        row = next(rows, None)
        if row is None:
            break
        counts.append(row[0])
    spent = time.perf_counter() - start
    call = row[1] if row is not None else None
    return counts, spent, min(_timed(call) for _ in range(50)) if call is not None else None


def _timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(highest, cost):
    print(f"{'operations, k =':16}" + "".join(f"{k:>7}" for k in range(1, highest + 1)) + f"{'all, s':>10}{'call, us':>10}")
    for name, system in SYSTEMS.items():
        try:
            counts, spent, call = measured(system, highest, cost)
        except ImportError:
            print(f"{name:16}  not installed")
            continue
        shown = "".join(f"{count:7}" for count in counts) + " " * 7 * (highest - len(counts))
        print(f"{name:16}{shown}{spent:10.2f}{'' if call is None else f'{1e6 * call:10.1f}'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8, COSTS[sys.argv[2] if len(sys.argv) > 2 else "exponential"])
