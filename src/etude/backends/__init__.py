"""From a program to results: NumPy, any Array API namespace, and what they share."""

from etude.backends.arguments import Arguments
from etude.backends.diagnosis import diagnosed
from etude.backends.evaluate import evaluate, is_shared, stored_value
from etude.backends.namespaces import BackendError
from etude.backends.numpy_backend import Executable, compile_numpy
from etude.backends.profile import Profile, ProfileRow, profile
from etude.backends.selection import arguments_for, compile_for, dask_module, is_dask

__all__ = [
    "Arguments",
    "BackendError",
    "Executable",
    "Profile",
    "ProfileRow",
    "arguments_for",
    "compile_for",
    "compile_numpy",
    "dask_module",
    "diagnosed",
    "evaluate",
    "is_dask",
    "is_shared",
    "profile",
    "stored_value",
]
