"""From a program to its C form that is ready to be called, or the reason why there is none."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from contextlib import suppress

from etude.backends.c.codegen import generate
from etude.backends.c.compiler import CompileError, NoCompilerError
from etude.backends.c.csource import Unsupported
from etude.backends.c.native import Native, load
from etude.backends.c.scratch import leaving
from etude.backends.c.sizes import BySize
from etude.backends.c.tiering import Tiers, in_background
from etude.errors import ShapeError, SubscriptError
from etude.program import specialized
from etude.terms import ArrayType

__all__ = ["attempt"]

_LOG = logging.getLogger("etude")
_NOTICED: set[str] = set()


def attempt(tiers: Tiers) -> tuple[Native | BySize | None, str | None, bool]:
    """The C form, or why there is none, and whether that is because C cannot do it; raises nothing."""
    try:
        return _made(tiers), None, False
    except Unsupported as problem:
        return None, str(problem), True
    except NoCompilerError as problem:
        _notice(str(problem))
        return None, str(problem), False
    except (CompileError, OSError, AttributeError, KeyError) as problem:
        reason = f"compiling failed: {problem}"
    except Exception as problem:  # noqa: BLE001  whatever goes wrong here must not fail a call
        reason = f"generating C failed: {type(problem).__name__}: {problem}"
    if not leaving():
        _LOG.warning("%s; NumPy answers instead", reason)
    return None, reason, False


def _made(tiers: Tiers) -> Native | BySize:
    program = tiers.program
    kinds: Sequence[ArrayType] = program.types[: len(program.inputs)]
    try:
        source = generate(program)
    except Unsupported:
        if all(kind.is_static for kind in kinds):
            raise
        return _by_size(tiers, kinds)
    return load(source, kinds, tiers.single, tiers.most_threads)


def _by_size(tiers: Tiers, kinds: Sequence[ArrayType]) -> BySize:
    """C for each set of sizes that is met. Raises Unsupported where it cannot be written for any."""
    with suppress(ShapeError, SubscriptError):  # the sample may not fit where the call does
        sample = [kind.with_shape([_sample(dim) for dim in kind.shape]) for kind in kinds]
        generate(specialized(tiers.program, sample))

    def made(shapes: Sequence[Sequence[int]]) -> Tiers:
        fixed = [kind.with_shape(shape) for kind, shape in zip(kinds, shapes, strict=True)]
        return Tiers(specialized(tiers.program, fixed), tiers.single, tiers.threads)

    return BySize(made, in_background)


def _sample(dim: int | str | None) -> int:
    return dim if isinstance(dim, int) else 4


def _notice(text: str) -> None:
    if text not in _NOTICED:
        _NOTICED.add(text)
        warnings.warn(text, UserWarning, stacklevel=2)
