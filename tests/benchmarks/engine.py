"""`python -m tests.benchmarks.engine [SIZES]`: what random expressions cost to build and to simplify, and where.

For trees and for terms with shared parts: microseconds a node to build and to simplify, the same with a journal (which terms
of up to 2,000 nodes have in any case), bytes a distinct node, and shares of the time by samples of the running stack. What is
done in C counts for the Python that called it, and where rewriting is compiled the shares say nothing.
"""

import gc
import random
import signal
import statistics
import sys
import time
import tracemalloc
from collections import Counter

import etude as et
from etude import rewriting
from etude.terms import distinct

SAMPLE = 0.0007  # seconds of processor time between two looks at the stack
ROUNDS = 3
BINARY = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b]
UNARY = [lambda a: -a, et.sin, et.exp, lambda a: a**2, lambda a: a + 0.0, lambda a: a * 1.0, lambda a: et.log(et.exp(a))]
ROOMS = {
    "making terms": {"term.py", "op.py", "leaves.py", "building.py", "fitting.py"},
    "matching rules": {"patterns.py", "compiled.py", "tables.py", "conditions.py", "assumptions.py", "candidates.py", "folding.py"},
    "collecting sums and products": {"algebra.py", "collecting.py", "numbers.py", "fractions.py"},
    "counting": {"traverse.py", "goals.py", "counting.py", "bodies.py"},
    "order of work": {"engine.py", "pipeline.py"},
}


def expression(size, seed, shared):
    """A random expression of about `size` nodes; `shared`: one operand in seven is used again."""
    draw = random.Random(f"{size} {seed} {shared}")
    pool, made = [], 0
    while made < size or len(pool) > 1:
        if made < size and (len(pool) < 2 or (len(pool) < 40 and draw.random() < 0.5)):
            pool.append(et.scalar(draw.choice("xyzw")) if draw.random() < 0.8 else et.constant(float(draw.randint(0, 3))))
        elif draw.random() < 0.7 or made >= size:
            left, right = (_taken(pool, draw, shared) for _ in range(2))
            pool.append(draw.choice(BINARY)(left, right))
        else:
            pool.append(draw.choice(UNARY)(_taken(pool, draw, False)))
        made += 1
    return pool[0], made


def _taken(pool, draw, shared):
    at = draw.randrange(len(pool))
    if shared and len(pool) > 2 and draw.random() < 1 / 7:
        return pool[at]
    pool[at], pool[-1] = pool[-1], pool[at]
    return pool.pop()


def timed(work, *args):
    gc.collect()
    begun = time.process_time()
    made = work(*args)
    return made, time.process_time() - begun


def costs(size, shared):
    """Microseconds a node to build, to simplify, and with the journal on."""
    rows = []
    for seed in range(ROUNDS):
        (expr, nodes), build = timed(expression, size, seed, shared)
        found, off = timed(rewriting.simplify, expr.term)
        del expr, found  # so that nothing is known to be normal
        expr, _ = expression(size, seed, shared)
        _, on = timed(lambda: rewriting.simplify(expr.term, journal=rewriting.Journal()))  # noqa: B023  # called at once
        rows.append([seconds / nodes * 1e6 for seconds in (build, off, on)])
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def memory(size, shared):
    """Bytes a distinct node when it is built, and at the highest while it is simplified."""
    tracemalloc.start()
    expr, _ = expression(size, 0, shared)
    nodes, built = len(distinct(expr.term)), tracemalloc.get_traced_memory()[0]
    et.simplify(expr)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return built / nodes, highest / nodes


def shares(size, rounds):
    """Which part of the work the samples of the stack were in, innermost first."""
    seen = Counter()

    def look(_, frame):
        while frame is not None:
            name = frame.f_code.co_filename.rsplit("/", 1)[-1]
            room = next((room for room, files in ROOMS.items() if name in files), None)
            if room is not None and frame.f_code.co_name != "__hash__":  # where it is Python, its time is that of the table asked
                seen[room] += 1
                return
            frame = frame.f_back
        seen["other"] += 1

    before = signal.signal(signal.SIGPROF, look)
    for seed in range(rounds):
        expr, _ = expression(size, seed, seed % 2 == 0)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE, SAMPLE)
        et.simplify(expr)
        signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)
    total = max(sum(seen.values()), 1)
    return {room: count / total for room, count in seen.most_common()}


def main(sizes):
    expression(1000, 0, False)
    print(f"{'nodes':>8} {'':8} {'build':>7} {'simplify':>9} {'journal':>8} {'bytes built':>12} {'highest':>8}")
    for size in sizes:
        for shared in (False, True):
            build, off, on = costs(size, shared)
            built, highest = memory(size, shared)
            kind = "shared" if shared else "tree"
            print(f"{size:8} {kind:8} {build:7.2f} {off:9.2f} {on:8.2f} {built:12.0f} {highest:8.0f}")
    print("shares of simplifying:", ", ".join(f"{room} {share:.0%}" for room, share in shares(max(sizes), 2 * ROUNDS).items()))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1].split(",")] if len(sys.argv) > 1 else [1000, 10_000, 100_000])
