"""Gradients: templates from the relations, applied by sweeps."""

from etude.calculus.bodies import MapLink
from etude.calculus.forward import forward
from etude.calculus.gradient import Result, cotangents, one_like, tangents, zero_like
from etude.calculus.holding import hold, release
from etude.calculus.kinds import DisconnectedType, NullType, disconnected_type, null_type
from etude.calculus.loops import CondLink, ScanLink
from etude.calculus.nodes import Link, edges, link
from etude.calculus.reverse import Sweep, fitted, reverse

__all__ = [
    "CondLink",
    "DisconnectedType",
    "Link",
    "MapLink",
    "NullType",
    "Result",
    "ScanLink",
    "Sweep",
    "cotangents",
    "disconnected_type",
    "edges",
    "fitted",
    "forward",
    "hold",
    "link",
    "null_type",
    "one_like",
    "release",
    "reverse",
    "tangents",
    "zero_like",
]
