"""Terms as LaTeX."""

from __future__ import annotations

from typing import Any

__all__ = ["to_latex"]


def to_latex(term: Any) -> str:
    return r"\text{" + str(term) + "}"
