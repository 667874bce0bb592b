"""Étude: symbolic arrays whose calculus is data. `import etude as et`."""

from etude import fft, functional, gradient, linalg, random, rules, special
from etude.api.archive import load
from etude.api.array import Array
from etude.api.checking import check_rules, discover
from etude.api.constants import (
    DTYPES as _DTYPES,
)
from etude.api.constants import (
    __array_namespace_info__,
    broadcast_shapes,
    can_cast,
    e,
    euler_gamma,
    finfo,
    from_dlpack,
    iinfo,
    inf,
    isdtype,
    nan,
    newaxis,
    pi,
    result_type,
)
from etude.api.construct import (
    array,
    asarray,
    col,
    constant,
    from_term,
    matrix,
    parse,
    row,
    scalar,
    symbol,
    symbols,
    tensor3,
    tensor4,
    vector,
)
from etude.api.function import Function, function
from etude.api.functions import FUNCTIONS as _FUNCTIONS
from etude.api.integration import antiderivatives
from etude.api.loops import cond, scan, while_loop
from etude.api.loops import map_ as map
from etude.api.operators import defop
from etude.api.rewriting import count_operations, explain, rewrite, saturate, simplify, stabilize
from etude.api.shared import SharedVariable, shared
from etude.errors import (
    ArgumentError,
    EtudeError,
    MissingValueError,
    ParseError,
    RuleError,
    ShapeError,
    SubscriptError,
    TermTypeError,
)
from etude.gradient import (
    DisconnectedInputError,
    DisconnectedType,
    GradientError,
    Lop,
    NullType,
    NullTypeGradError,
    Rop,
    consider_constant,
    derivative,
    disconnected_grad,
    disconnected_type,
    grad,
    grad_clip,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    hessian,
    hessian_vector_product,
    jacobian,
    jacobian_sparsity,
    null_type,
    pullback,
    pushforward,
    subgraph_grad,
    undefined_grad,
    verify_grad,
    zero_grad,
)
from etude.rules import RuleSet, rule

__version__ = "0.1.0"
__array_api_version__ = "2024.12"

__all__ = [
    "Array",
    "Function",
    "RuleSet",
    "SharedVariable",
    "__array_api_version__",
    "__array_namespace_info__",
    "antiderivatives",
    "array",
    "asarray",
    "broadcast_shapes",
    "can_cast",
    "check_rules",
    "col",
    "constant",
    "count_operations", "defop",
    "discover",
    "e",
    "euler_gamma",
    "explain",
    "fft",
    "finfo",
    "from_dlpack",
    "from_term",
    "function",
    "functional",
    "gradient",
    "iinfo",
    "inf",
    "isdtype", "linalg", "load",
    "matrix",
    "nan",
    "newaxis",
    "parse",
    "pi",
    "random",
    "result_type",
    "rewrite",
    "row",
    "rule",
    "rules",
    "saturate",
    "scalar",
    "shared",
    "simplify",
    "special",
    "stabilize",
    "symbol",
    "symbols",
    "tensor3",
    "tensor4",
    "vector",
]  # fmt: skip
__all__ += [
    "ArgumentError",
    "DisconnectedInputError",
    "DisconnectedType",
    "EtudeError",
    "GradientError",
    "Lop",
    "MissingValueError",
    "NullType",
    "NullTypeGradError",
    "ParseError",
    "Rop",
    "RuleError",
    "ShapeError",
    "SubscriptError",
    "TermTypeError",
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
]  # fmt: skip

__all__ += ["cond", "map", "scan", "while_loop"]

_GENERATED = {name: found for name, found in {**_DTYPES, **_FUNCTIONS}.items() if name not in __all__}
globals().update(_GENERATED)
__all__ += list(_GENERATED)
