"""The types at which a rule is tried: those given, or each that its left side accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np

from etude.ops import Op
from etude.terms import ArrayType

__all__ = ["DTYPES", "Configuration", "attribute_choices", "concrete", "configurations"]

DTYPES = ("float64", "int64", "float32", "bool", "complex128")
_SHAPES: tuple[tuple[int, ...], ...] = (
    (),
    (3,),
    (4,),
    (1,),
    (0,),
    (3, 4),
    (4, 3),
    (4, 4),
    (3, 1),
    (1, 4),
    (2, 3, 4),
    (0, 3),
    (2, 3, 3),
)
_ELEMENTWISE_SHAPES = ((3,), (3, 1), (1, 4), (2, 0), (2, 3, 4), (1,))
_NEEDED = ("dtype", "shape", "lower_bound", "upper_bound")  # attributes whose None is no value
_SIZES: tuple[dict[str, int], ...] = ({}, {"": 1}, {"": 0}, {"": 5})


@dataclass(frozen=True)
class Configuration:
    """Concrete types of the variables and values of the attributes."""

    types: dict[str, ArrayType]
    attributes: dict[str, Any]

    def __str__(self) -> str:
        return ", ".join(
            [*[f"{n}: {t}" for n, t in self.types.items()], *[f"{n}={v!r}" for n, v in self.attributes.items()]]
        )


def concrete(kind: ArrayType, sizes: Mapping[str, int]) -> ArrayType:
    """The type with its named and unknown sizes filled in; `sizes[""]`, if given, is every size."""
    return kind.with_shape(_filled(dim, place, sizes) for place, dim in enumerate(kind.shape))


def _filled(dim: Any, place: int, sizes: Mapping[str, int]) -> int:
    if isinstance(dim, int):
        return dim
    if "" in sizes:
        return sizes[""]
    return 3 + sum(map(ord, dim)) % 3 if isinstance(dim, str) else 3 + place


def attribute_choices(op: Op, name: str) -> tuple[Any, ...]:
    """Values to try for an attribute."""
    choices: dict[str, tuple[Any, ...]] = {
        "axis": (None, 0, 1, (0, 1), (0,), (1,), -1),
        "axes": (None, (1, 0), (0, 2, 1), (2, 0, 1), (0, 1)),
        "keepdims": (False, True),
        "k": (0, 1, -1),
        "offset": (0, 1, -1),
        "dtype": (np.dtype("float64"), np.dtype("float32"), np.dtype("int64"), np.dtype("bool")),
        "shape": ((3,), (3, 4), (12,), (2, 3, 4), (4, 3), (1,), (), (16, 16)),
        "repeats": (2, 1),
        "shift": (1, -2),
        "decimals": (0, 2),
        "index": (0, 1),
        "ddof": (0, 1),
        "lower_bound": (-0.5,),
        "upper_bound": (0.5,),
    }
    default = op.attributes[name]
    return tuple(
        dict.fromkeys([*([] if default is None and name in _NEEDED else [default]), *choices.get(name, ())])
    )


def configurations(
    names: tuple[str, ...],
    given: Mapping[str, ArrayType],
    attributes: Mapping[str, tuple[Op, str]],
    elementwise: bool,
    dtypes: tuple[str, ...],
    limit: int,
) -> Iterator[Configuration]:
    """Assignments of types, the plainest first. The caller drops those that the left side refuses."""
    free = tuple(name for name in names if name not in given)
    fixed = [{name: concrete(kind, sizes) for name, kind in given.items()} for sizes in _SIZES]
    if all(kind.is_static for kind in given.values()):
        fixed = fixed[:1]
    choices = [attribute_choices(op, name) for op, name in attributes.values()]
    for types in islice(_typings(free, fixed, elementwise, dtypes), limit):
        for values in islice(product(*choices), 60):
            yield Configuration(types, dict(zip(attributes, values, strict=True)))


def _typings(
    free: tuple[str, ...], fixed: list[dict[str, ArrayType]], elementwise: bool, dtypes: tuple[str, ...]
) -> Iterator[dict[str, ArrayType]]:
    if not free:
        yield from fixed
        return
    if elementwise:
        yield from _scalar_typings(free, fixed, dtypes)
        shapes: Any = _elementwise_shapes(len(free))
    else:
        shapes = product(_SHAPES, repeat=len(free)) if len(free) <= 3 else product(_SHAPES[:6], repeat=len(free))
    for shape in shapes:
        yield {**fixed[0], **{name: ArrayType("float64", s) for name, s in zip(free, shape, strict=True)}}
    if not elementwise:
        for dtype in dtypes[1:]:
            for shape in product(((4,), (3, 3), ()), repeat=len(free)):
                yield {**fixed[0], **{name: ArrayType(dtype, s) for name, s in zip(free, shape, strict=True)}}


def _scalar_typings(
    free: tuple[str, ...], fixed: list[dict[str, ArrayType]], dtypes: tuple[str, ...]
) -> Iterator[dict[str, ArrayType]]:
    same = [(dtype,) * len(free) for dtype in dtypes]
    mixed = [p for p in islice(product(dtypes, repeat=len(free)), 700) if len(set(p)) > 1 and len(free) <= 4]
    order = sorted(mixed, key=lambda p: (sum(d != "float64" for d in p), sum(d == "complex128" for d in p)))
    for chosen in [
        same[0],
        *[p for p in order if _one_is_boolean(p)],
        *same[1:],
        *[p for p in order if not _one_is_boolean(p)],
    ]:
        yield {**fixed[0], **{name: ArrayType(dtype) for name, dtype in zip(free, chosen, strict=True)}}


def _one_is_boolean(dtypes: tuple[str, ...]) -> bool:
    return set(dtypes) == {"bool", "float64"}


def _elementwise_shapes(count: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    for start in range(len(_ELEMENTWISE_SHAPES)):
        for step in (0, 1) if count > 1 else (0,):
            yield tuple(_ELEMENTWISE_SHAPES[(start + step * i) % len(_ELEMENTWISE_SHAPES)] for i in range(count))
    for one in range(count if count > 1 else 0):
        yield tuple((3, 4) if i == one else () for i in range(count))
