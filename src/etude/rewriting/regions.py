"""Sums, products and quotients written in other ways as a whole: in lowest terms, or by common factors and Horner's rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from math import inf
from typing import Any

from etude.rewriting.compiled import Rules, compiled
from etude.rewriting.counting import Trees, has_operations
from etude.rewriting.engine import Engine
from etude.rewriting.expansion import PARTS, Poly, Relation, Unfit, denominators, expanded, is_part, monomials
from etude.rewriting.fitting import Refused, fit
from etude.rewriting.goals import Goal
from etude.rewriting.horner import horner_forms
from etude.rewriting.journal import Journal
from etude.rewriting.rational import ARITHMETIC, lowest_terms, region_roots
from etude.rewriting.rounding import rounds_as_well
from etude.rules import default
from etude.terms import Term, intern, postorder

__all__ = ["as_polynomials", "in_lowest_terms"]

_LEAST = 6  # operations from which a sum is written anew by Horner's rule
_COMPARED = 3  # the shortest forms of which the rounding is compared
_FEW, _SHORT = 6, 40  # parts and operations of a sum up to which it is tried where that is not to be thorough
_BARE = {1}
_NEAR = 5, 4  # by this ratio more operations than the sum may the first form have that leads on to others


def in_lowest_terms(root: Term, rules: Rules, goal: Goal, journal: Journal | None) -> Term:
    """The term with quotients of polynomials in lowest terms, where they are better so."""
    known = _known("lowest terms", rules, goal, journal)
    return _each_region(root, postorder(root), partial(_shortest, rules=rules, goal=goal, journal=journal), known)


def as_polynomials(
    root: Term, rules: Rules, goal: Goal, journal: Journal | None, mark: object = None, thorough: bool = True
) -> Term:
    """The term with its sums as polynomials in few parts, common factors out and by Horner's rule, where this is better.

    Terms that bear `mark` are known to have their best form. `thorough`: in up to eight parts, and by each of them first;
    otherwise sums of up to forty operations in six parts, with no more monomials than operations, by the commonest one, where
    that may leave fewer operations: nearly all of it in a third of the time.
    """
    order, trees = postorder(root), rules.trees
    trees.take(order)
    change = partial(_polynomial, goal=goal, journal=journal, trees=trees, mark=mark, thorough=thorough)
    found = _each_region(root, order, change, _known("polynomials", rules, goal, journal))
    return found if found is root or goal.measure(found, trees) < goal.measure(root, trees) else root


def _known(what: str, rules: Rules, goal: Goal, journal: Journal | None) -> dict[Term, Term]:
    """What came of sums that terms share which are rewritten together; a journal wants the steps each time."""
    if journal is not None or rules.heard is None:
        return {}
    found: dict[Term, Term] = rules.heard.written.setdefault((what, goal.name), {})
    return found


def _each_region(root: Term, order: list[Term], change: Callable[[Term], Term], known: dict[Term, Term]) -> Term:
    roots = region_roots(order)
    changed: dict[Any, Term] = {}
    for node in order:
        if not changed and node not in roots:
            continue
        fresh = node
        if changed and not changed.keys().isdisjoint(node._tuple):
            fresh = intern(tuple([changed.get(part, part) if type(part) is Term else part for part in node._tuple]), node.type)
        made = fresh
        if node in roots and fresh._tuple[0] in ARITHMETIC:
            if fresh not in known:
                known[fresh] = change(fresh)
            made = known[fresh]  # of the same type
        if made is not node:
            changed[node] = made
    return changed.get(root, root)


def _is_part(node: Term) -> bool:
    return node._tuple[0] not in ARITHMETIC


def _shortest(term: Term, rules: Rules, goal: Goal, journal: Journal | None) -> Term:
    if term.type.dtype.kind != "f" or not has_operations(term, 3):
        return term
    best, line = term, ""
    size = parts = None
    for name, form in lowest_terms(term):
        if size is None:
            size = goal.measure(term, rules.trees)
            parts = {part: part for part in postorder(term, stop=_is_part) if _is_part(part)}
        found = Engine(rules, normal=parts).run(form)
        fresh = goal.measure(found, rules.trees)
        if fresh < size and found.type is term.type:
            best, size, line = found, fresh, name
    if best is not term and journal is not None:
        rule = (default("fractions") + default("arithmetic"))[line]
        journal.record(rule.name, rule.file, rule.line, term, best)
    return best


def _polynomial(term: Term, goal: Goal, journal: Journal | None, trees: Trees, mark: object, thorough: bool) -> Term:
    if (mark is not None and term.normal_for is mark) or term.type.dtype.kind != "f":
        return term
    if not _LEAST <= trees[term] <= (inf if thorough else _SHORT):
        return term
    forms = {form: used for form, used in _forms(term, trees, thorough) if trees[form] <= trees[term] and form is not term}
    if not forms:
        return term
    size = goal.measure(term, trees)
    found = [(goal.measure(form, trees), form, used) for form, used in forms.items()]
    better = sorted([each for each in found if each[0][0] < size[0]], key=lambda each: each[0])
    for _, form, used in islice(better, _COMPARED):
        if rounds_as_well(form, term, None if thorough or used else is_part):  # related parts have no numbers of their own
            _recorded(journal, term, form, used)
            return form
    return term


def _forms(term: Term, trees: Trees, thorough: bool) -> Iterator[tuple[Term, list[Relation]]]:
    most, count = trees[term], PARTS if thorough else _FEW
    if not thorough and monomials(term) > most:
        return
    generators = compiled(default("generators"))
    below = denominators(term, generators, count)
    if below is None:
        return
    for relations, whole in [*([(generators, below)] if below else []), (generators, ()), (None, ())]:
        try:
            poly, parts, used = expanded(term, relations, 2 * most, whole, count)
        except Unfit as unfit:
            if not unfit.used and not whole:  # nor would it fit without the relations
                return
            continue
        least = _least(poly, parts, trees)
        for form in horner_forms(poly, parts, term.type.dtype) if least < most or (thorough and least == most) else ():
            try:
                yield form if form.type is term.type else fit(form, term), used
            except Refused:
                continue
            if not thorough or _NEAR[1] * trees[form] > _NEAR[0] * most:  # whole numbers, as these may be too large for a float
                break
        if not used and not whole:
            return


def _least(poly: Poly, parts: list[Term], trees: Trees) -> int:
    """Operations that any form has: taking factors out leaves as many additions, each part is computed, and each monomial
    takes the products of its parts and number, and a power for each exponent that it has.
    """
    met = {place for monomial in poly for place, _ in monomial}
    products = max([
        len(monomial) - (number == 1 or number == -1) + len({abs(exponent) for _, exponent in monomial} - _BARE)
        for monomial, number in poly.items()
    ], default=0)  # fmt: skip
    return len(poly) - 1 + max(products, 0) + sum([trees[parts[place]] for place in met])


def _recorded(journal: Journal | None, before: Term, after: Term, used: list[Relation]) -> None:
    if journal is None:
        return
    for rule, part, other in used:
        journal.record(rule.name, rule.file, rule.line, part, other)
    line = default("arithmetic")["common_factor"]
    journal.record(line.name, line.file, line.line, before, after)
