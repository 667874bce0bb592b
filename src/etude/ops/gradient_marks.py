"""Identities that say something to the calculus: held terms, constants, zero, undefined, clipped or scaled gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from etude.ops.op import Attributes, Op, Types, register
from etude.terms import ArrayType


def _first(types: Types, attributes: Attributes) -> ArrayType:
    return types[0]


def _identity(x: Any, *others: Any, **attributes: Any) -> Any:
    return x


def _mark(name: str, operands: str, doc: str, attributes: dict[str, Any] | None = None) -> Op:
    return register(
        Op(
            name,
            tuple(operands.split()),
            _identity,
            _first,
            attributes=attributes,
            properties="elementwise mark",
            doc=doc,
        )
    )


hold = _mark("hold", "x", "x, kept whole while rewriting", {"tag": 0})
consider_constant = _mark("consider_constant", "x", "x; the gradient takes it as a constant")
disconnected_grad = _mark("disconnected_grad", "x", "x; the gradient takes it as disconnected")
zero_grad = _mark("zero_grad", "x", "x; its gradient is zero")
undefined_grad = _mark("undefined_grad", "x", "x; its gradient is undefined")
grad_clip = _mark(
    "grad_clip", "x", "x; the gradient is clipped between the bounds", {"lower_bound": None, "upper_bound": None}
)
clip_cotangent = _mark(
    "clip_cotangent", "x", "x; its adjoint clips between the bounds", {"lower_bound": None, "upper_bound": None}
)
grad_scale = _mark("grad_scale", "x", "x; the gradient is multiplied", {"multiplier": 1.0})


def _clipped(x: Any, lower_bound: float, upper_bound: float) -> Any:
    return np.clip(x, lower_bound, upper_bound)


def _scaled(x: Any, multiplier: float) -> Any:
    return x * multiplier


_bounds = {"lower_bound": None, "upper_bound": None}
clipped = register(
    Op(
        "clipped",
        ("x",),
        _clipped,
        _first,
        attributes=_bounds,
        properties="elementwise",
        doc="clip(x, lower_bound, upper_bound)",
    )
)
scaled = register(
    Op(
        "scaled",
        ("x",),
        _scaled,
        lambda types, attributes: types[0].with_dtype(np.result_type(types[0].dtype, 1.0)),
        attributes={"multiplier": 1.0},
        properties="elementwise",
        doc="multiplier * x",
    )
)
