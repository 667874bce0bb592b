"""Relations for `kanren.run`, in any direction: derivatives, adjoints, gradients, rewriting, equality; facts of operators."""

from etude.relations.asking import RELATIONS, ask
from etude.relations.derivatives import adjointo, differentialo, gradiento
from etude.relations.operators import associative, commutative, differentiable, inverse
from etude.relations.rewriting import equalo, rewriteo
from etude.relations.solving import limits

__all__ = [
    "RELATIONS",
    "adjointo",
    "ask",
    "associative",
    "commutative",
    "differentiable",
    "differentialo",
    "equalo",
    "gradiento",
    "inverse",
    "limits",
    "rewriteo",
]
