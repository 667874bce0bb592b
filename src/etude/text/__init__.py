"""Terms as text and back: Python expression syntax, and LaTeX."""

from etude.text.printer import to_text

__all__ = ["to_text"]
