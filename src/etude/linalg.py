"""Linear algebra under NumPy's and SciPy's names."""

from etude.api.functions import FUNCTIONS as _FUNCTIONS
from etude.api.functions import lift as _lift
from etude.ops.matrix_functions import MATRIX_FUNCTIONS as _MATRIX_FUNCTIONS

_NAMES = (
    "cholesky cross det diagonal eig eigh eigvals eigvalsh expm inv kron lstsq matmul matrix_norm matrix_power matrix_rank "
    "matrix_transpose multi_dot norm outer pinv qr slogdet solve solve_triangular svd svdvals tensordot trace vecdot "
    "vector_norm"
).split()
globals().update({name: _FUNCTIONS[name] for name in _NAMES})
cond = _lift(_MATRIX_FUNCTIONS["cond"], "cond", _MATRIX_FUNCTIONS["cond"].__doc__)

__all__ = ["cond", *_NAMES]  # noqa: PLE0604  # the names are those of the catalogue
