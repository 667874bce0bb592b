"""Derivatives of functions: each is a rule on Arrays, which `traced` extends to numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from etude.api.array import Array
from etude.api.gradient import grad as gradient_of
from etude.api.products import Lop, Rop, hessian_vector_product
from etude.api.products import hessian as hessian_of
from etude.api.products import jacobian as jacobian_of
from etude.functional.arguments import Chosen, one_real_element, refuse_unlike
from etude.functional.containers import flattened, rebuilt
from etude.functional.tracing import result_arrays, traced

__all__ = ["elementwise_grad", "grad", "hessian", "hvp", "jacobian", "jit", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]


def jit(fun: Function) -> Function:
    """`fun`, traced and compiled.

    It runs once for each structure, shape and dtype of the arguments; later calls run what was compiled. None, texts,
    truth values and callables are static: the trace is made for that value. So are integers given by keyword (an axis,
    a number of steps); other numbers and arrays, also in nested lists, tuples and dicts, are traced.

    >>> import numpy as np
    >>> from etude.functional import jit
    >>> jit(lambda x: np.exp(x).sum())(np.zeros(3))
    array(3.)
    """
    return traced(fun, lambda args, named: fun(*args, **named), simplify=False)


def grad(fun: Function, argnums: Any = 0) -> Function:
    """The function that gives the gradient of `fun`, whose result is one real element, by the argument at `argnums`.

    `argnums` is a position or a tuple of them, then a tuple is given. An argument may be a nested list, tuple or dict of
    arrays; its gradient is one of the same containers. No dependence: zeros. For a complex argument x + iy the gradient is
    df/dx - i df/dy.

    Raises TypeError for a result that is not one real element (shapes (1,) and (1, 1) are accepted) and for an argument
    that is no array, NullTypeGradError where there is no derivative.

    >>> import numpy as np
    >>> from etude.functional import grad
    >>> grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    array([2., 4.])
    """

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        chosen = Chosen(args, argnums)
        return chosen.packed(_slopes(one_real_element(fun(*args, **named)), chosen.arrays))

    return traced(fun, rule)


def _slopes(cost: Array, wrt: Sequence[Array]) -> list[Array]:
    return list(gradient_of(cost, list(wrt), disconnected_inputs="ignore", add_names=False))


def value_and_grad(fun: Function, argnums: Any = 0) -> Function:
    """The function that gives the value of `fun` and its gradient, as `grad` does.

    >>> from etude.functional import value_and_grad
    >>> value_and_grad(lambda x: x**3)(2.0)
    (array(8.), array(12.))
    """

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        chosen = Chosen(args, argnums)
        value = fun(*args, **named)
        return value, chosen.packed(_slopes(one_real_element(value), chosen.arrays))

    return traced(fun, rule)


def elementwise_grad(fun: Function, argnums: Any = 0) -> Function:
    """The derivative of a function that acts on each element by itself: the gradient of the sum of its results.

    >>> import numpy as np
    >>> from etude.functional import elementwise_grad
    >>> elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        chosen = Chosen(args, argnums)
        _, results = result_arrays(fun(*args, **named))
        if len(results) != 1 or results[0].dtype.kind == "c":
            raise TypeError("elementwise_grad is for a function that gives one real array")
        return chosen.packed(_slopes(results[0].sum(), chosen.arrays))

    return traced(fun, rule)


def jacobian(fun: Function, argnums: Any = 0) -> Function:
    """The function that gives the derivative of every element of the result by every element of an argument.

    Its shape is that of the result followed by that of the argument. Containers of the result stand outside those of the
    arguments.

    >>> import numpy as np
    >>> from etude.functional import jacobian
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        chosen = Chosen(args, argnums)
        structure, results = result_arrays(fun(*args, **named))
        return rebuilt(
            structure,
            [chosen.packed(jacobian_of(each, chosen.arrays, disconnected_inputs="ignore")) for each in results],
        )

    return traced(fun, rule)


def hessian(fun: Function, argnums: Any = 0) -> Function:
    """The function that gives the second derivatives of `fun`, whose result is one real element.

    For a tuple `argnums`, and for nested arguments, `result[i][j]` has the shape of argument i followed by that of j.

    >>> import numpy as np
    >>> from etude.functional import hessian
    >>> hessian(lambda x: x[0] * x[1])(np.array([1.0, 2.0]))
    array([[0., 1.],
           [1., 0.]])
    """

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        chosen = Chosen(args, argnums)
        rows = hessian_of(one_real_element(fun(*args, **named)), chosen.arrays, disconnected_inputs="ignore")
        return chosen.packed([chosen.packed(row) for row in rows])

    return traced(fun, rule)


def hvp(fun: Function, argnums: Any = 0) -> Function:
    """The function of the arguments and of `v`, like the argument at `argnums`, that gives the Hessian times `v`.

    No Hessian is formed: it is the derivative of the gradient along `v`.

    >>> import numpy as np
    >>> from etude.functional import hvp
    >>> hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if not args:
            raise TypeError("hvp takes the arguments of the function, and then v")
        *given, v = args
        chosen = Chosen(given, argnums)
        like = tuple([given[place] for place in argnums]) if isinstance(argnums, (tuple, list)) else given[argnums]
        points = refuse_unlike("v", tuple(v) if isinstance(argnums, (tuple, list)) else v, like)
        cost = one_real_element(fun(*given, **named))
        return chosen.packed(hessian_vector_product(cost, chosen.arrays, points, disconnected_inputs="ignore"))

    return traced(fun, rule)


def jvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of `fun` at `primals`, and its derivative there along `tangents`.

    Raises TypeError for tangents of other containers than the primals', ValueError for other shapes.

    >>> import numpy as np
    >>> from etude.functional import jvp
    >>> jvp(np.sin, (0.0,), (2.0,))
    (array(0.), array(2.))
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"{what} is a tuple with one value for each argument, not {type(given).__name__}")

    def rule(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        at, along = args
        moved: list[Any] = []
        flattened(at, moved)
        points = refuse_unlike("tangents", along, at)
        structure, results = result_arrays(fun(*at))
        found = Rop(results, moved, points, disconnected_outputs="ignore") if moved and results else _still(results)
        return rebuilt(structure, results), rebuilt(structure, found)

    value, tangent = traced(fun, rule, "numpy")(tuple(primals), tuple(tangents))
    return value, tangent


def _still(results: Sequence[Array]) -> list[Array]:
    return [result * 0.0 for result in results]


def vjp(fun: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of `fun` at `primals`, and its pullback: from a cotangent like the value to a tuple with one gradient for
    each primal.

    The pullback raises TypeError for a cotangent of other containers than the value's, ValueError for other shapes.

    >>> import numpy as np
    >>> from etude.functional import vjp
    >>> value, pullback = vjp(np.sin, np.array([0.0, np.pi]))
    >>> pullback(np.array([1.0, 1.0]))
    (array([ 1., -1.]),)
    """

    def back(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        at, cotangent = args
        chosen = Chosen(at, tuple(range(len(at))), static_too=True)
        value = fun(*at)
        structure, results = result_arrays(value)
        seeds = refuse_unlike("the cotangent", cotangent, rebuilt(structure, results))
        sent = Lop(results, chosen.arrays, seeds, disconnected_inputs="ignore") if results else [a * 0.0 for a in chosen.arrays]
        return chosen.packed(sent)

    pull = traced(fun, back)
    return traced(fun, lambda args, named: fun(*args), "numpy")(*primals), lambda cotangent: pull(primals, cotangent)
