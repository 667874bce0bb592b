"""How each system computes a workload: `prepare(workload)` gives a function of NumPy arrays that gives NumPy arrays.

`laps` takes the times at which imports and building ended. The functions of `jax`, `pytensor`, `torch`, `casadi` and
`autograd` need those packages; `numpy` computes the cost alone, as a floor, `numpy by hand` derivatives too where someone
has worked them out.
"""

import resource
import time
from types import SimpleNamespace

import numpy as np
from tests.benchmarks.by_hand import BY_HAND


class Unable(Exception):
    """The system has no such derivative or function."""


def now():
    """Seconds of processor time of this process and its finished children, and of wall time."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime, time.perf_counter()


SHORT = 30_000  # elements, up to which what a call costs is worth a system of its own


def _refuse_long(work):
    if sum(map(np.size, work.values)) > SHORT or np.ndim(work.values[0]) > 1:
        raise Unable("a call is long, however its arguments are given")


class _Extended:
    """A module's functions, looked up when they are used, and those that are named otherwise there."""

    def __init__(self, module, **others):
        self.module = module
        self.__dict__.update(others)

    def __getattr__(self, name):
        return getattr(self.module, name)


def etude(backend, given=False):
    """`given`: results are written to arrays that are there already."""

    def prepare(work, laps):
        import etude as et

        if given:
            _refuse_long(work)
        laps["import"] = now()
        library = _Extended(et, erf=et.special.erf, scan=lambda step, carry, xs: et.scan(step, carry, xs)[1])
        symbols = [et.symbol(shape=np.shape(value)) for value in work.values]
        wrt = symbols[: work.wrt]
        if work.wanted == "hvp":
            cost = work.cost(library, symbols[0])
            outputs = [et.hessian_vector_product(cost, symbols[0], symbols[1])]
        elif work.wanted == "hessian":
            outputs = [et.hessian(work.cost(library, *symbols), symbols[0])]
        elif work.wanted == "jacobian":
            outputs = et.jacobian(work.cost(library, *symbols), wrt, sparse=True)
        else:
            cost = work.cost(library, *symbols)
            outputs = [cost, *et.grad(cost, wrt)]
        laps["build"] = now()
        f = et.function(symbols, list(outputs), backend=backend, on_unused_input="ignore")
        if not given:
            return f
        results = f(*work.values)
        return lambda *values: f(*values, out=results)

    return prepare


def numpy(work, laps):
    from scipy.special import erf

    laps["import"] = now()

    def scan(step, carry, xs):
        ys = []
        for x in xs:
            carry, y = step(carry, x)
            ys.append(y)
        return np.stack(ys)

    if work.wanted in ("hvp", "hessian"):
        raise Unable("computes costs only")
    library = _Extended(np, erf=erf, scan=scan)
    laps["build"] = now()
    return lambda *values: [work.cost(library, *values)]


def by_hand(work, laps):
    laps["import"] = laps["build"] = now()
    if laps.get("workload") not in BY_HAND:
        raise Unable("nobody has written it")
    return BY_HAND[laps["workload"]]


def autograd(work, laps):
    """Its graph is built anew in each call."""
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.special import erf

    laps["import"] = now()

    def scan(step, carry, xs):
        ys = []
        for x in xs:
            carry, y = step(carry, x)
            ys.append(y)
        return anp.stack(ys)

    library = _Extended(anp, erf=erf, scan=scan)

    def cost(*values):
        return work.cost(library, *values)

    if work.wanted == "jacobian":
        raise Unable("no sparse Jacobian")
    laps["build"] = now()
    if work.wanted == "hvp":
        product = autograd.hessian_vector_product(cost)
        return lambda x, v: [product(x, v)]
    if work.wanted == "hessian":
        whole = autograd.hessian(cost)
        return lambda x: [whole(x)]
    both = autograd.value_and_grad(lambda leaves, rest: cost(*leaves, *rest))

    def call(*values):
        value, slopes = both(values[: work.wrt], values[work.wrt :])
        return [value, *slopes]

    return call


def casadi(given=True, compiled=False):
    """Elements of columns in one graph where they are few, whole columns where they are many. `given`: arguments and results
    stay where they were at first, so that a call takes nothing and gives nothing. `compiled`: by way of C.
    """

    def prepare(work, laps):
        import casadi as ca

        if compiled or not given:
            _refuse_long(work)
        laps["import"] = now()
        if any(np.ndim(value) > 2 for value in work.values) or laps.get("workload") in ("mlp", "lstm", "ba", "gmm"):
            raise Unable("its arrays are matrices without broadcasting")
        library = SimpleNamespace(
            sum=ca.sum1, mean=lambda x: ca.sum1(x) / x.shape[0], matmul=ca.mtimes, logaddexp=lambda a, b: ca.fmax(a, b) + ca.log1p(ca.exp(-ca.fabs(a - b))),
            tanh=ca.tanh, sin=ca.sin, cos=ca.cos, exp=ca.exp, log=ca.log, sqrt=ca.sqrt, erf=ca.erf,
        )  # fmt: skip
        kind = ca.SX if sum(map(np.size, work.values)) < 10_000 else ca.MX
        symbols = [kind.sym(f"x{place}", *np.shape(value)) for place, value in enumerate(work.values)]
        cost = work.cost(library, *symbols[: 1 if work.wanted == "hvp" else None])
        if work.wanted == "hvp":
            outputs = [ca.jtimes(ca.gradient(cost, symbols[0]), *symbols)]
        elif work.wanted == "hessian":
            outputs = [ca.densify(ca.hessian(cost, symbols[0])[0])]
        else:
            outputs = [cost, *[ca.gradient(cost, symbol) for symbol in symbols[: work.wrt]]]
        laps["build"] = now()
        options = {"jit": True, "compiler": "shell", "jit_options": {"flags": "-O3 -march=native"}} if compiled else {}
        function = ca.Function("f", symbols, outputs, options)
        if not given:
            return lambda *values: [np.asarray(result) for result in function.call(values)]
        buffer, evaluate = function.buffer()
        results = [np.zeros(function.size_out(place), order="F") for place in range(len(outputs))]
        arguments = [np.array(value, float, order="F", ndmin=1) for value in work.values]
        for place, value in enumerate(arguments):
            buffer.set_arg(place, memoryview(value.T))
        for place, value in enumerate(results):
            buffer.set_res(place, memoryview(value.T))

        def call(*values, keep=(buffer, arguments)):
            evaluate()
            return results

        return call

    return prepare


