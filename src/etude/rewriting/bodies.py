"""Rewriting within loops: the bodies that operators hold are rewritten as terms of their own, each once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from etude.ops.binders import Body
from etude.terms import Term, distinct, is_leaf, transform

__all__ = ["within_bodies"]


Change = Callable[[Sequence[Term]], Sequence[Term]]


def within_bodies(term: Term, change: Change) -> Term:
    """The term with the results of each body changed; bodies within bodies are up to `change`."""
    heads = {node._tuple[0] for node in distinct(term) if node._tuple}
    if not any("binder" in getattr(head, "properties", ()) for head in heads):
        return term
    made: dict[Body, Body] = {}

    def rewritten(node: Term) -> Term:
        if not _holds_bodies(node):
            return node
        attributes = [_changed(value, change, made) if isinstance(value, Body) else value for value in node.attributes]
        fresh: Term = node.head.apply(node.operands, tuple(attributes))
        return fresh

    return transform([term], rewritten)[0]


def _holds_bodies(node: Term) -> bool:
    return not is_leaf(node) and "binder" in getattr(node._tuple[0], "properties", ())


def _changed(body: Body, change: Change, made: dict[Body, Body]) -> Body:
    if body not in made:
        results = change(body.results)
        fits = all(new.type is old.type for new, old in zip(results, body.results, strict=True))
        made[body] = Body(results, body.count) if fits else body
    return made[body]
