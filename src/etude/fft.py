"""Discrete Fourier transforms under NumPy's and the Array API's names."""

from etude.api.functions import lift as _lift
from etude.ops.fourier import FOURIER as _FOURIER

globals().update({name: _lift(function, name, function.__doc__) for name, function in _FOURIER.items()})

__all__ = sorted(_FOURIER)  # noqa: PLE0605  # the names are those of the catalogue
