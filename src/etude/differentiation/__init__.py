"""Stable, differentiated, simplified: the rooms of rewriting and of calculus put in line."""

from etude.differentiation.pipeline import differentiate, few_elements, push, stabilized

__all__ = ["differentiate", "few_elements", "push", "stabilized"]
