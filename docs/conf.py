"""Sphinx's settings."""

from importlib.metadata import version as version_of
from typing import Any

from pygments.lexers.python import PythonLexer

project = "Étude"
author = "the Étude authors"
release = version = version_of("etude")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
nitpicky = False
default_role = "code"  # docstrings write code in single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "description"
html_theme = "alabaster"
html_theme_options = {"description": "Symbolic arrays whose calculus is data", "page_width": "60em"}
# Examples are shown as they are tested.
trim_doctest_flags = True


def plain_bars(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Keep |x| from being read as a reST substitution; indented and doctest lines are literal."""
    lines[:] = [line if line.startswith((" ", ">>>")) else line.replace("|", "\\|") for line in lines]


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", plain_bars)
    app.add_lexer("rules", PythonLexer)  # a rule line is Python expression syntax
