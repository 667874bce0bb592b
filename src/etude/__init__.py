"""Étude: symbolic arrays whose calculus is data. `import etude as et`.

What has a name here is loaded when the name is first used: importing takes little more time than NumPy does.
"""

import gc
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etude import fft, functional, gradient, linalg, random, rules, special
    from etude.api.archive import load
    from etude.api.array import Array
    from etude.api.checking import check_rules, discover, sides
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
    from etude.api.gradient import grad
    from etude.api.integration import antiderivatives
    from etude.api.loops import cond, scan, while_loop
    from etude.api.loops import map_ as map
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
    from etude.api.operators import defop
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
    from etude.api.rewriting import count_operations, explain, rewrite, saturate, simplify, stabilize
    from etude.api.shared import SharedVariable, shared
    from etude.api.sparse import jacobian_sparsity
    from etude.api.verify import verify_grad
    from etude.calculus import DisconnectedType, NullType, disconnected_type, null_type
    from etude.errors import (
        ArgumentError,
        DisconnectedInputError,
        EtudeError,
        GradientError,
        MissingValueError,
        NullTypeGradError,
        ParseError,
        RuleError,
        ShapeError,
        SubscriptError,
        TermTypeError,
    )
    from etude.rules import RuleSet, rule

importlib.import_module("numpy")  # whatever is used needs it

__version__ = "0.1.0"
__array_api_version__ = "2024.12"

_MODULES = ("fft", "functional", "gradient", "linalg", "random", "rules", "special")
_NAMES = {
    "etude.api.archive": "load",
    "etude.api.array": "Array",
    "etude.api.checking": "check_rules discover sides",
    "etude.api.constants": (
        "__array_namespace_info__ broadcast_shapes can_cast e euler_gamma finfo from_dlpack iinfo inf isdtype "
        "nan newaxis pi result_type"
    ),
    "etude.api.construct": (
        "array asarray col constant from_term matrix parse row scalar symbol symbols tensor3 tensor4 vector"
    ),
    "etude.api.function": "Function function",
    "etude.api.gradient": "grad",
    "etude.api.integration": "antiderivatives",
    "etude.api.loops": "cond map=map_ scan while_loop",
    "etude.api.marks": (
        "consider_constant disconnected_grad grad_clip grad_not_implemented grad_scale grad_undefined "
        "undefined_grad zero_grad"
    ),
    "etude.api.operators": "defop",
    "etude.api.products": (
        "Lop Rop derivative hessian hessian_vector_product jacobian pullback pushforward subgraph_grad"
    ),
    "etude.api.rewriting": "count_operations explain rewrite saturate simplify stabilize",
    "etude.api.shared": "SharedVariable shared",
    "etude.api.sparse": "jacobian_sparsity",
    "etude.api.verify": "verify_grad",
    "etude.calculus": "DisconnectedType NullType disconnected_type null_type",
    "etude.errors": (
        "ArgumentError DisconnectedInputError EtudeError GradientError MissingValueError NullTypeGradError "
        "ParseError RuleError ShapeError SubscriptError TermTypeError"
    ),
    "etude.rules": "RuleSet rule",
}
_HOMES = {
    name.partition("=")[0]: (module, name.rpartition("=")[2]) for module, names in _NAMES.items() for name in names.split()
}


def _module(name: str) -> Any:
    """The module, loaded without Python's search for cycles: what it holds stays, and a search goes through all of that."""
    searched = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        if searched:
            gc.enable()


def _generated() -> dict[str, Any]:
    """The functions and dtypes, which tables give."""
    functions = _module("etude.api.functions").FUNCTIONS
    return {**_module("etude.api.constants").DTYPES, **functions}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted({"__array_api_version__", *_MODULES, *_HOMES, *_generated()})
    if name in _MODULES:
        return _module(f"etude.{name}")
    if name in _HOMES:
        module, own = _HOMES[name]
        found = getattr(_module(module), own)
    elif name.startswith("__") or name not in _generated():
        raise AttributeError(f"module 'etude' has no attribute {name!r}")
    else:
        found = _generated()[name]
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
