"""A pytest plugin: terms in the place of etuples, for tests that know nothing of Étude.

It must be loaded before anything imports kanren, whose goals take `etuple` for a default when they are defined.
"""

import sys

import etuples
import etuples.core
import etuples.dispatch

from etude.terms import Term, etuple

assert "kanren" not in sys.modules
_PLACES = (etuples, etuples.core, etuples.dispatch)
for place in _PLACES:
    place.etuple = etuple

import etude.relations  # noqa: E402, F401  # how terms unify; it registers this for etuples' own class, so before the class changes

for place in _PLACES:
    place.ExpressionTuple = Term
