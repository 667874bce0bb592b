"""Operators with bodies as functions: each body compiled once, and called for every item or step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from etude.backends.namespaces import Namespace
from etude.ops import Op
from etude.ops.loops import run_cond, run_scan
from etude.program import Program, body_programs
from etude.program.meaning import keyword_arguments

__all__ = ["binder_function"]

Compile = Callable[[Program, Namespace], Callable[..., Any]]


def binder_function(
    op: Op, attributes: tuple[Any, ...], kinds: Sequence[Any], namespace: Namespace, compile_body: Compile
) -> Callable[..., Any]:
    """The function of the operands alone that an operator with bodies is."""
    runs = [compile_body(program, namespace) for program in body_programs(op, attributes, tuple(kinds))]
    named = keyword_arguments(op, attributes)
    if op.name == "cond":
        return partial(_choose, *runs)
    if op.name == "map":
        return partial(_mapped, runs[0], named, namespace)
    condition = runs[1] if len(runs) > 1 else None

    def loop(*values: Any) -> tuple[Any, ...]:
        return run_scan(runs[0], condition, values, named, namespace.module)

    return loop


def _choose(if_true: Any, if_false: Any, pred: Any, *values: Any) -> tuple[Any, ...]:
    return run_cond(if_true, if_false, pred, values)


def _mapped(run: Any, named: dict[str, Any], namespace: Namespace, *values: Any) -> Any:
    attributes = {
        **named, "carries": 0, "sequences": named["mapped"], "length": None, "reverse": False, "stops": False,
    }  # fmt: skip
    return run_scan(run, None, values, attributes, namespace.module)[0]