def jax(work, laps):
    import jax
    import jax.numpy as jnp

    laps["import"] = now()
    jax.config.update("jax_enable_x64", True)
    library = _Extended(jnp, erf=jax.scipy.special.erf, scan=lambda step, carry, xs: jax.lax.scan(step, carry, xs)[1])

    def cost(*values):
        return work.cost(library, *values)

    if work.wanted == "jacobian":
        raise Unable("no sparse Jacobian")
    if work.wanted == "hvp":
        derived = jax.jit(lambda x, v: [jax.jvp(jax.grad(cost), (x,), (v,))[1]])
    elif work.wanted == "hessian":
        derived = jax.jit(lambda x: [jax.hessian(cost)(x)])
    else:
        both = jax.value_and_grad(cost, argnums=tuple(range(work.wrt)))

        def flat(*values):
            value, slopes = both(*values)
            return [value, *slopes]

        derived = jax.jit(flat)
    laps["build"] = now()
    return lambda *values: list(map(np.asarray, derived(*values)))


def pytensor(work, laps):
    import pytensor
    import pytensor.tensor as pt

    laps["import"] = now()

    def scan(step, carry, xs):
        raise Unable("the loop is not written for it")

    library = _Extended(pt, scan=scan, asarray=pt.as_tensor, logaddexp=lambda a, b: pt.logaddexp(pt.as_tensor(a), b))
    symbols = [pt.as_tensor(value).type() for value in work.values]
    cost = work.cost(library, *symbols[: 1 if work.wanted == "hvp" else None])
    if work.wanted == "jacobian":
        raise Unable("no sparse Jacobian")
    if work.wanted == "hvp":
        outputs = [pt.sum(pytensor.grad(cost, symbols[0]) * symbols[1])]
        outputs = [pytensor.grad(outputs[0], symbols[0])]
    elif work.wanted == "hessian":
        outputs = [pytensor.gradient.hessian(cost, symbols[0])]
    else:
        outputs = [cost, *pytensor.grad(cost, symbols[: work.wrt])]
    laps["build"] = now()
    return pytensor.function(symbols, outputs, on_unused_input="ignore")


def torch(work, laps):
    import torch

    laps["import"] = now()

    torch.set_num_threads(laps["threads"])

    def named(function):
        return lambda x, axis=None: function(x) if axis is None else function(x, dim=axis)

    def scan(step, carry, xs):
        raise Unable("the loop is not written for it")

    library = _Extended(
        torch, scan=scan, sum=named(torch.sum), mean=named(torch.mean), concatenate=torch.cat, stack=lambda xs, axis=0: torch.stack(xs, dim=axis),
        max=lambda x, axis=None: torch.amax(x) if axis is None else torch.amax(x, dim=axis), logaddexp=lambda a, b: torch.logaddexp(torch.tensor(a), b), asarray=torch.as_tensor,
    )  # fmt: skip
    if work.wanted == "jacobian":
        raise Unable("no sparse Jacobian")

    def cost(*values):
        return work.cost(library, *values)

    def call(*values):
        given = [torch.from_numpy(np.asarray(value)) for value in values]
        if work.wanted == "hvp":
            return [torch.autograd.functional.vhp(cost, *given)[1].numpy()]
        if work.wanted == "hessian":
            return [torch.autograd.functional.hessian(cost, given[0]).numpy()]
        leaves = [value.requires_grad_() for value in given[: work.wrt]]
        value = cost(*given)
        return [value.detach().numpy(), *[slope.detach().numpy() for slope in torch.autograd.grad(value, leaves)]]

    laps["build"] = now()
    return call


SYSTEMS = {
    "etude": etude("auto"), "etude numpy": etude("numpy"), "etude c": etude("c"), "numpy": numpy, "numpy by hand": by_hand,
    "jax": jax, "torch": torch, "pytensor": pytensor, "casadi": casadi(), "autograd": autograd, "etude out": etude("c", given=True),
    "casadi call": casadi(given=False), "casadi compiled": casadi(compiled=True),
}  # fmt: skip
