"""Linear algebra under NumPy's and SciPy's names."""

from etude.api.functions import FUNCTIONS as _FUNCTIONS

_NAMES = (
    "cholesky cross det diagonal eigh inv kron lstsq matmul matrix_norm matrix_power matrix_transpose multi_dot norm outer "
    "pinv qr slogdet solve solve_triangular svd tensordot trace vecdot vector_norm"
).split()
globals().update({name: _FUNCTIONS[name] for name in _NAMES if name in _FUNCTIONS})

__all__ = [name for name in _NAMES if name in _FUNCTIONS]  # those of the names that exist
