"""Special functions under SciPy's names."""

from etude.api.functions import FUNCTIONS as _FUNCTIONS
from etude.ops import CATALOGUE as _CATALOGUE
from etude.ops.aliases import ALIASES as _ALIASES

_REDUCTIONS = ("logsumexp", "softmax", "log_softmax")
_NAMES = {
    name
    for name in _FUNCTIONS
    if name in _REDUCTIONS or "special" in getattr(_CATALOGUE.get(_ALIASES.get(name, name)), "properties", ())
}
globals().update({name: _FUNCTIONS[name] for name in _NAMES})

__all__ = sorted(_NAMES)  # noqa: PLE0605  # the names are those of the catalogue
