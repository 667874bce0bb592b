"""Antiderivatives: the differential lines read backwards, and the ways that lead to them."""

from etude.integration.search import antiderivatives

__all__ = ["antiderivatives"]
