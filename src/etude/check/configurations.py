"""The types at which a rule is tried: those given, or each that its left side accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np

from etude.check.conditions import possible
from etude.ops import Op
from etude.ops.subscripts import ARRAY, FULL
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
_FEW = 3  # ways to choose attributes that are tried at each typing
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
        "spec": (
            (("slice", 1, None, None),), (0,), (("slice", None, None, -1),), (FULL, 1), (ARRAY,), (FULL, None), (ARRAY, ARRAY)
        ),
        "reps": ((2,), (1, 2), (2, 1)),
        "pad_width": (((1, 2),), ((0, 1), (2, 0))),
        "subscripts": ("a,a->", "ab,bc->ac", "ab,b->a", "a,b->ab", "ab,ab->b"),
    }
    default = op.attributes[name]
    if isinstance(default, bool):
        return (default, not default)
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
    condition: Any = None,
) -> Iterator[Configuration]:
    """Assignments of types, the plainest first. The caller drops those that the left side or the condition refuses."""
    free = tuple(name for name in names if name not in given)
    fixed = [{name: concrete(kind, sizes) for name, kind in given.items()} for sizes in _SIZES]
    if all(kind.is_static for kind in given.values()):
        fixed = fixed[:1]
    choices = [attribute_choices(op, name) for op, name in attributes.values()]
    ways = (values for values in product(*choices) if possible(condition, {}, dict(zip(attributes, values, strict=True))))
    every = list(islice(ways, 60))
    rng = np.random.default_rng(20_260)
    shapes = [[shape for shape in _SHAPES if possible(condition, {name: ArrayType("float64", shape)}, {})] for name in free]
    for types in islice(_typings(free, fixed, elementwise, dtypes, shapes), limit):
        # of many attributes a few at each typing, so that many typings have their turn
        some = every if not free or len(every) <= _FEW else [every[0], *(every[i] for i in rng.choice(len(every), _FEW))]
        for values in dict.fromkeys(some):
            yield Configuration(types, dict(zip(attributes, values, strict=True)))


def _typings(
    free: tuple[str, ...], fixed: list[dict[str, ArrayType]], elementwise: bool, dtypes: tuple[str, ...], shapes: list[Any]
) -> Iterator[dict[str, ArrayType]]:
    if not free:
        yield from fixed
        return
    if elementwise:
        yield from _scalar_typings(free, fixed, dtypes)
        typings: Any = ((chosen, ("float64",) * len(free)) for chosen in _elementwise_shapes(len(free)))
    else:
        typings = _mixed(_array_shapes(shapes), _other_typings(shapes, dtypes[1:]))
    for chosen, kinds in typings:
        yield {**fixed[0], **{name: ArrayType(d, s) for name, d, s in zip(free, kinds, chosen, strict=True)}}


_Typing = tuple[tuple[tuple[int, ...], ...], tuple[str, ...]]


def _array_shapes(shapes: list[Any]) -> Iterator[_Typing]:
    """All of one shape, where the conditions let them, then all ways of choosing, in an order that favors no variable."""
    count = len(shapes)
    ways = list(product(*shapes) if count <= 3 else islice(_drawn(shapes), 3000))
    order = np.random.default_rng(count).permutation(len(ways))
    for chosen in dict.fromkeys([*(_alike(shape, shapes) for shape in _SHAPES), *(ways[i] for i in order)]):
        if len(chosen) == count:
            yield chosen, ("float64",) * count


def _alike(shape: tuple[int, ...], shapes: list[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple([shape if shape in some else some[0] for some in shapes if some])


def _other_typings(shapes: list[Any], dtypes: tuple[str, ...]) -> Iterator[_Typing]:
    """Dtypes other than float64: of all variables, then of some."""
    count = len(shapes)
    if not all(shapes):
        return
    for dtype in dtypes:
        yield _alike((4,), shapes), (dtype,) * count
        yield _alike((4, 4), shapes), (dtype,) * count
    if count > 1:
        few = [[shape for shape in some if shape in ((4,), (4, 4), ())] or some for some in shapes]
        yield from islice(zip(_drawn(few), _drawn([("float64", *dtypes)] * count), strict=False), 300)


def _drawn(choices: list[Any]) -> Iterator[tuple[Any, ...]]:
    rng = np.random.default_rng(len(choices))
    while all(choices):
        yield tuple([some[rng.integers(0, len(some))] for some in choices])


def _mixed(first: Iterator[_Typing], second: Iterator[_Typing]) -> Iterator[_Typing]:
    """Two of the first for each of the second, then what is left."""
    ended = object()
    while (one := next(first, ended)) is not ended:
        yield one  # type: ignore[misc]  # not the sentinel
        yield from islice(first, 1)
        yield from islice(second, 1)
    yield from second


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
