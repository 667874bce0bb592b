"""Loops whose bodies are ordinary functions of Arrays: `scan`, `while_loop`, `map`, and the choice `cond`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from etude.api.array import Array, as_term
from etude.api.nests import leaves, paths, rebuilt, structure
from etude.errors import ShapeError, TermTypeError
from etude.ops import CATALOGUE
from etude.ops.binders import closed, item_type, lazily_closed, mapped_over
from etude.terms import ArrayType, Term, symbol

__all__ = ["cond", "map_", "scan", "while_loop"]

_scan, _cond, _item, _astype = (CATALOGUE[name] for name in ("scan", "cond", "item", "astype"))
_WEAK = (bool, int, float, complex)


def scan(
    step: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    until: Callable[[Any, Any], Any] | None = None,
) -> tuple[Any, Any]:
    """A loop that carries values from step to step: `step(carry, x) -> (carry, y)` for each item `x` of `xs`.

    init: the first carry, an Array or a nested tuple, list or dict of them; each step gives a carry of the same
    structure, shapes and dtypes (integers in `init` become floating where the step makes them so).
    xs: Arrays (nested alike) whose items along the first axis are taken in turn; None: `x` is None, and `length` says
    how many steps there are. A `step` with one argument for each of several `xs` gets them one by one.
    reverse: the items are taken from the last to the first; `ys` keep the places of their items.
    until: `until(carry, y)`, a boolean of shape (), tested after each step. The step where it holds is the last one.

    Returns the last carry, and the `y` of all steps stacked along a new first axis (None where `y` is None). Gradients
    of every order and mode pass through, also to Arrays that `step` closes over.

    Raises ShapeError for sequences of unequal lengths, TermTypeError where a carry changes its type, naming the leaf.

    >>> import etude as et
    >>> x = et.symbol("x", (4,))
    >>> total, sums = et.scan(lambda c, item: (c + item, c + item), 0.0, x)
    >>> sums.eval({x: [1.0, 2.0, 3.0, 4.0]})
    array([ 1.,  3.,  6., 10.])
    """
    rows = leaves(xs)
    for (place, _), row in zip(paths(xs, "xs"), rows, strict=True):
        if row.type.ndim == 0:
            raise ShapeError(f"scan: {place} has shape (); a sequence has a first axis")
    count = _count(length, rows, until)
    items = [_fresh(item_type(row.type)) for row in rows]
    spread = _spreads(step, xs)

    def run(carry: Any) -> tuple[Any, ...]:
        x = rebuilt(xs, items)
        result = step(carry, *x) if spread else step(carry, x)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(f"scan: step returns a tuple (carry, y), not {type(result).__name__}")
        return result

    start, carries, (carry, y) = _settled(run, init, "scan")
    results = [*leaves(carry), *leaves(y)]
    if until is not None:
        results.append(_predicate(until(carry, y), "until"))
    body, outside = closed([*carries, *items], results)
    attributes = (body, len(carries), len(items), count, bool(reverse), until is not None, None)
    made = _projections(_scan.apply((*start, *rows, *outside), attributes))
    return rebuilt(carry, made[: len(carries)]), rebuilt(y, made[len(carries) :])


def while_loop(cond: Callable[[Any], Any], body: Callable[[Any], Any], init: Any) -> Any:
    """`body` applied again and again to a carry that begins as `init`, while `cond(carry)` holds.

    The carry is an Array or a nested tuple, list or dict; it keeps its structure, shapes and dtypes. Derivatives of
    every mode and order pass through the steps that are taken; for the gradient the carries of all steps are kept.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> float(et.while_loop(lambda v: v < 100, lambda v: v * v, x).eval({x: 3.0}))
    6561.0
    """
    start, carries, (carry, _) = _settled(lambda values: (body(values), None), init, "while_loop")
    test = _predicate(cond(rebuilt(carry, carries)), "cond")
    step, outside = closed(carries, leaves(carry))
    check, outside = closed(carries, test, outside)
    step, outside = closed(carries, leaves(carry), outside)
    made = _scan.apply((*start, *outside), (step, len(carries), 0, None, False, False, check))
    return rebuilt(carry, _projections(made))


def cond(pred: Any, if_true: Callable[..., Any], if_false: Callable[..., Any], *operands: Any) -> Any:
    """`if_true(*operands)` where `pred` holds, else `if_false(*operands)`; only that branch is computed.

    pred: a boolean of shape (). The branches give Arrays of the same dtypes and shapes, nested alike, and may close over
    Arrays. The branch not taken contributes an exact zero to gradients. For a choice element by element see `where`.

    >>> import etude as et
    >>> x = et.scalar("x")
    >>> y = et.cond(x > 0, et.sqrt, lambda v: 0.0 * v, x)
    >>> float(et.grad(y, x).eval({x: 0.25})), float(et.grad(y, x).eval({x: -1.0}))
    (1.0, 0.0)
    """
    given = leaves(operands)
    inner = [_fresh(term.type) for term in given]
    branches = [branch(*rebuilt(operands, inner)) for branch in (if_true, if_false)]
    if structure(branches[0]) != structure(branches[1]):
        raise TypeError("cond: the branches return different structures; return the same nesting of Arrays from both")
    results = [leaves(branch) for branch in branches]
    results = list(map(list, zip(*[_alike(*pair) for pair in zip(*results, strict=True)], strict=True))) or [[], []]
    outer = list(dict.fromkeys([*_captured(if_true), *_captured(if_false)]))
    _, first = lazily_closed(inner, [*results[0], *results[1]], outer)
    stops = [*first, *[term for term in outer if term not in first]]
    bodies = [closed_over(inner, result, stops) for result in results]
    made = _cond.apply((_predicate(pred, "pred"), *given, *stops), tuple(bodies))
    return rebuilt(branches[0], _projections(made))


def map_(fun: Callable[..., Any], xs: Any) -> Any:
    """`fun` of each item of `xs` along the first axis, the results stacked along a new one.

    xs: an Array, or a nested tuple, list or dict of Arrays of one length; `fun` gets an item nested alike.

    >>> import etude as et
    >>> A = et.symbol("A", (2, 3))
    >>> et.map(lambda row: et.sum(row), A).eval({A: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]})
    array([ 6., 15.])
    """
    rows = leaves(xs)
    if not rows:
        raise TypeError("map: xs holds no Array to map over")
    items = [_fresh(item_type(row.type)) for row in rows]
    made = fun(rebuilt(xs, items))
    results = leaves(made)
    if len(results) == 1:
        return rebuilt(made, [mapped_over(rows, items, results[0])])
    return scan(lambda _, x: ((), fun(x)), (), xs)[1]


# ---------------------------------------------------------------- their parts


def _fresh(kind: ArrayType) -> Term:
    return symbol(None, kind.shape, kind.dtype)


def _projections(term: Term) -> list[Term]:
    return [_item.apply((term,), (place,)) for place in range(len(term.type.items))]


def _count(length: Any, rows: Sequence[Term], until: Any) -> int | None:
    if length is None:
        if not rows and until is None:
            raise ValueError("scan: without xs, length says how many steps there are")
        return None
    if isinstance(length, (bool, np.bool_)) or not isinstance(length, (int, np.integer)):
        raise TypeError(f"scan: length is an int, not {type(length).__name__}")
    if length < 0:
        raise ValueError(f"scan: length is {length}; it cannot be negative")
    return int(length)


def _spreads(step: Callable[..., Any], xs: Any) -> bool:
    """Whether the step takes the items of several sequences as arguments of their own."""
    if not isinstance(xs, (tuple, list)):
        return False
    try:
        parameters = inspect.signature(step).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    return len(needed) == len(xs) + 1 and len(needed) != 2


def _settled(run: Callable[[Any], tuple[Any, ...]], init: Any, what: str) -> tuple[list[Term], list[Term], tuple[Any, ...]]:
    """The first carry, the symbols in its place, and what a step makes of these; numbers take the step's dtype."""
    start = leaves(init)
    weak = [isinstance(leaf, _WEAK) for _, leaf in paths(init, "")]
    for _ in range(3):
        carries = [_fresh(term.type) for term in start]
        carry, y = run(rebuilt(init, carries))
        if structure(carry) != structure(init):
            raise TypeError(f"{what}: a step returns a carry of another structure than init has; return the same nesting")
        wanted = [_wanted(a.type, b.type, soft) for a, b, soft in zip(start, leaves(carry), weak, strict=True)]
        if all(kind is term.type for kind, term in zip(wanted, start, strict=True)):
            break
        start = [_cast(term, kind) for term, kind in zip(start, wanted, strict=True)]
    for (place, _), before, after in zip(paths(init, "init"), start, leaves(carry), strict=True):
        if after.type.dtype != before.type.dtype or after.type.ndim != before.type.ndim or _differ(before.type, after.type):
            raise TermTypeError(
                f"{what}: {place} is {before.type}, but a step makes it {after.type}; give init that type, or cast in the step"
            )
    return start, carries, (carry, y)


