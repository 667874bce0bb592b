"""Rule patterns compiled to closures that match typed terms and bind variables.

A pattern becomes a chain of small functions, each of which gets the list of bindings, checks one thing and calls the
next; what the last one returns is the result. Commutative operators try both orders by calling the next one twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etude.ops import Op
from etude.rewriting.fitting import number_of
from etude.rewriting.opposites import NEGATIVE, are_opposite
from etude.rules import pattern_parts
from etude.terms import Term, Variable, is_typed

__all__ = ["INTEGER_ARITHMETIC", "Compiler", "Next", "heads_below", "resembles"]

Next = Callable[[list[Any]], Any]
INTEGER_ARITHMETIC = frozenset(
    "add subtract multiply negative power square sum prod cumsum cumprod "
    "dot matmul inner outer tensordot einsum trace".split()
)


class Compiler:
    """Compiles the left side of one rule. Slot 0 holds the subject, slot 1 belongs to the caller."""

    def __init__(self, domain: str = "real"):
        self.domain = domain
        self.slots: dict[Variable, int] = {}
        self.size = 2
        self.steps: list[Callable[[Next], Next]] = []

    def compile(self, pattern: Any, then: Next) -> Next:
        self.visit(pattern, 0)
        return self.chain(then)

    def chain(self, then: Next) -> Next:
        for step in reversed(self.steps):
            then = step(then)
        return then

    def fresh(self) -> int:
        self.size += 1
        return self.size - 1

    def visit(self, pattern: Any, slot: int) -> None:
        """Plan the checks that `pattern` makes of what is in `slot`."""
        if isinstance(pattern, Variable):
            if pattern in self.slots:
                self.steps.append(_same(slot, self.slots[pattern]))
            else:
                self.slots[pattern] = slot
        elif is_typed(pattern):
            self.steps.append(_identical(slot, pattern))
        elif isinstance(pattern, Term):
            self.visit_term(pattern, slot)
        else:
            self.steps.append(_literal(slot, pattern))

    def visit_term(self, pattern: Term, slot: int) -> None:
        op = pattern._tuple[0]
        operands = pattern.operands
        if op is NEGATIVE and operands[0] in self.slots:
            self.steps.append(_opposite(slot, self.slots[operands[0]]))
            return
        stars = [i for i, part in enumerate(operands) if isinstance(part, Variable) and part.star]
        places = [self.fresh() for _ in operands]
        attributes = self.plan_attributes(op, pattern.attributes)
        guard = self.domain == "real" and isinstance(op, Op) and op.name in INTEGER_ARITHMETIC
        if stars:
            self.steps.append(_variadic(slot, op, stars[0], places, attributes, guard))
        elif len(operands) == 2 and "commutative" in getattr(op, "properties", ()) and operands[0] != operands[1]:
            self.steps.append(_either_order(slot, op, places, attributes, guard))
        else:
            self.steps.append(_head(slot, op, places, attributes, guard))
        for place, part in sorted(zip(places, operands, strict=True), key=lambda pair: _breadth(pair[1])):
            self.visit(part, place)

    def plan_attributes(self, op: Any, values: tuple[Any, ...]) -> tuple[tuple[int, Any, int | None], ...]:
        """(position from the end, value or slot to compare with, slot to fill) for each attribute."""
        plan: list[tuple[int, Any, int | None]] = []
        for position, value in enumerate(values):
            place = position - len(values)
            if isinstance(value, Variable):
                if value in self.slots:
                    plan.append((place, _Slot(self.slots[value]), None))
                else:
                    self.slots[value] = self.fresh()
                    plan.append((place, None, self.slots[value]))
            else:
                plan.append((place, _canonical_value(op, position, value), None))
        return tuple(plan)


class _Slot:
    """An attribute that is to equal what another place holds."""

    __slots__ = ("place",)

    def __init__(self, place: int):
        self.place = place


def _canonical_value(op: Any, position: int, value: Any) -> Any:
    return (
        (value,)
        if isinstance(value, int) and not isinstance(value, bool) and list(op.attributes)[position] == "axis"
        else value
    )


def _breadth(pattern: Any) -> int:
    """Variables last, so that they are bound by more specific neighbours first."""
    if isinstance(pattern, Variable):
        return 2
    return 0 if isinstance(pattern, Term) else 1


def heads_below(pattern: Any, whole: Any = None) -> Any:
    """The head that a part must have; None where any will do, as for the negative of what stands elsewhere in the whole."""
    minus = isinstance(pattern, Term) and pattern._tuple[0] is NEGATIVE and isinstance(pattern._tuple[1], Variable)
    if minus and list(pattern_parts(whole)).count(pattern._tuple[1]) > 1:
        return None
    return pattern._tuple[0] if isinstance(pattern, Term) and not is_typed(pattern) else None


def resembles(pattern: Any, term: Any) -> bool:
    """Whether a term has the operators of a pattern, told without compiling it; one that has not does not match."""
    if type(term) is not Term or not isinstance(pattern, Term) or is_typed(pattern) or pattern._tuple[0] is NEGATIVE:
        return True
    asked, parts = pattern._tuple, term._tuple
    if parts[0] is not asked[0] or len(parts) != len(asked):
        return parts[0] is asked[0]
    if all(map(resembles, asked[1:], parts[1:])):
        return True
    turned = len(parts) == 3 and "commutative" in getattr(asked[0], "properties", ())
    return turned and resembles(asked[1], parts[2]) and resembles(asked[2], parts[1])


# ---------------------------------------------------------------- one check each


def _same(slot: int, other: int) -> Callable[[Next], Next]:
    def step(then: Next) -> Next:
        def run(env: list[Any]) -> Any:
            return (
                then(env)
                if env[slot] is env[other] or (type(env[slot]) is not Term and env[slot] == env[other])
                else None
            )

        return run

    return step


def _opposite(slot: int, other: int) -> Callable[[Next], Next]:
    def step(then: Next) -> Next:
        def run(env: list[Any]) -> Any:
            one, two = env[slot], env[other]
            return then(env) if type(one) is type(two) is Term and are_opposite(one, two) else None

        return run

    return step


def _identical(slot: int, term: Term) -> Callable[[Next], Next]:
    def step(then: Next) -> Next:
        return lambda env: then(env) if env[slot] is term else None

    return step


def _literal(slot: int, value: Any) -> Callable[[Next], Next]:
    logical = isinstance(value, bool)

    def step(then: Next) -> Next:
        def run(env: list[Any]) -> Any:
            found = number_of(env[slot])
            if (
                found is None
                or isinstance(found, bool) is not logical
                or not (found == value or (found != found and value != value))
            ):
                return None
            return then(env)

        return run

    return step


def _attributes_fit(parts: tuple[Any, ...], plan: tuple[Any, ...], env: list[Any]) -> bool:
    for place, wanted, target in plan:
        value = parts[place]
        if target is not None:
            env[target] = value
        elif type(wanted) is _Slot:
            if value != env[wanted.place]:
                return False
        elif value != wanted or isinstance(value, bool) is not isinstance(wanted, bool):
            return False
    return True


def _wraps(term: Term) -> bool:
    return term.type.dtype.kind in "biu"


def _head(slot: int, op: Any, places: list[int], plan: tuple[Any, ...], guard: bool) -> Callable[[Next], Next]:
    width = 1 + len(places) + len(plan)
    numbered = tuple(enumerate(places, 1))

    def step(then: Next) -> Next:
        def run(env: list[Any]) -> Any:
            subject = env[slot]
            parts = subject._tuple
            if parts[0] is not op or len(parts) != width or (guard and _wraps(subject)):
                return None
            if plan and not _attributes_fit(parts, plan, env):
                return None
            for position, place in numbered:
                env[place] = parts[position]
            return then(env)

        return run

    return step


def _either_order(slot: int, op: Any, places: list[int], plan: tuple[Any, ...], guard: bool) -> Callable[[Next], Next]:
    left, right = places
    width = 3 + len(plan)

    def step(then: Next) -> Next:
        def run(env: list[Any]) -> Any:
            subject = env[slot]
            parts = subject._tuple
            if parts[0] is not op or len(parts) != width or (guard and _wraps(subject)):
                return None
            if plan and not _attributes_fit(parts, plan, env):
                return None
            env[left], env[right] = parts[1], parts[2]
            found = then(env)
            if found is not None:
                return found
            env[left], env[right] = parts[2], parts[1]
            return then(env)

        return run

    return step


def _variadic(
    slot: int, op: Any, star: int, places: list[int], plan: tuple[Any, ...], guard: bool
) -> Callable[[Next], Next]:
    before, after = places[:star], places[star + 1 :]
    middle = places[star]

    def step(then: Next) -> Next:
        def run(env: list[Any]) -> Any:
            subject = env[slot]
            parts = subject._tuple
            stop = len(parts) - len(plan)
            if parts[0] is not op or stop - 1 < len(before) + len(after) or (guard and _wraps(subject)):
                return None
            if plan and not _attributes_fit(parts, plan, env):
                return None
            for offset, place in enumerate(before, 1):
                env[place] = parts[offset]
            for offset, place in enumerate(after):
                env[place] = parts[stop - len(after) + offset]
            env[middle] = parts[1 + len(before) : stop - len(after)]
            return then(env)

        return run

    return step
