"""Python source for a program: one line an instruction, temporaries overwritten where the plan says so."""

from __future__ import annotations

import builtins
import keyword
import linecache
import re
import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

from etude.backends.bodies import binder_function
from etude.backends.namespaces import Namespace, scalar_operator
from etude.backends.numpy_text import direct_function, expression, statements
from etude.ops.indexing import IN_PLACE
from etude.program import Ownership, Plan, Program, plan_memory, ufunc_of, with_work_ahead
from etude.program.meaning import keyword_arguments
from etude.terms import ArrayType

__all__ = ["Source", "compiled_body", "write_source"]

_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_RESERVED = re.compile(r"[tca]\d+|asarray|copy|own|run")
_LITERALS = (bool, int, float, str, type(None))
_serial = count()
_gone: list[str] = []  # files of functions that are no more; linecache forgets them at the next, never amid a collection


class Source:
    """Source text with the objects it names. `function()` compiles it; `bare` results are neither copied nor made arrays."""

    def __init__(self, program: Program, plan: Plan, namespace: Namespace, bare: bool = False):
        self.program, self.plan, self.namespace, self.bare, self.first = program, plan, namespace, bare, program.first
        self.objects: dict[str, Any] = {"asarray": namespace.asarray, "copy": namespace.copy, "own": namespace.own}
        if namespace.is_numpy:
            self.objects.update(asarray=np.asarray, copy=np.array)
        self.names = self._input_names()
        self.buffers = _buffers(program, plan) if namespace.is_numpy else {}
        self.text = self._write()

    def function(self) -> Callable[..., list[Any]]:
        """The compiled function; its lines show in tracebacks."""
        file = f"<etude program {next(_serial)}>"
        scope = dict(self.objects)
        exec(compile(self.text, file, "exec"), scope)  # noqa: S102  # our own text, made from the program's numbers
        made: Callable[..., list[Any]] = scope["run"]
        while _gone:
            linecache.cache.pop(_gone.pop(), None)
        linecache.cache[file] = (len(self.text), None, self.text.splitlines(keepends=True), file)
        weakref.finalize(made, _gone.append, file)
        return made

    # ---------------------------------------------------------------- names

    def _input_names(self) -> list[str]:
        taken = {op.name for op in self.program.ops} | set(keyword.kwlist) | set(dir(builtins))
        names: list[str] = []
        for shown in self.program.inputs:
            name = re.sub(r"\W", "_", shown, flags=re.ASCII)[:40] or "x"
            name = name if not name[0].isdigit() else f"_{name}"
            while name in taken or _RESERVED.fullmatch(name):
                name += "_"
            taken.add(name)
            names.append(name)
        return names

    def name(self, slot: int) -> str:
        if slot >= self.first:
            return f"t{self.buffers.get(slot, slot) - self.first}"
        count = len(self.program.inputs)
        return self.names[slot] if slot < count else f"c{slot - count}"

    # ---------------------------------------------------------------- text

    def _write(self) -> str:
        lines = [f"def run({', '.join(self.names)}):"]
        lines[:0] = self._constants()
        for position in range(len(self.program)):
            lines += [f"    {line}" for line in self._instruction(position)]
            target = self.name(self.first + position)
            dead = [name for name in map(self.name, self.plan.frees.get(position, ())) if name != target]
            if dead:
                lines.append(f"    del {', '.join(dead)}")
        owned = zip(self.program.outputs, self.plan.ownership, strict=True)
        results = [self._result(slot, ownership) for slot, ownership in owned]
        lines.append(f"    return [{', '.join(results)}]")
        return "\n".join(lines) + "\n"

    def _constants(self) -> list[str]:
        lines: list[str] = []
        for offset, value in enumerate(self.program.constants):
            slot = len(self.program.inputs) + offset
            kind = self.program.types[slot]
            name = self.name(slot)
            self.objects[name] = value if self.namespace.is_numpy else self.namespace.asarray(value, kind.dtype)
            lines.append(f"# {name} = {self.program.name(slot) if not kind.shape else 'a constant'}: {kind}")
        return lines

    def _instruction(self, position: int) -> list[str]:
        program = self.program
        op, operands, slot = program.ops[position], program.operands[position], self.first + position
        attributes, target = program.attributes[position], self.name(slot)
        names = [self.name(operand) for operand in operands]
        kinds = tuple([program.types[operand] for operand in operands])
        if "binder" in op.properties:
            loop = binder_function(op, attributes, kinds, self.namespace, compiled_body)
            return [f"{target} = {self._bind(op.name, loop)}({', '.join(names)})"]
        called = None
        kinds = (program.types[slot], *kinds)
        if self.namespace.is_numpy and all(isinstance(kind, ArrayType) for kind in kinds):
            found = self._written(position, names, kinds, target)
            if found is not None:
                return found
            called = direct_function(op, kinds)
        reused = self.plan.reuse.get(position) if self.namespace.is_numpy else None
        if called is None:
            called = self.namespace.function(op) if reused is None or op not in IN_PLACE else IN_PLACE[op]
        function = self._bind(re.sub(r"\W", "_", op.name), called)
        if reused is not None and ufunc_of(op) is not None:
            names.append(f"out={self.name(reused)}")
        named = keyword_arguments(op, attributes)
        names += [f"{key}={self._literal(value)}" for key, value in named.items()]
        return [f"{target} = {function}({', '.join(names)})"]

    def _written(self, position: int, names: list[str], kinds: tuple[Any, ...], target: str) -> list[str] | None:
        """The instruction in NumPy's own syntax, where that has it."""
        op, attributes = self.program.ops[position], self.program.attributes[position]
        if scalar_operator(op, kinds):
            return [f"{target} = {f' {_SIGNS[op.name]} '.join(names) if op.name in _SIGNS else '-' + names[0]}"]
        changed = statements(op, names, kinds, attributes, target, position in self.plan.reuse)
        if changed is not None:
            return changed
        text = expression(op, names, kinds, attributes)
        return text if text is None else [f"{target} = {text}"]

    def _bind(self, name: str, value: Any) -> str:
        while self.objects.setdefault(name, value) is not value or name in self.names:
            name += "_"
        return name

    def _literal(self, value: Any) -> str:
        if _is_literal(value):
            return repr(value)
        name = f"a{len(self.objects)}"
        self.objects[name] = value
        return name

    def _result(self, slot: int, ownership: Ownership) -> str:
        name = self.name(slot)
        if self.bare:
            return name
        if ownership is Ownership.FOREIGN:
            return f"copy({name})"
        if ownership is Ownership.VIEW:
            return f"own(asarray({name}))"
        return f"asarray({name})"


def _buffers(program: Program, plan: Plan) -> dict[int, int]:
    """For each slot that is written over a dead one, the slot that was there first: they share a name."""
    first: dict[int, int] = {}
    for position, slot in plan.reuse.items():
        first[program.first + position] = first.get(slot, slot)
    return first


def _is_literal(value: Any) -> bool:
    if type(value) is tuple:
        return all(map(_is_literal, value))
    return type(value) in _LITERALS and value == value and value not in (float("inf"), float("-inf"))


def write_source(program: Program, plan: Plan, namespace: Namespace) -> Source:
    """The source of a program; meant for some thousands of instructions at most."""
    return Source(program, plan, namespace)


def compiled_body(program: Program, namespace: Namespace) -> Callable[..., Any]:
    """A body as a function that gives its results as they are: numbers as numbers, parameters uncopied."""
    program = with_work_ahead(program) if namespace.is_numpy else program
    return Source(program, plan_memory(program), namespace, bare=True).function()
