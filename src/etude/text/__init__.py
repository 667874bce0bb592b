"""Terms as text and back: Python expression syntax, and LaTeX."""

from etude.text.latex import to_latex
from etude.text.parser import parse_term
from etude.text.printer import to_text

__all__ = ["parse_term", "to_latex", "to_text"]
