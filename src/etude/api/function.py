"""`et.function`: from symbols and expressions to something that computes."""

from __future__ import annotations

import importlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from etude.api.array import Array, wrap
from etude.api.destinations import destinations, write_results
from etude.api.function_arguments import (
    array_namespace,
    fitting,
    input_symbols,
    listed_outputs,
    pairs,
    refuse_missing,
    replacements,
    report_unused,
    updated_variables,
)
from etude.api.sparse import SparseFunction, compressed_outputs
from etude.backends import (
    BackendError,
    Executable,
    Profile,
    arguments_for,
    c,
    compile_for,
    diagnosed,
    is_dask,
    profile,
    stored_value,
)
from etude.backends.c.tiering import Tiers
from etude.errors import ShapeError
from etude.program import Program, less_work, lower, plan_memory
from etude.terms import Term, replace, shape_text, symbol_name

__all__ = ["Function", "function"]

_LOCKS = tuple(threading.RLock() for _ in range(64))  # shared variables are spread over them by identity


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    updates: Any = None,
    givens: Any = None,
    backend: Any = "auto",
    name: str | None = None,
    on_unused_input: str = "raise",
    allow_input_downcast: bool | None = None,
    threads: int | None = None,
) -> Function:
    """A compiled function of `inputs` that computes `outputs`.

    inputs: a list of symbols, each once. outputs: an expression (the function returns an array), a list or tuple (it
    returns a list) or None (it returns None). updates: a mapping or pairs, shared variable to its next value, set when
    a call has succeeded. givens: a mapping or pairs, replacements made in outputs and updates first. backend: "auto"
    (NumPy at first, C once the function is called often, or `wait()` was called), "c" (C at once), "numpy", "dask" (dask
    arrays, computed when asked for; arguments may be such arrays), or the module of an Array API namespace. threads: how
    many share large loops and products of matrices in C (stacks of products and factorizations follow BLAS's own setting);
    by default ETUDE_NUM_THREADS, OMP_NUM_THREADS or all processors. Results are the same bits for any number of them.
    on_unused_input: "raise", "warn" or "ignore".
    allow_input_downcast: None casts arguments safely only, True also float64 to float32 and the like, False does not
    take Python floats for float32 either. Results are arrays of the expressions' dtypes and shapes, in memory of
    their own.

    Raises MissingValueError where an output depends on a symbol that is no input, ArgumentError for inputs, updates
    and givens that do not fit, ValueError for an unknown option, BackendError for a backend that is not there.

    >>> import etude as et
    >>> x, n = et.vector("x"), et.scalar("n")
    >>> f = et.function([x, n], x * n)
    >>> f([1.0, 2.0], 3)
    array([3., 6.])
    """
    if on_unused_input not in ("raise", "warn", "ignore"):
        raise ValueError(f"on_unused_input is 'raise', 'warn' or 'ignore', not {on_unused_input!r}")
    if allow_input_downcast not in (None, True, False):
        raise ValueError(f"allow_input_downcast is None, True or False, not {allow_input_downcast!r}")
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ValueError(f"threads is a positive number, not {threads!r}")
    compressed = compressed_outputs(outputs)
    if compressed is not None:
        dense, patterns = compressed
        made = function(inputs, dense, updates, givens, backend, name, on_unused_input, allow_input_downcast, threads)
        return SparseFunction(made, patterns, isinstance(dense, Array))  # type: ignore[return-value]  # it acts as one
    module = array_namespace(backend)
    tier = backend if backend in ("auto", "c") else None
    symbols = input_symbols(inputs)
    results, single = listed_outputs(outputs)
    changes = pairs(updates, "updates")
    containers = updated_variables(changes)
    following = [fitting(value, target, "updates") for target, value in changes]
    roots = less_work(replace([*[item.term for item in results], *following], replacements(givens)))
    program, others = lower(roots, symbols)
    refuse_missing(roots, len(results), others, symbols)
    report_unused(program, symbols, on_unused_input)
    settings = (name, allow_input_downcast, tier, threads)
    return Function(program, symbols, others, containers, results, single, module, *settings)


