"""Gradients, with the names and meaning of `aesara.gradient`."""

from etude.api.gradient import grad
from etude.api.marks import (
    consider_constant,
    disconnected_grad,
    grad_clip,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    undefined_grad,
    zero_grad,
)
from etude.api.products import (
    Lop,
    Rop,
    derivative,
    hessian,
    hessian_vector_product,
    jacobian,
    pullback,
    pushforward,
    subgraph_grad,
)
from etude.api.sparse import jacobian_sparsity
from etude.api.verify import verify_grad
from etude.calculus import DisconnectedType, NullType, disconnected_type, null_type
from etude.errors import DisconnectedInputError, GradientError, NullTypeGradError

__all__ = [
    "DisconnectedInputError",
    "DisconnectedType",
    "GradientError",
    "Lop",
    "NullType",
    "NullTypeGradError",
    "Rop",
    "consider_constant",
    "derivative",
    "disconnected_grad",
    "disconnected_type",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "jacobian_sparsity",
    "null_type",
    "pullback",
    "pushforward",
    "subgraph_grad",
    "undefined_grad",
    "verify_grad",
    "zero_grad",
]
