"""Functions of functions: derivatives and compilation of plain NumPy-written Python functions."""

from etude.functional.custom import custom_rule
from etude.functional.mapping import vmap
from etude.functional.transforms import (
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    value_and_grad,
    vjp,
)

__all__ = ["custom_rule", "elementwise_grad", "grad", "hessian", "hvp", "jacobian", "jit", "jvp", "value_and_grad", "vjp", "vmap"]