class Function:
    """A compiled function, made by `et.function`. Called with values by position or by name of the input.

    It may be called from several threads and pickled. `source` is the code that runs, `program` the instructions.
    """

    __slots__ = ("__dict__", "__weakref__", "_quick")  # the last where C finds it

    def __init__(
        self,
        program: Program,
        inputs: Sequence[Term],
        shared: Sequence[Term],
        updated: Sequence[Term],
        outputs: Sequence[Array],
        single: bool | None,
        module: Any,
        name: str | None,
        downcast: bool | None,
        tier: str | None = None,
        threads: int | None = None,
    ):
        self._state = (program, inputs, shared, updated, outputs, single, module, name, downcast, tier, threads)
        self.program, self.name = program, name
        self.inputs: list[Array] = [wrap(term) for term in inputs]
        self.outputs: list[Array] = list(outputs)
        self._names = [symbol_name(term) for term in inputs]
        self._takes_out = "out" not in self._names  # or else it is an input
        self._shared, self._updated, self._single, self._module = shared, updated, single, module
        self._arguments = arguments_for(module, self._names, [term.type for term in inputs], downcast, name or "")
        self._executable: Executable = compile_for(program, module)
        locks = {id(term._tuple[4]) % len(_LOCKS) for term in updated}
        self._quick: Any = None  # the trampoline of the C form, where arguments may go to it unchecked
        self._tiers = Tiers(program, bool(single) and len(program.outputs) == 1, threads) if tier and program.outputs else None
        if tier == "c" and self._tiers is not None:
            self.wait()
            if self._tiers.unsupported:
                raise BackendError(f"{self._arguments.place}backend 'c' cannot do this: {self._tiers.reason}")
        self._locks = [_LOCKS[index] for index in sorted(locks)]  # one order for all: no two calls wait in a ring

    def __reduce__(self) -> tuple[Any, ...]:
        *before, module, name, downcast, tier, threads = self._state
        return _restored, (*before, module.__name__, name, downcast, tier, threads)

    # ---------------------------------------------------------------- calling

    def __call__(self, *args: Any, out: Any = None, **named: Any) -> Any:
        quick = self._quick
        if quick is not None and not named:
            found = quick(*args) if out is None else quick.into(args, out)
            if found is not None:
                return found
        if out is not None:
            if self._takes_out:
                return self._call_into(args, named, out)
            named["out"] = out
        values = self._arguments(self._positional(args, named) if named else args)
        if self._locks:
            results = self._run_and_update(values)
        else:
            results = self._run(values)
        if self._single:
            return results[0]
        return results if self._single is False else None

    def _run(self, values: list[Any]) -> list[Any]:
        if self._shared:
            values = values + [stored_value(term) for term in self._shared]
        tiers = self._tiers
        if tiers is not None and tiers.native is not None:
            self._enter(tiers)
            found = tiers.native.run(*values)
            if found is not None:
                return found
        try:
            if tiers is not None and not tiers.settled:
                return tiers.timed(self._executable.run, *values)
            return self._executable.run(*values)
        except ValueError as error:
            if is_dask(self._module):
                raise
            clearer = diagnosed(self.program, values, error, self._arguments.place)
            if clearer is error:
                raise
            raise clearer from error

    def _enter(self, tiers: Tiers) -> None:
        """From now on calls go to C without further checks, where nothing but arguments goes in and results out."""
        if self._quick is None and tiers.native is not None and self._takes_out and not self._shared and not self._updated:
            self._quick = tiers.native.quick
            tiers.hasten(Function, Function.__dict__["_quick"])

    def _call_into(self, args: tuple[Any, ...], named: Mapping[str, Any], out: Any) -> Any:
        """A call whose results are written to arrays of the caller's."""
        if self._single is None:
            raise self._arguments.error("out was given, and the function has no outputs")
        arrays = destinations(out, self.outputs, self._single, self._arguments)
        results = self(*args, **named)
        write_results([results] if self._single else results, arrays, self._arguments)
        return out

    def _run_and_update(self, values: list[Any]) -> list[Any]:
        with ExitStack() as stack:
            for lock in self._locks:
                stack.enter_context(lock)
            results = self._run(values)
            count = len(self.outputs)
            for term, value in zip(self._updated, results[count:], strict=True):
                self._check_update(term, value)
            for term, value in zip(self._updated, results[count:], strict=True):
                term._tuple[4].set_value(value)
        return results[:count]

    def _check_update(self, term: Term, value: Any) -> None:
        for dim, size in zip(term.type.shape, value.shape, strict=True):
            if isinstance(dim, int) and dim != size:
                wanted = f"{self._arguments.place}update of {symbol_name(term)} has shape {shape_text(value.shape)}"
                raise ShapeError(f"{wanted}; the variable has shape {shape_text(term.type.shape)}; nothing was updated")

    def _positional(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
        """The arguments in order, those given by name in their places."""
        names, error = self._names, self._arguments.error
        for key in named:
            if names.count(key) != 1:
                known = ", ".join(names) or "none"
                reason = "is no input" if key not in names else "is the name of several inputs; give it by position"
                raise error(f"{key!r} {reason}; inputs are {known}")
            if names.index(key) < len(args):
                raise error(f"input {key} was given twice, by position and by name")
        rest = names[len(args) :]
        for key in rest:
            if key not in named:
                raise error(f"takes {len(names)} arguments ({', '.join(names)}); input {key} is missing")
        return (*args, *[named[key] for key in rest])

    # ---------------------------------------------------------------- what it is

    @property
    def backend(self) -> str:
        """The name of the backend that answers calls now."""
        if self._tiers is not None and self._tiers.native is not None:
            return "c"
        return self._executable.backend

    @property
    def source(self) -> str:
        """The code that runs: C, generated Python, or the program's text where it is too large for that."""
        if self._tiers is not None and self._tiers.native is not None and self._tiers.native.source.files:
            return "\n".join(self._tiers.native.source.files)
        return self._executable.source

    def wait(self) -> Function:
        """The function itself, when C is in or known not to be possible (`explain()` says why)."""
        if self._tiers is not None:
            self._tiers.compile()
            if isinstance(self._tiers.native, c.sizes.BySize):
                self._tiers.native.at_once = True
            self._enter(self._tiers)
        return self

    def save(self, path: str | Path) -> None:
        """Write the compiled function into a folder, from where `et.load` has it back without its expressions.

        Raises BackendError where it has no C form, or reads or updates shared variables.
        """
        source, single = self._compiled(), bool(self._single)
        c.saved.write(Path(path), source, self._names, self._types(), single, self.name or "")

    def export_c(self, folder: str | Path) -> None:
        """Write a header, the C text, an example `main.c` and a Makefile, which build without Python.

        Raises BackendError where the function has no C form, or calls what only SciPy has.
        """
        c.export.export(Path(folder), self._compiled(), self._names, self._types())

    def _compiled(self) -> c.csource.CSource:
        self.wait()
        if self._quick is None or self._tiers is None or self._tiers.native is None:
            reason = self._tiers.state if self._tiers is not None else "it was made for another backend"
            shared = "it has shared variables" if self._shared or self._updated else reason
            raise BackendError(f"{self._arguments.place}the function has no C form of its own: {shared}")
        source, reason = self._tiers.native.source, ""
        if isinstance(self._tiers.native, c.sizes.BySize):
            reason = "its sizes are not known; give its inputs shapes of numbers"
        if source.callbacks:
            reason = f"NumPy computes {', '.join(source.callbacks)}"
        if reason:
            raise BackendError(f"{self._arguments.place}the function has no C form of its own: {reason}")
        return source

    def profile(self, *args: Any, repeat: int = 3, **named: Any) -> Profile:
        """Where the time goes on these arguments, as data, as a table and as a picture; nothing is updated.

        A row is a kernel where C is in, else an instruction of NumPy's: its best time of `repeat` runs, the bytes it
        reads and writes and its operations on elements, both counted, and what share they are of what this machine was
        measured to do. Without arguments: on arrays of ones, unknown dimensions being 100. Raises ArgumentError for
        arguments that do not fit.

        >>> import etude as et
        >>> x = et.vector("x")
        >>> table = et.function([x], et.exp(x) + 1).profile([0.0, 1.0])
        >>> [row.op for row in table]
        ['exp', 'add']
        """
        if self._names and not args and not named:
            args = tuple(np.ones([d if isinstance(d, int) else 100 for d in x.shape], x.dtype) for x in self._types())
        if is_dask(self._module):
            raise BackendError("dask runs instructions together; profile with dask.diagnostics, or with backend='numpy'")
        values = self._arguments(self._positional(args, named) if named else args)
        values += [stored_value(term) for term in self._shared]
        if self.backend == "c":
            assert self._tiers is not None
            rows = c.timing.profile_kernels(self.program, values, self._tiers.most_threads, repeat)
            return Profile(rows, "c")
        return profile(self.program, values, self._module, repeat)

    def _types(self) -> list[Any]:
        return [item.term.type for item in self.inputs]

    def explain(self) -> str:
        """How the function computes: its inputs, its operators, its memory and its backend, as text."""
        counts = Counter(op.name for op in self.program.ops)
        operators = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        plan = plan_memory(self.program)
        lines = [f"{self!r}", f"{len(self.program)} instructions: {operators or 'none'}"]
        if self.program.constants:
            lines.append(f"{len(self.program.constants)} constants")
        if self._shared:
            lines.append(f"shared variables read: {', '.join(map(symbol_name, self._shared))}")
        if self._updated:
            lines.append(f"shared variables updated: {', '.join(map(symbol_name, self._updated))}")
        lines.append(f"{len(plan.reuse)} results written over temporaries that are no longer needed")
        if self._tiers is not None:
            lines.append(f"C: {self._tiers.state}")
            if self._tiers.native is not None:
                lines += [f"  {line}" for line in self._tiers.native.source.kernel_lines()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        inputs = ", ".join(f"{name}: {kind}" for name, kind in zip(self._names, self._types(), strict=True))
        outputs = ", ".join(str(item.term.type) for item in self.outputs[:4]) + ", ..." * (len(self.outputs) > 4)
        result = "None" if self._single is None else outputs if self._single else f"[{outputs}]"
        return f"<Function {self.name or ''}({inputs}) -> {result}, {self.backend}>"


def _restored(*state: Any) -> Function:
    *before, module, name, downcast, tier, threads = state
    make: Any = Function
    restored: Function = make(*before, _imported(module), name, downcast, tier, threads)
    return restored


def _imported(name: str) -> Any:
    return importlib.import_module(name)
