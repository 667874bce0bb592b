"""What kanren derives of one operator: its differential, the transpose, and the templates made of them."""

from etude.templates import dispatch  # noqa: F401  # terms unify and reify from here on
from etude.templates.adjoint import adjointo
from etude.templates.derivation import (
    COTANGENT,
    DISCONNECTED_FROM,
    FLAT,
    LINEAR,
    UNDEFINED_IN,
    Template,
    slot,
    templates,
)
from etude.templates.differential import differentialo

__all__ = [
    "COTANGENT",
    "DISCONNECTED_FROM",
    "FLAT",
    "LINEAR",
    "UNDEFINED_IN",
    "Template",
    "adjointo",
    "differentialo",
    "slot",
    "templates",
]
