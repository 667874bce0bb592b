"""Special functions under SciPy's names."""

from etude.api.functions import FUNCTIONS as _FUNCTIONS
from etude.ops import CATALOGUE as _CATALOGUE
from etude.ops.aliases import ALIASES as _ALIASES
from etude.ops.distributions import DISTRIBUTIONS as _DISTRIBUTIONS

_OTHERS = {"logsumexp", "softmax", "log_softmax", "cbrt", "exp2", "expm1", "log1p", "round", *_DISTRIBUTIONS}
_NAMES = {
    name
    for name in _FUNCTIONS
    if name in _OTHERS or "special" in getattr(_CATALOGUE.get(_ALIASES.get(name, name)), "properties", ())
}
globals().update({name: _FUNCTIONS[name] for name in _NAMES})

__all__ = sorted(_NAMES)  # noqa: PLE0605  # the names are those of the catalogue
