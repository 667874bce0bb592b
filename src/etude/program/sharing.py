"""Equal work written in different ways, done once: a cost and its simplified gradient hold such parts."""

from __future__ import annotations

from collections.abc import Sequence

from etude.ops import Op
from etude.rewriting.compiled import compiled
from etude.rewriting.engine import Engine
from etude.rewriting.pipeline import normalize
from etude.rules import RuleSet, default
from etude.terms import Term, distinct, is_constant, is_symbol, postorder, replace

__all__ = ["less_work", "share_work"]

LONGEST = 20_000  # distinct nodes; beyond, looking for equal work costs more than it saves
_CHEAP = frozenset(
    "add subtract multiply negative positive square abs sign maximum minimum where copy astype getitem take reshape "
    "transpose matrix_transpose swapaxes expand_dims squeeze broadcast_to flip concatenate stack item".split()
)


def less_work(roots: Sequence[Term]) -> list[Term]:
    """The terms as a program computes them: rewritten by the rules of `programs`, equal work shared."""
    terms = distinct(*roots)
    if len(terms) > LONGEST:
        return list(roots)
    rules = default("programs")
    if any(compiled(rules).fire(term) is not None for term in terms if type(term._tuple[0]) is Op):
        roots = [normalize(root, rules) for root in roots]
    return share_work(roots)


def share_work(roots: Sequence[Term]) -> list[Term]:
    """The terms, where costly parts that are equal by arithmetic are one part.

    Parts are equal when their normal forms are. They become that form, where it reads the same symbols; a part that stands
    alone stays as it is written.
    """
    order = postorder(*roots)
    costly = [term for term in order if _is_costly(term)] if len(order) <= LONGEST else []
    if len(costly) < 2:
        return list(roots)
    engine = Engine(compiled(RuleSet([])), None)
    for root in roots:
        engine.run(root)
    forms = {term: engine.memo[term] for term in costly if term in engine.memo and engine.memo[term].type == term.type}
    written: dict[Term, int] = {}
    for form in forms.values():
        written[form] = written.get(form, 0) + 1
    several = [form for form, count in written.items() if count > 1 and not is_constant(form) and not is_symbol(form)]
    below = set(postorder(*several))
    merged = {term: form for term, form in forms.items() if form in below and form is not term and _keeps_leaves(term, form)}
    return replace(roots, merged)


def _keeps_leaves(term: Term, form: Term) -> bool:
    """Whether the form reads all that the term reads: x / x is no number where x is none, and 1 would be one."""
    return _symbols(term) == _symbols(form)


def _symbols(term: Term) -> set[Term]:
    return {node for node in postorder(term) if is_symbol(node)}


def _is_costly(term: Term) -> bool:
    op = term._tuple[0]
    return isinstance(op, Op) and op.name not in _CHEAP and "binder" not in op.properties and bool(term.operands)
