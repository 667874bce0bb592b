"""`python -m tests.benchmarks.gradients [--sizes 1000,...] [--programs N] [--elements N] [--systems ...] [--python NAME=INTERPRETER ...]
[--json FILE]`

How long the gradient of a straight-line program takes to derive, beside Aesara's and PyTensor's, which simplify nothing
until a function is compiled. A program has as many operations as its size says, each on one of the few results before
it, and two inputs. Every system is warmed up on a small program in a process of its own and then derives the gradients
of three programs of a size, or as many as are asked for; the table holds the median of seconds for writing the program (`build`) and for its
gradient (`grad`), operations a second of the gradient, and how many times faster `etude` was. `etude raw` does not
simplify. A system that needs another interpreter is given it by `--python aesara=/there/bin/python`.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

WARM = 200  # operations of the program that warms a system up
LIMIT = 600  # seconds until a process is stopped


def program(library, x, y, operations, seed):
    """A cost of two inputs: `operations` steps, each on the last result and one of those before it, then a sum."""
    draw = np.random.default_rng(seed)
    kinds, back = draw.integers(10, size=operations), draw.integers(2, 6, size=operations)
    steps = (
        lambda a, b: library.sin(a) + b, lambda a, b: a * library.cos(b), lambda a, b: library.tanh(a + b), lambda a, b: a - 0.5 * b,
        lambda a, b: library.exp(-a * a) + b, lambda a, b: a * b, lambda a, b: a + b, lambda a, b: library.log(1.5 + a * a) - b,
        lambda a, b: library.sqrt(1.0 + b * b) * a, lambda a, b: a / (2.0 + library.sin(b)),
    )  # fmt: skip
    cost = (1, 1, 1, 1, 3, 1, 1, 3, 3, 2)
    found, made = [x, y], 0
    for kind, distance in zip(kinds, back, strict=True):
        if made >= operations:
            break
        found.append(steps[kind](found[-1], found[-min(distance, len(found))]))
        made += 1 + (cost[kind] if kind not in (5, 6) else 0)
    return found[-1]


def etude(simplify):
    import etude as et

    def inputs(elements):
        shape = (elements,) if elements else ()
        return et.symbol("x", shape), et.symbol("y", shape)

    return et, inputs, et.sum, lambda cost, wrt: et.grad(cost, wrt, simplify=simplify)


def aesara():
    import aesara.tensor as library
    from aesara import grad

    return library, lambda elements: _symbols(library, elements), library.sum, grad


def pytensor():
    import pytensor.tensor as library
    from pytensor.gradient import grad

    return library, lambda elements: _symbols(library, elements), library.sum, grad


def _symbols(library, elements):
    made = library.dvector if elements else library.dscalar
    return made("x"), made("y")


SYSTEMS = {"etude": lambda: etude(True), "etude raw": lambda: etude(False), "aesara": aesara, "pytensor": pytensor}


def once(system, operations, elements, programs):
    """Seconds of building and of the gradient, for each program."""
    library, inputs, total, grad = SYSTEMS[system]()
    sys.setrecursionlimit(10_000_000)
    laps = []
    for seed in range(programs + 1):
        gc.collect()
        start = time.perf_counter()
        x, y = inputs(elements)
        cost = program(library, x, y, operations if seed else WARM, seed)
        cost = total(cost) if elements else cost
        built = time.perf_counter()
        found = grad(cost, [x, y])
        laps.append((built - start, time.perf_counter() - built))
        del found, cost
    return {"build": median(lap[0] for lap in laps[1:]), "grad": median(lap[1] for lap in laps[1:])}


def options(given):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gradients", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="operations, with commas")
    parser.add_argument("--programs", type=int, default=3, help="of each size")
    parser.add_argument("--elements", type=int, default=0, help="of the inputs; 0: scalars")
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="their names, with commas")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=INTERPRETER", help="the interpreter of a system")
    parser.add_argument("--json", metavar="FILE", help="write every record there")
    parser.add_argument("--one", nargs=2, metavar=("SYSTEM", "SIZE"), help=argparse.SUPPRESS)
    return parser.parse_args(given)


def measured(system, size, chosen, interpreter):
    asked = ["--elements", str(chosen.elements), "--programs", str(chosen.programs)]
    command = [interpreter, "-m", "tests.benchmarks.gradients", "--one", system, str(size), *asked]
    root = str(Path(__file__).parents[2])
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT, cwd=root, env=dict(os.environ))
    except subprocess.TimeoutExpired:
        return f"stopped after {LIMIT} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1]
    return json.loads(done.stdout.splitlines()[-1])


def main(given):
    chosen = options(given)
    if chosen.one:
        print(json.dumps(once(chosen.one[0], int(chosen.one[1]), chosen.elements, chosen.programs)))
        return 0
    interpreters = dict(each.split("=", 1) for each in chosen.python)
    records = []
    print(f"{'operations':>10}  {'system':10}{'build, s':>10}{'grad, s':>10}{'operations/s':>14}{'times etude':>13}")
    for size in map(int, chosen.sizes.split(",")):
        first = None
        for system in chosen.systems.split(","):
            record = measured(system, size, chosen, interpreters.get(system, sys.executable))
            if isinstance(record, str):
                print(f"{size:>10}  {system:10}  {record[:100]}", flush=True)
                continue
            first = first or record
            rate, ratio = size / record["grad"], record["grad"] / first["grad"]
            print(f"{size:>10}  {system:10}{record['build']:10.3f}{record['grad']:10.3f}{rate:14.0f}{ratio:13.2f}", flush=True)
            records.append({"system": system, "operations": size, "elements": chosen.elements, **record})
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(records, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
