"""Where the rule files are: packaged beside the code in a wheel, at the top of the checkout in an editable install."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["rules_root"]

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "_rules", _PACKAGE.parents[1] / "rules")


@cache
def rules_root() -> Path:
    """The folder that holds `differentials/`, `adjoints/`, `simplify/` and `stabilize/`.

    Raises FileNotFoundError where an installation lacks it.

    >>> rules_root().joinpath("differentials").is_dir()
    True
    """
    for place in _PLACES:
        if place.joinpath("differentials").is_dir():
            return place
    raise FileNotFoundError(f"no rule files at {' or '.join(map(str, _PLACES))}; reinstall etude")
