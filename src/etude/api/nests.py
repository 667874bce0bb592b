"""Nested tuples, lists and dicts of Arrays: taken apart into terms, and put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from etude.api.array import Array, as_term, wrap
from etude.terms import Term

__all__ = ["leaves", "paths", "rebuilt", "structure"]


def _parts(value: Any) -> list[tuple[Any, Any]] | None:
    """The keys and parts of a container; None for a leaf."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (tuple, list)) and not isinstance(value, Term):
        return list(enumerate(value))
    return [] if value is None else None


def paths(value: Any, name: str) -> list[tuple[str, Any]]:
    """Each leaf with its place, as in `carry[0]['h']`."""
    parts = _parts(value)
    if parts is None:
        return [(name, value)]
    return [leaf for key, part in parts for leaf in paths(part, f"{name}[{key!r}]")]


def leaves(value: Any) -> list[Term]:
    """The terms of the leaves: Arrays, numbers and NumPy arrays."""
    return [as_term(leaf) for _, leaf in paths(value, "")]


def structure(value: Any) -> Any:
    """What two values have in common that differ only in their leaves."""
    parts = _parts(value)
    if parts is None:
        return "leaf"
    return (type(value).__name__, tuple([(key, structure(part)) for key, part in parts]))


def rebuilt(like: Any, terms: Sequence[Term]) -> Any:
    """`like` with these terms as its leaves, each as an Array."""
    return _filled(like, iter([wrap(term) for term in terms]))


def _filled(like: Any, arrays: Iterator[Array]) -> Any:
    if like is None:
        return None
    if isinstance(like, dict):
        return {key: _filled(part, arrays) for key, part in like.items()}
    if isinstance(like, (tuple, list)) and not isinstance(like, Term):
        made = [_filled(part, arrays) for part in like]
        return type(like)(*made) if hasattr(like, "_fields") else type(like)(made)
    return next(arrays)
