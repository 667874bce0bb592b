"""Random draws as expressions. Every draw is a function of a key, so that a program gives the same numbers each time.

>>> import etude as et
>>> first, second = et.random.split(et.random.key(0))
>>> x = et.random.normal(first, (3,))
>>> bool((x.eval({}) == x.eval({})).all())
True
"""

from etude.api.functions import lift as _lift
from etude.ops.draws import DRAWS as _DRAWS

globals().update({name: _lift(function, name, function.__doc__) for name, function in _DRAWS.items()})

__all__ = sorted(_DRAWS)  # noqa: PLE0605  # the names are those of the distributions
