"""The only room that speaks kanren: relations over terms, and the templates they derive."""

from etude.relations import dispatch  # noqa: F401  # terms unify and reify from here on
from etude.relations.adjoint import adjointo
from etude.relations.differential import differentialo
from etude.relations.templates import (
    COTANGENT,
    DISCONNECTED_FROM,
    FLAT,
    LINEAR,
    UNDEFINED_IN,
    Template,
    slot,
    templates,
)

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
