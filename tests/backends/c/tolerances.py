"""How far C may be from the reference meaning: one row for each family of operators.

Elementwise operators keep to `ULPS` units in the last place, the sign of zero included; of float32 they may be as near
to the meaning of the same numbers in float64, since NumPy's own functions of float32 are up to 3 ulp off, and of the
operators in `EXACT` to the exact value. Sums keep to a bound: n roundings of the sum of the magnitudes. Everything else is
equal, bit for bit.
"""

import mpmath
import numpy as np

ULPS = 4
CANCELS = {"logaddexp", "logaddexp2"}  # a sum of an operand and a logarithm: the last places are those of the greatest operand
# where the meaning itself is far off: 1 / cosh(x) is 0 for results below the smallest normal number, and SciPy's erfc,
# besides that, 500 ulp off at 24, and so is its ndtr in the far tail, where x/sqrt(2) is rounded besides
EXACT = {"sech": mpmath.sech, "erfc": mpmath.erfc, "ndtr": mpmath.ncdf}
# the result may be either zero: NumPy's own loops differ among processors
EITHER_ZERO = {"maximum", "minimum", "fmax", "fmin", "clip", "fmod", "remainder", "max", "min", "nextafter"}
SUMS = {"sum", "mean", "matmul", "cumsum", "norm", "var", "std", "prod", "cumprod", "logsumexp", "softmax", "log_softmax", "dot",
        "trace", "einsum", "sum_like", "add_at"}  # fmt: skip


# what LAPACK solves: n roundings of the greatest element, as many times as the matrix's condition
SOLVED = {"inv", "det", "cholesky", "solve", "solve_triangular", "slogdet"}


def _count(operands, wanted):
    """How many elements are added up for one of the result."""
    most = max([np.size(value) for value in operands], default=1)
    return max(most // max(np.size(wanted), 1), 2) if len(operands) == 1 else max(most, 2)


def _magnitude(name, operands, wanted):
    """The magnitude that n roundings are relative to."""
    sizes = [np.abs(np.asarray(value) * 1.0) for value in operands]
    if name == "matmul":  # of what is finite: where that overflows, a fused product and sum may not
        return np.matmul(*[np.where(np.isfinite(size), size, 0) for size in sizes])
    if name in ("sum", "mean", "cumsum", "var", "std", "trace", "sum_like", "add_at"):
        top = np.max(np.where(np.isfinite(sizes[0]), sizes[0], 0), initial=0.0)
        return top if name in ("mean", "std") else top**2 if name == "var" else top * _count(operands, wanted)
    if name in ("logsumexp", "log_softmax"):
        return np.abs(wanted) + np.max(np.where(np.isfinite(sizes[0]), sizes[0], 0), initial=0.0) + 1
    return np.abs(wanted)


def room(name, operands, wanted):
    """For each element of a floating result how far it may lie from `wanted`."""
    size = np.abs(wanted)
    limits = np.finfo(wanted.dtype)
    if name in SOLVED:
        top = np.max(size, initial=1.0 if name == "slogdet" else limits.tiny)
        condition = np.max(np.linalg.cond(operands[0] * 1.0), initial=1)
        return np.full(wanted.shape, 8 * operands[0].shape[-1] * limits.eps * condition * top)
    if name in SUMS:
        return 8 * _count(operands, wanted) * limits.eps * np.maximum(_magnitude(name, operands, wanted), limits.tiny)
    if name in CANCELS:
        size = np.maximum(size, np.max([np.abs(value) for value in np.broadcast_arrays(*operands)], axis=0))
    spacing = np.spacing(np.where(np.isfinite(size), size, 1).astype(wanted.dtype))
    return ULPS * np.maximum(spacing, limits.smallest_subnormal)


def difference(name, operands, wanted, found):
    """What is wrong with `found`, as text; None where nothing is. `name` is the operator that made it."""
    wanted, found = np.asarray(wanted), np.asarray(found)
    if (wanted.dtype, wanted.shape) != (found.dtype, found.shape):
        return f"{found.dtype}{list(found.shape)} for {wanted.dtype}{list(wanted.shape)}"
    if wanted.dtype.kind == "c":
        return _complex_difference(name, operands, wanted, found)
    if wanted.dtype.kind != "f":
        return None if np.array_equal(wanted, found) else _shown(wanted != found, operands, wanted, found)
    with np.errstate(all="ignore"):
        finite = np.isfinite(wanted) & np.isfinite(found)
        allowed = room(name, operands, wanted)
        bad = np.where(finite, ~(np.abs(wanted - found) <= allowed), ~((wanted == found) | (np.isnan(wanted) & np.isnan(found))))
        overflows = np.isinf(allowed) | (np.abs(wanted) > 0.9 * np.finfo(wanted.dtype).max) | np.isinf(wanted)
    if name in SUMS and all(np.all(np.isfinite(value)) for value in operands):
        bad &= ~overflows  # the order of additions decides what overflows
    elif name == "matmul":
        bad &= ~np.isinf(allowed)
    if name not in SUMS and name not in EITHER_ZERO:
        bad |= (wanted == 0) & (found == 0) & (np.signbit(wanted) != np.signbit(found))
    return _shown(bad, operands, wanted, found) if bad.any() else None


def _complex_difference(name, operands, wanted, found):
    """Complex numbers are as near as their magnitudes say: a part may be what is left of large ones."""
    with np.errstate(all="ignore"):
        finite = np.isfinite(wanted) & np.isfinite(found)
        bad = np.where(finite, ~(np.abs(wanted - found) <= room(name, operands, np.abs(wanted))), np.isfinite(wanted) != np.isfinite(found))
    return _shown(bad, operands, wanted, found) if bad.any() else None


def _shown(bad, operands, wanted, found):
    at = tuple(int(k[0]) for k in np.nonzero(np.atleast_1d(bad)))
    place = at if np.ndim(wanted) else ()
    near = [
        value[place].item() if np.shape(value) == np.shape(wanted) else np.asarray(value).tolist()
        for value in map(np.asarray, operands)
    ]
    return f"{found[place]!r} for {wanted[place]!r} at {place} of operands {near}"[:600]
