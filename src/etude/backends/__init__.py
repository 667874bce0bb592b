"""From a program to results: NumPy, any Array API namespace, and what they share."""

from etude.backends.arguments import Arguments
from etude.backends.diagnosis import diagnosed
from etude.backends.evaluate import evaluate, is_shared, stored_value
from etude.backends.namespaces import BackendError
from etude.backends.numpy_backend import Executable, compile_numpy
from etude.backends.profile import Profile, ProfileRow, profile

__all__ = [
    "Arguments",
    "BackendError",
    "Executable",
    "Profile",
    "ProfileRow",
    "compile_numpy",
    "diagnosed",
    "evaluate",
    "is_shared",
    "profile",
    "stored_value",
]
