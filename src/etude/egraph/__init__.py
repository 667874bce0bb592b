"""Equality saturation: a small e-graph over terms, with a reason for every merge."""

from etude.egraph.graph import EGraph
from etude.egraph.replay import replay
from etude.egraph.saturation import Saturation, saturate

__all__ = ["EGraph", "Saturation", "replay", "saturate"]
