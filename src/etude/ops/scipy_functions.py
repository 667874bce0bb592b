"""SciPy's special functions, looked up when first needed; most of them without importing SciPy's package."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["scipy_special"]

_COMPILED = "scipy.special._special_ufuncs"


@cache
def scipy_special(name: str) -> Any:
    """The function `scipy.special.name`.

    `import scipy.special` takes 0.13 s, most of it for parts of NumPy that no function here needs. The module of its
    compiled ufuncs is loaded by itself in 1 ms; the package later finds the same ufuncs there.
    """
    if "scipy.special" not in sys.modules:
        found = getattr(_compiled(), name, None)
        if isinstance(found, np.ufunc):
            return found
    return getattr(import_module("scipy.special"), name)


@cache
def _compiled() -> Any:
    """The compiled module alone; None where SciPy is arranged otherwise."""
    package = find_spec("scipy")
    folders = [str(Path(folder, "special")) for folder in (package and package.submodule_search_locations) or ()]
    spec = PathFinder.find_spec(_COMPILED, folders)
    if spec is None or spec.loader is None:
        return None
    with suppress(ImportError):
        made = module_from_spec(spec)
        spec.loader.exec_module(made)
        sys.modules.pop(_COMPILED, None)  # so that importing it later binds it in its package
        return made
    return None
