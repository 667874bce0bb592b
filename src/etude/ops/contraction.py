"""Einstein sums of two operands; those that are matrix products or outer products become them."""

from __future__ import annotations

import numpy as np

from etude.errors import ShapeError
from etude.ops.arithmetic import multiply
from etude.ops.axes import fitting_dim
from etude.ops.layout import expand_dims, matrix_transpose, transpose
from etude.ops.op import Attributes, Op, Types, register
from etude.ops.products import matmul
from etude.terms import ArrayType, Dim, Term

__all__ = ["einsum", "letters"]


def letters(subscripts: str) -> tuple[str, str, str]:
    """The letters of both operands and of the result."""
    operands, _, result = subscripts.partition("->")
    left, _, right = operands.partition(",")
    return left, right, result


def _canonical(types: Types, attributes: Attributes) -> Attributes:
    """Letters in order of appearance, so that equal sums are spelled alike."""
    order = dict.fromkeys(letter for letter in attributes[0] if letter.isalpha())
    names = dict(zip(order, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=False))
    return ("".join(names.get(letter, letter) for letter in attributes[0]),)


def _einsum_type(types: Types, attributes: Attributes) -> ArrayType:
    left, right, result = letters(attributes[0])
    sizes: dict[str, Dim] = {}
    for position, (names, kind) in enumerate(zip((left, right), types, strict=True), 1):
        if len(names) != kind.ndim or len(set(names)) < len(names):
            raise ShapeError(f"operand {position} of {kind.ndim} dimensions does not fit {attributes[0]!r}")
        for name, dim in zip(names, kind.shape, strict=True):
            sizes[name] = fitting_dim(sizes.get(name), dim, f"sizes of index {name!r}") if name in sizes else dim
    alone = [name for name in sizes if (name in left) + (name in right) + (name in result) < 2]
    if alone or not set(result) <= set(sizes):
        raise ShapeError(f"{attributes[0]!r} names an index once only; sum it away before")
    dtype = np.matmul.resolve_dtypes((types[0].dtype, types[1].dtype, None))[2]
    return ArrayType(dtype, [sizes[name] for name in result])


def _permuted(term: Term, names: str, wanted: str) -> Term:
    return transpose(term, axes=tuple([names.index(name) for name in wanted])) if len(names) > 1 else term


def _aligned(term: Term, names: str, result: str) -> Term:
    """Axes in the order of the result, with axes of size 1 where the operand has none."""
    ordered = _permuted(term, names, "".join(name for name in result if name in names))
    return expand_dims(ordered, axis=tuple([place for place, name in enumerate(result) if name not in names]))


def _einsum_build(op: Op, operands: tuple[Term, ...], attributes: Attributes) -> Term | None:
    a, b = operands
    left, right, result = letters(attributes[0])
    summed = [name for name in left if name not in result]
    if not summed:
        return multiply(_aligned(a, left, result), _aligned(b, right, result))
    if len(summed) > 1 or any(name in right and name in result for name in left) or max(len(left), len(right)) > 2:
        return None
    (name,) = summed
    first = a if left.endswith(name) else matrix_transpose(a)
    second = b if right.startswith(name) else matrix_transpose(b)
    product = matmul(first, second)
    natural = (left + right).replace(name, "")
    return product if natural == result else matrix_transpose(product)


einsum = register(Op(
    "einsum", ("a", "b"), lambda a, b, subscripts: np.einsum(subscripts, a, b, optimize=True), _einsum_type,
    attributes={"subscripts": "a,a->"}, canonical=_canonical, build=_einsum_build,
    doc="the sum of products over the indices that are not in the result",
))  # fmt: skip
