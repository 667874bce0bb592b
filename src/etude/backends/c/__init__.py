"""Programs as C: code generation, compilation and calling.

The modules named here are loaded when they are first used: a function that stays on NumPy needs none of them.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from etude.backends.c import compiler, csource, export, making, native, saved, sizes, timing

__all__ = ["compiler", "csource", "export", "making", "native", "saved", "sizes", "timing"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"etude.backends.c.{name}")
    raise AttributeError(f"module 'etude.backends.c' has no attribute {name!r}")