def _wanted(before: ArrayType, after: ArrayType, weak: bool) -> ArrayType:
    """The type that a carry should begin with: integers give way to floating numbers, and Python's numbers to arrays' dtypes."""
    if before.dtype == after.dtype:
        return before
    widens = before.dtype.kind in "biu" and after.dtype.kind in "fc"
    return before.with_dtype(after.dtype) if weak or widens else before


def _differ(one: ArrayType, other: ArrayType) -> bool:
    return any(
        isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(one.shape, other.shape, strict=True)
    )


def _cast(term: Term, kind: ArrayType) -> Term:
    return term if term.type is kind else _astype.apply((term,), (kind.dtype,))


def _predicate(value: Any, name: str) -> Term:
    term = as_term(value)
    if term.type.dtype.kind != "b" or term.type.ndim:
        raise TermTypeError(f"{name} gives {term.type}; a boolean of shape () is wanted, as from a comparison or et.all")
    return term


def _alike(left: Term, right: Term) -> tuple[Term, Term]:
    """Both in one dtype."""
    dtype = np.result_type(left.type.dtype, right.type.dtype)
    return _cast(left, left.type.with_dtype(dtype)), _cast(right, right.type.with_dtype(dtype))


def _captured(function: Any) -> list[Term]:
    """The Arrays that a function closes over, which exist before it runs."""
    cells = getattr(function, "__closure__", None) or ()
    found: list[Term] = []
    for cell in cells:
        try:
            held = cell.cell_contents
        except ValueError:
            continue
        found += [value.term for _, value in paths(held, "") if isinstance(value, Array)]
    return found


def closed_over(inner: Sequence[Term], results: Sequence[Term], outer: Sequence[Term]) -> Any:
    """The body over `inner` and then `outer`, which are all that the results hold."""
    body, _ = lazily_closed([*inner, *outer], results, ())
    return body


