"""Equal work written in different ways, done once: a cost and its simplified gradient hold such parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from etude.ops import Op
from etude.rewriting.chains import in_best_order
from etude.rewriting.compiled import compiled
from etude.rewriting.engine import Engine
from etude.rewriting.pipeline import normalize
from etude.rules import RuleSet, default
from etude.terms import Term, distinct, is_symbol, postorder, replace

__all__ = ["less_work", "share_work"]

LONGEST = 20_000  # distinct nodes; beyond, looking for equal work costs more than it saves
_CHEAP = frozenset(
    "add subtract multiply negative positive square abs sign maximum minimum where copy astype getitem take reshape "
    "transpose matrix_transpose swapaxes expand_dims squeeze broadcast_to flip concatenate stack item".split()
)


def less_work(roots: Sequence[Term]) -> list[Term]:
    """The terms as a program computes them: rewritten by the rules of `programs`, chains in best order, equal work shared."""
    terms = distinct(*roots)
    if len(terms) > LONGEST:
        return list(roots)
    rules = default("programs")
    if any(compiled(rules).fire(term) is not None for term in terms if type(term._tuple[0]) is Op):
        roots = [normalize(root, rules) for root in roots]
    return share_work(in_best_order(roots))


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
    forms = _beside_each_other(forms, order)
    several = [form for form, count in Counter(forms.values()).items() if count > 1 and form.operands]
    below = set(postorder(*several))
    merged = {term: form for term, form in forms.items() if form in below and form is not term and _keeps_leaves(term, form)}
    return replace(roots, merged)


def _beside_each_other(forms: dict[Term, Term], order: Sequence[Term]) -> dict[Term, Term]:
    """The parts with their forms, but for those in which another part of the same form occurs: sqrt(x)**2 is no second x."""
    bits: dict[Term, int] = {}
    for form, count in Counter(forms.values()).items():
        if count > 1:
            bits[form] = 1 << len(bits)
    if not bits:
        return forms
    found: dict[Term, Term] = {}
    inside: dict[Term, int] = {}  # the forms that occur in a term, itself included, as bits
    for term in order:
        own = bits.get(forms[term], 0) if term in forms else 0
        below = 0
        for part in term._tuple:
            if type(part) is Term:
                below |= inside[part]
        inside[term] = own | below
        if term in forms and not own & below:
            found[term] = forms[term]
    return found


def _keeps_leaves(term: Term, form: Term) -> bool:
    """Whether the form reads all that the term reads: x / x is no number where x is none, and 1 would be one."""
    return _symbols(term) == _symbols(form)


def _symbols(term: Term) -> set[Term]:
    return {node for node in postorder(term) if is_symbol(node)}


def _is_costly(term: Term) -> bool:
    op = term._tuple[0]
    return isinstance(op, Op) and op.name not in _CHEAP and "binder" not in op.properties and bool(term.operands)
