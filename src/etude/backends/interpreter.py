"""Programs too large for Python's compiler run as a loop over instruction tuples in a few registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etude.backends.bodies import binder_function
from etude.backends.namespaces import Namespace, scalar_operator
from etude.backends.source import compiled_body
from etude.ops import Op
from etude.ops.indexing import IN_PLACE
from etude.program import Ownership, Plan, Program
from etude.program.meaning import keyword_arguments
from etude.terms import ArrayType, bulk

__all__ = ["interpreter"]

Code = list[tuple[Callable[..., Any], int, int, int]]

_ONE = -1  # in place of the second operand: the function takes one operand
_ALL = -2  # the function takes all registers


@bulk()
def interpreter(program: Program, plan: Plan, namespace: Namespace) -> Callable[..., list[Any]]:
    """A function of the inputs' values that runs the program."""
    assembler = _Assembler(program, plan, namespace)
    code, registers = assembler.code, [None] * assembler.temporaries
    constants = assembler.constants
    results = [
        (assembler.place(slot), _finisher(kind, namespace))
        for slot, kind in zip(program.outputs, plan.ownership, strict=True)
    ]

    def run(*values: Any) -> list[Any]:
        memory = [*values, *constants, *registers]
        for function, one, two, target in code:
            if two >= 0:
                memory[target] = function(memory[one], memory[two])
            elif two == _ONE:
                memory[target] = function(memory[one])
            else:
                memory[target] = function(memory)
        return [finish(memory[place]) for place, finish in results]

    return run


def _finisher(ownership: Ownership, namespace: Namespace) -> Callable[[Any], Any]:
    if ownership is Ownership.FOREIGN:
        return namespace.copy
    if ownership is Ownership.VIEW:
        return lambda value: namespace.own(namespace.asarray(value))
    return namespace.asarray


class _Assembler:
    """Assigns registers (a slot's register is taken again after its last use) and writes the code."""

    def __init__(self, program: Program, plan: Plan, namespace: Namespace):
        self.program, self.plan, self.namespace = program, plan, namespace
        self.constants = list(program.constants)
        if not namespace.is_numpy:
            kinds = program.types[len(program.inputs) : program.first]
            pairs = zip(program.constants, kinds, strict=True)
            self.constants = [namespace.asarray(value, kind.dtype) for value, kind in pairs]
        self.registers: dict[int, int] = {}
        self.free: list[int] = []
        self.temporaries = 0
        self.code: Code = []
        self._plain: dict[Any, Callable[..., Any]] = {}
        self._first, self._last = program.first, program.last_use
        self._numbers = [isinstance(kind, ArrayType) and not kind.shape for kind in program.types]
        for position in range(len(program)):
            self._assemble(position)

    def place(self, slot: int) -> int:
        return slot if slot < self._first else self.registers[slot]

    def _assemble(self, position: int) -> None:
        first, registers = self._first, self.registers
        operands, slot = self.program.operands[position], self._first + position
        places = [operand if operand < first else registers[operand] for operand in operands]
        function, form = self._function(position, places)
        arrays = self.plan.frees.get(position, ())
        released = [registers.pop(dead) for dead in arrays]
        self.free += released
        self._let_go(position, operands)
        target = registers[slot] = self.free.pop() if self.free else self._fresh()
        if form == _ALL:
            self.code.append((function, 0, _ALL, target))
        else:
            self.code.append((function, places[0], places[1] if form == 2 else _ONE, target))
        for place in released:
            if place != target:
                self.code.append((_nothing, place, _ONE, place))

    def _function(self, position: int, places: list[int]) -> tuple[Callable[..., Any], int]:
        program, namespace = self.program, self.namespace
        op, attributes = program.ops[position], program.attributes[position]
        reused = self.plan.reuse.get(position) if namespace.is_numpy else None
        if not attributes and reused is None and 1 <= len(places) <= 2:
            types = program.types
            kinds = (op, types[self._first + position], *[types[slot] for slot in program.operands[position]])
            function = self._plain.get(kinds)
            if function is None:
                quick = scalar_operator(op, kinds[1:]) if namespace.is_numpy else None
                function = self._plain[kinds] = quick or namespace.function(op)
            return function, len(places)
        return self._called(op, position, tuple(places), reused), _ALL

    def _called(self, op: Op, position: int, places: tuple[int, ...], reused: int | None) -> Callable[..., Any]:
        """The function of all registers that an operator with attributes, bodies or a buffer to write to is."""
        program, namespace, attributes = self.program, self.namespace, self.program.attributes[position]
        if "binder" in op.properties:
            types = [program.types[slot] for slot in program.operands[position]]
            return _general(binder_function(op, attributes, types, namespace, compiled_body), places, {}, None)
        inside = None if reused is None else IN_PLACE.get(op)
        out = None if reused is None or inside is not None else self.place(reused)
        return _general(inside or namespace.function(op), places, keyword_arguments(op, attributes), out)

    def _let_go(self, position: int, operands: tuple[int, ...]) -> None:
        """Frees the registers of the numbers that are dead after this instruction; arrays are the plan's."""
        last, numbers, registers = self._last, self._numbers, self.registers
        for slot in operands:
            if slot >= self._first and last[slot] == position and numbers[slot] and slot in registers:
                self.free.append(registers.pop(slot))

    def _fresh(self) -> int:
        self.temporaries += 1
        return self._first + self.temporaries - 1


def _nothing(value: Any) -> None:
    return None


def _general(
    function: Callable[..., Any], places: tuple[int, ...], named: dict[str, Any], out: int | None
) -> Callable[..., Any]:
    """A call with any number of operands, read from the registers; `out` is the register to write over."""
    if not places:
        return lambda memory: function(**named)
    if out is None:
        return lambda memory: function(*[memory[place] for place in places], **named)
    return lambda memory: function(*[memory[place] for place in places], out=memory[out], **named)
